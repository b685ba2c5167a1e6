// DNSKEY, DS, RRSIG, NSEC and NSEC3 from bytes (RFC 4034, RFC 5155). What does not parse is undefined and counts as not
// there; writing them is the signer's business.

import { foldName, type Name } from '../dns/name.ts';
import { readTypeBitmap } from '../dns/type-bitmap.ts';
import { readPlainName } from '../dns/wire.ts';

export type Dnskey = {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly keyTag: number;
  readonly rdata: Uint8Array;
};

export type Ds = {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: Uint8Array;
};

export type Rrsig = {
  readonly typeCovered: number;
  readonly algorithm: number;
  readonly labels: number;
  readonly originalTtl: number;
  /** Seconds modulo 2³². */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
  readonly signature: Uint8Array;
  /** RFC 4034 §3.1.8.1: the RDATA up to the signature, with the signer in lower case. */
  readonly signedPart: Uint8Array;
};

export type Nsec = { readonly next: Name; readonly types: ReadonlySet<number> };

export type Nsec3 = {
  readonly hashAlgorithm: number;
  readonly flags: number;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly nextHash: Uint8Array;
  readonly types: ReadonlySet<number>;
};

const view = (octets: Uint8Array): DataView => new DataView(octets.buffer, octets.byteOffset, octets.length);

export function readDnskey(rdata: Uint8Array): Dnskey | undefined {
  if (rdata.length < 5) return undefined;
  return {
    flags: view(rdata).getUint16(0),
    protocol: rdata[2]!,
    algorithm: rdata[3]!,
    publicKey: rdata.subarray(4),
    keyTag: keyTagOf(rdata),
    rdata,
  };
}

/** RFC 4034 appendix B. Algorithm 1, whose tag is made otherwise, is never supported. */
export function keyTagOf(rdata: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < rdata.length; at++) sum += (at & 1) === 1 ? rdata[at]! : rdata[at]! << 8;
  return (sum + (sum >>> 16)) & 0xffff;
}

/** RFC 4034 §2.1.1: bit 7 says that the key may sign the zone; RFC 5011 §3: bit 8 says that it is revoked. */
export const isZoneKey = (key: Dnskey): boolean =>
  (key.flags & 0x0100) !== 0 && (key.flags & 0x0080) === 0 && key.protocol === 3;

export function readDs(rdata: Uint8Array): Ds | undefined {
  if (rdata.length < 5) return undefined;
  return {
    keyTag: view(rdata).getUint16(0),
    algorithm: rdata[2]!,
    digestType: rdata[3]!,
    digest: rdata.subarray(4),
  };
}

export function readRrsig(rdata: Uint8Array): Rrsig | undefined {
  const signer = rdata.length < 19 ? undefined : readPlainName(rdata, 18);
  if (signer === undefined) return undefined;
  const numbers = view(rdata);
  const folded = foldName(signer.wire);
  const signedPart = rdata.slice(0, signer.end);
  for (let at = 0; at < folded.length; at++) signedPart[18 + at] = folded.charCodeAt(at);
  return {
    typeCovered: numbers.getUint16(0),
    algorithm: rdata[2]!,
    labels: rdata[3]!,
    originalTtl: numbers.getUint32(4),
    expiration: numbers.getUint32(8),
    inception: numbers.getUint32(12),
    keyTag: numbers.getUint16(16),
    signer: folded,
    signature: rdata.subarray(signer.end),
    signedPart,
  };
}

export function readNsec(rdata: Uint8Array): Nsec | undefined {
  const next = readPlainName(rdata, 0);
  const types = next === undefined ? undefined : readTypeBitmap(rdata.subarray(next.end));
  return next === undefined || types === undefined ? undefined : { next: foldName(next.wire), types };
}

export function readNsec3(rdata: Uint8Array): Nsec3 | undefined {
  const saltLength = rdata[4];
  const hashLength = saltLength === undefined ? undefined : rdata[5 + saltLength];
  if (saltLength === undefined || hashLength === undefined) return undefined;
  const hashStart = 6 + saltLength;
  if (hashLength === 0 || hashStart + hashLength > rdata.length) return undefined;
  const types = readTypeBitmap(rdata.subarray(hashStart + hashLength));
  if (types === undefined) return undefined;
  return {
    hashAlgorithm: rdata[0]!,
    flags: rdata[1]!,
    iterations: view(rdata).getUint16(2),
    salt: rdata.subarray(5, 5 + saltLength),
    nextHash: rdata.subarray(hashStart, hashStart + hashLength),
    types,
  };
}
