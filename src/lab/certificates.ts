// Certificate authorities and leaf certificates of the laboratory: a WebPKI of its own, private authorities for DANE-TA,
// and every flaw a destination may show. Dated around the machine's real time, which Node's TLS reads (A5). P-256 only.

import '../core/x509/reflection.ts';
import { createHash, KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;

export type Validity = 'valid' | 'expired' | 'future';

/** A certificate with its private key. `der` and `spki` are what TLSA records are made of. */
export type Certified = {
  readonly subject: string;
  readonly der: Uint8Array;
  readonly spki: Uint8Array;
  readonly keyPem: string;
  readonly keys: webcrypto.CryptoKeyPair;
};

export type AuthorityRequest = {
  readonly subject: string;
  /** None: self-signed, a root. */
  readonly issuer?: Certified;
  readonly validity?: Validity;
  readonly pathLength?: number;
  /** The key of an earlier certificate: a renewed or cross-signed authority. */
  readonly keys?: webcrypto.CryptoKeyPair;
  /** `without-ca-flag`: issues although it must not. */
  readonly flaw?: 'without-ca-flag';
};

/** @returns an authority that may sign leaf certificates and further authorities. */
export async function makeAuthority(request: AuthorityRequest): Promise<Certified> {
  const isCa = request.flaw !== 'without-ca-flag';
  const usages = isCa
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    : x509.KeyUsageFlags.digitalSignature;
  return certify(request, [
    new x509.BasicConstraintsExtension(isCa, request.pathLength, true),
    new x509.KeyUsagesExtension(usages, true),
  ]);
}

export type LeafRequest = {
  /** dNSName entries; an empty list makes a certificate without subjectAltName. */
  readonly names: readonly string[];
  readonly commonName?: string;
  /** None: self-signed. */
  readonly issuer?: Certified;
  readonly validity?: Validity;
  /** In place of the end that the validity has. */
  readonly until?: Date;
  readonly keys?: webcrypto.CryptoKeyPair;
};

/** @returns a server certificate. */
export async function issueLeaf(request: LeafRequest): Promise<Certified> {
  const subject = `CN=${request.commonName ?? request.names[0] ?? 'nameless.invalid'}`;
  const names = request.names.map((name) => ({ type: 'dns' as const, value: name }));
  return certify({ ...request, subject }, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ]);
}

type Request = {
  readonly subject: string;
  readonly issuer?: Certified;
  readonly validity?: Validity;
  readonly until?: Date;
  readonly keys?: webcrypto.CryptoKeyPair;
};

async function certify(request: Request, extensions: x509.Extension[]): Promise<Certified> {
  const keys = request.keys ?? (await makeKeys());
  const issuer = request.issuer;
  const [from, until] = datesOf(request.validity ?? 'valid');
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(12)))
      .toString('hex')
      .replace(/^./, '4'),
    subject: request.subject,
    issuer: issuer?.subject ?? request.subject,
    notBefore: from,
    notAfter: request.until ?? until,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
    ],
  });
  return {
    subject: request.subject,
    der: new Uint8Array(certificate.rawData),
    spki: new Uint8Array(certificate.publicKey.rawData),
    keyPem: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
    keys,
  };
}

/** A key pair for a certificate that is to be renewed, or for a record whose certificate does not exist yet. */
export const makeKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

/**
 * A private key that is not the certificate's, in the guise of it: the public half beside it is the certificate's own,
 * so that a TLS server takes the pair. What it signs does not verify.
 */
export function strangersKey(of: Certified): string {
  const point = of.spki.subarray(-65);
  const own = KeyObject.from(of.keys.privateKey).export({ type: 'sec1', format: 'der' });
  // SEC1: INTEGER 1, OCTET STRING of 32, parameters, public point. Another scalar, the same point.
  const at = own.indexOf(Buffer.from('0420', 'hex')) + 2;
  const other = Buffer.from(own);
  other[at + 31]! ^= 1;
  if (!other.subarray(-65).equals(point)) throw new Error('the key does not end with its public point');
  return `-----BEGIN EC PRIVATE KEY-----\n${other.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END EC PRIVATE KEY-----\n`;
}

function datesOf(validity: Validity): readonly [Date, Date] {
  const now = Date.now();
  if (validity === 'expired') return [new Date(now - 60 * day), new Date(now - 2 * day)];
  if (validity === 'future') return [new Date(now + 2 * day), new Date(now + 60 * day)];
  return [new Date(now - 2 * day), new Date(now + 180 * day)];
}

/** PEM text of certificates in the given order, as a TLS server sends them. */
export const pemOf = (chain: readonly { readonly der: Uint8Array }[]): string =>
  chain.map((one) => new X509Certificate(one.der).toString()).join('');

/** The data of a TLSA record for this certificate (RFC 6698 §2.1.4). */
export function tlsaData(of: Certified, selector: number, matching: number): Uint8Array {
  const selected = selector === 1 ? of.spki : of.der;
  if (matching === 0) return selected;
  return createHash(matching === 2 ? 'sha512' : 'sha256')
    .update(selected)
    .digest();
}

/** The authorities of one world. `public` ones hang below the root that the relay's trust store holds. */
export type LabAuthorities = {
  readonly publicRoot: Certified;
  readonly publicIntermediate: Certified;
  readonly privateRoot: Certified;
  readonly privateIntermediate: Certified;
};

export async function makeAuthorities(): Promise<LabAuthorities> {
  const [publicRoot, privateRoot] = await Promise.all([
    makeAuthority({ subject: 'CN=Laboratory Public Root,O=Laboratory' }),
    makeAuthority({ subject: 'CN=Laboratory Private Root,O=Laboratory' }),
  ]);
  const [publicIntermediate, privateIntermediate] = await Promise.all([
    makeAuthority({ subject: 'CN=Laboratory Public Intermediate,O=Laboratory', issuer: publicRoot, pathLength: 0 }),
    makeAuthority({ subject: 'CN=Laboratory Private Intermediate,O=Laboratory', issuer: privateRoot, pathLength: 0 }),
  ]);
  return { publicRoot, publicIntermediate, privateRoot, privateIntermediate };
}
