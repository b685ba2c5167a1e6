// What a certificate says of itself, for records and people: digests, names, dates. Never part of a verdict.

import { createHash, X509Certificate } from 'node:crypto';
import { readCertificate } from './certificate.ts';

/** Digests in lower-case hexadecimal; dates as RFC 3339. What cannot be read is null. */
export type CertificateFacts = {
  readonly sha256: string;
  /** Of the DER SubjectPublicKeyInfo, as TLSA `x 1 1` has it. */
  readonly spkiSha256: string | null;
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly notBefore: string | null;
  readonly notAfter: string | null;
};

/** A session that carries many messages presents its certificate once: the same octets are not read again. */
const described = new WeakMap<Uint8Array, CertificateFacts>();

export function describeCertificate(der: Uint8Array): CertificateFacts {
  const known = described.get(der) ?? describe(der);
  described.set(der, known);
  return known;
}

function describe(der: Uint8Array): CertificateFacts {
  const read = readCertificate(der);
  const names = namesOf(der);
  return {
    sha256: sha256(der),
    spkiSha256: read ? sha256(read.spki) : null,
    subject: names ? oneLine(names.subject) : null,
    issuer: names ? oneLine(names.issuer) : null,
    notBefore: read ? new Date(read.notBefore).toISOString() : null,
    notAfter: read ? new Date(read.notAfter).toISOString() : null,
  };
}

function namesOf(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    // PKIX-10: the peer chose these octets.
    return undefined;
  }
}

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

// RPT-97, ATK-112: names come from the peer.
const oneLine = (name: string | undefined): string =>
  (name ?? '')
    .split('\n')
    .join(', ')
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')
    .slice(0, 300);
