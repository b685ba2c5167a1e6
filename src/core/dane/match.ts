// TLSA records × presented chain: the leaf that a DANE-EE record names, or the trust anchors that DANE-TA records name and
// against which the path must be verified (RFC 7672 §3.1, RFC 7671 §5 and §9). Names and dates are the question of judge.

import type { Instant } from '../base/brand.ts';
import { sameOctets } from '../base/octets.ts';
import { isNonEmpty, type NonEmpty } from '../base/result.ts';
import { buildAnchor, isSignedBy } from '../x509/anchor.ts';
import { type Certificate, digestOf, isSelfIssued, readCertificate } from '../x509/certificate.ts';
import { pathFrom } from '../x509/presented-chain.ts';
import { type Digests, defaultDigests, type TlsaRecord } from './tlsa.ts';

/** A certificate to verify the path against. `dns`: the server did not send it. */
export type Anchor = {
  readonly record: TlsaRecord;
  readonly certificate: Uint8Array;
  /** Its place above the leaf, which is 0. */
  readonly depth: number;
  readonly from: 'chain' | 'dns';
};

export type DaneMatch =
  | { readonly kind: 'ee'; readonly record: TlsaRecord }
  | { readonly kind: 'ta'; readonly anchors: NonEmpty<Anchor> }
  | { readonly kind: 'none' };

// PKIX-10: each anchor may cost a handshake.
const maxAnchors = 4;

/** @param certificates the chain as read, undefined where one could not be. */
export function matchDane(
  records: NonEmpty<TlsaRecord>,
  certificates: readonly (Certificate | undefined)[],
  at: Instant,
): DaneMatch {
  const inPlay = recordsInPlay(records);
  const associations = certificates.map(associationsOf);
  // DANE-43, DANE-61: only the leaf counts, and it wins at once.
  const ee = inPlay.find(({ usage, ...record }) => usage === 'dane-ee' && associations[0]?.(record));
  if (ee !== undefined) return { kind: 'ee', record: ee };
  const anchors: Anchor[] = [];
  for (const record of inPlay) {
    if (record.usage !== 'dane-ta') continue;
    const sent = certificates.flatMap((certificate, depth): Anchor[] => {
      // DANE-50: the leaf can only be its own anchor if it is self-issued.
      if (certificate === undefined || (depth === 0 && !isSelfIssued(certificate))) return [];
      return associations[depth]?.(record) ? [{ record, certificate: certificate.der, depth, from: 'chain' }] : [];
    });
    // DANE-57: a digest alone names no certificate that was not sent.
    for (const anchor of sent.length > 0 ? sent : fromDns(record, certificates, at))
      if (!anchors.some((known) => sameOctets(known.certificate, anchor.certificate))) anchors.push(anchor);
  }
  const bounded = anchors.slice(0, maxAnchors);
  return isNonEmpty(bounded) ? { kind: 'ta', anchors: bounded } : { kind: 'none' };
}

/**
 * Digest agility: for each usage and selector the records of type 0 and those of the strongest digest (DANE-35, DANE-37).
 * DANE-36: unusable records were dropped before.
 */
export function recordsInPlay(records: NonEmpty<TlsaRecord>, digests: Digests = defaultDigests): readonly TlsaRecord[] {
  return records.filter(({ usage, selector, matching }) => {
    if (matching === 'full') return true;
    const alike = records.filter((other) => other.usage === usage && other.selector === selector);
    return matching === digests.find((digest) => alike.some((other) => other.matching === digest));
  });
}

/** DANE-42, of one certificate: whether the record's data is of it, whatever the usage. */
export const associationMatches = (record: Association, certificate: Certificate): boolean =>
  associationsOf(certificate)(record);

type Association = Pick<TlsaRecord, 'selector' | 'matching' | 'data'>;

/** DANE-42. Digests are made once for each certificate, however many records there are. */
function associationsOf(certificate: Certificate | undefined): (record: Association) => boolean {
  if (certificate === undefined) return () => false;
  const made = new Map<string, Uint8Array>();
  return ({ selector, matching, data }) => {
    const octets = selector === 'cert' ? certificate.der : certificate.spki;
    if (matching === 'full') return sameOctets(octets, data);
    const key = `${selector} ${matching}`;
    const digest = made.get(key) ?? digestOf(octets, matching === 'sha2-256' ? 'sha256' : 'sha512');
    made.set(key, digest);
    return sameOctets(digest, data);
  };
}

/** DANE-55, DANE-56: what DNS holds whole need not be sent, if the top of the chain was issued by it. */
function fromDns(
  record: TlsaRecord,
  certificates: readonly (Certificate | undefined)[],
  at: Instant,
): readonly Anchor[] {
  if (record.matching !== 'full') return [];
  const path = pathFrom(certificates, at);
  const top = path.at(-1);
  if (top === undefined) return [];
  if (record.selector === 'spki')
    return isSignedBy(top, record.data)
      ? [{ record, certificate: buildAnchor(top.issuer, record.data), depth: path.length, from: 'dns' }]
      : [];
  const anchor = readCertificate(record.data);
  const below = anchor && path.findIndex(({ issuer }) => sameOctets(issuer, anchor.subject));
  return anchor !== undefined && below !== undefined && below >= 0
    ? [{ record, certificate: anchor.der, depth: below + 1, from: 'dns' }]
    : [];
}
