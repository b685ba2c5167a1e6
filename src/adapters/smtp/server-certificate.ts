// Certificates of the accepting side: does a pair fit, which names does it serve, and a self-signed one for want of better.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { fault, ok, type Result } from '../../core/base/result.ts';
import type { CertificatePair } from './server-options.ts';

/** TLS-27: checked before the old pair is let go. @returns why the pair cannot be used. */
export function checkPair(pair: CertificatePair): Result<CertificatePair, string> {
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
    const fits = new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key));
    return fits ? ok(pair) : fault('the key does not belong to the certificate');
  } catch (error) {
    return fault((error as Error).message);
  }
}

/** The dNSName entries, in lower case; wildcards as they stand. */
export function namesOf(pair: CertificatePair): readonly string[] {
  const text = new X509Certificate(pair.certificate).subjectAltName ?? '';
  return [...text.matchAll(/DNS:([^,\s]+)/g)].map((match) => (match[1] as string).toLowerCase());
}

/**
 * A P-256 certificate for STARTTLS between hosts that do not look at it (opportunistic TLS), valid for ten years.
 * @param hostname our EHLO name.
 */
export async function makeSelfSigned(hostname: string): Promise<CertificatePair> {
  await import('../../core/x509/reflection.ts');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const literal = /^\[(?:IPv6:)?(.*)\]$/i.exec(hostname)?.[1];
  const day = 86_400_000;
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(12)))
      .toString('hex')
      .replace(/^./, '4'),
    name: [{ CN: [hostname.slice(0, 64)] }],
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 3650 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        literal === undefined ? { type: 'dns', value: hostname } : { type: 'ip', value: literal },
      ]),
    ],
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: `${made.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
