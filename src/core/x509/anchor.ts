// A trust anchor for a bare key from DNS: a certificate with the issuer name that the chain asks for and that key, made so
// that OpenSSL can verify the path against it (DANE-56, RFC 7671 §5.2.3). OpenSSL does not check an anchor's own signature.

import { createPublicKey, X509Certificate } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { tags, writeElement } from './der.ts';

/** True if the key of the SubjectPublicKeyInfo made the signature of the certificate (DANE-54). */
export function isSignedBy(certificate: Certificate, spki: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return new X509Certificate(certificate.der).verify(key);
  } catch {
    return false;
  }
}

/** @param subject DER of the name, @param spki DER of the key. Valid from 2000 on without end. */
export function buildAnchor(subject: Uint8Array, spki: Uint8Array): Uint8Array {
  const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
  const time = (text: string): Uint8Array => writeElement(tags.generalizedTime, new TextEncoder().encode(text));
  const sequence = (...parts: readonly Uint8Array[]): Uint8Array => writeElement(tags.sequence, ...parts);
  // ecdsa-with-SHA256: named because a name must stand here.
  const algorithm = sequence(writeElement(tags.oid, octets(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)));
  const basicConstraints = sequence(
    writeElement(tags.oid, octets(0x55, 0x1d, 0x13)),
    writeElement(tags.boolean, octets(0xff)),
    writeElement(tags.octetString, sequence(writeElement(tags.boolean, octets(0xff)))),
  );
  const tbs = sequence(
    writeElement(0xa0, writeElement(tags.integer, octets(2))),
    writeElement(tags.integer, octets(1)),
    algorithm,
    subject,
    sequence(time('20000101000000Z'), time('99991231235959Z')),
    subject,
    spki,
    writeElement(0xa3, sequence(basicConstraints)),
  );
  return sequence(tbs, algorithm, writeElement(tags.bitString, octets(0, 0)));
}
