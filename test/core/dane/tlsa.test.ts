import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { formatTlsa, parseTlsa, readTlsa, type UnusableTlsa } from '../../../src/core/dane/tlsa.ts';
import { forge } from '../x509/forge.ts';

const base = domainName('mx1.example.com');
const made = forge({ cn: 'mx1.example.com' });
const rdata = (usage: number, selector: number, matching: number, data: Uint8Array): Uint8Array =>
  Uint8Array.of(usage, selector, matching, ...data);
const digest = (length: number): Uint8Array => new Uint8Array(length).fill(7);

const good = (...octets: Parameters<typeof rdata>): void => assert.equal(parseTlsa(rdata(...octets)).kind, 'ok');
const bad = (because: UnusableTlsa['because'], octets: Uint8Array): void => {
  const result = parseTlsa(octets);
  assert.equal(result.kind === 'fault' && result.fault.because, because);
};

test('DANE-30 the combinations that SMTP uses', () => {
  for (const usage of [2, 3])
    for (const selector of [0, 1]) {
      good(usage, selector, 1, digest(32));
      good(usage, selector, 2, digest(64));
      good(usage, selector, 0, selector === 0 ? made.der : made.spki);
    }
});

test('DANE-31 INT-11 CERT-50 CERT-52 CERT-53 usages 0, 1, 4 to 255, other selectors and types are unusable', () => {
  for (const usage of [0, 1, 4, 128, 255]) bad('usage', rdata(usage, 1, 1, digest(32)));
  for (const selector of [2, 255]) bad('selector', rdata(3, selector, 1, digest(32)));
  for (const matching of [3, 255]) bad('matching-type', rdata(3, 1, matching, digest(32)));
});

test('DANE-30 CERT-54 wrong lengths and octets that are no DER are unusable', () => {
  bad('length', rdata(3, 1, 1, digest(31)));
  bad('length', rdata(3, 1, 1, digest(33)));
  bad('length', rdata(3, 1, 2, digest(32)));
  bad('length', rdata(3, 1, 1, digest(0)));
  bad('not-der', rdata(3, 0, 0, digest(0)));
  bad('not-der', rdata(2, 0, 0, made.spki));
  bad('not-der', rdata(2, 1, 0, made.der));
  bad('not-der', rdata(2, 0, 0, made.der.subarray(0, -1)));
  bad('not-der', rdata(2, 0, 0, Uint8Array.of(...made.der, 0)));
  bad('short-rdata', Uint8Array.of());
  bad('short-rdata', Uint8Array.of(3, 1));
});

test('CERT-55 a digest that is switched off makes the record unusable', () => {
  const result = readTlsa(base, [rdata(3, 1, 2, digest(64))], ['sha2-256']);
  assert.equal(result.kind, 'unusable');
  assert.equal(readTlsa(base, [rdata(3, 1, 2, digest(64))]).kind, 'usable');
});

test('DANE-32 CERT-51 a mixed set keeps the usable records and names the others', () => {
  const result = readTlsa(base, [rdata(0, 0, 1, digest(32)), rdata(3, 1, 1, digest(32)), rdata(3, 1, 1, digest(3))]);
  assert.ok(result.kind === 'usable');
  assert.equal(result.baseDomain, base);
  assert.deepEqual(result.records.map(formatTlsa), ['3 1 1 0707070707070707…']);
  assert.deepEqual(
    result.ignored.map(({ because }) => because),
    ['usage', 'length'],
  );
});

test('DANE-33 DT-1.31 ATK-59 a set without a usable record is unusable, not absent', () => {
  const result = readTlsa(base, [rdata(1, 1, 1, digest(32)), Uint8Array.of(9)]);
  assert.equal(result.kind, 'unusable');
});

test('DANE-38 more than 64 records are an error', () => {
  const record = rdata(3, 1, 1, digest(32));
  const set = (count: number): readonly [Uint8Array, ...Uint8Array[]] => [
    record,
    ...Array.from({ length: count - 1 }, () => record),
  ];
  assert.equal(readTlsa(base, set(64)).kind, 'usable');
  assert.deepEqual(readTlsa(base, set(65)), { kind: 'failed', reason: 'malformed' });
});

test('DANE-38 no rdata makes the parser throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => void parseTlsa(octets)));
});
