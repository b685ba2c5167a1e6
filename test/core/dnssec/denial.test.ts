// Proofs of absence from records taken as verified: the rules that a chain of whole zones cannot reach, or only by chance.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import { makeBudget } from '../../../src/core/base/budget.ts';
import { RrType } from '../../../src/core/dns/message.ts';
import { labelsOf, type Name, name } from '../../../src/core/dns/name.ts';
import { proveAbsence, proveCut, proveNoCloser } from '../../../src/core/dnssec/denial.ts';
import type { NsecRecord } from '../../../src/core/dnssec/denial-nsec.ts';
import type { Nsec3Record } from '../../../src/core/dnssec/denial-nsec3.ts';
import { defaultRules, proofLimits } from '../../../src/core/dnssec/limits.ts';
import { readDnskey, readRrsig } from '../../../src/core/dnssec/rdata.ts';
import { verifyRrset } from '../../../src/core/dnssec/rrset.ts';
import { makeZoneKey } from '../../../src/core/dnssec/signature.ts';
import { child, now, nsec3HashText, rdata, signRrset, testKey } from './zone-builder.ts';

type TypeName = keyof typeof RrType;

const limits = { budget: makeBudget(proofLimits), nsec3Limit: 50 };
const typeSet = (...types: readonly TypeName[]): ReadonlySet<number> => new Set(types.map((type) => RrType[type]));
const nsec = (owner: string, next: string, ...types: readonly TypeName[]): NsecRecord => ({
  owner: name(owner),
  next: name(next),
  types: typeSet(...types),
});

const zone = name('z.example');
const byNsec = (...records: readonly NsecRecord[]) => ({ zone, nsec: records, nsec3: [] });
const words = (outcome: { readonly kind: string; readonly denial?: string; readonly because?: string }): string =>
  [outcome.kind, outcome.denial, outcome.because].filter((word) => word !== undefined).join(' ');

const incomplete = 'unproven denial-incomplete';

test('SEC-13 NODATA needs the type and CNAME clear', () => {
  const absence = (...types: readonly TypeName[]): string =>
    words(proveAbsence(byNsec(nsec('a.z.example', 'b.z.example', ...types)), name('a.z.example'), RrType.TLSA, limits));
  assert.equal(absence('A'), 'absent nodata');
  assert.equal(absence('A', 'TLSA'), incomplete);
  assert.equal(absence('CNAME'), incomplete);
  assert.equal(absence('NS'), incomplete);
  assert.equal(absence('NS', 'SOA'), 'absent nodata');
});

test('SEC-10 a record with SOA cannot deny DS, except at the root', () => {
  const records = byNsec(nsec('a.z.example', 'b.z.example', 'NS', 'SOA'));
  assert.equal(words(proveAbsence(records, name('a.z.example'), RrType.DS, limits)), incomplete);
  assert.equal(words(proveCut(records, name('a.z.example'), limits)), incomplete);
  const root = { zone: name('.'), nsec: [nsec('.', 'a', 'NS', 'SOA')], nsec3: [] };
  assert.equal(words(proveAbsence(root, name('.'), RrType.DS, limits)), 'absent nodata');
});

test('SEC-3 an unsigned delegation has NS set, DS and SOA clear', () => {
  const cut = (...types: readonly TypeName[]): string =>
    words(proveCut(byNsec(nsec('a.z.example', 'b.z.example', ...types)), name('a.z.example'), limits));
  assert.equal(cut('NS'), 'unsigned-delegation');
  assert.equal(cut('NS', 'DS'), incomplete);
  assert.equal(cut('NS', 'SOA'), incomplete);
  assert.equal(cut('A'), 'no-cut');
  assert.equal(cut('CNAME'), 'no-cut');
});

test('SEC-3 SEC-15 an empty non-terminal and a name that is not there are no cuts', () => {
  const cut = (of: string, record: NsecRecord): string => words(proveCut(byNsec(record), name(of), limits));
  assert.equal(cut('b.z.example', nsec('a.z.example', 'x.b.z.example', 'A')), 'no-cut');
  assert.equal(cut('b.z.example', nsec('a.z.example', 'c.z.example', 'A')), 'no-cut');
  assert.equal(cut('x.a.z.example', nsec('a.z.example', 'c.z.example', 'NS')), incomplete);
  assert.equal(cut('d.z.example', nsec('a.z.example', 'c.z.example', 'A')), incomplete);
});

test('SEC-19 what stands below the next closer name makes it exist', () => {
  const of = name('x.b.z.example');
  const closer = (record: NsecRecord): string => words(proveNoCloser(byNsec(record), of, 2, limits));
  assert.equal(closer(nsec('a.z.example', 'c.z.example')), 'no-closer');
  assert.equal(closer(nsec('a.z.example', 'y.b.z.example')), incomplete);
  assert.equal(closer(nsec('b.z.example', 'c.z.example')), incomplete);
});

test('SEC-14 the last NSEC leads to the apex, and only there', () => {
  const absence = (owner: string, next: string): string =>
    words(
      proveAbsence(
        byNsec(nsec(owner, next, 'A'), nsec('z.example', 'a.z.example', 'SOA', 'NS')),
        name('y.z.example'),
        RrType.A,
        limits,
      ),
    );
  assert.equal(absence('m.z.example', 'z.example'), 'absent nxdomain');
  assert.equal(absence('m.z.example', 'b.z.example'), incomplete);
  assert.equal(absence('m.z.example', 'x.z.example'), incomplete);
});

test('SEC-14 SEC-15 a wildcard that is an empty non-terminal answers with no data', () => {
  const records = byNsec(nsec('a.z.example', 'zz.z.example', 'A'), nsec('z.example', 'x.*.z.example', 'SOA', 'NS'));
  assert.equal(words(proveAbsence(records, name('y.z.example'), RrType.A, limits)), 'absent nodata');
});

// ---- NSEC3, with spans drawn closely around one hash

const hashOf = (of: string): string => nsec3HashText(name(of), new Uint8Array(0), 0);
const toOctets = (hash: string): Uint8Array => {
  const bits = [...hash]
    .map((digit) => '0123456789abcdefghijklmnopqrstuv'.indexOf(digit).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
};
const beside = (hash: string, step: -1 | 1): string => {
  const digits = '0123456789abcdefghijklmnopqrstuv';
  const at = [...hash].findLastIndex((digit) => digit !== (step < 0 ? '0' : 'v'));
  return hash.slice(0, at) + digits[digits.indexOf(hash[at]!) + step] + (step < 0 ? 'v' : '0').repeat(31 - at);
};
const span = (from: string, to: string, types: readonly TypeName[], flags: number, apex: Name): Nsec3Record => ({
  owner: child(from, apex),
  nsec3: {
    hashAlgorithm: 1,
    flags,
    iterations: 0,
    salt: new Uint8Array(0),
    nextHash: toOctets(to),
    types: typeSet(...types),
  },
});
const matches = (of: string, ...types: readonly TypeName[]): Nsec3Record =>
  span(hashOf(of), beside(hashOf(of), 1), types, 0, zone);
const covers = (of: string, flags = 0): Nsec3Record =>
  span(beside(hashOf(of), -1), beside(hashOf(of), 1), [], flags, zone);
const byNsec3 = (...records: readonly Nsec3Record[]) => ({ zone, nsec: [], nsec3: records });
const absence3 = (of: string, type: TypeName, ...records: readonly Nsec3Record[]): string =>
  words(proveAbsence(byNsec3(...records), name(of), RrType[type], limits));

const apex = matches('z.example', 'SOA', 'NS');

test('SEC-16 NXDOMAIN needs the encloser, the cover of the next closer name and that of the wildcard', () => {
  assert.equal(absence3('a.b.z.example', 'A', apex, covers('b.z.example'), covers('*.z.example')), 'absent nxdomain');
  assert.equal(absence3('a.b.z.example', 'A', apex, covers('b.z.example')), incomplete);
  assert.equal(absence3('a.b.z.example', 'A', apex, covers('*.z.example')), incomplete);
  assert.equal(absence3('a.b.z.example', 'A', covers('b.z.example'), covers('*.z.example')), incomplete);
  // The cover of the name itself says nothing about the next closer one.
  assert.equal(absence3('a.b.z.example', 'A', apex, covers('a.b.z.example'), covers('*.z.example')), incomplete);
});

test('SEC-11 SEC-12 SEC-16 neither a delegation nor a DNAME can be the closest encloser', () => {
  const absence = (...types: readonly TypeName[]): string =>
    absence3('a.b.z.example', 'A', matches('b.z.example', ...types), covers('a.b.z.example'), covers('*.b.z.example'));
  assert.equal(absence('A'), 'absent nxdomain');
  assert.equal(absence('NS'), incomplete);
  assert.equal(absence('DNAME'), incomplete);
});

test('SEC-17 SEC-18 an opt-out cover makes the denial insecure, that of the wildcard alone does not', () => {
  const wildcard = covers('*.z.example');
  assert.equal(absence3('b.z.example', 'A', apex, covers('b.z.example', 1), wildcard), 'insecure opt-out');
  assert.equal(absence3('b.z.example', 'A', apex, covers('b.z.example', 1)), incomplete);
  assert.equal(absence3('b.z.example', 'DS', apex, covers('b.z.example', 1)), 'insecure opt-out');
  assert.equal(absence3('b.z.example', 'A', apex, covers('b.z.example'), covers('*.z.example', 1)), 'absent nxdomain');
  assert.equal(
    words(proveCut(byNsec3(apex, covers('b.z.example', 1)), name('b.z.example'), limits)),
    'insecure opt-out',
  );
  assert.equal(words(proveCut(byNsec3(apex, covers('b.z.example')), name('b.z.example'), limits)), 'no-cut');
});

test('SEC-20 wildcard NODATA with NSEC3', () => {
  const absence = (...types: readonly TypeName[]): string =>
    absence3('b.z.example', 'TLSA', apex, covers('b.z.example'), matches('*.z.example', ...types));
  assert.equal(absence('A'), 'absent nodata');
  assert.equal(absence('TLSA'), incomplete);
  assert.equal(absence('CNAME'), incomplete);
});

test('SEC-16 records of another zone, and spans at their own ends, cover nothing', () => {
  const foreign = span(beside(hashOf('b.z.example'), -1), beside(hashOf('b.z.example'), 1), [], 0, name('example'));
  assert.equal(absence3('b.z.example', 'A', apex, foreign, covers('*.z.example')), incomplete);
  const ends = span(hashOf('b.z.example'), hashOf('b.z.example'), ['A'], 0, zone);
  assert.equal(absence3('b.z.example', 'A', apex, ends), incomplete);
});

test('SEC-22 two records of different salt in one answer prove nothing', () => {
  const other = { ...apex, nsec3: { ...apex.nsec3, salt: Uint8Array.of(1) } };
  assert.equal(absence3('b.z.example', 'A', apex, covers('b.z.example'), other), 'unproven nsec3-parameters-differ');
});

test('SEC-40 hashes are counted per denial', () => {
  const budget = makeBudget(proofLimits);
  const deep = name(`${'a.'.repeat(60)}z.example`);
  const outcome = proveAbsence(byNsec3(covers('b.z.example')), deep, RrType.A, { ...limits, budget });
  assert.equal(words(outcome), 'unproven budget');
  const after = proveAbsence(byNsec3(apex), name('z.example'), RrType.A, { ...limits, budget });
  assert.equal(words(after), 'absent nodata');
});

// ---- the zone as a bound

test('SEC-5 the keys of a zone speak for nothing outside of it', () => {
  const key = testKey(13, 'outside');
  const verdict = (owner: string): string => {
    const of = name(owner);
    const data = rdata.a('192.0.2.1');
    const signature = readRrsig(signRrset(key, zone, of, RrType.A, [data], 60))!;
    const record = { owner: of, type: RrType.A, class: 1, ttl: 60, rdata: data };
    const set = { rrset: { ...record, records: [record] as const }, signatures: [{ rrsig: signature, ttl: 60 }] };
    const run = { now: instant(now), budget: makeBudget(proofLimits), rules: defaultRules };
    const end = verifyRrset(set, zone, [makeZoneKey(readDnskey(key.rdata)!)], run).next();
    return end.done ? words(end.value) : 'turn';
  };
  assert.equal(verdict('a.z.example'), 'secure');
  assert.equal(verdict('z.example'), 'secure');
  assert.equal(verdict('az.example'), 'bogus missing-signature');
  assert.equal(verdict('example'), 'bogus missing-signature');
  assert.equal(labelsOf(zone).length, 2);
});
