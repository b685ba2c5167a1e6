// Signatures and hashes printed in RFCs, so that our own signer is not the only witness.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import { makeBudget } from '../../../src/core/base/budget.ts';
import { fromBase64, fromHex, toBase32Hex } from '../../../src/core/dns/encodings.ts';
import { type Name, name, nameToOctets } from '../../../src/core/dns/name.ts';
import { defaultRules, proofLimits } from '../../../src/core/dnssec/limits.ts';
import { readDnskey, readDs, readRrsig } from '../../../src/core/dnssec/rdata.ts';
import { verifyRrset } from '../../../src/core/dnssec/rrset.ts';
import { dsDigest, makeZoneKey, nsec3Hash } from '../../../src/core/dnssec/signature.ts';
import { bytes, rdata, u16, u32 } from './zone-builder.ts';

type Vector = {
  readonly says: string;
  readonly zone: string;
  readonly key: string;
  readonly algorithm: number;
  readonly tag: number;
  readonly ds: string;
  readonly owner: string;
  readonly type: number;
  readonly rdata: Uint8Array;
  readonly labels: number;
  readonly expiration: number;
  readonly inception: number;
  readonly signature: string;
};

const mx: Pick<Vector, 'zone' | 'owner' | 'type' | 'rdata' | 'labels' | 'expiration' | 'inception'> = {
  zone: 'example.com',
  owner: 'example.com',
  type: 15,
  rdata: rdata.mx(10, 'mail.example.com'),
  labels: 2,
  expiration: 1_440_021_600,
  inception: 1_438_207_200,
};

const vectors: readonly Vector[] = [
  {
    says: 'RFC 8080 §6.1, Ed25519',
    ...mx,
    key: 'l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
    algorithm: 15,
    tag: 3_613,
    ds: '3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b',
    signature: 'oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==',
  },
  {
    says: 'RFC 6605 §6.1, P-256',
    zone: 'example.net',
    owner: 'www.example.net',
    type: 1,
    rdata: rdata.a('192.0.2.1'),
    labels: 3,
    expiration: Date.UTC(2010, 8, 9, 10, 4, 39) / 1_000,
    inception: Date.UTC(2010, 7, 12, 10, 4, 39) / 1_000,
    key: 'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
    algorithm: 13,
    tag: 55_648,
    ds: 'b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17',
    signature: 'qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==',
  },
];

for (const vector of vectors) {
  test(`SEC-2 SEC-6 SEC-25 ${vector.says}`, () => {
    const zone = name(vector.zone);
    const key = readDnskey(bytes(u16(257), [3, vector.algorithm], fromBase64(vector.key)!))!;
    assert.equal(key.keyTag, vector.tag);
    assert.deepEqual(dsDigest(2, nameToOctets(zone), key.rdata), Buffer.from(fromHex(vector.ds)!));
    const rrsig = bytes(
      u16(vector.type),
      [vector.algorithm, vector.labels],
      u32(3_600),
      u32(vector.expiration),
      u32(vector.inception),
      u16(vector.tag),
      nameToOctets(zone),
      fromBase64(vector.signature)!,
    );
    const verdictAt = (seconds: number): string => {
      const record = { owner: name(vector.owner), type: vector.type, class: 1, ttl: 3_600, rdata: vector.rdata };
      const set = {
        rrset: { ...record, records: [record] as const },
        signatures: [{ rrsig: readRrsig(rrsig)!, ttl: 3_600 }],
      };
      const budget = makeBudget(proofLimits);
      const run = { now: instant(seconds * 1_000), budget, rules: defaultRules };
      const end = verifyRrset(set, zone, [makeZoneKey(key)], run).next();
      return end.done && end.value.kind === 'bogus' ? end.value.because : end.done ? end.value.kind : 'turn';
    };
    assert.equal(verdictAt(vector.inception), 'secure');
    assert.equal(verdictAt(vector.expiration), 'secure');
    assert.equal(verdictAt(vector.inception - 1), 'signature-not-yet-valid');
    assert.equal(verdictAt(vector.expiration + 1), 'signature-expired');
  });
}

test('SEC-16 NSEC3 hashes of RFC 5155 appendix A', () => {
  const hash = (of: Name): string => toBase32Hex(nsec3Hash(nameToOctets(of), fromHex('aabbccdd')!, 12)!);
  assert.equal(hash(name('example')), '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom');
  assert.equal(hash(name('a.example')), '35mthgpgcu1qg68fab165klnsnk3dpvl');
  assert.equal(hash(name('*.w.example')), 'r53bq7cc2uvmubfu5ocmm6pers9tk9en');
});

test('SEC-5 times are compared by serial arithmetic across the turn of 2106', async () => {
  const { secondsLeft, timeFault } = await import('../../../src/core/dnssec/signature.ts');
  const rrsig = { ...readRrsig(bytes(new Uint8Array(18), [0]))!, inception: 0xffff_ff00, expiration: 0x0000_0100 };
  const at = (seconds: number): ReturnType<typeof instant> => instant(seconds * 1_000);
  assert.equal(timeFault(rrsig, at(0xffff_fff0), 0), undefined);
  assert.equal(timeFault(rrsig, at(2 ** 32 + 0x80), 0), undefined);
  assert.equal(timeFault(rrsig, at(2 ** 32 + 0x101), 0), 'signature-expired');
  assert.equal(timeFault(rrsig, at(0xffff_fe00), 0), 'signature-not-yet-valid');
  assert.equal(secondsLeft(rrsig, at(0xffff_fff0)), 0x110);
});

test('DS of the root key 20326 reads as written', () => {
  const ds = readDs(bytes(u16(20_326), [8, 2], fromHex('e06d')!));
  assert.deepEqual(ds, { keyTag: 20_326, algorithm: 8, digestType: 2, digest: Uint8Array.of(0xe0, 0x6d) });
});
