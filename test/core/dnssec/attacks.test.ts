// What must not become secure, and what must not become insecure: one row per way to tamper with an answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Message, type ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import { name, nameToOctets } from '../../../src/core/dns/name.ts';
import { writeTypeBitmap } from '../../../src/core/dns/type-bitmap.ts';
import { lookUp, type Meddle, verdictOf } from './driver.ts';
import { labWorld } from './lab-world.ts';
import {
  all,
  changed,
  flipped,
  ofType,
  onAnswersTo,
  signatureOver,
  signedBy,
  withAnswer,
  withAuthority,
  without,
} from './tamper.ts';
import { bytes, denialFor, rdata, respond, rrset, testKey, zoneOf } from './zone-builder.ts';

const world = labWorld();
const zone = (apex: string): ReturnType<typeof zoneOf> => zoneOf(world, name(apex));
const answerOf = (owner: string, type: keyof typeof RrType): readonly ResourceRecord[] =>
  respond(world, name(owner), RrType[type]).answer;
const denial = (apex: string, of: string): readonly ResourceRecord[] => denialFor(zone(apex), name(of));
const soa = (apex: string): readonly ResourceRecord[] => rrset(zone(apex), name(apex), RrType.SOA);
const nsecData = (next: string, ...types: readonly (keyof typeof RrType | number)[]): Uint8Array =>
  bytes(
    nameToOctets(name(next)),
    writeTypeBitmap([
      RrType.RRSIG,
      RrType.NSEC,
      ...types.map((type) => (typeof type === 'number' ? type : RrType[type])),
    ]),
  );
const unsigned = (owner: string, type: keyof typeof RrType, data: Uint8Array): ResourceRecord => ({
  owner: name(owner),
  type: RrType[type],
  class: 1,
  ttl: 3_600,
  rdata: data,
});
const tlsaName = '_25._tcp.mx.signed.test';
const forged = unsigned(tlsaName, 'TLSA', rdata.tlsa(66));

type Row = readonly [
  ids: string,
  says: string,
  question: readonly [string, keyof typeof RrType],
  meddle: Meddle,
  verdict: string,
];

// proves: SEC-21
const rows: readonly Row[] = [
  // ---- signatures
  [
    'SEC-4',
    'RRSIG stripped',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', without(ofType('RRSIG'))),
    'bogus missing-signature',
  ],
  [
    'SEC-4',
    'forged unsigned data',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', withAnswer(forged)),
    'bogus missing-signature',
  ],
  [
    'SEC-4',
    'corrupt signature on TLSA',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(-1))),
    'bogus signature-mismatch',
  ],
  [
    'SEC-4',
    'corrupt signature on A',
    ['mx.signed.test', 'A'],
    onAnswersTo('A', changed(ofType('RRSIG'), flipped(-1))),
    'bogus signature-mismatch',
  ],
  [
    'SEC-4',
    'corrupt signature on MX',
    ['signed.test', 'MX'],
    onAnswersTo('MX', changed(ofType('RRSIG'), flipped(-1))),
    'bogus signature-mismatch',
  ],
  [
    'SEC-4',
    'corrupt signature on DNSKEY',
    [tlsaName, 'TLSA'],
    onAnswersTo('DNSKEY', changed(ofType('RRSIG'), flipped(-1)), 'signed.test'),
    'bogus signature-mismatch',
  ],
  [
    'SEC-4',
    'corrupt signature on DS',
    [tlsaName, 'TLSA'],
    onAnswersTo('DS', changed(ofType('RRSIG'), flipped(-1)), 'signed.test'),
    'bogus signature-mismatch',
  ],
  [
    'SEC-5',
    'type covered',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(1))),
    'bogus missing-signature',
  ],
  [
    'SEC-5',
    'algorithm',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(2))),
    'bogus no-matching-key',
  ],
  [
    'SEC-5',
    'more labels than the owner has',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(3, 8))),
    'bogus signature-malformed',
  ],
  [
    'SEC-5',
    'fewer labels than the zone has',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(3, 4))),
    'bogus signature-malformed',
  ],
  [
    'SEC-5',
    'original TTL',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(7))),
    'bogus signature-mismatch',
  ],
  [
    'SEC-5',
    'key tag',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(17))),
    'bogus no-matching-key',
  ],
  [
    'SEC-5',
    'signer beside the owner',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', withAnswer(...signedBy(world, 'nsec.test', tlsaName, 'TLSA', [rdata.tlsa(66)]))),
    'bogus missing-signature',
  ],
  [
    'SEC-5',
    'signer below the owner',
    ['signed.test', 'MX'],
    onAnswersTo(
      'MX',
      withAnswer(
        ...signedBy(world, 'signed.test', 'signed.test', 'MX', [rdata.mx(1, 'evil.test')], {
          signer: name('sub.signed.test'),
        }),
      ),
    ),
    'bogus missing-signature',
  ],
  [
    'SEC-5',
    'signer that is no zone',
    [tlsaName, 'TLSA'],
    onAnswersTo(
      'TLSA',
      withAnswer(
        ...signedBy(world, 'signed.test', tlsaName, 'TLSA', [rdata.tlsa(66)], { signer: name('mx.signed.test') }),
      ),
    ),
    'bogus signer-not-a-zone',
  ],
  [
    'SEC-2',
    'signed by a key that the zone does not hold',
    [tlsaName, 'TLSA'],
    onAnswersTo(
      'TLSA',
      withAnswer(...signedBy(world, 'nsec.test', tlsaName, 'TLSA', [rdata.tlsa(66)], { signer: name('signed.test') })),
    ),
    'bogus no-matching-key',
  ],
  [
    'SEC-7',
    'a garbage RRSIG beside the good one',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', (message) => ({
      ...message,
      answer: [flipped(-1)(message.answer[1]!), flipped(2)(message.answer[1]!), ...message.answer],
    })),
    'secure',
  ],
  [
    'SEC-7',
    'a short and an empty RRSIG beside the good one',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', (message) => ({
      ...message,
      answer: [cut(message.answer[1]!, 40), cut(message.answer[1]!, 0), cut(message.answer[1]!, 2), ...message.answer],
    })),
    'secure',
  ],
  [
    'SEC-28',
    'a signature of wrong length',
    [tlsaName, 'TLSA'],
    onAnswersTo(
      'TLSA',
      changed(ofType('RRSIG'), (record) => cut(record, record.rdata.length - 1)),
    ),
    'bogus signature-mismatch',
  ],

  // ---- keys
  [
    'SEC-8',
    'a key added to the DNSKEY set',
    [tlsaName, 'TLSA'],
    onAnswersTo(
      'DNSKEY',
      (message) => ({
        ...message,
        answer: [...message.answer, unsigned('signed.test', 'DNSKEY', testKey(13, 'evil').rdata)],
      }),
      'signed.test',
    ),
    'bogus signature-mismatch',
  ],
  [
    'SEC-8',
    'a DNSKEY set signed by a key that no DS names',
    [tlsaName, 'TLSA'],
    onAnswersTo('DNSKEY', withAnswer(...evilKeys()), 'signed.test'),
    'bogus no-matching-key',
  ],
  ['SEC-4', 'no DNSKEY', [tlsaName, 'TLSA'], onAnswersTo('DNSKEY', without(all), 'signed.test'), 'bogus no-dnskey'],
  ['TA-7', 'no root DNSKEY', [tlsaName, 'TLSA'], onAnswersTo('DNSKEY', without(all), '.'), 'bogus no-dnskey'],
  ['DNS-7', 'everything about DNSSEC stripped, signed name', [tlsaName, 'TLSA'], strip, 'bogus no-dnskey'],
  ['DNS-7', 'everything about DNSSEC stripped, unsigned name', ['mx.unsigned.nsectld', 'A'], strip, 'bogus no-dnskey'],
  [
    'DNS-7',
    'signatures stripped, unsigned name',
    ['mx.unsigned.nsectld', 'A'],
    (_asked, message) => without(ofType('RRSIG'))(message),
    'bogus missing-signature',
  ],

  // ---- delegations
  [
    'SEC-4',
    'DS denied by an unsigned NXDOMAIN',
    [tlsaName, 'TLSA'],
    onAnswersTo('DS', withAuthority(3, ...soa('test').slice(0, 1)), 'signed.test'),
    'bogus no-ds-proof',
  ],
  [
    'SEC-4',
    'DS denied by nothing at all',
    [tlsaName, 'TLSA'],
    onAnswersTo('DS', without(all), 'signed.test'),
    'bogus no-ds-proof',
  ],
  [
    'SEC-4',
    'DS set unsigned',
    [tlsaName, 'TLSA'],
    onAnswersTo('DS', without(ofType('RRSIG')), 'signed.test'),
    'bogus missing-signature',
  ],
  [
    'SEC-10',
    'a DS set signed by the child itself',
    ['signed.nsectld', 'DS'],
    onAnswersTo(
      'DS',
      withAnswer(
        ...signedBy(world, 'signed.nsectld', 'signed.nsectld', 'DS', [
          rdata.ds(name('signed.nsectld'), testKey(13, 'evil')),
        ]),
      ),
      'signed.nsectld',
    ),
    'bogus missing-signature',
  ],
  [
    'SEC-10',
    'DS denied by the NSEC of the child',
    [tlsaName.replace('test', 'nsectld'), 'TLSA'],
    onAnswersTo(
      'DS',
      withAuthority(0, ...soa('signed.nsectld'), ...denial('signed.nsectld', 'signed.nsectld')),
      'signed.nsectld',
    ),
    'bogus no-ds-proof',
  ],
  [
    'SEC-3',
    'the proof that a child is unsigned taken out',
    ['mx.unsigned.nsectld', 'A'],
    onAnswersTo('DS', without(ofType('NSEC')), 'unsigned.nsectld'),
    'bogus no-ds-proof',
  ],
  [
    'SEC-3',
    'the proof of another unsigned child',
    ['mx.signed.nsectld', 'A'],
    (asked, message) =>
      asked.name === name('signed.nsectld') && asked.type === RrType.DS
        ? withAuthority(0, ...denial('nsectld', 'unsigned.nsectld'))(message)
        : without(ofType('RRSIG'))(message),
    'bogus missing-signature',
  ],
  [
    'SEC-4',
    'NSEC of an insecure delegation with a changed bitmap',
    ['mx.unsigned.nsectld', 'A'],
    onAnswersTo('DS', changed(ofType('NSEC'), flipped(-1)), 'unsigned.nsectld'),
    'bogus signature-mismatch',
  ],

  // ---- denial
  [
    'SEC-4 SEC-14',
    'NSEC taken out',
    ['nowhere.nsec.test', 'A'],
    onAnswersTo(
      'A',
      without((record) => ofType('NSEC')(record) || signatureOver('NSEC')(record)),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-4',
    'everything taken out',
    ['nowhere.nsec.test', 'A'],
    onAnswersTo('A', without(all)),
    'bogus missing-signature',
  ],
  [
    'SEC-4 SEC-16',
    'NSEC3 taken out',
    ['nowhere.nsec3.test', 'A'],
    onAnswersTo(
      'A',
      without((record) => ofType('NSEC3')(record) || signatureOver('NSEC3')(record)),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-14',
    'no proof about the wildcard',
    ['nowhere.nsec.test', 'A'],
    onAnswersTo('A', withAuthority(3, ...denial('nsec.test', 'nowhere.nsec.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-14',
    'the NSEC of somewhere else',
    [tlsaName.replace('signed', 'nsec'), 'TLSA'],
    onAnswersTo(
      'TLSA',
      withAuthority(3, ...denial('nsec.test', 'nowhere.nsec.test'), ...denial('nsec.test', 'nsec.test')),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-16',
    'no closest encloser',
    ['nowhere.nsec3.test', 'A'],
    onAnswersTo('A', withAuthority(3, ...denial('nsec3.test', 'nowhere.nsec3.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-16',
    'a record that exists denied by other spans',
    ['mx.nsec3.test', 'A'],
    onAnswersTo(
      'A',
      withAuthority(
        3,
        ...['nsec3.test', 'nowhere.nsec3.test', '*.nsec3.test'].flatMap((of) => denial('nsec3.test', of)),
      ),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-13',
    'a type that the NSEC lists',
    ['mx.nsec.test', 'A'],
    onAnswersTo('A', withAuthority(0, ...denial('nsec.test', 'mx.nsec.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-13',
    'a type that the NSEC3 lists',
    ['mx.nsec3.test', 'A'],
    onAnswersTo('A', withAuthority(0, ...denial('nsec3.test', 'mx.nsec3.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-13',
    'a CNAME taken out',
    ['secure.alias.test', 'A'],
    onAnswersTo('A', withAuthority(0, ...denial('alias.test', 'secure.alias.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-11',
    'the parent’s NSEC against a name in the child',
    ['mx.signed.nsectld', 'A'],
    onAnswersTo(
      'A',
      withAuthority(3, ...soa('nsectld'), ...denial('nsectld', 'signed.nsectld'), ...denial('nsectld', 'nsectld')),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-11',
    'the parent’s NSEC against a type at the child’s apex',
    ['signed.nsectld', 'MX'],
    onAnswersTo('MX', withAuthority(0, ...denial('nsectld', 'signed.nsectld'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-11',
    'the parent’s NSEC3 against a type at the child’s apex',
    ['signed.n3tld', 'MX'],
    onAnswersTo('MX', withAuthority(0, ...denial('n3tld', 'signed.n3tld'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-11 SEC-16',
    'the parent’s NSEC3 as closest encloser of a name in the child',
    ['mx.signed.n3tld', 'A'],
    onAnswersTo('A', withAuthority(3, ...everyNsec3('n3tld'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-12',
    'the NSEC of a DNAME against a name below it',
    ['mx.dname.alias.test', 'A'],
    onAnswersTo(
      'A',
      withAuthority(3, ...denial('alias.test', 'dname.alias.test'), ...denial('alias.test', 'alias.test')),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-19',
    'wildcard answer without proof',
    ['any.wild.nsec.test', 'A'],
    onAnswersTo('A', (message) => ({ ...message, authority: [] })),
    'bogus wildcard-unproven',
  ],
  [
    'SEC-19',
    'wildcard answer without proof, NSEC3',
    ['any.wild.nsec3.test', 'A'],
    onAnswersTo('A', (message) => ({ ...message, authority: [] })),
    'bogus wildcard-unproven',
  ],
  [
    'SEC-19',
    'wildcard put over a name that exists',
    ['there.wild.nsec.test', 'TXT'],
    onAnswersTo('TXT', (message) => ({
      ...message,
      answer: renamed(answerOf('any.wild.nsec.test', 'TXT'), 'there.wild.nsec.test'),
      authority: denial('nsec.test', 'any.wild.nsec.test'),
    })),
    'bogus wildcard-unproven',
  ],
  [
    'SEC-20',
    'no such type at the wildcard, though it is listed',
    ['any.wild.nsec.test', 'TXT'],
    onAnswersTo(
      'TXT',
      withAuthority(0, ...denial('nsec.test', 'any.wild.nsec.test'), ...denial('nsec.test', '*.wild.nsec.test')),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-20',
    'the same with NSEC3',
    ['any.wild.nsec3.test', 'TXT'],
    onAnswersTo('TXT', withAuthority(0, ...everyNsec3('nsec3.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-14',
    'next name outside of the zone',
    ['mx.nsec.test', 'A'],
    onAnswersTo(
      'A',
      withAuthority(3, ...signedBy(world, 'nsec.test', 'nsec.test', 'NSEC', [nsecData('zz.zzz', 'SOA', 'NS')])),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-14',
    'a span that runs backwards',
    ['mx.nsec.test', 'A'],
    onAnswersTo(
      'A',
      withAuthority(
        3,
        ...signedBy(world, 'nsec.test', 'b.nsec.test', 'NSEC', [nsecData('a.nsec.test', 'A')]),
        ...denial('nsec.test', 'nsec.test'),
      ),
    ),
    'bogus denial-incomplete',
  ],
  [
    'SEC-21',
    'a wildcard NSEC expanded at the name',
    ['mx.nsec.test', 'A'],
    onAnswersTo('A', withAuthority(0, ...expandedNsec())),
    'bogus denial-incomplete',
  ],
  [
    'SEC-18',
    'an opt-out span against a signed TLSA owner',
    ['_25._tcp.mx.optout.test', 'TLSA'],
    onAnswersTo('TLSA', withAuthority(3, ...everyNsec3('optout.test'))),
    'bogus denial-incomplete',
  ],
  [
    'SEC-22',
    'NSEC3 of another iteration count mixed in',
    ['nowhere.nsec3.test', 'A'],
    onAnswersTo('A', (message) => ({ ...message, authority: [...message.authority, ...nsec3With({ iterations: 7 })] })),
    'bogus nsec3-parameters-differ',
  ],
  [
    'SEC-22',
    'NSEC3 of another salt mixed in',
    ['nowhere.nsec3.test', 'A'],
    onAnswersTo('A', (message) => ({ ...message, authority: [...message.authority, ...nsec3With({ salt: [7] })] })),
    'bogus nsec3-parameters-differ',
  ],
  [
    'SEC-22',
    'NSEC3 of an unknown hash mixed in is ignored',
    ['nowhere.nsec3.test', 'A'],
    onAnswersTo('A', (message) => ({
      ...message,
      authority: [...message.authority, ...nsec3With({ hash: 2, iterations: 7 })],
    })),
    'secure nxdomain',
  ],
  [
    'SEC-22',
    'NSEC3 of unknown flags mixed in is ignored',
    ['nowhere.nsec3.test', 'A'],
    onAnswersTo('A', (message) => ({
      ...message,
      authority: [...message.authority, ...nsec3With({ flags: 2, iterations: 7 })],
    })),
    'secure nxdomain',
  ],
  [
    'SEC-13',
    'compact denial: NXNAME in the bitmap',
    ['nowhere.nsec.test', 'A'],
    onAnswersTo(
      'A',
      withAuthority(
        0,
        ...signedBy(world, 'nsec.test', 'nowhere.nsec.test', 'NSEC', [nsecData('\\000.nowhere.nsec.test', 128)]),
      ),
    ),
    'secure nxdomain',
  ],
  [
    'SEC-13',
    'compact denial: no such type',
    ['nowhere.nsec.test', 'A'],
    onAnswersTo(
      'A',
      withAuthority(
        0,
        ...signedBy(world, 'nsec.test', 'nowhere.nsec.test', 'NSEC', [nsecData('\\000.nowhere.nsec.test', 'TXT')]),
      ),
    ),
    'secure nodata',
  ],

  // ---- aliases
  [
    'SEC-24',
    'the CNAME below a DNAME altered',
    ['mx.dname.alias.test', 'A'],
    onAnswersTo(
      'A',
      changed(
        (record) => record.type === RrType.CNAME,
        (record) => ({ ...record, rdata: rdata.name('evil.test') }),
      ),
    ),
    'bogus dname-synthesis',
  ],
  [
    'SEC-24',
    'the CNAME below a DNAME left out',
    ['mx.dname.alias.test', 'A'],
    onAnswersTo('A', without(ofType('CNAME'))),
    'secure',
  ],
  [
    'SEC-24',
    'the signature of a DNAME left out',
    ['mx.dname.alias.test', 'A'],
    onAnswersTo('A', without(signatureOver('DNAME'))),
    'bogus missing-signature',
  ],
  [
    'SEC-4',
    'an unsigned CNAME put in',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', withAnswer(unsigned(tlsaName, 'CNAME', rdata.name('evil.test')))),
    'bogus missing-signature',
  ],
  [
    'DNS-10',
    'the answer stops at the CNAME',
    ['secure.alias.test', 'A'],
    onAnswersTo(
      'A',
      (message) => ({
        ...message,
        answer: message.answer.filter((record) => record.owner === name('secure.alias.test')),
      }),
      'secure.alias.test',
    ),
    'secure',
  ],
  [
    'DNS-10',
    'the answer stops at the CNAME to an unsigned name',
    ['unsigned.alias.test', 'A'],
    onAnswersTo('A', (message) => ({ ...message, answer: message.answer.slice(0, 2) }), 'unsigned.alias.test'),
    'insecure opt-out',
  ],
  [
    'SEC-30',
    'the additional section is not read',
    ['mx.unsigned.nsectld', 'TLSA'],
    (_asked, message) => ({ ...message, additional: [unsigned('mx.unsigned.nsectld', 'TLSA', rdata.tlsa(66))] }),
    'insecure unsigned-delegation nodata',
  ],
  [
    'SEC-30',
    'unrelated records in the answer are not taken',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', (message) => ({
      ...message,
      answer: [unsigned('other.test', 'TLSA', rdata.tlsa(66)), ...message.answer],
    })),
    'secure',
  ],
  [
    'DNS-2',
    'a forged AD bit changes nothing',
    [tlsaName, 'TLSA'],
    onAnswersTo('TLSA', (message) => ({ ...without(ofType('RRSIG'))(message), authenticData: true })),
    'bogus missing-signature',
  ],

  // ---- case and repetition
  [
    'SEC-6',
    'names in RDATA in capitals',
    ['signed.test', 'MX'],
    onAnswersTo('MX', changed(ofType('MX'), flipped(3, 0x20))),
    'secure',
  ],
  [
    'SEC-6',
    'the RRSIG signer in capitals',
    ['signed.test', 'MX'],
    onAnswersTo('MX', changed(ofType('RRSIG'), flipped(19, 0x20))),
    'secure',
  ],
  [
    'SEC-6',
    'the NSEC next name in capitals is another record',
    ['mx.nsec.test', 'AAAA'],
    onAnswersTo('AAAA', changed(ofType('NSEC'), flipped(1, 0x20))),
    'bogus signature-mismatch',
  ],
  [
    'SEC-6',
    'repeated and shuffled records',
    ['_25._tcp.mx.many.test', 'TLSA'],
    onAnswersTo('TLSA', (message) => ({ ...message, answer: [...message.answer].reverse().concat(message.answer) })),
    'secure',
  ],
];

function cut(record: ResourceRecord, length: number): ResourceRecord {
  return { ...record, rdata: record.rdata.subarray(0, length) };
}

function renamed(records: readonly ResourceRecord[], owner: string): readonly ResourceRecord[] {
  return records.map((record) => ({ ...record, owner: name(owner) }));
}

function strip(_asked: unknown, message: Message): Message {
  return without((record) =>
    [RrType.RRSIG, RrType.DS, RrType.DNSKEY, RrType.NSEC, RrType.NSEC3].includes(record.type as never),
  )(message);
}

function everyNsec3(apex: string): readonly ResourceRecord[] {
  denialFor(zone(apex), name(apex));
  return zone(apex).chain!;
}

function evilKeys(): readonly ResourceRecord[] {
  const evil = { ...zone('signed.test'), keys: [testKey(13, 'evil')] };
  const evilWorld = { zones: new Map([[name('signed.test'), evil]]) };
  const keys = [zone('signed.test').keys![0]!.rdata, testKey(13, 'evil').rdata];
  return signedBy(evilWorld, 'signed.test', 'signed.test', 'DNSKEY', keys);
}

/** `*.nsec.test` NSEC, as if it stood at `mx.nsec.test`. */
function expandedNsec(): readonly ResourceRecord[] {
  const records = signedBy(world, 'nsec.test', '*.nsec.test', 'NSEC', [nsecData('zz.nsec.test', 'TXT')]);
  return renamed(records, 'mx.nsec.test');
}

function nsec3With(change: {
  readonly hash?: number;
  readonly flags?: number;
  readonly iterations?: number;
  readonly salt?: readonly number[];
}): readonly ResourceRecord[] {
  const { hash = 1, flags = 0, iterations = 0, salt = [] } = change;
  const data = bytes([hash, flags, 0, iterations, salt.length], salt, [20], new Uint8Array(20).fill(9));
  return signedBy(world, 'nsec3.test', `${'0'.repeat(32)}.nsec3.test`, 'NSEC3', [data]);
}

for (const [ids, says, [owner, type], meddle, verdict] of rows) {
  test(`${ids} ${says}: ${verdict}`, () => {
    assert.equal(verdictOf(lookUp(world, owner, type, { meddle })), verdict);
  });
}
