// What a certificate says of itself, for records and people: digests, names, dates. Never part of a verdict.

import { createHash, X509Certificate } from 'node:crypto';

/** Digests in lower-case hexadecimal; dates as RFC 3339. */
export type CertificateFacts = {
  readonly sha256: string;
  /** Of the DER SubjectPublicKeyInfo, as TLSA `x 1 1` has it. */
  readonly spkiSha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
};

/** @returns undefined when the octets are no certificate that can be read. */
export function describeCertificate(der: Uint8Array): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(der);
    return {
      sha256: sha256(der),
      spkiSha256: sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })),
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      notBefore: certificate.validFromDate.toISOString(),
      notAfter: certificate.validToDate.toISOString(),
    };
  } catch {
    // PKIX-10: the peer chose these octets; a key of an unknown kind must not end the attempt.
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
