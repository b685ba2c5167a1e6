// TLSA records of forged certificates.

import type { TlsaRecord } from '../../../src/core/dane/tlsa.ts';
import { digestOf } from '../../../src/core/x509/certificate.ts';
import type { Forged } from '../x509/forge.ts';

export function tlsaOf(
  usage: TlsaRecord['usage'],
  selector: TlsaRecord['selector'],
  matching: TlsaRecord['matching'],
  { der, spki }: Forged,
): TlsaRecord {
  const octets = selector === 'cert' ? der : spki;
  const data = matching === 'full' ? octets : digestOf(octets, matching === 'sha2-256' ? 'sha256' : 'sha512');
  return { usage, selector, matching, data };
}
