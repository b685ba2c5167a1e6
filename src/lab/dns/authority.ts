// From the zones to whole answers, as a recursive resolver hands them on with CD set: the records, aliases followed
// through all zones, RRSIGs, and the proofs that go with them (RFC 4035 §3.1, RFC 5155 §7.2, RFC 6672 §3.2). Knows which
// data is secure, so that ordinary stubs can be given AD. Holds no faults: those are laid over the finished answer.

import { classIn, Rcode, type ResourceRecord, RrType } from '../../core/dns/message.ts';
import {
  isAtOrBelow,
  isBelow,
  labelCount,
  lastLabels,
  type Name,
  parentName,
  wildcardAt,
} from '../../core/dns/name.ts';
import { closestEncloser, type DenialRequest, denialProof } from './denial.ts';
import { signatureOf } from './signer.ts';
import { delegationAbove, emptyNonTerminals, type RrSet, type Zone } from './zone.ts';

export type LabAnswer = {
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** What a validator must make of it: the weakest part decides. */
  readonly standing: Standing;
};

export type Standing = 'secure' | 'insecure' | 'bogus';

export type Authority = {
  readonly zones: ReadonlyMap<Name, Zone>;
  /** @param now seconds since the epoch. */
  answer(name: Name, type: number, now: number): LabAnswer;
  /** The zone that holds the name's records of this type: for DS the parent's. */
  zoneOf(name: Name, type: number): Zone | undefined;
  standingOf(zone: Zone): Standing;
  /** A zone that came later. */
  add(zone: Zone): void;
};

const aliasLimit = 12;

export function makeAuthority(zoneList: readonly Zone[]): Authority {
  const zones = new Map(zoneList.map((zone) => [zone.apex, zone]));

  const zoneOf = (name: Name, type: number): Zone | undefined => {
    const start = type === RrType.DS && name.length > 1 ? parentName(name) : name;
    for (let up = start; up !== undefined; up = parentName(up)) {
      const zone = zones.get(up);
      if (zone) return zone;
    }
    return undefined;
  };

  const standingOf = (zone: Zone): Standing => {
    const parent = parentName(zone.apex);
    const above = parent === undefined ? undefined : zoneOf(parent, RrType.NS);
    const inherited = above ? standingOf(above) : 'secure';
    return inherited === 'secure' ? ownStanding(zone) : inherited;
  };

  const answer: Authority['answer'] = (name, type, now) => {
    const parts: Part[] = [];
    let at = name;
    for (let step = 0; step <= aliasLimit; step++) {
      const zone = zoneOf(at, type);
      if (zone === undefined) return failure(Rcode.REFUSED);
      const part = answerInZone(zone, at, type);
      parts.push(part);
      if (part.kind === 'lame') return failure(Rcode.SERVFAIL);
      if (part.kind !== 'alias') return assemble(parts, standingOf, now);
      at = part.target;
    }
    return failure(Rcode.SERVFAIL);
  };

  return { zones, answer, zoneOf, standingOf, add: (zone) => void zones.set(zone.apex, zone) };
}

/** Below a secure parent. Algorithms that rest on SHA-1 count as unsupported here. */
function ownStanding({ keys, signing }: Zone): Standing {
  const published = signing?.ds ?? 'right';
  if (keys === undefined || published === 'none' || published === 'unknown-digest') return 'insecure';
  if (keys.entry.algorithm === 253 || keys.entry.algorithm < 8) return 'insecure';
  return published === 'wrong' ? 'bogus' : 'secure';
}

const weakest = (standings: readonly Standing[]): Standing =>
  standings.includes('bogus') ? 'bogus' : standings.includes('insecure') ? 'insecure' : 'secure';

const failure = (rcode: number): LabAnswer => ({ rcode, answer: [], authority: [], standing: 'insecure' });

/** What one zone has to say. `owner` is the name asked for where the set stands at a wildcard. */
type Part = {
  readonly zone: Zone;
  readonly sets: readonly { readonly set: RrSet; readonly owner: Name; readonly unsigned?: true }[];
  readonly proofs: readonly RrSet[];
} & (
  | { readonly kind: 'positive' | 'nodata' | 'nxdomain' | 'lame' }
  | { readonly kind: 'alias'; readonly target: Name }
);

function answerInZone(zone: Zone, name: Name, type: number): Part {
  const cut = delegationAbove(zone, name);
  // A delegation to a zone that nobody serves.
  if (cut !== undefined && !(cut === name && type === RrType.DS)) return { kind: 'lame', zone, sets: [], proofs: [] };
  const dname = dnameAbove(zone, name);
  if (dname) return throughDname(zone, dname, name);
  const node = zone.sets.get(name);
  if (node) return atNode(zone, node, name, type, { kind: 'nodata', name });
  if (emptyNonTerminals(zone).has(name)) return negative(zone, 'nodata', { kind: 'nodata', name });
  const encloser = closestEncloser(zone, name);
  const wildcard = wildcardAt(encloser);
  const expanded = wildcard && zone.sets.get(wildcard);
  if (!expanded) return negative(zone, 'nxdomain', { kind: 'nxdomain', name });
  const part = atNode(zone, expanded, name, type, { kind: 'wildcard-nodata', name, encloser });
  if (part.kind === 'nodata') return part;
  return { ...part, proofs: denialProof(zone, { kind: 'expanded', name, encloser }) };
}

function atNode(zone: Zone, node: Map<number, RrSet>, name: Name, type: number, denial: DenialRequest): Part {
  const set = node.get(type);
  if (set) return { kind: 'positive', zone, sets: [{ set, owner: name }], proofs: [] };
  const alias = node.get(RrType.CNAME);
  if (alias) return { kind: 'alias', zone, sets: [{ set: alias, owner: name }], proofs: [], target: targetOf(alias) };
  return negative(zone, 'nodata', denial);
}

const negative = (zone: Zone, kind: 'nodata' | 'nxdomain', denial: DenialRequest): Part => ({
  kind,
  zone,
  sets: [],
  proofs: denialProof(zone, denial),
});

const targetOf = (set: RrSet): Name => Buffer.from(set.records[0]!.canonical).toString('latin1') as Name;

function dnameAbove(zone: Zone, name: Name): RrSet | undefined {
  for (let count = labelCount(zone.apex); count < labelCount(name); count++) {
    const found = zone.sets.get(lastLabels(name, count))?.get(RrType.DNAME);
    if (found && isBelow(name, found.owner)) return found;
  }
  return undefined;
}

// RFC 6672 §3.2: the CNAME is made from the DNAME and carries no signature.
function throughDname(zone: Zone, dname: RrSet, name: Name): Part {
  const target = (name.slice(0, name.length - dname.owner.length) + targetOf(dname)) as Name;
  const rdata = Buffer.from(target, 'latin1');
  const made: RrSet = { owner: name, type: RrType.CNAME, ttl: dname.ttl, records: [{ rdata, canonical: rdata }] };
  const sets = [
    { set: dname, owner: dname.owner },
    { set: made, owner: name, unsigned: true as const },
  ];
  return { kind: 'alias', zone, sets, proofs: [], target };
}

function assemble(parts: readonly Part[], standingOf: Authority['standingOf'], now: number): LabAnswer {
  const last = parts.at(-1)!;
  const answer = parts.flatMap((part) =>
    part.sets.flatMap(({ set, owner, unsigned }) => [
      ...recordsOf(set, owner),
      ...(unsigned ? [] : signatureRecords(part.zone, set, owner, now)),
    ]),
  );
  const proofs = parts.flatMap((part) => part.proofs.flatMap((set) => signed(part.zone, set, now)));
  const soa = last.zone.sets.get(last.zone.apex)?.get(RrType.SOA);
  const negative = last.kind === 'nodata' || last.kind === 'nxdomain';
  return {
    rcode: last.kind === 'nxdomain' ? Rcode.NXDOMAIN : Rcode.NOERROR,
    answer,
    authority: [...(negative && soa ? signed(last.zone, soa, now) : []), ...proofs],
    standing: weakest(parts.map((part) => (restsOnOptOut(part) ? 'insecure' : standingOf(part.zone)))),
  };
}

// RFC 5155 §9.2: what only an opt-out span denies is not authentic; a record that matches the name is.
function restsOnOptOut({ zone, kind, proofs }: Part): boolean {
  const denial = zone.signing?.denial ?? 'nsec';
  if (denial === 'nsec' || denial.optOut === 'no' || proofs.length === 0) return false;
  return !(kind === 'nodata' && proofs.length === 1);
}

/** The set and its signature, as records. */
export const signed = (zone: Zone, set: RrSet, now: number): readonly ResourceRecord[] => [
  ...recordsOf(set, set.owner),
  ...signatureRecords(zone, set, set.owner, now),
];

export const recordsOf = (set: RrSet, owner: Name): readonly ResourceRecord[] =>
  set.records.map(({ rdata }) => ({ owner, type: set.type, class: classIn, ttl: set.ttl, rdata }));

function signatureRecords(zone: Zone, set: RrSet, owner: Name, now: number): readonly ResourceRecord[] {
  // The parent does not sign the NS of a delegation.
  if (set.type === RrType.NS && set.owner !== zone.apex && isAtOrBelow(set.owner, zone.apex)) return [];
  const rdata = signatureOf(zone, set, now);
  return rdata ? [{ owner, type: RrType.RRSIG, class: classIn, ttl: set.ttl, rdata }] : [];
}
