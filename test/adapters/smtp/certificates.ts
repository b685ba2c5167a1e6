// Certificates for handshakes, made when the test runs and dated around the real now (A5): good ones and every flaw that
// the tables of CERT- name.

import '../../../src/core/x509/reflection.ts';

import type { webcrypto } from 'node:crypto';
import { createHash, KeyObject, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

type KeyPair = webcrypto.CryptoKeyPair;

export type Made = {
  readonly subject: string;
  readonly der: Uint8Array;
  readonly pem: string;
  readonly spki: Uint8Array;
  /** PKCS #8. */
  readonly key: string;
  readonly keys: KeyPair;
};

export type Request = {
  readonly subject?: string;
  /** None: self-signed. */
  readonly issuer?: Made;
  readonly keys?: KeyPair;
  readonly names?: readonly string[];
  /** `no-flag`: issues although it may not; `no-key-cert-sign`: CA flag without the usage. */
  readonly role?: 'leaf' | 'ca' | 'no-flag' | 'no-key-cert-sign';
  readonly pathLength?: number;
  readonly dates?: 'valid' | 'expired' | 'future';
  readonly purpose?: 'server' | 'client';
  readonly constraint?: { readonly permitted: string };
  readonly unknownCritical?: 'yes';
  readonly signature?: 'good' | 'sha1' | 'broken';
};

const day = 86_400_000;
const windows = { valid: [-2, 180], expired: [-60, -2], future: [2, 60] } as const;
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export const makeKeys = (): Promise<KeyPair> => crypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);

export const makeRsaKeys = (modulusLength: number): Promise<KeyPair> =>
  crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );

let count = 0;

export async function make(request: Request): Promise<Made> {
  count += 1;
  const keys = request.keys ?? (await makeKeys());
  const subject = request.subject ?? `CN=${request.names?.[0] ?? `nameless-${count}.example`}`;
  const signer = request.issuer?.keys ?? keys;
  const [from, until] = windows[request.dates ?? 'valid'];
  const rsa = signer.privateKey.algorithm.name !== 'ECDSA';
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(12)))
      .toString('hex')
      .replace(/^./, '4'),
    subject,
    issuer: request.issuer?.subject ?? subject,
    notBefore: new Date(Date.now() + from * day),
    notAfter: new Date(Date.now() + until * day),
    signingAlgorithm: rsa
      ? { name: 'RSASSA-PKCS1-v1_5', hash: request.signature === 'sha1' ? 'SHA-1' : 'SHA-256' }
      : { ...ecdsa, hash: request.signature === 'sha1' ? 'SHA-1' : 'SHA-256' },
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    extensions: await extensionsOf(request, keys, signer),
  });
  const der = new Uint8Array(certificate.rawData);
  if (request.signature === 'broken') der[der.length - 3]! ^= 0xff;
  return {
    subject,
    der,
    pem: new X509Certificate(der).toString(),
    spki: new Uint8Array(certificate.publicKey.rawData),
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
    keys,
  };
}

async function extensionsOf(request: Request, keys: KeyPair, signer: KeyPair): Promise<x509.Extension[]> {
  const role = request.role ?? 'leaf';
  const usages = role === 'ca' ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature;
  const purpose = request.purpose === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const names = (request.names ?? []).map((value) => ({ type: 'dns' as const, value }));
  return [
    new x509.BasicConstraintsExtension(role === 'ca' || role === 'no-key-cert-sign', request.pathLength, true),
    new x509.KeyUsagesExtension(usages, true),
    ...(role === 'leaf' || request.purpose !== undefined ? [new x509.ExtendedKeyUsageExtension([purpose])] : []),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ...(request.constraint ? [new x509.Extension('2.5.29.30', true, permitted(request.constraint.permitted))] : []),
    ...(request.unknownCritical ? [new x509.Extension('1.3.6.1.4.1.99999.1', true, Buffer.from('0500', 'hex'))] : []),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
  ];
}

/** RFC 5280 §4.2.1.10: NameConstraints with one permitted dNSName. */
function permitted(name: string): Uint8Array {
  const wrap = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag, content.length]), content]);
  return wrap(0x30, wrap(0xa0, wrap(0x30, wrap(0x82, Buffer.from(name)))));
}

export const makeCa = (request: Request = {}): Promise<Made> =>
  make({
    role: 'ca',
    subject: `CN=Authority ${Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString('hex')}`,
    ...request,
  });

export const pemOf = (...chain: readonly Made[]): string => chain.map((one) => one.pem).join('');

/** TLSA data (RFC 6698 §2.1.4). */
export function tlsaData(of: Made, selector: 'cert' | 'spki', matching: 'full' | 'sha2-256' | 'sha2-512'): Uint8Array {
  const selected = selector === 'spki' ? of.spki : of.der;
  if (matching === 'full') return selected;
  return new Uint8Array(
    createHash(matching === 'sha2-512' ? 'sha512' : 'sha256')
      .update(selected)
      .digest(),
  );
}
