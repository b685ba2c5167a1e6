// A hierarchy signed by BIND's and ldns's tools, with every case of healthy and broken zones that a validator meets.
// The files are then edited where a zone is to be broken: name servers serve what they are given.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ZoneFile } from './peers.ts';

export type SignedWorld = {
  readonly zones: readonly ZoneFile[];
  /** DS of the root, presentation form. */
  readonly anchors: string;
  /** Every question to ask, name and type. */
  readonly questions: readonly (readonly [string, string])[];
};

export type Signing = {
  readonly algorithm: string;
  /** One key for everything in place of two (BIND's tools only). */
  readonly keys?: 'one' | 'two';
  /** A second algorithm that signs everything as well (BIND's tools only). */
  readonly also?: string;
  readonly tool?: 'bind' | 'ldns';
  readonly nsec3?: { readonly iterations: number; readonly salt: string; readonly optOut: 'yes' | 'no' };
  /** Seconds from now. */
  readonly inception?: number;
  readonly expiration?: number;
};

type Zone = {
  readonly name: string;
  readonly sign: Signing | 'unsigned';
  readonly records: string;
  /** How the parent speaks of it: a true DS, none, or a wrong one. */
  readonly ds?:
    | 'true'
    | 'none'
    | 'wrong-digest'
    | 'unknown-algorithm'
    | 'unknown-digest'
    | 'one-bad-one-good'
    | 'foreign-key';
  readonly breakIt?: (signedFile: string) => string;
  readonly questions?: readonly (readonly [string, string])[];
};

const p256: Signing = { algorithm: 'ECDSAP256SHA256' };
const nsec3: Signing = { algorithm: 'ECDSAP256SHA256', nsec3: { iterations: 0, salt: '-', optOut: 'no' } };

const hostRecords = `
@ MX 10 mx
mx A 127.0.0.9
mx AAAA ::1
_25._tcp.mx TLSA 3 1 1 0101010101010101010101010101010101010101010101010101010101010101
txt TXT "hello"
*.wild A 127.0.0.10
blocked.wild TXT "here"
alias CNAME mx
deep.under.ent TXT "below"
tlsaalias CNAME _25._tcp.mx
`;

/** Drops every record of the signed file that matches, with its continuation lines joined first. */
const drop =
  (pattern: RegExp) =>
  (file: string): string =>
    oneLine(file)
      .split('\n')
      .filter((line) => !pattern.test(line))
      .join('\n');

/** The last octets of the signature are changed. */
const corrupt =
  (pattern: RegExp) =>
  (file: string): string =>
    oneLine(file)
      .split('\n')
      .map((line) =>
        pattern.test(line) ? line.replace(/([A-Za-z0-9+/]{8})(==?|)\s*$/, (_, __, pad) => `AAAAAAAA${pad}`) : line,
      )
      .join('\n');

/** Each record on a line of its own, without comments. */
export function oneLine(file: string): string {
  return file.replace(/;[^\n"]*$/gm, '').replace(/\(([^)]*)\)/g, (_, inside: string) => inside.replace(/\s+/g, ' '));
}

const leaf = (name: string, sign: Zone['sign'], more: Partial<Zone> = {}): Zone => ({
  name,
  sign,
  records: hostRecords,
  ...more,
});

function zoneTable(): readonly Zone[] {
  const day = 86_400;
  return [
    leaf('rsa2048.test.', { algorithm: 'RSASHA256' }),
    leaf('rsa512.test.', { algorithm: 'RSASHA512' }),
    leaf('p256.test.', p256),
    leaf('p384.test.', { algorithm: 'ECDSAP384SHA384' }),
    leaf('ed25519.test.', { algorithm: 'ED25519' }),
    leaf('ed448.test.', { algorithm: 'ED448' }),
    leaf('nsec3.test.', nsec3),
    leaf('nsec3salt.test.', {
      algorithm: 'ECDSAP256SHA256',
      nsec3: { iterations: 10, salt: 'AABBCCDD', optOut: 'no' },
    }),
    leaf('nsec3many.test.', {
      algorithm: 'ECDSAP256SHA256',
      tool: 'ldns',
      nsec3: { iterations: 200, salt: 'AABB', optOut: 'no' },
    }),
    leaf(
      'optout.test.',
      { algorithm: 'ECDSAP256SHA256', nsec3: { iterations: 0, salt: '-', optOut: 'yes' } },
      {
        records: `${hostRecords}\nunsigned NS ns.unsigned\nns.unsigned A 127.0.0.1`,
        questions: [['unsigned', 'DS']],
      },
    ),
    leaf('ldns.test.', { algorithm: 'ECDSAP256SHA256', tool: 'ldns' }),
    leaf('ldns3.test.', {
      algorithm: 'ECDSAP256SHA256',
      tool: 'ldns',
      nsec3: { iterations: 5, salt: '1234', optOut: 'no' },
    }),
    leaf('unsigned.test.', 'unsigned', { ds: 'none' }),
    leaf('island.test.', p256, { ds: 'none' }),
    leaf('wrongds.test.', p256, { ds: 'wrong-digest' }),
    leaf('foreignds.test.', p256, { ds: 'foreign-key' }),
    leaf('unknownalgo.test.', p256, { ds: 'unknown-algorithm' }),
    leaf('unknowndigest.test.', p256, { ds: 'unknown-digest' }),
    leaf('mixedds.test.', p256, { ds: 'one-bad-one-good' }),
    leaf('expired.test.', { ...p256, inception: -20 * day, expiration: -10 * day }),
    leaf('future.test.', { ...p256, inception: 10 * day, expiration: 20 * day }),
    leaf('badtlsa.test.', p256, { breakIt: corrupt(/RRSIG\s+TLSA/) }),
    leaf('badmx.test.', p256, { breakIt: corrupt(/RRSIG\s+MX/) }),
    leaf('badkey.test.', p256, { breakIt: corrupt(/RRSIG\s+DNSKEY/) }),
    leaf('nosig.test.', p256, { breakIt: drop(/RRSIG\s+TLSA/) }),
    leaf('nosigs.test.', p256, { breakIt: drop(/\sRRSIG\s/) }),
    leaf('nonsec.test.', p256, { breakIt: drop(/\sNSEC\s|RRSIG\s+NSEC\s/) }),
    leaf('nonsec3.test.', nsec3, { breakIt: drop(/\sNSEC3\s|RRSIG\s+NSEC3\s/) }),
    leaf('badnsec.test.', p256, { breakIt: corrupt(/RRSIG\s+NSEC\s/) }),
    leaf('MiXeD.test.', p256),
    leaf('nsecbelow.nsectld.', { algorithm: 'RSASHA256' }),
    leaf('plain.nsectld.', 'unsigned', { ds: 'none' }),
    leaf('island.insec.', p256, { ds: 'none' }),
    leaf('plain.insec.', 'unsigned', { ds: 'none' }),
    {
      name: 'aliases.test.',
      sign: p256,
      records: `
tosecure CNAME mx.p256.test.
tounsigned CNAME mx.unsigned.test.
tobogus CNAME _25._tcp.mx.badtlsa.test.
tonowhere CNAME nowhere.p256.test.
loop1 CNAME loop2
loop2 CNAME loop1
*.wildalias CNAME mx.p256.test.
chain1 CNAME chain2
chain2 CNAME chain3
chain3 CNAME mx.nsec3.test.
tree DNAME p256.test.
plaintree DNAME unsigned.test.
_25._tcp.mx CNAME tlsa._dane
tlsa._dane TLSA 3 1 1 0202020202020202020202020202020202020202020202020202020202020202
`,
      questions: [
        ['tosecure', 'A'],
        ['tounsigned', 'A'],
        ['tobogus', 'TLSA'],
        ['tonowhere', 'A'],
        ['x.wildalias', 'A'],
        ['chain1', 'A'],
        ['mx.tree', 'A'],
        ['nothere.tree', 'A'],
        ['mx.plaintree', 'A'],
        ['_25._tcp.mx', 'TLSA'],
        ['tosecure', 'TXT'],
      ],
    },
    { name: 'ent.deep.below.test.', sign: p256, records: hostRecords },
    {
      name: 'big.test.',
      sign: { algorithm: 'RSASHA256' },
      records: `mx A 127.0.0.9\n${Array.from({ length: 30 }, (_, index) => `_25._tcp.mx TLSA 3 1 1 ${index.toString(16).padStart(64, '0')}`).join('\n')}`,
      questions: [['_25._tcp.mx', 'TLSA']],
    },
  ];
}

const everyday: readonly (readonly [string, string])[] = [
  ['', 'MX'],
  ['', 'TXT'],
  ['mx', 'A'],
  ['mx', 'AAAA'],
  ['_25._tcp.mx', 'TLSA'],
  ['_25._tcp.alias', 'TLSA'],
  ['alias', 'A'],
  ['nothere', 'A'],
  ['a.b.nothere', 'TLSA'],
  ['mx', 'TXT'],
  ['_tcp.mx', 'TLSA'],
  ['x.wild', 'A'],
  ['x.wild', 'TXT'],
  ['y.x.wild', 'A'],
  ['blocked.wild', 'A'],
  ['a.blocked.wild', 'A'],
  ['ent', 'A'],
  ['under.ent', 'TLSA'],
  ['', 'DS'],
  ['tlsaalias', 'TLSA'],
];

export function buildSignedWorld(folder: string): SignedWorld {
  mkdirSync(folder, { recursive: true });
  const leaves = zoneTable();
  const built = new Map<string, Built>();
  for (const zone of leaves) built.set(zone.name.toLowerCase(), build(folder, zone, []));
  const children = (parent: string, named: readonly Zone[]): string[] =>
    named
      .filter((zone) => zone.name.toLowerCase().endsWith(`.${parent}`))
      .flatMap((zone) => delegation(zone, built.get(zone.name.toLowerCase()) as Built));
  const tlds: readonly Zone[] = [
    {
      name: 'test.',
      sign: { algorithm: 'ECDSAP256SHA256', nsec3: { iterations: 0, salt: '-', optOut: 'yes' } },
      records: '',
    },
    { name: 'nsectld.', sign: { algorithm: 'RSASHA256' }, records: '' },
    { name: 'insec.', sign: 'unsigned', ds: 'none', records: '' },
  ];
  for (const tld of tlds) built.set(tld.name, build(folder, tld, children(tld.name, leaves)));
  const root: Zone = { name: '.', sign: { algorithm: 'RSASHA256' }, records: '' };
  const rootBuilt = build(
    folder,
    root,
    tlds.flatMap((tld) => delegation(tld, built.get(tld.name) as Built)),
  );
  built.set('.', rootBuilt);
  const questions = leaves.flatMap((zone) =>
    (zone.records === hostRecords ? [...everyday, ...(zone.questions ?? [])] : (zone.questions ?? everyday)).map(
      ([name, type]) => [name === '' ? zone.name : `${name}.${zone.name}`, type] as const,
    ),
  );
  const above: readonly (readonly [string, string])[] = [
    ['.', 'NS'],
    ['.', 'DNSKEY'],
    ['test.', 'DS'],
    ['test.', 'DNSKEY'],
    ['insec.', 'DS'],
    ['nowhere.', 'A'],
    ['x.nowhere.', 'TLSA'],
    ['nothere.test.', 'MX'],
    ['nothere.nsectld.', 'MX'],
    ['nothere.insec.', 'MX'],
    ['deep.below.test.', 'A'],
    ['below.test.', 'MX'],
    ['.', 'DS'],
  ];
  return {
    zones: [...built].map(([name, { file }]) => ({ name, file })),
    anchors: rootBuilt.ds.join('\n'),
    questions: [...questions, ...above],
  };
}

type Built = { readonly file: string; readonly ds: readonly string[] };

function build(folder: string, zone: Zone, delegations: readonly string[]): Built {
  const label = zone.name === '.' ? 'root' : zone.name.replace(/\.$/, '').toLowerCase();
  const home = join(folder, label);
  mkdirSync(home, { recursive: true });
  const plain = join(home, 'zone');
  const apex = `$ORIGIN ${zone.name}\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n`;
  writeFileSync(plain, `${apex}${zone.records}\n${delegations.join('\n')}\n`);
  if (zone.sign === 'unsigned') return { file: plain, ds: [] };
  const signed = join(home, 'zone.signed');
  const ds =
    zone.sign.tool === 'ldns'
      ? signWithLdns(home, zone.name, zone.sign, signed)
      : signWithBind(home, zone.name, zone.sign, signed);
  if (zone.breakIt) writeFileSync(signed, zone.breakIt(readFileSync(signed, 'utf8')));
  return { file: signed, ds };
}

const quiet = { stdio: ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[], encoding: 'utf8' as const };
/** Seconds from now, as the tools write times. */
export const stamp = (offset: number): string =>
  new Date(Date.now() + offset * 1000).toISOString().replace(/[-:T]|\.\d+Z/g, '');

/** Signs `home`/zone. @returns the DS records of the keys that sign keys, SHA-256, presentation form. */
export function signWithBind(home: string, name: string, sign: Signing, output: string): readonly string[] {
  const flags = sign.keys === 'one' ? [['-f', 'KSK']] : [[], ['-f', 'KSK']];
  for (const algorithm of [sign.algorithm, ...(sign.also === undefined ? [] : [sign.also])]) {
    const bits = algorithm.includes('RSA') ? ['-b', '2048'] : [];
    for (const flag of flags)
      execFileSync('dnssec-keygen', ['-q', '-K', home, '-a', algorithm, ...bits, ...flag, name], quiet);
  }
  const denial = sign.nsec3
    ? ['-3', sign.nsec3.salt, '-H', String(sign.nsec3.iterations), ...(sign.nsec3.optOut === 'yes' ? ['-A'] : [])]
    : [];
  execFileSync(
    'dnssec-signzone',
    [
      '-q',
      '-S',
      '-P',
      '-K',
      home,
      '-o',
      name,
      '-O',
      'full',
      '-s',
      stamp(sign.inception ?? -3600),
      '-e',
      stamp(sign.expiration ?? 7 * 86_400),
      ...denial,
      ...(sign.keys === 'one' ? ['-z'] : []),
      '-d',
      home,
      '-f',
      output,
      join(home, 'zone'),
    ],
    quiet,
  );
  const key = readdirSync(home).find(
    (file) => file.endsWith('.key') && /DNSKEY 257/.test(readFileSync(join(home, file), 'utf8')),
  ) as string;
  return execFileSync('dnssec-dsfromkey', ['-2', join(home, key)], quiet)
    .trim()
    .split('\n');
}

export function signWithLdns(home: string, name: string, sign: Signing, output: string): readonly string[] {
  const keys = [[], ['-k']].map((flag) =>
    execFileSync('ldns-keygen', [...flag, '-a', sign.algorithm, name], { ...quiet, cwd: home }).trim(),
  );
  const denial = sign.nsec3 ? ['-n', '-t', String(sign.nsec3.iterations), '-s', sign.nsec3.salt] : [];
  execFileSync(
    'ldns-signzone',
    [...denial, '-i', stamp(-3600), '-e', stamp(7 * 86_400), '-o', name, '-f', output, join(home, 'zone'), ...keys],
    { ...quiet, cwd: home },
  );
  return execFileSync('ldns-key2ds', ['-n', '-2', `${keys[1]}.key`], { ...quiet, cwd: home })
    .trim()
    .split('\n');
}

/** NS, glue and what the parent claims about the child's keys. */
function delegation(zone: Zone, { ds }: Built): readonly string[] {
  const lines = [`${zone.name} NS ns.${zone.name}`, `ns.${zone.name} A 127.0.0.1`];
  const [first = ''] = ds;
  const fields = first.split(/\s+/);
  const [tag, algorithm, , digest] = fields.slice(fields.indexOf('DS') + 1).filter((field) => field !== '') as [
    string,
    string,
    string,
    string,
  ];
  const whole = fields.slice(fields.indexOf('DS') + 4).join('') || digest;
  const record = (...rdata: readonly string[]): string => `${zone.name} DS ${rdata.join(' ')}`;
  const wrong = `00${(whole ?? '').slice(2)}`;
  switch (zone.ds ?? (zone.sign === 'unsigned' ? 'none' : 'true')) {
    case 'true':
      return [...lines, record(tag, algorithm, '2', whole)];
    case 'none':
      return lines;
    case 'wrong-digest':
      return [...lines, record(tag, algorithm, '2', wrong)];
    case 'foreign-key':
      return [...lines, record(String((Number(tag) + 1) % 65_536), algorithm, '2', whole)];
    case 'unknown-algorithm':
      return [...lines, record(tag, '253', '2', whole)];
    case 'unknown-digest':
      return [...lines, record(tag, algorithm, '99', whole)];
    case 'one-bad-one-good':
      return [...lines, record(tag, algorithm, '2', wrong), record(tag, algorithm, '2', whole)];
  }
}
