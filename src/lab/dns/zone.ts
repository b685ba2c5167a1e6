// A zone of the laboratory: RRsets by owner and type, written as master-file lines, changeable at run time, with the
// keys it is signed with. What is secret and how it is delegated stand here; answers are made in authority.ts.

import { RrType } from '../../core/dns/message.ts';
import { isAtOrBelow, labelCount, type Name, nameToText, parentName, name as parseName } from '../../core/dns/name.ts';
import { dsRdata, entryPointFlags, makeZoneKey, type SigningAlgorithm, type SigningKey, zoneKeyFlags } from './keys.ts';
import { absoluteName, type RecordData, recordData, typeNumber } from './rdata.ts';

export type RrSet = {
  readonly owner: Name;
  readonly type: number;
  readonly ttl: number;
  readonly records: readonly RecordData[];
};

export type Nsec3Settings = { readonly iterations: number; readonly salt: string; readonly optOut: 'yes' | 'no' };

export type Signing = {
  readonly algorithm?: SigningAlgorithm;
  readonly rsaBits?: number;
  /** One key for all, or a key-signing and a zone-signing key. */
  readonly keys?: 'single' | 'split';
  readonly denial?: 'nsec' | Nsec3Settings;
  /** What the parent publishes: the right DS, none (an island), one of another key, or one of an unknown digest type. */
  readonly ds?: 'right' | 'none' | 'wrong' | 'unknown-digest';
};

export type ZoneKeys = { readonly entry: SigningKey; readonly zone: SigningKey };

export type Zone = {
  readonly apex: Name;
  readonly signing: Signing | undefined;
  readonly keys: ZoneKeys | undefined;
  readonly sets: Map<Name, Map<number, RrSet>>;
  /** Goes up with every change; caches compare it. */
  version: number;
};

export type ZoneRequest = {
  /** Text, with or without final dot; `.` for the root. */
  readonly apex: string;
  /** None: unsigned. */
  readonly signing?: Signing;
  /** Lines of `owner TYPE data`; owners relative to the apex. A TTL may stand before the type. */
  readonly lines: readonly string[];
};

const defaultTtl = 300;

/** Every zone is served from here. */
export const nameServer = 'ns.nameservers.test.';

/** @throws Error for a line that cannot be read. */
export function makeZone(request: ZoneRequest): Zone {
  const apex = parseName(request.apex);
  const zone: Zone = {
    apex,
    signing: request.signing,
    keys: request.signing && makeKeys(request.signing),
    sets: new Map(),
    version: 0,
  };
  addLines(zone, [`@ SOA ${nameServer} hostmaster.${nameServer} 1 7200 3600 1209600 300`, `@ NS ${nameServer}`]);
  addLines(zone, request.lines);
  if (zone.keys) {
    const { entry, zone: zsk } = zone.keys;
    const keys = entry === zsk ? [entry] : [entry, zsk];
    // Keys among the lines stand in the set too: strangers that the zone publishes under its own signature.
    const strangers = zone.sets.get(apex)?.get(RrType.DNSKEY)?.records ?? [];
    putSet(zone, apex, RrType.DNSKEY, [...keys.map(({ rdata }) => ({ rdata, canonical: rdata })), ...strangers]);
    const denial = request.signing?.denial ?? 'nsec';
    if (denial !== 'nsec') addLines(zone, [`@ NSEC3PARAM ${nsec3Parameters(denial)}`]);
  }
  return zone;
}

/** As in RFC 5155 §4.2, flags always 0; generic notation. */
function nsec3Parameters({ iterations, salt }: Nsec3Settings): string {
  const length = salt.length / 2;
  const rdata = Buffer.concat([
    Buffer.from([1, 0, iterations >> 8, iterations & 255, length]),
    Buffer.from(salt, 'hex'),
  ]);
  return `\\# ${rdata.length} ${rdata.toString('hex')}`;
}

/** Publishes the child in its parent: NS, and DS as the child's settings say. */
export function delegate(parent: Zone, child: Zone): void {
  const owner = nameToText(child.apex);
  addLines(parent, [`${owner} NS ${nameServer}`]);
  const published = child.signing?.ds ?? 'right';
  if (child.keys === undefined || published === 'none') return;
  const { entry } = child.keys;
  const key = published === 'wrong' ? makeZoneKey(entry.algorithm, entryPointFlags, child.signing?.rsaBits) : entry;
  const rdata = dsRdata(child.apex, key, published === 'unknown-digest' ? 200 : 2);
  putSet(parent, child.apex, RrType.DS, [{ rdata, canonical: rdata }]);
}

function makeKeys(signing: Signing): ZoneKeys {
  const make = (flags: number): SigningKey => makeZoneKey(signing.algorithm ?? 13, flags, signing.rsaBits);
  const entry = make(entryPointFlags);
  return { entry, zone: signing.keys === 'split' ? make(zoneKeyFlags) : entry };
}

/** Adds to what stands. @throws Error for a line that cannot be read. */
export function addLines(zone: Zone, lines: readonly string[]): void {
  for (const line of lines) {
    const [owner = '', ...rest] = fieldsOf(line);
    const ttl = /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : defaultTtl;
    const type = typeNumber(rest.shift() ?? '');
    const at = absoluteName(owner, zone.apex);
    if (!isAtOrBelow(at, zone.apex)) throw new Error(`outside the zone: ${line}`);
    const before = zone.sets.get(at)?.get(type)?.records ?? [];
    putSet(zone, at, type, [...before, recordData(type, rest, zone.apex)], ttl);
  }
}

/** Fields are separated by blanks; quotes hold blanks together and may stand inside a field. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|\S+/g)].map((match) => match[1] ?? match[0]);
}

export function putSet(
  zone: Zone,
  owner: Name,
  type: number,
  records: readonly RecordData[],
  ttl: number = defaultTtl,
): void {
  const node = zone.sets.get(owner) ?? new Map<number, RrSet>();
  zone.sets.set(owner, node.set(type, { owner, type, ttl, records }));
  zone.version++;
}

export function removeSet(zone: Zone, owner: Name, type: number): void {
  const node = zone.sets.get(owner);
  node?.delete(type);
  if (node?.size === 0) zone.sets.delete(owner);
  zone.version++;
}

/** Names that hold no records but have some below them (RFC 4592 §2.2.2). */
export function emptyNonTerminals(zone: Zone): ReadonlySet<Name> {
  const found = new Set<Name>();
  for (const owner of zone.sets.keys()) {
    for (let up = parentName(owner); up && labelCount(up) > labelCount(zone.apex); up = parentName(up)) {
      if (!zone.sets.has(up)) found.add(up);
    }
  }
  return found;
}

/** The topmost NS set below the apex on the way to the name, if the name is delegated away. */
export function delegationAbove(zone: Zone, at: Name): Name | undefined {
  let found: Name | undefined;
  for (let up: Name | undefined = at; up && up !== zone.apex; up = parentName(up)) {
    if (zone.sets.get(up)?.has(RrType.NS)) found = up;
  }
  return found;
}
