// A small world of signed zones for the validator's tests: real keys and signatures, answers as a recursive server gives
// them with DO and CD set. It makes its own canonical form, so that it does not repeat a fault of the code under test.

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Instant, instant } from '../../../src/core/base/brand.ts';
import { type Message, type ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import {
  compareCanonical,
  isAtOrBelow,
  isBelow,
  labelCount,
  labelsOf,
  lastLabels,
  type Name,
  name,
  nameFromLabels,
  nameToOctets,
  parentName,
  rootName,
  wildcardAt,
} from '../../../src/core/dns/name.ts';
import { writeTypeBitmap } from '../../../src/core/dns/type-bitmap.ts';

export const now: Instant = instant(Date.UTC(2026, 10, 21, 12));
export const nowSeconds: number = now / 1_000;

// ---- keys

export type TestKey = { readonly algorithm: number; readonly privateKey: KeyObject; readonly rdata: Uint8Array };

const made = new Map<string, { readonly privateKey: KeyObject; readonly publicKey: Uint8Array }>();

/** `label` tells apart keys of one algorithm; the same label gives the same key in one run. */
export function testKey(algorithm: number, label = '', flags = 257, bits = 2_048): TestKey {
  const id = algorithm === 13 || algorithm > 13 ? `${algorithm} ${label}` : `rsa ${bits} ${label}`;
  const pair = made.get(id) ?? generate(algorithm, bits);
  made.set(id, pair);
  return { algorithm, privateKey: pair.privateKey, rdata: bytes(u16(flags), [3, algorithm], pair.publicKey) };
}

function generate(algorithm: number, bits: number): { privateKey: KeyObject; publicKey: Uint8Array } {
  const pair =
    algorithm === 13
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 14
        ? generateKeyPairSync('ec', { namedCurve: 'P-384' })
        : algorithm === 15
          ? generateKeyPairSync('ed25519')
          : algorithm === 16
            ? generateKeyPairSync('ed448')
            : generateKeyPairSync('rsa', { modulusLength: bits });
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const part = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url');
  const publicKey =
    jwk.kty === 'RSA'
      ? bytes([part(jwk.e).length], part(jwk.e), part(jwk.n))
      : bytes(part(jwk.x), jwk.y === undefined ? [] : part(jwk.y));
  return { privateKey: pair.privateKey, publicKey };
}

const hashes: Readonly<Record<number, string | null>> = {
  5: 'sha1',
  7: 'sha1',
  8: 'sha256',
  10: 'sha512',
  13: 'sha256',
  14: 'sha384',
};

export function tagOf(rdata: Uint8Array): number {
  const sum = rdata.reduce((total, octet, at) => total + (at % 2 === 0 ? octet * 256 : octet), 0);
  return (sum + Math.floor(sum / 65_536)) % 65_536;
}

// ---- octets

export const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
export const u32 = (value: number): Uint8Array => bytes(u16(value >>> 16), u16(value & 0xffff));
export const bytes = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const n = (text: string): Uint8Array => nameToOctets(name(text));

export const rdata = {
  a: (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number)),
  aaaa: (last: number): Uint8Array => bytes([0x20, 1, 0xd, 0xb8], new Uint8Array(11), [last]),
  /** NS, CNAME and DNAME alike. */
  name: (text: string): Uint8Array => nameToOctets(name(text)),
  mx: (preference: number, exchange: string): Uint8Array => bytes(u16(preference), n(exchange)),
  txt: (text: string): Uint8Array => bytes([text.length], Buffer.from(text)),
  tlsa: (fill: number): Uint8Array => bytes([3, 1, 1], new Uint8Array(32).fill(fill)),
  soa: (apex: string, minimum = 300): Uint8Array =>
    bytes(n(`ns.${apex}`), n(`hostmaster.${apex}`), u32(1), u32(7_200), u32(3_600), u32(1_209_600), u32(minimum)),
  ds: (apex: Name, key: TestKey, digestType = 2): Uint8Array => {
    const hash = digestType === 1 ? 'sha1' : digestType === 4 ? 'sha384' : 'sha256';
    const digest = createHash(hash).update(nameToOctets(apex)).update(key.rdata).digest();
    return bytes(u16(tagOf(key.rdata)), [key.algorithm, digestType], digest);
  },
};

export function nsec3HashText(of: Name, salt: Uint8Array, iterations: number): string {
  let hash = createHash('sha1').update(nameToOctets(of)).update(salt).digest();
  for (let round = 0; round < iterations; round++) hash = createHash('sha1').update(hash).update(salt).digest();
  const bits = [...hash].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => '0123456789abcdefghijklmnopqrstuv'[Number.parseInt(five, 2)])
    .join('');
}

const fromBase32Hex = (text: string): Uint8Array => {
  const bits = [...text]
    .map((digit) => '0123456789abcdefghijklmnopqrstuv'.indexOf(digit).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
};

// ---- zones

export type Denying =
  | { readonly kind: 'nsec' }
  | { readonly kind: 'nsec3'; readonly iterations: number; readonly salt: Uint8Array; readonly optOut: boolean };

export const nsec: Denying = { kind: 'nsec' };
export const nsec3 = (iterations = 0, salt: readonly number[] = [], optOut = false): Denying => ({
  kind: 'nsec3',
  iterations,
  salt: Uint8Array.from(salt),
  optOut,
});

export type ZoneOptions = {
  readonly denying?: Denying;
  /** All sign everything. Undefined: the zone is unsigned. */
  readonly keys?: readonly TestKey[];
  /** More records of the DNSKEY set that sign nothing. */
  readonly extraKeys?: readonly Uint8Array[];
  /** What the parent publishes; by default a SHA-256 DS of each key, or none for an unsigned zone. */
  readonly ds?: readonly Uint8Array[];
  readonly inception?: number;
  readonly expiration?: number;
  readonly ttl?: number;
};

export type Zone = ZoneOptions & {
  readonly apex: Name;
  readonly nodes: Map<Name, Map<number, Uint8Array[]>>;
  readonly signed: Map<string, readonly ResourceRecord[]>;
  chain?: readonly ResourceRecord[];
};

export type Row = readonly [owner: string, type: keyof typeof RrType, rdata: Uint8Array];

export type World = { readonly zones: Map<Name, Zone> };

export const makeWorld = (): World => ({ zones: new Map() });

/** Parents must be added before their children; rows are relative to nothing: owners are whole names. */
export function addZone(world: World, apexText: string, options: ZoneOptions, rows: readonly Row[] = []): Zone {
  const apex = name(apexText);
  const zone: Zone = { ttl: 3_600, ...options, apex, nodes: new Map(), signed: new Map() };
  const base = apexText === '.' ? 'root-servers.example.' : apexText;
  put(zone, apex, RrType.SOA, rdata.soa(base));
  put(zone, apex, RrType.NS, rdata.name(`ns.${base}`));
  const keyRdata = [...(options.keys ?? []).map((key) => key.rdata), ...(options.extraKeys ?? [])];
  for (const key of keyRdata) put(zone, apex, RrType.DNSKEY, key);
  for (const [owner, type, data] of rows) put(zone, name(owner), RrType[type], data);
  const parent = apex === rootName ? undefined : zoneOf(world, parentName(apex)!);
  if (parent !== undefined) {
    put(parent, apex, RrType.NS, rdata.name(`ns.${base}`));
    const ds = options.ds ?? (options.keys ?? []).map((key) => rdata.ds(apex, key));
    for (const record of ds) put(parent, apex, RrType.DS, record);
  }
  world.zones.set(apex, zone);
  return zone;
}

function put(zone: Zone, owner: Name, type: number, data: Uint8Array): void {
  const node = zone.nodes.get(owner) ?? new Map<number, Uint8Array[]>();
  node.set(type, [...(node.get(type) ?? []), data]);
  zone.nodes.set(owner, node);
}

export function zoneOf(world: World, of: Name): Zone {
  for (let at: Name | undefined = of; at !== undefined; at = parentName(at)) {
    const zone = world.zones.get(at);
    if (zone !== undefined) return zone;
  }
  throw new Error('no root');
}

const isCut = (zone: Zone, owner: Name): boolean =>
  owner !== zone.apex && zone.nodes.get(owner)?.has(RrType.NS) === true;

/** Names the zone speaks for: not what lies below its delegations. */
const ownNames = (zone: Zone): readonly Name[] =>
  [...zone.nodes.keys()].filter(
    (owner) => ![...zone.nodes.keys()].some((cut) => isCut(zone, cut) && isBelow(owner, cut)),
  );

const exists = (zone: Zone, of: Name): boolean => ownNames(zone).some((owner) => isAtOrBelow(owner, of));

// ---- signing

export type SignOptions = {
  readonly labels?: number;
  readonly inception?: number;
  readonly expiration?: number;
  readonly signer?: Name;
  readonly originalTtl?: number;
};

/** RDATA of one RRSIG. The records' names must be in lower case. */
export function signRrset(
  key: TestKey,
  signer: Name,
  owner: Name,
  type: number,
  data: readonly Uint8Array[],
  ttl: number,
  options: SignOptions = {},
): Uint8Array {
  const labels = options.labels ?? labelCount(owner) - (labelsOf(owner)[0] === '*' ? 1 : 0);
  const head = bytes(
    u16(type),
    [key.algorithm, labels],
    u32(options.originalTtl ?? ttl),
    u32(options.expiration ?? nowSeconds + 86_400),
    u32(options.inception ?? nowSeconds - 86_400),
    u16(tagOf(key.rdata)),
    nameToOctets(options.signer ?? signer),
  );
  const sorted = [...data].map((octets) => Buffer.from(octets)).sort(Buffer.compare);
  const records = sorted.map((octets) =>
    bytes(nameToOctets(owner), u16(type), u16(1), u32(options.originalTtl ?? ttl), u16(octets.length), octets),
  );
  const signature = sign(hashes[key.algorithm] ?? null, bytes(head, ...records), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return bytes(head, signature);
}

function withSignatures(zone: Zone, owner: Name, type: number, data: readonly Uint8Array[]): readonly ResourceRecord[] {
  const id = `${owner} ${type} ${Buffer.from(bytes(...data)).toString('hex')}`;
  const before = zone.signed.get(id);
  if (before !== undefined) return before;
  const ttl = zone.ttl ?? 3_600;
  const record = (recordType: number, octets: Uint8Array): ResourceRecord => ({
    owner,
    type: recordType,
    class: 1,
    ttl,
    rdata: octets,
  });
  const isUnsigned = isCut(zone, owner) && type === RrType.NS;
  const signatures = isUnsigned
    ? []
    : (zone.keys ?? []).map((key) => signRrset(key, zone.apex, owner, type, data, ttl, zone));
  const records = [
    ...data.map((octets) => record(type, octets)),
    ...signatures.map((octets) => record(RrType.RRSIG, octets)),
  ];
  zone.signed.set(id, records);
  return records;
}

export function rrset(zone: Zone, owner: Name, type: number): readonly ResourceRecord[] {
  const data = zone.nodes.get(owner)?.get(type);
  return data === undefined ? [] : withSignatures(zone, owner, type, data);
}

// ---- denial

function typesAt(zone: Zone, owner: Name): readonly number[] {
  const node = zone.nodes.get(owner);
  if (node === undefined) return [];
  if (!isCut(zone, owner)) return [...node.keys(), RrType.RRSIG];
  return node.has(RrType.DS) ? [RrType.NS, RrType.DS, RrType.RRSIG] : [RrType.NS];
}

function chainOf(zone: Zone): readonly ResourceRecord[] {
  zone.chain ??= zone.denying?.kind === 'nsec3' ? nsec3Chain(zone, zone.denying) : nsecChain(zone);
  return zone.chain;
}

function nsecChain(zone: Zone): readonly ResourceRecord[] {
  const owners = [...ownNames(zone)].sort(compareCanonical);
  return owners.flatMap((owner, at) => {
    const next = owners[(at + 1) % owners.length]!;
    const types = new Set([...typesAt(zone, owner), RrType.NSEC, RrType.RRSIG]);
    return withSignatures(zone, owner, RrType.NSEC, [bytes(nameToOctets(next), writeTypeBitmap(types))]);
  });
}

function nsec3Chain(zone: Zone, denying: Denying & { kind: 'nsec3' }): readonly ResourceRecord[] {
  const isOut = (owner: Name): boolean =>
    denying.optOut && isCut(zone, owner) && !zone.nodes.get(owner)?.has(RrType.DS);
  const all = new Set<Name>();
  for (const owner of ownNames(zone).filter((candidate) => !isOut(candidate))) {
    for (let at = owner; at !== zone.apex; at = parentName(at)!) all.add(at);
    all.add(zone.apex);
  }
  const hashed = [...all].map((owner) => ({ owner, hash: nsec3HashText(owner, denying.salt, denying.iterations) }));
  hashed.sort((left, right) => (left.hash < right.hash ? -1 : 1));
  return hashed.flatMap(({ owner, hash }, at) => {
    const next = fromBase32Hex(hashed[(at + 1) % hashed.length]!.hash);
    const data = bytes(
      [1, denying.optOut ? 1 : 0],
      u16(denying.iterations),
      [denying.salt.length],
      denying.salt,
      [20],
      next,
      writeTypeBitmap(typesAt(zone, owner)),
    );
    return withSignatures(zone, child(hash, zone.apex), RrType.NSEC3, [data]);
  });
}

export function child(label: string, parent: Name): Name {
  const joined = nameFromLabels([label, ...labelsOf(parent)]);
  if (joined.kind === 'fault') throw new Error(joined.fault);
  return joined.value;
}

/** The record that matches the name, or else the one that covers it, with its signatures. */
export function denialFor(zone: Zone, of: Name): readonly ResourceRecord[] {
  if (zone.keys === undefined) return [];
  const chain = chainOf(zone);
  const owners = [...new Set(chain.map((record) => record.owner))];
  if (zone.denying?.kind === 'nsec3') {
    const hash = nsec3HashText(of, zone.denying.salt, zone.denying.iterations);
    const below = owners.filter((owner) => labelsOf(owner)[0]! <= hash);
    const at = below.at(-1) ?? owners.at(-1)!;
    return chain.filter((record) => record.owner === at);
  }
  const at = owners.filter((owner) => compareCanonical(owner, of) <= 0).at(-1)!;
  return chain.filter((record) => record.owner === at);
}

function closestEncloser(zone: Zone, of: Name): Name {
  let at = parentName(of)!;
  while (!exists(zone, at)) at = parentName(at)!;
  return at;
}

function absence(zone: Zone, of: Name): readonly ResourceRecord[] {
  const soa = rrset(zone, zone.apex, RrType.SOA);
  const isNsec3 = zone.denying?.kind === 'nsec3';
  const hasOwnRecord =
    isNsec3 &&
    denialFor(zone, of)[0]?.owner ===
      child(
        nsec3HashText(
          of,
          (zone.denying as { salt: Uint8Array }).salt,
          (zone.denying as { iterations: number }).iterations,
        ),
        zone.apex,
      );
  if (exists(zone, of) && (!isNsec3 || hasOwnRecord)) return [...soa, ...denialFor(zone, of)];
  const encloser = closestEncloser(zone, of);
  const wildcard = wildcardAt(encloser)!;
  const proofs = isNsec3 ? [encloser, lastLabels(of, labelCount(encloser) + 1), wildcard] : [of, wildcard];
  return unique([...soa, ...proofs.flatMap((each) => denialFor(zone, each))]);
}

export const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];

// ---- answers

const emptyMessage: Omit<Message, 'questions' | 'rcode' | 'answer' | 'authority'> = {
  id: 0,
  response: true,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  authenticData: false,
  checkingDisabled: true,
  additional: [],
  edns: { version: 0, udpSize: 1_232, dnssecOk: true, options: [] },
};

export function message(
  of: Name,
  type: number,
  answer: readonly ResourceRecord[],
  authority: readonly ResourceRecord[],
  rcode = 0,
): Message {
  return { ...emptyMessage, questions: [{ name: of, type, class: 1 }], rcode, answer, authority };
}

/** What a recursive server without validation answers. */
export function respond(world: World, question: Name, type: number): Message {
  const answer: ResourceRecord[] = [];
  const authority: ResourceRecord[] = [];
  let at = question;
  const visited = new Set<Name>();
  while (!visited.has(at)) {
    visited.add(at);
    const zone = zoneOf(world, type === RrType.DS && at !== rootName ? parentName(at)! : at);
    const dname = findDname(zone, at);
    if (dname !== undefined) {
      const target = child(labelsOf(at).slice(0, labelCount(at) - labelCount(dname.owner))[0]!, dname.target);
      answer.push(...rrset(zone, dname.owner, RrType.DNAME));
      answer.push({ owner: at, type: RrType.CNAME, class: 1, ttl: 3_600, rdata: nameToOctets(target) });
      at = target;
      continue;
    }
    if (exists(zone, at)) {
      const node = zone.nodes.get(at);
      if (node?.has(type)) return message(question, type, [...answer, ...rrset(zone, at, type)], authority);
      const alias = node?.get(RrType.CNAME)?.[0];
      if (alias === undefined) return message(question, type, answer, [...authority, ...absence(zone, at)]);
      answer.push(...rrset(zone, at, RrType.CNAME));
      at = nameOf(alias);
      continue;
    }
    const encloser = closestEncloser(zone, at);
    const wildcard = wildcardAt(encloser)!;
    const source = zone.nodes.get(wildcard);
    if (source === undefined) return message(question, type, answer, [...authority, ...absence(zone, at)], 3);
    const found = source.has(type) ? type : source.has(RrType.CNAME) ? RrType.CNAME : undefined;
    if (found === undefined) return message(question, type, answer, [...authority, ...absence(zone, at)]);
    const owner = at;
    answer.push(...rrset(zone, wildcard, found).map((record) => ({ ...record, owner })));
    authority.push(...denialFor(zone, zone.denying?.kind === 'nsec3' ? lastLabels(at, labelCount(encloser) + 1) : at));
    if (found === type) return message(question, type, answer, authority);
    at = nameOf(source.get(RrType.CNAME)![0]!);
  }
  return message(question, type, answer, authority);
}

function findDname(zone: Zone, of: Name): { readonly owner: Name; readonly target: Name } | undefined {
  for (let at = parentName(of); at !== undefined && isAtOrBelow(at, zone.apex); at = parentName(at)) {
    const data = zone.nodes.get(at)?.get(RrType.DNAME)?.[0];
    if (data !== undefined) return { owner: at, target: nameOf(data) };
  }
  return undefined;
}

const nameOf = (data: Uint8Array): Name => Array.from(data, (octet) => String.fromCharCode(octet)).join('') as Name;
