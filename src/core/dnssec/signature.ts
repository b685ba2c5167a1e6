// One signature over some octets under one DNSKEY, and the digests of DS and NSEC3 (RFC 3110, 5702, 6605, 8080, 4509,
// 5155). The only file of the validator that computes with `node:crypto`; nothing thrown there leaves it.

import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import type { Instant } from '../base/brand.ts';
import { concat, sameOctets } from '../base/octets.ts';
import { toBase64Url } from '../dns/encodings.ts';
import type { Dnskey, Rrsig } from './rdata.ts';

/** A DNSKEY with its imported key, made on first use and kept as long as the zone's proof. */
export type ZoneKey = { readonly dnskey: Dnskey; readonly load: () => KeyObject | undefined };

type Scheme = { readonly hash: string | null } & (
  | { readonly kind: 'rsa' }
  | { readonly kind: 'ec' | 'okp'; readonly curve: string; readonly keySize: number; readonly signatureSize: number }
);

// SEC-25: 1, 3, 6 and 12 are not here and never will be.
const schemes: ReadonlyMap<number, Scheme> = new Map<number, Scheme>([
  [5, { kind: 'rsa', hash: 'sha1' }],
  [7, { kind: 'rsa', hash: 'sha1' }],
  [8, { kind: 'rsa', hash: 'sha256' }],
  [10, { kind: 'rsa', hash: 'sha512' }],
  [13, { kind: 'ec', hash: 'sha256', curve: 'P-256', keySize: 64, signatureSize: 64 }],
  [14, { kind: 'ec', hash: 'sha384', curve: 'P-384', keySize: 96, signatureSize: 96 }],
  [15, { kind: 'okp', hash: null, curve: 'Ed25519', keySize: 32, signatureSize: 64 }],
  [16, { kind: 'okp', hash: null, curve: 'Ed448', keySize: 57, signatureSize: 114 }],
]);

// SEC-26
const digests: ReadonlyMap<number, string> = new Map([
  [1, 'sha1'],
  [2, 'sha256'],
  [4, 'sha384'],
]);

/** INT-13: algorithms 5 and 7 and DS digest 1 count as unsupported unless they are switched on. */
export type Sha1Use = 'allowed' | 'unsupported';

export const isSupportedAlgorithm = (algorithm: number, sha1: Sha1Use): boolean =>
  schemes.has(algorithm) && (sha1 === 'allowed' || schemes.get(algorithm)?.hash !== 'sha1');

export const isSupportedDigest = (digestType: number, sha1: Sha1Use): boolean =>
  digests.has(digestType) && (sha1 === 'allowed' || digests.get(digestType) !== 'sha1');

/** The digest of a DS record: `owner` is the wire form of the zone (RFC 4034 §5.1.4). */
export function dsDigest(digestType: number, owner: Uint8Array, dnskeyRdata: Uint8Array): Uint8Array | undefined {
  const algorithm = digests.get(digestType);
  return algorithm === undefined ? undefined : digest(algorithm, concat([owner, dnskeyRdata]));
}

/** RFC 5155 §5; `iterations` are those beyond the first. */
export function nsec3Hash(name: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array | undefined {
  let hash = digest('sha1', concat([name, salt]));
  for (let round = 0; round < iterations && hash !== undefined; round++) hash = digest('sha1', concat([hash, salt]));
  return hash;
}

function digest(algorithm: string, octets: Uint8Array): Uint8Array | undefined {
  try {
    return createHash(algorithm).update(octets).digest();
  } catch {
    // A library that refuses SHA-1 altogether.
    return undefined;
  }
}

/** SEC-28: `unsupported` for RSA below 1024 bits, `unusable` for octets that are no key or passed the limits. */
export function keyFitness(dnskey: Dnskey): 'usable' | 'unsupported' | 'unusable' {
  const scheme = schemes.get(dnskey.algorithm);
  if (scheme === undefined) return 'unsupported';
  if (scheme.kind !== 'rsa') return dnskey.publicKey.length === scheme.keySize ? 'usable' : 'unusable';
  const rsa = readRsa(dnskey.publicKey);
  if (rsa === undefined || rsa.exponent.length > 8 || rsa.modulusBits > 4_096) return 'unusable';
  return rsa.modulusBits < 1_024 ? 'unsupported' : 'usable';
}

type Rsa = { readonly exponent: Uint8Array; readonly modulus: Uint8Array; readonly modulusBits: number };

/** RFC 3110 §2. */
function readRsa(publicKey: Uint8Array): Rsa | undefined {
  const short = publicKey[0] ?? 0;
  const start = short === 0 ? 3 : 1;
  const length = short === 0 ? ((publicKey[1] ?? 0) << 8) | (publicKey[2] ?? 0) : short;
  const exponent = withoutZeros(publicKey.subarray(start, start + length));
  const modulus = withoutZeros(publicKey.subarray(start + length));
  if (exponent.length === 0 || modulus.length === 0) return undefined;
  return { exponent, modulus, modulusBits: modulus.length * 8 - Math.clz32(modulus[0]!) + 24 };
}

function withoutZeros(octets: Uint8Array): Uint8Array {
  const first = octets.findIndex((octet) => octet !== 0);
  return first < 0 ? octets.subarray(octets.length) : octets.subarray(first);
}

export function makeZoneKey(dnskey: Dnskey): ZoneKey {
  let loaded: { readonly key: KeyObject | undefined } | undefined;
  const load = (): KeyObject | undefined => {
    loaded ??= { key: importKey(dnskey) };
    return loaded.key;
  };
  return { dnskey, load };
}

function importKey(dnskey: Dnskey): KeyObject | undefined {
  const key = keyFitness(dnskey) === 'usable' ? toJwk(dnskey) : undefined;
  if (key === undefined) return undefined;
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    // A point that is not on its curve, for one.
    return undefined;
  }
}

function toJwk({ algorithm, publicKey }: Dnskey): JsonWebKey | undefined {
  const scheme = schemes.get(algorithm);
  switch (scheme?.kind) {
    case 'rsa': {
      const rsa = readRsa(publicKey);
      return rsa && { kty: 'RSA', n: toBase64Url(rsa.modulus), e: toBase64Url(rsa.exponent) };
    }
    case 'ec': {
      const half = scheme.keySize / 2;
      const x = toBase64Url(publicKey.subarray(0, half));
      return { kty: 'EC', crv: scheme.curve, x, y: toBase64Url(publicKey.subarray(half)) };
    }
    case 'okp':
      return { kty: 'OKP', crv: scheme.curve, x: toBase64Url(publicKey) };
    case undefined:
      return undefined;
  }
}

/** What the library does; a parameter so that one which refuses SHA-1 can be tried. */
export type Verify = typeof verify;

type Seen = { readonly octets: Uint8Array; readonly signature: Uint8Array };

/** Of each key the signatures found valid last: the SOA comes with every denial of its zone, and an NSEC with many. */
const seenValid = new WeakMap<ZoneKey, Seen[]>();
const maxSeen = 8;
const maxSeenOctets = 512;

/**
 * Whether the signature of `rrsig` over `octets` is by `key`. The caller has compared algorithm and key tag.
 * `unsupported`: the library has no SHA-1 signatures (INT-13).
 */
export function verifySignature(
  octets: Uint8Array,
  rrsig: Rrsig,
  key: ZoneKey,
  library: Verify = verify,
): 'valid' | 'invalid' | 'unsupported' {
  const scheme = schemes.get(rrsig.algorithm);
  const loaded = key.load();
  if (scheme === undefined || loaded === undefined || !hasRightLength(rrsig.signature, scheme, key)) return 'invalid';
  const seen = seenValid.get(key) ?? [];
  const at = seen.findIndex((one) => sameOctets(one.octets, octets) && sameOctets(one.signature, rrsig.signature));
  const [again] = at < 0 ? [] : seen.splice(at, 1);
  if (again !== undefined) {
    seen.push(again);
    return 'valid';
  }
  try {
    // The key is handed over bare: in an object with its encoding it costs the library half as much again.
    const signature = scheme.kind === 'ec' ? derSignature(rrsig.signature) : rrsig.signature;
    if (!library(scheme.hash, octets, loaded, signature)) return 'invalid';
  } catch {
    return scheme.hash === 'sha1' ? 'unsupported' : 'invalid';
  }
  if (octets.length <= maxSeenOctets) {
    seen.push({ octets, signature: rrsig.signature.slice() });
    if (seen.length > maxSeen) seen.shift();
    seenValid.set(key, seen);
  }
  return 'valid';
}

/** RFC 6605 §4: two integers side by side; as the library reads them: RFC 3279 §2.2.3. */
export function derSignature(pair: Uint8Array): Uint8Array {
  const half = pair.length / 2;
  const integers = concat([derInteger(pair.subarray(0, half)), derInteger(pair.subarray(half))]);
  return concat([Uint8Array.of(0x30, integers.length), integers]);
}

/** Of at most 48 octets, so that each length fits into one. */
function derInteger(octets: Uint8Array): Uint8Array {
  const bare = withoutZeros(octets);
  const sign = (bare[0] ?? 0x80) >= 0x80 ? 1 : 0;
  const integer = new Uint8Array(2 + sign + bare.length);
  integer[0] = 0x02;
  integer[1] = sign + bare.length;
  integer.set(bare, 2 + sign);
  return integer;
}

// SEC-28: checked before the library sees it, so that what it throws is never about the signature's shape.
const hasRightLength = (signature: Uint8Array, scheme: Scheme, key: ZoneKey): boolean =>
  signature.length === (scheme.kind === 'rsa' ? readRsa(key.dnskey.publicKey)?.modulus.length : scheme.signatureSize);

/** Seconds until the signature lapses, negative if it has (RFC 4034 §3.1.5: serial arithmetic of RFC 1982). */
export const secondsLeft = (rrsig: Rrsig, now: Instant): number => (rrsig.expiration - Math.floor(now / 1_000)) | 0;

/** SEC-5, SEC-29: inception ≤ now ≤ expiration; only the inception may be forgiven `inceptionTolerance` seconds. */
export function timeFault(
  rrsig: Rrsig,
  now: Instant,
  inceptionTolerance: number,
): 'signature-expired' | 'signature-not-yet-valid' | undefined {
  if (secondsLeft(rrsig, now) < 0) return 'signature-expired';
  const age = (Math.floor(now / 1_000) - rrsig.inception) | 0;
  return age + inceptionTolerance < 0 ? 'signature-not-yet-valid' : undefined;
}
