// No bit of a TLSA record and no octet of a certificate can change, no certificate be dropped or moved, and no record be
// added by somebody without the key, so that another chain matches (RFC 6698 §2.1, RFC 7672 §3.1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant } from '../../../src/core/base/brand.ts';
import { type DaneMatch, matchDane } from '../../../src/core/dane/match.ts';
import { parseTlsa, type TlsaRecord } from '../../../src/core/dane/tlsa.ts';
import { readCertificate } from '../../../src/core/x509/certificate.ts';
import { type Forged, forge } from '../x509/forge.ts';
import { tlsaOf } from './records.ts';

const at: Instant = instant(Date.now());
const root = forge({ cn: 'Root', ca: 'yes' });
const middle = forge({ cn: 'Middle', ca: 'yes', issuer: root });
const leaf = forge({ cn: 'mx.example.com', dns: ['mx.example.com'], issuer: middle });
const stranger = forge({ cn: 'mx.example.com', dns: ['mx.example.com'] });

const selectors = ['cert', 'spki'] as const;
const digests = ['sha2-256', 'sha2-512'] as const;

const matched = (records: readonly TlsaRecord[], chain: readonly Uint8Array[]): DaneMatch =>
  matchDane(
    records as [TlsaRecord, ...TlsaRecord[]],
    chain.map((der) => readCertificate(der)),
    at,
  );

const numbers = {
  'dane-ta': 2,
  'dane-ee': 3,
  cert: 0,
  spki: 1,
  full: 0,
  'sha2-256': 1,
  'sha2-512': 2,
} as const;

const rdataOf = ({ usage, selector, matching, data }: TlsaRecord): Uint8Array =>
  Uint8Array.from([numbers[usage], numbers[selector], numbers[matching], ...data]);

const flipped = (octets: Uint8Array, at: number, bit: number): Uint8Array => {
  const changed = Uint8Array.from(octets);
  changed[at] = changed[at]! ^ (1 << bit);
  return changed;
};

const chain = [leaf.der, middle.der, root.der];

for (const selector of selectors)
  for (const matching of digests)
    for (const [usage, of] of [
      ['dane-ee', leaf],
      ['dane-ta', middle],
    ] as const) {
      const record = tlsaOf(usage, selector, matching, of);

      test(`DANE-42 DANE-31 no bit of a record can change: ${usage} ${selector} ${matching}`, () => {
        assert.notEqual(matched([record], chain).kind, 'none');
        const rdata = rdataOf(record);
        for (let octet = 0; octet < rdata.length; octet++)
          for (let bit = 0; bit < 8; bit++) {
            const read = parseTlsa(flipped(rdata, octet, bit));
            if (read.kind === 'ok') assert.equal(matched([read.value], chain).kind, 'none', `octet ${octet}`);
          }
      });

      test(`DANE-30 a digest cut short or drawn out is unusable: ${usage} ${selector} ${matching}`, () => {
        const rdata = rdataOf(record);
        for (const wrong of [rdata.subarray(0, rdata.length - 1), Uint8Array.from([...rdata, 0])])
          assert.equal(parseTlsa(wrong).kind, 'fault');
      });
    }

test('DANE-42 no octet of the certificate under a record for all of it can change', () => {
  const record = tlsaOf('dane-ee', 'cert', 'sha2-256', leaf);
  for (let octet = 0; octet < leaf.der.length; octet++)
    assert.equal(matched([record], [flipped(leaf.der, octet, 0), middle.der]).kind, 'none', `octet ${octet}`);
});

test('DANE-42 DANE-44 no octet of the key can change; all else may where the record names the key alone', () => {
  const record = tlsaOf('dane-ee', 'spki', 'sha2-256', leaf);
  const from = Buffer.from(leaf.der).indexOf(leaf.spki);
  for (let octet = 0; octet < leaf.spki.length; octet++)
    assert.equal(matched([record], [flipped(leaf.der, from + octet, 0), middle.der]).kind, 'none', `octet ${octet}`);
  // The last octet is of the signature, which DANE-EE does not ask about.
  assert.equal(matched([record], [flipped(leaf.der, leaf.der.length - 1, 0)]).kind, 'ee');
});

test('DANE-43 DANE-50 DANE-57 certificates dropped or moved match nothing they did not match in their place', () => {
  for (const selector of selectors)
    for (const matching of digests) {
      const ee = tlsaOf('dane-ee', selector, matching, leaf);
      assert.equal(matched([ee], [middle.der, root.der]).kind, 'none');
      assert.equal(matched([ee], [stranger.der, leaf.der, middle.der]).kind, 'none');
      const ta = tlsaOf('dane-ta', selector, matching, middle);
      assert.equal(matched([ta], [leaf.der, root.der]).kind, 'none');
      assert.equal(matched([tlsaOf('dane-ta', selector, matching, leaf)], chain).kind, 'none');
    }
});

test('DANE-35 DANE-37 a record that is not in play adds nobody', () => {
  const weak = (of: Forged): TlsaRecord => tlsaOf('dane-ee', 'spki', 'sha2-256', of);
  const strong = (of: Forged): TlsaRecord => tlsaOf('dane-ee', 'spki', 'sha2-512', of);
  for (const records of [
    [strong(leaf), weak(stranger)],
    [weak(stranger), strong(leaf), weak(leaf)],
  ]) {
    assert.equal(matched(records, [stranger.der]).kind, 'none');
    assert.equal(matched(records, chain).kind, 'ee');
  }
});
