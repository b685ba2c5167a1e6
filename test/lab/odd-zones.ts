// Zones with every construction that a validator must understand, for the tests of the laboratory and of the validator.

import type { Signing, ZoneRequest } from '../../src/lab/dns/zone.ts';

const lines = [
  '@ A 192.0.2.1',
  '@ MX 10 Mail',
  'mail A 192.0.2.2',
  'mail AAAA 2001:db8::2',
  '_25._tcp.mail TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000',
  '*.wild A 192.0.2.3',
  '*.wild MX 10 mail',
  'known.wild TXT "not by the wildcard"',
  'alias CNAME mail',
  'alias-to-nothing CNAME missing',
  'alias-to-unsigned CNAME mail.unsigned.example.',
  '*.wild-alias CNAME mail',
  'tree DNAME wild',
  'loop CNAME pool',
  'pool CNAME loop',
  'deep.under.here A 192.0.2.4',
  'large TXT "' +
    'a'.repeat(250) +
    '" "' +
    'b'.repeat(250) +
    '" "' +
    'c'.repeat(250) +
    '" "' +
    'd'.repeat(250) +
    '" "' +
    'e'.repeat(250) +
    '"',
];

const site = (apex: string, signing: Signing): ZoneRequest => ({ apex, signing, lines });

export const algorithms = [8, 10, 13, 14, 15, 16] as const;

export const signedZones: readonly ZoneRequest[] = [
  ...algorithms.map((algorithm) => site(`algorithm-${algorithm}.test`, { algorithm })),
  site('split-keys.test', { keys: 'split' }),
  { apex: 'strange-keys.test', signing: {}, lines: [...lines, `@ DNSKEY \\# 68 0101030d${'42'.repeat(64)}`] },
  site('nsec.test', {}),
  site('nsec3.test', { denial: { iterations: 0, salt: '', optOut: 'no' } }),
  site('nsec3-salted.test', { denial: { iterations: 10, salt: 'beef', optOut: 'no' } }),
  site('nsec3-opt-out.test', { denial: { iterations: 0, salt: '', optOut: 'yes' } }),
  site('child.nsec.test', {}),
  site('child.nsec3.test', { denial: { iterations: 0, salt: '', optOut: 'no' } }),
  site('a.b.nsec3-opt-out.test', {}),
];

export const insecureZones: readonly ZoneRequest[] = [
  { apex: 'unsigned.example', lines },
  { apex: 'unsigned.nsec.test', lines },
  { apex: 'unsigned.nsec3.test', lines },
  { apex: 'unsigned.nsec3-opt-out.test', lines },
  { apex: 'far.unsigned.nsec3-opt-out.test', lines },
  site('island.test', { ds: 'none' }),
  site('unknown-digest.test', { ds: 'unknown-digest' }),
  site('unknown-algorithm.test', { algorithm: 253 }),
];

export const bogusZones: readonly ZoneRequest[] = [site('wrong-ds.test', { ds: 'wrong' })];

/** Owner under the zone's apex, and type; every kind of answer is met once. */
export const questions: readonly (readonly [string, string])[] = [
  ['', 'A'],
  ['', 'MX'],
  ['', 'TXT'],
  ['', 'DS'],
  ['', 'DNSKEY'],
  ['', 'SOA'],
  ['mail.', 'A'],
  ['mail.', 'AAAA'],
  ['mail.', 'TLSA'],
  ['_25._tcp.mail.', 'TLSA'],
  ['_tcp.mail.', 'TLSA'],
  ['_26._tcp.mail.', 'TLSA'],
  ['x.wild.', 'A'],
  ['x.y.wild.', 'MX'],
  ['x.wild.', 'TLSA'],
  ['known.wild.', 'TXT'],
  ['known.wild.', 'A'],
  ['wild.', 'A'],
  ['alias.', 'A'],
  ['alias.', 'TLSA'],
  ['alias.', 'CNAME'],
  ['alias-to-nothing.', 'A'],
  ['x.wild-alias.', 'A'],
  ['x.tree.', 'A'],
  ['known.tree.', 'TXT'],
  ['tree.', 'DNAME'],
  ['here.', 'A'],
  ['under.here.', 'A'],
  ['missing.', 'A'],
  ['missing.', 'DS'],
  ['a.b.c.missing.', 'MX'],
  ['large.', 'TXT'],
];
