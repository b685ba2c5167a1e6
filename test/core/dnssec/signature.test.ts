import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { name } from '../../../src/core/dns/name.ts';
import { type Rrset, signedOctets } from '../../../src/core/dnssec/canonical.ts';
import { type Dnskey, readDnskey, readDs, readNsec, readNsec3, readRrsig } from '../../../src/core/dnssec/rdata.ts';
import {
  derSignature,
  isSupportedAlgorithm,
  isSupportedDigest,
  keyFitness,
  makeZoneKey,
  type Verify,
  verifySignature,
} from '../../../src/core/dnssec/signature.ts';
import { bytes, rdata, signRrset, testKey, u16 } from './zone-builder.ts';

const keyOf = (algorithm: number, publicKey: Uint8Array): Dnskey => readDnskey(bytes([1, 1, 3, algorithm], publicKey))!;
const rsa = (exponent: Uint8Array, modulusBits: number, longForm = false): Dnskey => {
  const modulus = new Uint8Array(Math.ceil(modulusBits / 8)).fill(0xff);
  modulus[0] = 0xff >> (modulus.length * 8 - modulusBits);
  return keyOf(8, bytes(longForm ? bytes([0], u16(exponent.length)) : [exponent.length], exponent, modulus));
};
const e = Uint8Array.of(1, 0, 1);

test('SEC-25 SEC-26 INT-13 what is supported, and what SHA-1 adds when it is switched on', () => {
  const algorithms = (sha1: 'allowed' | 'unsupported'): readonly number[] =>
    Array.from({ length: 256 }, (_, algorithm) => algorithm).filter((algorithm) =>
      isSupportedAlgorithm(algorithm, sha1),
    );
  assert.deepEqual(algorithms('unsupported'), [8, 10, 13, 14, 15, 16]);
  assert.deepEqual(algorithms('allowed'), [5, 7, 8, 10, 13, 14, 15, 16]);
  const digests = (sha1: 'allowed' | 'unsupported'): readonly number[] =>
    Array.from({ length: 256 }, (_, type) => type).filter((type) => isSupportedDigest(type, sha1));
  assert.deepEqual(digests('unsupported'), [2, 4]);
  assert.deepEqual(digests('allowed'), [1, 2, 4]);
});

test('SEC-28 RSA keys: 1024 to 4096 bits, exponents up to 64 bits', () => {
  assert.equal(keyFitness(rsa(e, 512)), 'unsupported');
  assert.equal(keyFitness(rsa(e, 1_023)), 'unsupported');
  assert.equal(keyFitness(rsa(e, 1_024)), 'usable');
  assert.equal(keyFitness(rsa(e, 4_096)), 'usable');
  assert.equal(keyFitness(rsa(e, 4_097)), 'unusable');
  assert.equal(keyFitness(rsa(new Uint8Array(8).fill(0xff), 2_048)), 'usable');
  assert.equal(keyFitness(rsa(new Uint8Array(9).fill(0xff), 2_048)), 'unusable');
  assert.equal(keyFitness(rsa(e, 2_048, true)), 'usable');
  assert.equal(keyFitness(keyOf(8, new Uint8Array(1))), 'unusable');
  assert.equal(keyFitness(keyOf(8, Uint8Array.of(0, 255, 255, 1))), 'unusable');
  assert.equal(keyFitness(keyOf(8, bytes([3, 0, 0, 0], new Uint8Array(256).fill(1)))), 'unusable');
});

test('SEC-28 keys of wrong length or off the curve are no keys', () => {
  assert.equal(makeZoneKey(keyOf(13, new Uint8Array(64).fill(1))).load(), undefined);
  assert.equal(makeZoneKey(keyOf(13, new Uint8Array(63))).load(), undefined);
  assert.equal(makeZoneKey(keyOf(15, new Uint8Array(33))).load(), undefined);
  assert.equal(makeZoneKey(keyOf(253, new Uint8Array(33))).load(), undefined);
  assert.ok(makeZoneKey(readDnskey(testKey(15, 'x').rdata)!).load());
});

const octets = Uint8Array.of(1, 2, 3);
const rrsetOf = (): Rrset => ({
  owner: name('z'),
  type: 1,
  class: 1,
  records: [{ owner: name('z'), type: 1, class: 1, ttl: 60, rdata: rdata.a('192.0.2.1') }],
});
const signatureBy = (
  algorithm: number,
): { rrsig: NonNullable<ReturnType<typeof readRrsig>>; key: ReturnType<typeof makeZoneKey> } => {
  const key = testKey(algorithm, 'x');
  const rrsig = readRrsig(signRrset(key, name('z'), name('z'), 1, [rdata.a('192.0.2.1')], 60))!;
  return { rrsig, key: makeZoneKey(readDnskey(key.rdata)!) };
};

test('INT-13 a library that refuses SHA-1 makes it unsupported; any other refusal is an invalid signature', () => {
  const refusing: Verify = (() => {
    throw new Error('invalid digest');
  }) as never;
  const verdict = (algorithm: number): string => {
    const { rrsig, key } = signatureBy(algorithm);
    return verifySignature(octets, rrsig, key, refusing);
  };
  assert.equal(verdict(5), 'unsupported');
  assert.equal(verdict(7), 'unsupported');
  assert.equal(verdict(8), 'invalid');
  assert.equal(verdict(13), 'invalid');
});

test('SEC-5 a signature seen valid stands for the same octets under the same key, and for nothing else', () => {
  for (const algorithm of [8, 13, 15]) {
    const [{ rrsig, key }, other] = [signatureBy(algorithm), signatureBy(algorithm)];
    let computed = 0;
    const counting: Verify = ((...call: Parameters<Verify>) => {
      computed += 1;
      return verify(...(call as Parameters<typeof verify>));
    }) as never;
    const signed = signedOctets(rrsetOf(), rrsig)!;
    const found = (octets: Uint8Array, signature: Uint8Array, by = key): string =>
      verifySignature(octets, { ...rrsig, signature }, by, counting);
    const changed = (octets: Uint8Array, at: number): Uint8Array =>
      octets.map((octet, index) => (index === at ? octet ^ 1 : octet));
    const { signature } = rrsig;
    assert.deepEqual([found(signed, signature), computed], ['valid', 1]);
    assert.deepEqual([found(signed.slice(), signature.slice()), computed], ['valid', 1]);
    assert.deepEqual([found(changed(signed, 0), signature), computed], ['invalid', 2]);
    assert.deepEqual([found(changed(signed, signed.length - 1), signature), computed], ['invalid', 3]);
    assert.deepEqual([found(signed, changed(signature, signature.length - 1)), computed], ['invalid', 4]);
    assert.deepEqual([found(changed(signed, 0), signature), computed], ['invalid', 5], 'a failure is not remembered');
    assert.deepEqual([found(signed, signature, other.key), computed], ['valid', 6], 'each key for itself');
  }
});

test('SEC-28 pairs of integers are written as the library reads them', () => {
  const integer = (text: string): number[] => [...Buffer.from(text, 'hex')];
  const pair = (left: string, right: string): number[] => [
    ...derSignature(Uint8Array.from([...integer(left), ...integer(right)])),
  ];
  assert.deepEqual(pair('0001', '007f'), integer('300602010102017f'));
  assert.deepEqual(pair('0080', 'ffff'), integer('300902020080020300ffff'));
  assert.deepEqual(pair('0000', '0100'), integer('300702010002020100'));
});

test('SEC-28 signatures and keys of any octets and lengths are invalid, never an exception', () => {
  const algorithms = [5, 7, 8, 10, 13, 14, 15, 16, 253];
  for (const algorithm of algorithms.slice(0, -1)) {
    const { rrsig, key } = signatureBy(algorithm);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (signature) => {
        assert.equal(verifySignature(octets, { ...rrsig, signature }, key), 'invalid');
        const same = new Uint8Array(rrsig.signature.length).fill(signature[0] ?? 0xff);
        assert.equal(verifySignature(octets, { ...rrsig, signature: same }, key), 'invalid');
      }),
      { numRuns: 25 },
    );
  }
  fc.assert(
    fc.property(
      fc.constantFrom(...algorithms),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      (algorithm, publicKey) => {
        const { rrsig } = signatureBy(13);
        assert.equal(
          verifySignature(octets, { ...rrsig, algorithm }, makeZoneKey(keyOf(algorithm, publicKey))),
          'invalid',
        );
      },
    ),
  );
});

test('SEC-5 record data of any octets is read or left, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (data) => {
      for (const read of [readDnskey, readDs, readRrsig, readNsec, readNsec3]) read(data);
    }),
  );
});
