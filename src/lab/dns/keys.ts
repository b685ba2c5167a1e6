// Zone keys: made, published as DNSKEY, used to sign, digested into DS (RFC 4034 §2, §5, App. B; RFC 5702, 6605, 8080).
// Written apart from the validator. Algorithm 253 stands for one that nobody supports; beneath it is P-256.

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Name, octetsOf } from '../../core/dns/name.ts';
import { short } from './rdata.ts';

export type SigningAlgorithm = 5 | 7 | 8 | 10 | 13 | 14 | 15 | 16 | 253;

export type SigningKey = {
  readonly algorithm: SigningAlgorithm;
  readonly keyTag: number;
  /** DNSKEY rdata. */
  readonly rdata: Uint8Array;
  readonly privateKey: KeyObject;
};

/** Zone key, and zone key with the secure entry point bit. */
export const zoneKeyFlags = 256;
export const entryPointFlags = 257;

const hashes: Readonly<Record<SigningAlgorithm, string | null>> = {
  5: 'sha1',
  7: 'sha1',
  8: 'sha256',
  10: 'sha512',
  13: 'sha256',
  14: 'sha384',
  15: null,
  16: null,
  253: 'sha256',
};

/** @param rsaBits modulus length for algorithms 5, 7, 8 and 10; short ones are quick to make. */
export function makeZoneKey(algorithm: SigningAlgorithm, flags: number, rsaBits = 1024): SigningKey {
  const { publicKey, privateKey } = makePair(algorithm, rsaBits);
  const rdata = Buffer.concat([short(flags), Buffer.from([3, algorithm]), publicOctets(publicKey)]);
  return { algorithm, rdata, keyTag: keyTagOf(rdata), privateKey };
}

function makePair(algorithm: SigningAlgorithm, rsaBits: number): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 15) return generateKeyPairSync('ed25519');
  if (algorithm === 16) return generateKeyPairSync('ed448');
  if (algorithm === 14) return generateKeyPairSync('ec', { namedCurve: 'P-384' });
  if (algorithm === 13 || algorithm === 253) return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: rsaBits });
}

function publicOctets(key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');
  if (jwk.kty === 'EC') return Buffer.concat([part(jwk.x), part(jwk.y)]);
  if (jwk.kty === 'OKP') return part(jwk.x);
  const exponent = part(jwk.e);
  return Buffer.concat([Buffer.from([exponent.length]), exponent, part(jwk.n)]);
}

/** RFC 4034 App. B. */
export function keyTagOf(rdata: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < rdata.length; at++) sum += at % 2 === 0 ? rdata[at]! << 8 : rdata[at]!;
  return (sum + (sum >>> 16)) & 0xffff;
}

export function signOctets(key: SigningKey, octets: Uint8Array): Uint8Array {
  return sign(hashes[key.algorithm], octets, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
}

const digests: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

/** DS rdata. A digest type that nobody knows gets 32 octets of SHA-256 all the same. */
export function dsRdata(owner: Name, key: SigningKey, digestType = 2): Uint8Array {
  const digest = createHash(digests[digestType] ?? 'sha256')
    .update(octetsOf(owner))
    .update(key.rdata)
    .digest();
  return Buffer.concat([short(key.keyTag), Buffer.from([key.algorithm, digestType]), digest]);
}
