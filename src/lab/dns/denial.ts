// NSEC and NSEC3 chains of a zone and the proofs taken from them (RFC 4034 §4, RFC 5155 §7, RFC 7129): nothing here
// checks a proof. Opt-out leaves unsigned delegations out of the chain.

import { createHash } from 'node:crypto';
import { RrType } from '../../core/dns/message.ts';
import {
  compareCanonical,
  isAtOrBelow,
  labelCount,
  lastLabels,
  type Name,
  octetsOf,
  parentName,
  wildcardAt,
} from '../../core/dns/name.ts';
import { short } from './rdata.ts';
import { delegationAbove, emptyNonTerminals, type Nsec3Settings, type RrSet, type Zone } from './zone.ts';

/** One chain: the sets in order, each with the key that order goes by. */
type Chain = {
  readonly version: number;
  readonly links: readonly { readonly key: Name | string; readonly set: RrSet }[];
};

const chains = new WeakMap<Zone, Chain>();
const negativeTtl = 300;

/** All NSEC or NSEC3 sets of the zone; empty when it is unsigned. */
export const denialSets = (zone: Zone): readonly RrSet[] => chainOf(zone).links.map((link) => link.set);

function chainOf(zone: Zone): Chain {
  const kept = chains.get(zone);
  if (kept?.version === zone.version) return kept;
  const settings = zone.signing?.denial ?? 'nsec';
  const links = zone.signing === undefined ? [] : settings === 'nsec' ? nsecLinks(zone) : nsec3Links(zone, settings);
  const chain = { version: zone.version, links };
  chains.set(zone, chain);
  return chain;
}

// Glue and other names below a delegation belong to the child.
const ownNames = (zone: Zone): Name[] =>
  [...zone.sets.keys()].filter((owner) => {
    const cut = delegationAbove(zone, owner);
    return cut === undefined || cut === owner;
  });

function typesAt(zone: Zone, owner: Name, extra: readonly number[]): number[] {
  const node = zone.sets.get(owner);
  if (node === undefined) return [];
  // At a delegation only NS and DS are the parent's, and only DS is signed.
  if (delegationAbove(zone, owner) === owner) {
    const own = [...node.keys()].filter((type) => type === RrType.NS || type === RrType.DS);
    return node.has(RrType.DS) ? [...own, RrType.RRSIG, ...extra] : [...own, ...extra];
  }
  return [...node.keys(), RrType.RRSIG, ...extra];
}

function nsecLinks(zone: Zone): Chain['links'] {
  const names = ownNames(zone).sort(compareCanonical);
  return names.map((owner, i) => {
    const next = names[(i + 1) % names.length]!;
    // An NSEC at a delegation is itself signed, so RRSIG stands in its list even without DS.
    const types = new Set([...typesAt(zone, owner, [RrType.NSEC]), RrType.RRSIG]);
    const rdata = Buffer.concat([octetsOf(next), typeBitmap([...types])]);
    return { key: owner, set: denialSet(owner, RrType.NSEC, rdata) };
  });
}

function nsec3Links(zone: Zone, settings: Nsec3Settings): Chain['links'] {
  const unsigned = (owner: Name): boolean =>
    delegationAbove(zone, owner) === owner && !zone.sets.get(owner)?.has(RrType.DS);
  const kept = ownNames(zone).filter((owner) => settings.optOut === 'no' || !unsigned(owner));
  const inner = [...emptyNonTerminals(zone)].filter((inside) => kept.some((owner) => isAtOrBelow(owner, inside)));
  const hashed = [...kept, ...inner]
    .map((owner) => ({ owner, hash: nsec3Hash(owner, settings) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const salt = Buffer.from(settings.salt, 'hex');
  return hashed.map(({ owner, hash }, i) => {
    const next = Buffer.from(hashed[(i + 1) % hashed.length]!.hash, 'latin1');
    const rdata = Buffer.concat([
      Buffer.from([1, settings.optOut === 'yes' ? 1 : 0]),
      short(settings.iterations),
      Buffer.from([salt.length]),
      salt,
      Buffer.from([next.length]),
      next,
      typeBitmap(typesAt(zone, owner, [])),
    ]);
    const label = base32hex(Buffer.from(hash, 'latin1'));
    const hashedOwner = (String.fromCharCode(label.length) + label + zone.apex) as Name;
    return { key: hash, set: denialSet(hashedOwner, RrType.NSEC3, rdata) };
  });
}

const denialSet = (owner: Name, type: number, rdata: Uint8Array): RrSet => ({
  owner,
  type,
  ttl: negativeTtl,
  records: [{ rdata, canonical: rdata }],
});

/** Octets as chars, so that they sort as octets. */
export function nsec3Hash(owner: Name, settings: Nsec3Settings): string {
  const salt = Buffer.from(settings.salt, 'hex');
  let digest = Buffer.concat([octetsOf(owner), salt]);
  for (let round = 0; round <= settings.iterations; round++) {
    digest = createHash('sha1')
      .update(round === 0 ? digest : Buffer.concat([digest, salt]))
      .digest();
  }
  return digest.toString('latin1');
}

function base32hex(octets: Uint8Array): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (five) => Number.parseInt(five, 2).toString(32));
}

/** RFC 4034 §4.1.2. */
export function typeBitmap(types: readonly number[]): Buffer {
  const windows = new Map<number, Buffer>();
  for (const type of types) {
    const window = windows.get(type >> 8) ?? Buffer.alloc(32);
    window[(type & 0xff) >> 3]! |= 0x80 >> (type & 7);
    windows.set(type >> 8, window);
  }
  const blocks = [...windows]
    .sort(([a], [b]) => a - b)
    .map(([number, bits]) => {
      const length = bits.findLastIndex((octet) => octet !== 0) + 1;
      return Buffer.concat([Buffer.from([number, length]), bits.subarray(0, length)]);
    });
  return Buffer.concat(blocks);
}

// ---- proofs

export type DenialRequest =
  /** The name exists without the type; `name` may be an empty non-terminal or an unsigned delegation. */
  | { readonly kind: 'nodata'; readonly name: Name }
  | { readonly kind: 'nxdomain'; readonly name: Name }
  /** A wildcard answered: the name itself does not exist. */
  | { readonly kind: 'expanded'; readonly name: Name; readonly encloser: Name }
  | { readonly kind: 'wildcard-nodata'; readonly name: Name; readonly encloser: Name };

/** The sets that prove it, each once. */
export function denialProof(zone: Zone, request: DenialRequest): readonly RrSet[] {
  if (zone.signing === undefined) return [];
  const settings = zone.signing.denial ?? 'nsec';
  const found = settings === 'nsec' ? nsecProof(zone, request) : nsec3Proof(zone, settings, request);
  return [...new Set(found.filter((set) => set !== undefined))];
}

function nsecProof(zone: Zone, request: DenialRequest): readonly (RrSet | undefined)[] {
  const { links } = chainOf(zone);
  // The last link at or before the name either matches or covers it; before the first, the last one wraps around.
  const at = (name: Name): RrSet | undefined =>
    (links.findLast((link) => compareCanonical(link.key as Name, name) <= 0) ?? links.at(-1))?.set;
  switch (request.kind) {
    case 'nodata':
    case 'expanded':
      return [at(request.name)];
    case 'nxdomain':
      return [at(request.name), wildcardOf(closestEncloser(zone, request.name), at)];
    case 'wildcard-nodata':
      return [at(request.name), wildcardOf(request.encloser, at)];
  }
}

const wildcardOf = (encloser: Name, at: (name: Name) => RrSet | undefined): RrSet | undefined => {
  const wildcard = wildcardAt(encloser);
  return wildcard && at(wildcard);
};

function nsec3Proof(zone: Zone, settings: Nsec3Settings, request: DenialRequest): readonly (RrSet | undefined)[] {
  const { links } = chainOf(zone);
  const at = (name: Name): RrSet | undefined => {
    const hash = nsec3Hash(name, settings);
    return (links.findLast((link) => link.key <= hash) ?? links.at(-1))?.set;
  };
  const matches = (name: Name): boolean => {
    const hash = nsec3Hash(name, settings);
    return links.some((link) => link.key === hash);
  };
  // RFC 5155 §7.2.1: the closest encloser that the chain knows, and the cover of the name one label below it.
  const encloserProof = (name: Name): readonly [Name, readonly (RrSet | undefined)[]] => {
    let encloser = parentName(name) ?? name;
    while (!matches(encloser)) encloser = parentName(encloser) ?? zone.apex;
    return [encloser, [at(encloser), at(lastLabels(name, labelCount(encloser) + 1))]];
  };
  switch (request.kind) {
    case 'nodata':
      return matches(request.name) ? [at(request.name)] : encloserProof(request.name)[1];
    case 'expanded':
      return [at(lastLabels(request.name, labelCount(request.encloser) + 1))];
    case 'nxdomain':
    case 'wildcard-nodata': {
      const [encloser, proof] = encloserProof(request.name);
      return [...proof, wildcardOf(encloser, at)];
    }
  }
}

/** The longest existing ancestor of a name that does not exist (RFC 4592 §3.3.1). */
export function closestEncloser(zone: Zone, name: Name): Name {
  const inner = emptyNonTerminals(zone);
  for (let up = parentName(name); up && up !== zone.apex; up = parentName(up)) {
    if (zone.sets.has(up) || inner.has(up)) return up;
  }
  return zone.apex;
}
