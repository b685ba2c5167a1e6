// What an attacker can say with records that are truly signed: denials of the parent about the child, of a name about its
// alias, spans that lie near, wildcards where a name stands, records under other names. Chosen by chance.

import { connect } from 'node:net';
import { toBase32Hex } from '../../src/core/dns/encodings.ts';
import { encodeQuery, parseMessage, type ResourceRecord, RrType } from '../../src/core/dns/message.ts';
import {
  compareCanonical,
  isAtOrBelow,
  isWildcard,
  labelCount,
  labelsOf,
  lastLabels,
  type Name,
  nameToOctets,
  parentName,
  wildcardAt,
} from '../../src/core/dns/name.ts';
import { type Nsec3, readNsec, readNsec3 } from '../../src/core/dnssec/rdata.ts';
import { nsec3Hash } from '../../src/core/dnssec/signature.ts';
import type { Random } from '../fuzz/random.ts';
import { toWire, type WireQuestion, type World } from './differential.ts';
import type { Forgery } from './forging-proxy.ts';

/** One owner and type with its signatures. */
type SignedSet = { readonly owner: Name; readonly type: number; readonly records: readonly ResourceRecord[] };

type Loot = { readonly zone: Name; readonly sets: readonly SignedSet[] };

/** Everything that the signed zones hold, by zone transfer. */
export async function loot(world: World): Promise<readonly Loot[]> {
  const signed = world.plan.zones.filter((zone) => zone.sign !== 'unsigned');
  return Promise.all(
    signed.map(async (zone) => {
      const { name } = toWire([zone.name, 'SOA']);
      return { zone: name, sets: gather(await transfer(world.ports.authority, name)) };
    }),
  );
}

function gather(records: readonly ResourceRecord[]): readonly SignedSet[] {
  const sets = new Map<string, ResourceRecord[]>();
  for (const record of records) {
    const type = record.type === RrType.RRSIG ? record.rdata[0]! * 256 + record.rdata[1]! : record.type;
    const key = `${type} ${record.owner}`;
    sets.set(key, [...(sets.get(key) ?? []), record]);
  }
  return [...sets].map(([key, all]) => ({ owner: all[0]!.owner, type: Number(key.split(' ')[0]), records: all }));
}

const axfr = 252;

function transfer(port: number, name: Name): Promise<readonly ResourceRecord[]> {
  return new Promise((resolve, reject) => {
    const records: ResourceRecord[] = [];
    let held = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () => {
      const query = encodeQuery({
        id: 1,
        name,
        type: axfr,
        recursionDesired: false,
        authenticData: false,
        checkingDisabled: false,
        dnssecOk: false,
        udpSize: 1_232,
      });
      socket.write(Buffer.from([query.length >> 8, query.length & 0xff, ...query]));
    });
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const size = 2 + held.readUInt16BE(0);
        const parsed = parseMessage(Uint8Array.from(held.subarray(2, size)));
        held = held.subarray(size);
        if (parsed.kind === 'fault' || parsed.value.rcode !== 0) return reject(new Error(`no transfer of ${name}`));
        records.push(...parsed.value.answer);
      }
      // RFC 5936 §2.2: the SOA stands at both ends.
      if (records.filter(({ type }) => type === RrType.SOA).length < 2) return;
      socket.destroy();
      resolve(records.slice(0, -1));
    });
  });
}

// ---- what fits a name

const isDenial = ({ type }: SignedSet): boolean => type === RrType.NSEC || type === RrType.NSEC3;

/** The names a denial about `name` could have to speak of, in any zone. */
function namesAround(name: Name): readonly Name[] {
  const ancestors = Array.from({ length: labelCount(name) + 1 }, (_, labels) => lastLabels(name, labels));
  return [...ancestors, ...ancestors.flatMap((each) => wildcardAt(each) ?? [])];
}

/** Denial sets of the zone that match or cover one of the names. */
function denialsNear({ zone, sets }: Loot, names: readonly Name[]): readonly SignedSet[] {
  const nsec3 = sets.find(({ type }) => type === RrType.NSEC3)?.records.find(({ type }) => type === RrType.NSEC3);
  const parameters = nsec3 === undefined ? undefined : readNsec3(nsec3.rdata);
  const hashes = parameters === undefined ? [] : names.map((name) => hashed(name, parameters));
  return sets.filter(isDenial).filter((set) => {
    const record = set.records.find(({ type }) => type === set.type);
    if (record === undefined) return false;
    if (set.type === RrType.NSEC) {
      const next = readNsec(record.rdata)?.next;
      return next !== undefined && names.some((name) => holds(set.owner, next, name, compareCanonical, next === zone));
    }
    const read = readNsec3(record.rdata);
    const from = labelsOf(set.owner)[0] ?? '';
    const to = read === undefined ? from : toBase32Hex(read.nextHash);
    return hashes.some((hash) => holds(from, to, hash, compareText, from >= to));
  });
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const hashed = (name: Name, { salt, iterations }: Nsec3): string =>
  toBase32Hex(nsec3Hash(nameToOctets(name), salt, iterations) ?? new Uint8Array(0));

function holds<T>(from: T, to: T, at: T, compare: (left: T, right: T) => number, last: boolean): boolean {
  const after = compare(from, at);
  if (after === 0) return true;
  return last ? after < 0 || compare(at, to) < 0 : after < 0 && compare(at, to) < 0;
}

// ---- the forgeries

export const ways = ['denial', 'parent', 'own', 'moved', 'wildcard', 'alias', 'nothing'] as const;
export type Way = (typeof ways)[number];

/** An answer about the question that truth did not give, or undefined where this way leads nowhere. */
export function forgeAnswer(
  random: Random,
  all: readonly Loot[],
  { name, type }: WireQuestion,
  way: Way,
): Forgery | undefined {
  const above = all.filter(({ zone }) => isAtOrBelow(name, zone));
  if (above.length === 0) return undefined;
  const zone = random.pick(above);
  const rcode = random.pick([0, 3]);
  const some = (sets: readonly SignedSet[]): readonly ResourceRecord[] =>
    // SEC-40: no more than sixteen sets are looked at; which come first is chance.
    random.sample(sets, random.oneIn(3) ? 1 + random.below(4) : 14).flatMap(({ records }) => records);
  const soa = random.oneIn(2) ? zone.sets.filter((set) => set.type === RrType.SOA) : [];
  const denial = (sets: readonly SignedSet[]): Forgery | undefined =>
    sets.length === 0 ? undefined : { rcode, answer: [], authority: [...some(sets), ...some(soa)] };
  switch (way) {
    case 'denial':
      return denial(denialsNear(zone, namesAround(name)));
    case 'parent': {
      // RFC 6840 §4.1: what a zone says at its cuts, used for what lies there and below.
      const cuts = all.map((each) => each.zone).filter((cut) => cut !== zone.zone && isAtOrBelow(name, cut));
      return denial(denialsNear(zone, [...cuts, ...cuts.flatMap((cut) => wildcardAt(parentName(cut) ?? cut) ?? [])]));
    }
    case 'own':
      return denial(denialsNear(zone, [name]));
    case 'moved':
      return positive(zone.sets.filter((set) => set.type === type));
    case 'wildcard':
      return positive(zone.sets.filter((set) => isWildcard(set.owner)));
    case 'alias':
      return positive(zone.sets.filter((set) => set.type === RrType.CNAME || set.type === RrType.DNAME));
    case 'nothing':
      return { rcode, answer: [], authority: some(soa) };
  }

  function positive(sets: readonly SignedSet[]): Forgery | undefined {
    if (sets.length === 0) return undefined;
    const records = random.pick(sets).records.map((record) => ({ ...record, owner: name }));
    const near = random.oneIn(2) ? denialsNear(zone, namesAround(name)) : [];
    return { rcode: 0, answer: records, authority: some(near) };
  }
}
