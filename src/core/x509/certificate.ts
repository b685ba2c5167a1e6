// The fields of a certificate that sekisho compares itself (RFC 5280 §4.1): names, key, validity, alternative names. No
// path validation: that is OpenSSL's (A5). A certificate that cannot be read here proves nothing.

import { createHash } from 'node:crypto';
import { type Instant, instant } from '../base/brand.ts';
import { sameOctets } from '../base/octets.ts';
import { type Element, oidText, readElement, readElements, readSequence, tags } from './der.ts';

export type Certificate = {
  readonly der: Uint8Array;
  /** DER of the names; equal octets are equal names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** OID in dotted text, and whether its digest is MD5 or SHA-1. */
  readonly signature: { readonly oid: string; readonly digest: 'weak' | 'fine' };
  readonly key: { readonly kind: 'rsa' | 'ec' | 'other'; readonly bits: number };
  readonly names: SubjectNames;
};

/** `malformed`: the extension is there and cannot be read, or is there twice; then no name matches. */
export type SubjectNames =
  | {
      readonly kind: 'read';
      /** Octets as they stand in the certificate: NUL and all. */
      readonly dns: readonly Uint8Array[];
      readonly ip: readonly Uint8Array[];
      /** The most specific common name, if it is text. */
      readonly commonName: string | undefined;
    }
  | { readonly kind: 'malformed' };

/** @returns undefined if the octets are no certificate in DER. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  const outer = readSequence(der);
  const [tbs, algorithm, bits] = outer ?? [];
  if (outer?.length !== 3 || tbs?.tag !== tags.sequence || algorithm?.tag !== tags.sequence) return undefined;
  if (bits?.tag !== tags.bitString) return undefined;
  const fields = readElements(tbs.content);
  if (fields === undefined) return undefined;
  // The version is explicit [0] and missing in version 1.
  const at = fields[0]?.tag === 0xa0 ? 1 : 0;
  const [serial, , issuer, validity, subject, spki, ...rest] = fields.slice(at);
  if (serial?.tag !== tags.integer || [issuer, validity, subject, spki].some((field) => field?.tag !== tags.sequence))
    return undefined;
  const times = readSequence((validity as Element).whole)?.map(readTime);
  const [notBefore, notAfter] = times ?? [];
  const signature = readAlgorithm(algorithm);
  const key = readKey((spki as Element).whole);
  if (times?.length !== 2 || notBefore === undefined || notAfter === undefined) return undefined;
  if (signature === undefined || key === undefined) return undefined;
  return {
    der,
    issuer: (issuer as Element).whole,
    subject: (subject as Element).whole,
    spki: (spki as Element).whole,
    notBefore,
    notAfter,
    signature,
    key,
    names: readNames((subject as Element).whole, rest),
  };
}

/** True if the octets are a SubjectPublicKeyInfo in DER. */
export const isPublicKeyInfo = (der: Uint8Array): boolean => readKey(der) !== undefined;

export const isSelfIssued = ({ issuer, subject }: Certificate): boolean => sameOctets(issuer, subject);

export const digestOf = (octets: Uint8Array, algorithm: 'sha256' | 'sha512'): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(octets).digest());

// ---- parts

// RFC 5280 §4.1.2.5: two forms, both in UTC with seconds; two-digit years from 50 on are of the last century.
function readTime({ tag, content }: Element): Instant | undefined {
  const text = textOf(content, 'latin1');
  const match =
    tag === tags.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : tag === tags.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null;
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, ...number[]];
  const full = tag === tags.utcTime ? year + (year >= 50 ? 1900 : 2000) : year;
  const date = new Date(0);
  date.setUTCFullYear(full, (month as number) - 1, day);
  date.setUTCHours(hour as number, minute, second);
  return Number.isNaN(date.getTime()) ? undefined : instant(date.getTime());
}

const weakDigests: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2', // md2WithRSAEncryption
  '1.2.840.113549.1.1.4', // md5WithRSAEncryption
  '1.2.840.113549.1.1.5', // sha1WithRSAEncryption
  '1.3.14.3.2.29', // sha1WithRSASignature
  '1.2.840.10045.4.1', // ecdsa-with-SHA1
  '1.2.840.10040.4.3', // dsa-with-sha1
]);

function readAlgorithm({ whole }: Element): Certificate['signature'] | undefined {
  const [id] = readSequence(whole) ?? [];
  if (id?.tag !== tags.oid) return undefined;
  const oid = oidText(id.content);
  return { oid, digest: weakDigests.has(oid) ? 'weak' : 'fine' };
}

function readKey(spki: Uint8Array): Certificate['key'] | undefined {
  const parts = readSequence(spki);
  const [algorithm, key] = parts ?? [];
  if (parts?.length !== 2 || algorithm?.tag !== tags.sequence || key?.tag !== tags.bitString) return undefined;
  const [id] = readElements(algorithm.content) ?? [];
  // A key is whole octets: the count of unused bits is zero.
  if (id?.tag !== tags.oid || key.content[0] !== 0 || key.content.length < 2) return undefined;
  const octets = key.content.subarray(1);
  const oid = oidText(id.content);
  if (oid === '1.2.840.113549.1.1.1') {
    const [modulus] = readSequence(octets) ?? [];
    return modulus?.tag === tags.integer ? { kind: 'rsa', bits: bitLength(modulus.content) } : undefined;
  }
  if (oid !== '1.2.840.10045.2.1') return { kind: 'other', bits: octets.length * 8 };
  // SEC 1 §2.3.3: 4 and two coordinates, or 2 or 3 and one.
  const coordinates = octets[0] === 4 ? (octets.length - 1) / 2 : octets.length - 1;
  return { kind: 'ec', bits: coordinates * 8 };
}

function bitLength(integer: Uint8Array): number {
  const start = integer.findIndex((octet) => octet !== 0);
  return start < 0 ? 0 : (integer.length - start) * 8 - Math.clz32(integer[start] as number) + 24;
}

function readNames(subject: Uint8Array, rest: readonly Element[]): SubjectNames {
  const explicit = rest.filter(({ tag }) => tag === 0xa3);
  const commonName = readCommonName(subject);
  if (explicit.length === 0) return { kind: 'read', dns: [], ip: [], commonName };
  const extensions = explicit.length === 1 ? readSequence((explicit[0] as Element).content) : undefined;
  const found = extensions?.map(({ whole }) => readSequence(whole));
  if (found === undefined || found.some((parts) => parts === undefined)) return { kind: 'malformed' };
  const named = found.filter((parts) => parts?.[0]?.tag === tags.oid && oidText(parts[0].content) === '2.5.29.17');
  const [only, twice] = named;
  // RFC 5280 §4.2: an extension stands once.
  if (twice !== undefined) return { kind: 'malformed' };
  if (only === undefined) return { kind: 'read', dns: [], ip: [], commonName };
  const value = only.at(-1);
  const general = value?.tag === tags.octetString ? readSequence(value.content) : undefined;
  if (general === undefined) return { kind: 'malformed' };
  const ofTag = (wanted: number): readonly Uint8Array[] =>
    general.filter(({ tag }) => tag === wanted).map(({ content }) => content);
  // RFC 5280 §4.2.1.6: dNSName is [2], iPAddress is [7]; the others are ignored (NAME-6).
  return { kind: 'read', dns: ofTag(0x82), ip: ofTag(0x87), commonName };
}

function readCommonName(subject: Uint8Array): string | undefined {
  let found: string | undefined;
  for (const set of readSequence(subject) ?? []) {
    for (const attribute of readElements(set.content) ?? []) {
      const [id, value] = readSequence(attribute.whole) ?? [];
      if (id?.tag !== tags.oid || value === undefined || oidText(id.content) !== '2.5.4.3') continue;
      found =
        value.tag === tags.utf8String
          ? textOf(value.content, 'utf-8')
          : value.tag === tags.printableString || value.tag === tags.ia5String
            ? textOf(value.content, 'latin1')
            : undefined;
    }
  }
  return found;
}

const textOf = (octets: Uint8Array, encoding: 'utf-8' | 'latin1'): string => new TextDecoder(encoding).decode(octets);

/** The element must be whole for a certificate from DNS to be usable at all (DANE-30). */
export const isCertificate = (der: Uint8Array): boolean =>
  readElement(der) !== undefined && readCertificate(der) !== undefined;
