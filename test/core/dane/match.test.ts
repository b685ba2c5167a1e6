import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Instant, instant } from '../../../src/core/base/brand.ts';
import { matchDane, recordsInPlay } from '../../../src/core/dane/match.ts';
import { parseTlsa, type TlsaRecord } from '../../../src/core/dane/tlsa.ts';
import { digestOf, readCertificate } from '../../../src/core/x509/certificate.ts';
import { type Forged, forge } from '../x509/forge.ts';
import { tlsaOf } from './records.ts';

const at: Instant = instant(Date.now());
const root = forge({ cn: 'Root', ca: 'yes' });
const middle = forge({ cn: 'Middle', ca: 'yes', issuer: root });
const leaf = forge({ cn: 'mx.example.com', dns: ['mx.example.com'], issuer: middle });
const stranger = forge({ cn: 'Stranger', ca: 'yes' });

const matched = (records: readonly TlsaRecord[], ...chain: readonly Forged[]) =>
  matchDane(
    records as [TlsaRecord, ...TlsaRecord[]],
    chain.map(({ der }) => readCertificate(der)),
    at,
  );

test('DANE-42 CERT-1 CERT-3 every selector and type of DANE-EE', () => {
  for (const selector of ['cert', 'spki'] as const)
    for (const matching of ['full', 'sha2-256', 'sha2-512'] as const)
      assert.equal(matched([tlsaOf('dane-ee', selector, matching, leaf)], leaf, middle).kind, 'ee');
});

test('DANE-42 a digest counts to its last octet', () => {
  for (const selector of ['cert', 'spki'] as const)
    for (const matching of ['sha2-256', 'sha2-512'] as const) {
      const record = tlsaOf('dane-ee', selector, matching, leaf);
      const data = Uint8Array.from(record.data);
      data[data.length - 1] = data[data.length - 1]! ^ 1;
      assert.equal(matched([{ ...record, data }], leaf, middle).kind, 'none');
    }
});

test('DANE-43 CERT-9 CERT-10 DANE-EE looks at the leaf alone', () => {
  assert.equal(matched([tlsaOf('dane-ee', 'spki', 'sha2-256', middle)], leaf, middle).kind, 'none');
  assert.equal(matched([tlsaOf('dane-ee', 'spki', 'sha2-256', leaf)], stranger, leaf).kind, 'none');
});

test('ATK-22 DANE-44 who holds the key is the host, whatever names it shows: a limit that the security model tells', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const here = forge({ cn: 'mx.example.com', dns: ['mx.example.com'], keys });
  const elsewhere = forge({ cn: 'www.other.example', dns: ['www.other.example'], keys });
  assert.equal(matched([tlsaOf('dane-ee', 'spki', 'sha2-256', here)], elsewhere).kind, 'ee');
  // A record of the whole certificate does not follow the key.
  assert.equal(matched([tlsaOf('dane-ee', 'cert', 'sha2-256', here)], elsewhere).kind, 'none');
  const model = readFileSync(join(import.meta.dirname, '../../../docs/security-model.md'), 'utf8');
  assert.match(model, /Diversion to another service with the same key \(ATK-22\)/);
});

test('DANE-50 DANE-51 an issuer in the chain that a record names is the anchor, at its depth', () => {
  for (const record of [tlsaOf('dane-ta', 'cert', 'sha2-256', middle), tlsaOf('dane-ta', 'spki', 'sha2-512', middle)]) {
    const result = matched([record], leaf, middle, root);
    assert.ok(result.kind === 'ta');
    assert.deepEqual(result.anchors, [{ record, certificate: middle.der, depth: 1, from: 'chain' }]);
  }
});

test('DANE-50 CERT-40 a leaf is an anchor only if it is self-issued', () => {
  const own = forge({ cn: 'mx.example.com', dns: ['mx.example.com'] });
  assert.equal(matched([tlsaOf('dane-ta', 'cert', 'sha2-256', own)], own).kind, 'ta');
  assert.equal(matched([tlsaOf('dane-ta', 'cert', 'sha2-256', leaf)], leaf, middle).kind, 'none');
});

test('DANE-57 CERT-21 a digest of a certificate that was not sent matches nothing', () => {
  assert.equal(matched([tlsaOf('dane-ta', 'cert', 'sha2-256', root)], leaf, middle).kind, 'none');
  assert.equal(matched([tlsaOf('dane-ta', 'spki', 'sha2-256', middle)], leaf).kind, 'none');
});

test('DANE-55 a certificate from DNS is an anchor though it was not sent, if the chain asks for its name', () => {
  const result = matched([tlsaOf('dane-ta', 'cert', 'full', root)], leaf, middle);
  assert.ok(result.kind === 'ta');
  assert.deepEqual(result.anchors[0].certificate, root.der);
  assert.equal(result.anchors[0].from, 'dns');
  assert.equal(result.anchors[0].depth, 2);
  assert.equal(matched([tlsaOf('dane-ta', 'cert', 'full', stranger)], leaf, middle).kind, 'none');
});

test('DANE-54 DANE-56 a key from DNS becomes an anchor with the issuer name of the top certificate', () => {
  const result = matched([tlsaOf('dane-ta', 'spki', 'full', root)], leaf, middle);
  assert.ok(result.kind === 'ta');
  const built = readCertificate(result.anchors[0].certificate);
  assert.deepEqual(built?.subject, root.name);
  assert.deepEqual(built?.spki, root.spki);
  // DANE-54: the key must have made the signature of the certificate below.
  assert.equal(matched([tlsaOf('dane-ta', 'spki', 'full', stranger)], leaf, middle).kind, 'none');
});

test('PKIX-10 many anchors of one record set are bounded, and equal ones count once', () => {
  const twins = Array.from({ length: 6 }, () => forge({ cn: 'Middle', ca: 'yes', issuer: root }));
  const records = twins.map((twin) => tlsaOf('dane-ta', 'cert', 'sha2-256', twin));
  const result = matched(records, leaf, ...twins);
  assert.equal(result.kind === 'ta' && result.anchors.length, 4);
  const double = matched(
    [tlsaOf('dane-ta', 'cert', 'full', middle), tlsaOf('dane-ta', 'spki', 'full', middle)],
    leaf,
    middle,
  );
  assert.equal(double.kind === 'ta' && double.anchors.length, 1);
});

test('DANE-61 a DANE-EE match wins over DANE-TA, and one failing usage does not forbid the other', () => {
  const ee = tlsaOf('dane-ee', 'spki', 'sha2-256', leaf);
  const ta = tlsaOf('dane-ta', 'cert', 'sha2-256', middle);
  assert.equal(matched([ta, ee], leaf, middle).kind, 'ee');
  assert.equal(matched([ta, tlsaOf('dane-ee', 'spki', 'sha2-256', stranger)], leaf, middle).kind, 'ta');
});

const keyA = forge({ cn: 'a' });
const keyB = forge({ cn: 'b' });
const keyC = forge({ cn: 'c' });

test('DANE-35 CERT-11 CERT-12 CERT-13 CERT-15 digest agility: type 0 and the strongest digest are in play', () => {
  const short = (key: Forged): TlsaRecord => tlsaOf('dane-ee', 'spki', 'sha2-256', key);
  const long = (key: Forged): TlsaRecord => tlsaOf('dane-ee', 'spki', 'sha2-512', key);
  const full = (key: Forged): TlsaRecord => tlsaOf('dane-ee', 'spki', 'full', key);
  assert.equal(matched([short(keyA), short(keyB)], keyB).kind, 'ee');
  const both = matched([short(keyA), long(keyA)], keyA);
  assert.equal(both.kind === 'ee' && both.record.matching, 'sha2-512');
  assert.equal(matched([short(keyA), long(keyB)], keyA).kind, 'none');
  const mixed = [full(keyC), long(keyB), short(keyA)];
  assert.equal(matched(mixed, keyA).kind, 'none');
  assert.equal(matched(mixed, keyB).kind, 'ee');
  assert.equal(matched(mixed, keyC).kind, 'ee');
});

test('DANE-37 CERT-16 agility never mixes selectors or usages', () => {
  const records = [tlsaOf('dane-ee', 'cert', 'sha2-512', keyB), tlsaOf('dane-ee', 'spki', 'sha2-256', keyA)];
  assert.equal(matched(records, keyA).kind, 'ee');
  const usages = [tlsaOf('dane-ta', 'spki', 'sha2-512', keyB), tlsaOf('dane-ee', 'spki', 'sha2-256', keyA)];
  assert.equal(recordsInPlay(usages as [TlsaRecord, TlsaRecord]).length, 2);
});

test('DANE-36 CERT-14 a malformed stronger record is dropped before agility', () => {
  const malformed = parseTlsa(Uint8Array.of(3, 1, 2, 1, 2, 3));
  assert.equal(malformed.kind, 'fault');
  const kept = parseTlsa(Uint8Array.of(3, 1, 1, ...digestOf(keyA.spki, 'sha256')));
  assert.ok(kept.kind === 'ok');
  assert.equal(matched([kept.value], keyA).kind, 'ee');
});
