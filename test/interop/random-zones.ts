// Hierarchies that nobody thought of: zones, their contents, how each is signed and what is broken in some of them, all by
// chance from a seed. The plan is pure; `buildWorld` has BIND's and ldns's tools sign it. Keys are new each time: what a
// seed fixes is the shape.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameFromText, nameToOctets } from '../../src/core/dns/name.ts';
import type { Random } from '../fuzz/random.ts';
import type { ZoneFile } from './peers.ts';
import { oneLine, type Signing, signWithBind, signWithLdns } from './signed-zones.ts';

export type DsForm =
  | 'true'
  | 'none'
  | 'sha1'
  | 'sha384'
  | 'all-digests'
  | 'wrong-digest'
  | 'foreign-key'
  | 'unknown-algorithm'
  | 'unknown-digest'
  | 'one-bad-one-good'
  | 'good-sha1-bad-sha256'
  | 'unknown-and-good';

export type Fault =
  | 'expired'
  | 'not-yet-valid'
  | 'signature-dropped'
  | 'signature-corrupted'
  | 'signatures-dropped'
  | 'signature-labels'
  | 'signature-signer'
  | 'key-signature-corrupted'
  | 'zone-key-dropped'
  | 'denial-dropped'
  | 'denials-dropped'
  | 'denial-signature-dropped'
  | 'denial-signature-corrupted'
  | 'denial-next-changed'
  | 'denial-bitmap-changed'
  | 'record-changed'
  | 'record-added'
  | 'record-dropped'
  | 'owner-added'
  /** No fault: the original TTL is signed. */
  | 'ttl-raised';

export type PlannedZone = {
  /** With the final dot; the root is ".". */
  readonly name: string;
  readonly sign: Signing | 'unsigned';
  /** Owner (relative, "@" for the apex) and the rest of the record. */
  readonly records: readonly (readonly [owner: string, rest: string])[];
  readonly ds: DsForm;
  readonly fault: Fault | undefined;
  /** Decides what exactly the fault strikes. */
  readonly faultAt: number;
};

export type WorldPlan = { readonly zones: readonly PlannedZone[] };

const day = 86_400;

// ---- the plan

export function planWorld(random: Random, size: number): WorldPlan {
  const names: string[] = ['.'];
  const tops = ['test.', 'opt.', 'plain.', 'more.'].slice(0, 3 + random.below(2));
  names.push(...tops);
  while (names.length < size) {
    const parent = random.pick(names.filter((name) => name !== '.' && name.split('.').length < 6));
    // Below an unsigned top everything is insecure, which is soon told.
    if (parent.endsWith('plain.') && !random.oneIn(4)) continue;
    const between = random.oneIn(6) ? `ent${random.below(9)}.` : '';
    const name = `${random.pick(labels)}${random.below(90)}.${between}${parent}`;
    if (!names.includes(name)) names.push(name);
  }
  return { zones: names.map((name) => planZone(random, name, names, tops.includes(name) || name === '.')) };
}

const labels = ['a', 'zone', 'mail', 'b-c', 'x', 'UPPER', 'q'] as const;

function planZone(random: Random, name: string, names: readonly string[], high: boolean): PlannedZone {
  const unsigned = name === 'plain.' || (!high && random.oneIn(9));
  const ds: DsForm =
    unsigned || (!high && random.oneIn(16))
      ? 'none'
      : high
        ? 'true'
        : random.weighted<DsForm>([[30, 'true'], ...oddDs.map((form) => [1, form] as const)]);
  const fault = !unsigned && !high && random.oneIn(5) ? random.pick(faults) : undefined;
  const signing = planSigning(random, high);
  const times =
    fault === 'expired'
      ? { inception: -20 * day, expiration: -10 * day }
      : fault === 'not-yet-valid'
        ? { inception: 10 * day, expiration: 20 * day }
        : {};
  return {
    name,
    sign: unsigned ? 'unsigned' : name === 'opt.' ? optedOut : { ...signing, ...times },
    records: name === '.' ? [] : planRecords(random, name, names),
    ds,
    fault,
    faultAt: random.below(1_000_000),
  };
}

/** One zone above the others is always of this kind: unsigned zones below it have no proof of their own. */
const optedOut: Signing = { algorithm: 'ECDSAP256SHA256', nsec3: { iterations: 0, salt: '-', optOut: 'yes' } };

const oddDs: readonly DsForm[] = [
  'sha1',
  'sha384',
  'all-digests',
  'wrong-digest',
  'foreign-key',
  'unknown-algorithm',
  'unknown-digest',
  'one-bad-one-good',
  'good-sha1-bad-sha256',
  'unknown-and-good',
];

const faults: readonly Fault[] = [
  'expired',
  'not-yet-valid',
  'signature-dropped',
  'signature-corrupted',
  'signatures-dropped',
  'signature-labels',
  'signature-signer',
  'key-signature-corrupted',
  'zone-key-dropped',
  'denial-dropped',
  'denials-dropped',
  'denial-signature-dropped',
  'denial-signature-corrupted',
  'denial-next-changed',
  'denial-bitmap-changed',
  'record-changed',
  'record-added',
  'record-dropped',
  'owner-added',
  'ttl-raised',
];

function planSigning(random: Random, high: boolean): Signing {
  const tool = !high && random.oneIn(5) ? 'ldns' : 'bind';
  const algorithm = random.weighted([
    [10, 'ECDSAP256SHA256'],
    [2, 'ECDSAP384SHA384'],
    [2, 'ED25519'],
    [1, 'ED448'],
    [2, 'RSASHA256'],
    [1, 'RSASHA512'],
    ...(tool === 'bind' ? ([[1, 'NSEC3RSASHA1']] as const) : []),
  ] as readonly (readonly [number, string])[]);
  const nsec3 = random.weighted<Signing['nsec3'] | undefined>([
    [4, undefined],
    [2, { iterations: 0, salt: '-', optOut: 'no' }],
    [3, { iterations: 0, salt: '-', optOut: 'yes' }],
    [1, { iterations: random.pick([1, 20, 50]), salt: 'AABBCCDD', optOut: random.pick(['yes', 'no']) }],
    [1, { iterations: high ? 0 : random.pick([51, 100]), salt: '0F', optOut: 'no' }],
  ]);
  // ldns's tool knows neither opt-out nor an empty salt.
  const byLdns = { iterations: nsec3?.iterations ?? 0, salt: '01FF', optOut: 'no' } as const;
  const denial = nsec3 === undefined ? {} : { nsec3: tool === 'ldns' ? byLdns : nsec3 };
  if (tool === 'ldns') return { algorithm, tool, ...denial };
  const keys = random.oneIn(6) ? 'one' : 'two';
  const also = !algorithm.includes('RSA') && random.oneIn(10) ? { also: 'RSASHA256' } : {};
  return { algorithm, keys, ...also, ...denial };
}

const tlsa = (random: Random): string =>
  `TLSA 3 1 1 ${random
    .below(2 ** 31)
    .toString(16)
    .padStart(64, '0')}`;

type Records = PlannedZone['records'];

function planRecords(random: Random, zone: string, names: readonly string[]): Records {
  const records: (readonly [string, string])[] = [['@', 'MX 10 mx']];
  const host = (owner: string): void => {
    records.push([owner, `A 127.0.0.${1 + random.below(250)}`]);
    if (random.oneIn(2)) records.push([owner, `AAAA fd00::${1 + random.below(9_000)}`]);
    if (random.oneIn(2)) records.push([`_25._tcp.${owner}`, tlsa(random)]);
  };
  host('mx');
  if (random.oneIn(2)) records.push(['@', 'TXT "v=none"']);
  for (const owner of random.sample(hosts, random.below(5))) host(owner);
  if (random.oneIn(2)) records.push(['deep.under.ent', 'TXT "below"']);
  if (random.oneIn(3)) records.push(['odd', 'TYPE65280 \\# 4 01020304']);
  if (random.oneIn(3)) records.push(['_smtp._tcp', 'SRV 1 2 25 mx']);
  for (const place of random.sample(['.w', '.v.w', '', '._tcp.w'], random.below(3))) {
    const target = `CNAME mx.${random.pick(names)}`;
    const kind = random.weighted([
      [3, 'A 127.0.1.1'],
      [2, 'TXT "any"'],
      [2, tlsa(random)],
      [2, target.replace('..', '.')],
    ]);
    records.push([`*${place}`, kind]);
    if (random.oneIn(2)) records.push([`blocked${place}`, 'TXT "here"']);
  }
  for (let count = random.below(4); count > 0; count--)
    records.push([`alias${random.below(6)}`, `CNAME ${random.pick(targets(random, names))}`]);
  if (random.oneIn(4)) records.push(['tree', `DNAME ${random.pick(names)}`]);
  const cuts = names.filter((name) => name.endsWith(`.${zone}`)).map((name) => name.slice(0, -zone.length - 1));
  return consistent(records, cuts);
}

const hosts = ['www', 'Mail', 'b', 'a\\.b', 'z\\255', 'a.*.b', '-', '_dmarc', 'x.y', '\\000.n'] as const;

/** Nothing at or below a cut, nothing below a DNAME, an alias alone at its owner. */
function consistent(records: Records, cuts: readonly string[]): Records {
  const closed = [...cuts.map((cut) => cut.toLowerCase())];
  const trees = records.filter(([, rest]) => rest.startsWith('DNAME')).map(([owner]) => owner);
  return records.filter(([owner, rest], index) => {
    const folded = owner.toLowerCase();
    if (closed.some((cut) => folded === cut || folded.endsWith(`.${cut}`))) return false;
    if (trees.some((tree) => folded.endsWith(`.${tree}`))) return false;
    return !rest.startsWith('CNAME') || records.findIndex(([other]) => other === owner) === index;
  });
}

const targets = (random: Random, names: readonly string[]): readonly string[] => {
  const zone = random.pick(names.slice(1));
  return [
    `mx.${zone}`,
    `_25._tcp.mx.${zone}`,
    `alias${random.below(9)}.${zone}`,
    `alias${random.below(9)}`,
    'mx',
    `nowhere.${zone}`,
    'nowhere',
    `some.w.${zone}`,
    `mx.tree.${zone}`,
    zone,
    'under.ent',
  ];
};

// ---- the zones

export type BuiltWorld = {
  readonly zones: readonly ZoneFile[];
  /** DS of the root, presentation form. */
  readonly anchors: string;
};

export function buildWorld(plan: WorldPlan, folder: string): BuiltWorld {
  const deepest = [...plan.zones].sort((left, right) => depth(right.name) - depth(left.name));
  const files: ZoneFile[] = [];
  const delegations = new Map<string, string[]>();
  let anchors = '';
  for (const [index, zone] of deepest.entries()) {
    const home = join(folder, `zone${index}`);
    mkdirSync(home, { recursive: true });
    const { file, keys } = buildZone(home, zone, delegations.get(zone.name) ?? []);
    files.push({ name: zone.name, file });
    if (zone.name === '.') anchors = keys.map((key) => dsText(zone.name, key, 2)).join('\n');
    const parent = parentZone(zone.name, plan.zones);
    if (parent === undefined) continue;
    delegations.set(parent, [...(delegations.get(parent) ?? []), ...delegation(zone, keys)]);
  }
  return { zones: files, anchors };
}

const depth = (name: string): number => (name === '.' ? 0 : name.split('.').length - 1);

function parentZone(name: string, zones: readonly PlannedZone[]): string | undefined {
  if (name === '.') return undefined;
  const above = zones.filter((zone) => zone.name !== name && (zone.name === '.' || name.endsWith(`.${zone.name}`)));
  return above.sort((left, right) => depth(right.name) - depth(left.name))[0]?.name;
}

function buildZone(
  home: string,
  { name, sign, records, fault, faultAt }: PlannedZone,
  delegations: readonly string[],
): { readonly file: string; readonly keys: readonly Key[] } {
  const plain = join(home, 'zone');
  const lines = records.map(([owner, rest]) => `${owner} ${rest}`);
  writeFileSync(
    plain,
    `$ORIGIN ${name}\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n${lines.join('\n')}\n${delegations.join('\n')}\n`,
  );
  if (sign === 'unsigned') return { file: plain, keys: [] };
  const signed = join(home, 'zone.signed');
  if (sign.tool === 'ldns') signWithLdns(home, name, sign, signed);
  else signWithBind(home, name, sign, signed);
  const read = oneLine(readFileSync(signed, 'utf8'));
  if (fault !== undefined) writeFileSync(signed, strike(read.split('\n'), fault, faultAt, name).join('\n'));
  return { file: signed, keys: readKeys(home) };
}

// ---- the parent's word about the keys

type Key = { readonly tag: number; readonly algorithm: number; readonly rdata: Buffer };

function readKeys(home: string): readonly Key[] {
  return readdirSync(home)
    .filter((file) => file.endsWith('.key'))
    .sort()
    .flatMap((file) => {
      const found = /DNSKEY\s+257\s+3\s+(\d+)\s+([A-Za-z0-9+/= ]+)/.exec(readFileSync(join(home, file), 'utf8'));
      if (!found) return [];
      const algorithm = Number(found[1]);
      const rdata = Buffer.concat([
        Buffer.from([1, 1, 3, algorithm]),
        Buffer.from((found[2] as string).replaceAll(' ', ''), 'base64'),
      ]);
      return [{ tag: keyTag(rdata), algorithm, rdata }];
    });
}

/** RFC 4034 appendix B. */
function keyTag(rdata: Buffer): number {
  let sum = 0;
  for (const [at, octet] of rdata.entries()) sum += at % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >>> 16)) & 0xffff;
}

const digestNames: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

function dsText(zone: string, key: Key, digestType: number): string {
  const owner = nameFromText(zone);
  if (owner.kind === 'fault') throw new Error(`no name: ${zone}`);
  const digest = createHash(digestNames[digestType] ?? 'sha256')
    .update(nameToOctets(owner.value))
    .update(key.rdata)
    .digest('hex');
  return `${zone} DS ${key.tag} ${key.algorithm} ${digestType} ${digest}`;
}

function delegation(zone: PlannedZone, keys: readonly Key[]): readonly string[] {
  const lines = [`${zone.name} NS ns.${zone.name}`, `ns.${zone.name} A 127.0.0.1`];
  const [key] = keys;
  if (key === undefined || zone.ds === 'none') return lines;
  const good = keys.map((each) => dsText(zone.name, each, 2));
  const bad = (text: string): string => text.replace(/\S{4}$/, (end) => (end === '0000' ? '1111' : '0000'));
  const forms: Readonly<Record<Exclude<DsForm, 'none'>, readonly string[]>> = {
    true: good,
    sha1: [dsText(zone.name, key, 1)],
    sha384: [dsText(zone.name, key, 4)],
    'all-digests': [1, 2, 4].map((digest) => dsText(zone.name, key, digest)),
    'wrong-digest': good.map(bad),
    'foreign-key': [dsText(zone.name, { ...key, tag: (key.tag + 1) & 0xffff }, 2)],
    'unknown-algorithm': [dsText(zone.name, { ...key, algorithm: 253 }, 2)],
    'unknown-digest': [dsText(zone.name, key, 99)],
    'one-bad-one-good': [...good, bad(dsText(zone.name, key, 2))],
    'good-sha1-bad-sha256': [dsText(zone.name, key, 1), bad(dsText(zone.name, key, 2))],
    'unknown-and-good': [...good, dsText(zone.name, { ...key, algorithm: 253 }, 2), dsText(zone.name, key, 99)],
  };
  return [...lines, ...forms[zone.ds]];
}

// ---- the faults

/** What a line of a signed file says: owner, TTL, class, type, data. */
const typeOf = (line: string): string => /^\S+\s+\d+\s+IN\s+(\S+)/.exec(line)?.[1] ?? '';
const coveredOf = (line: string): string => /^\S+\s+\d+\s+IN\s+RRSIG\s+(\S+)/.exec(line)?.[1] ?? '';
const isDenial = (type: string): boolean => type === 'NSEC' || type === 'NSEC3';

function strike(lines: readonly string[], fault: Fault, at: number, zone: string): readonly string[] {
  const one = (pick: (line: string) => boolean, change: (line: string) => readonly string[]): readonly string[] => {
    const places = lines.flatMap((line, index) => (pick(line) ? [index] : []));
    const place = places[at % Math.max(places.length, 1)];
    return lines.flatMap((line, index) => (index === place ? change(line) : [line]));
  };
  const dataTypes = ['A', 'AAAA', 'MX', 'TLSA', 'TXT', 'CNAME', 'DNAME', 'SRV', 'DS'];
  const isData = (line: string): boolean => dataTypes.includes(typeOf(line));
  const isDataSignature = (line: string): boolean => dataTypes.includes(coveredOf(line));
  const isDenialSignature = (line: string): boolean => isDenial(coveredOf(line));
  const gone = (): readonly string[] => [];
  const field = (index: number, value: string) => (line: string) => {
    const fields = line.split(/\s+/);
    fields[index] = value;
    return [fields.join(' ')];
  };
  switch (fault) {
    case 'expired':
    case 'not-yet-valid':
      return lines;
    case 'signature-dropped':
      return one(isDataSignature, gone);
    case 'signature-corrupted':
      return one(isDataSignature, spoilt);
    case 'signatures-dropped':
      return lines.filter((line) => typeOf(line) !== 'RRSIG');
    // owner TTL IN RRSIG covered algorithm labels original expiration inception tag signer signature
    case 'signature-labels':
      return one(isDataSignature, field(6, String(depth(zone))));
    case 'signature-signer':
      return one(isDataSignature, field(11, zone.replace(/^[^.]+\./, '') || '.'));
    case 'key-signature-corrupted':
      return lines.flatMap((line) => (coveredOf(line) === 'DNSKEY' ? spoilt(line) : [line]));
    case 'zone-key-dropped':
      return one((line) => /\sDNSKEY\s+256\s/.test(line), gone);
    case 'denial-dropped':
      return one((line) => isDenial(typeOf(line)), gone);
    case 'denials-dropped':
      return lines.filter((line) => !isDenial(typeOf(line)) && !isDenialSignature(line));
    case 'denial-signature-dropped':
      return one(isDenialSignature, gone);
    case 'denial-signature-corrupted':
      return one(isDenialSignature, spoilt);
    case 'denial-next-changed':
      return one((line) => typeOf(line) === 'NSEC', field(4, `zzz.${zone}`));
    case 'denial-bitmap-changed':
      return one(
        (line) => isDenial(typeOf(line)),
        (line) => [line.replace(/\s(MX|A|TXT|TLSA|CNAME)\s/, ' ')],
      );
    case 'record-changed':
      return one(
        (line) => typeOf(line) === 'A',
        (line) => [line.replace(/\S+$/, '127.9.9.9')],
      );
    case 'record-added':
      return one(
        (line) => typeOf(line) === 'A',
        (line) => [line, line.replace(/\S+$/, '127.9.9.9')],
      );
    case 'record-dropped':
      return one(isData, gone);
    case 'owner-added':
      return [...lines, `added.${zone} 300 IN A 127.9.9.9`];
    case 'ttl-raised':
      return lines.map((line) => (isData(line) ? line.replace(/^(\S+\s+)300(\s)/, '$13000$2') : line));
  }
}

const spoilt = (line: string): readonly string[] => [
  line.replace(/([A-Za-z0-9+/]{8})(==?|)\s*$/, (_, tail: string, pad: string) =>
    tail.startsWith('AAAA') ? `BBBBAAAA${pad}` : `AAAAAAAA${pad}`,
  ),
];
