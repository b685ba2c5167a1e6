// Files as people have them, to the certificates and public keys inside: PEM with any blocks in any order, or DER of a
// certificate, request or key (RFC 7468, RFC 2986). Of a private key only the public half is kept.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { fault, ok, type Result } from '../base/result.ts';
import { type Certificate, isPublicKeyInfo, readCertificate } from './certificate.ts';
import { readElements, readSequence, tags } from './der.ts';

export type Material = {
  /** In the order of the file. */
  readonly certificates: readonly Certificate[];
  readonly keys: readonly PublicHalf[];
};

export type PublicHalf = {
  readonly from: 'public-key' | 'private-key' | 'request';
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
};

const maxBlocks = 100;

/** @returns what is inside, never nothing, or one sentence. */
export function readMaterial(octets: Uint8Array): Result<Material, string> {
  if (octets.length === 0) return fault('the file is empty');
  const text = new TextDecoder('latin1').decode(octets);
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)];
  if (blocks.length === 0) return /-----BEGIN /.test(text) ? fault('a PEM block has no end') : readDer(octets);
  if (blocks.length > maxBlocks) return fault(`more than ${maxBlocks} PEM blocks`);
  const certificates: Certificate[] = [];
  const keys: PublicHalf[] = [];
  for (const [whole, label = '', inner = ''] of blocks) {
    const read = readBlock(label, inner, whole);
    if (read.kind === 'fault') return read;
    certificates.push(...read.value.certificates);
    keys.push(...read.value.keys);
  }
  return certificates.length + keys.length > 0
    ? ok({ certificates, keys })
    : fault('neither certificate nor key is in the file');
}

const nothing: Material = { certificates: [], keys: [] };
const justKey = (half: PublicHalf): Material => ({ certificates: [], keys: [half] });

function readBlock(label: string, inner: string, whole: string): Result<Material, string> {
  if (label === 'ENCRYPTED PRIVATE KEY' || /Proc-Type: *4,ENCRYPTED/.test(inner)) return fault(encrypted);
  if (/^(RSA |EC |DSA )?PRIVATE KEY$/.test(label)) return fromKey('private-key', () => createPrivateKey(whole));
  if (/^(RSA )?PUBLIC KEY$/.test(label)) return fromKey('public-key', () => createPublicKey(whole));
  const isCertificateBlock = label === 'CERTIFICATE' || label === 'X509 CERTIFICATE';
  const isRequest = label === 'CERTIFICATE REQUEST' || label === 'NEW CERTIFICATE REQUEST';
  // EC PARAMETERS, DH PARAMETERS and the like say nothing about keys.
  if (!isCertificateBlock && !isRequest) return ok(nothing);
  const der = fromBase64(inner);
  if (der === undefined) return fault(`the ${label} block is no base64`);
  if (isRequest) {
    const spki = spkiOfRequest(der);
    return spki === undefined ? fault('the request cannot be read') : ok(justKey({ from: 'request', spki }));
  }
  const certificate = readCertificate(der);
  return certificate === undefined
    ? fault('a certificate in the file cannot be read')
    : ok({ certificates: [certificate], keys: [] });
}

const encrypted =
  'the private key is encrypted; its certificate, request or public key does as well and needs no password';

function readDer(octets: Uint8Array): Result<Material, string> {
  const certificate = readCertificate(octets);
  if (certificate !== undefined) return ok({ certificates: [certificate], keys: [] });
  if (isPublicKeyInfo(octets)) return ok(justKey({ from: 'public-key', spki: octets }));
  const spki = spkiOfRequest(octets);
  if (spki !== undefined) return ok(justKey({ from: 'request', spki }));
  const key = Buffer.from(octets);
  for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
    const read = fromKey('private-key', () => createPrivateKey({ key, format: 'der', type }));
    if (read.kind === 'ok') return read;
  }
  return fault('this is no certificate, request or key, neither in PEM nor in DER');
}

function fromKey(from: 'private-key' | 'public-key', read: () => KeyObject): Result<Material, string> {
  try {
    const key = read();
    // OPS-21: the same octets for RSA, ECDSA and Ed25519, whatever the file was.
    const half = key.type === 'private' ? createPublicKey(key) : key;
    return ok(justKey({ from, spki: new Uint8Array(half.export({ type: 'spki', format: 'der' })) }));
  } catch {
    return fault(`the ${from.replace('-', ' ')} cannot be read`);
  }
}

/** RFC 2986 §4: version, subject, key, attributes; then the signature over them. */
function spkiOfRequest(der: Uint8Array): Uint8Array | undefined {
  const outer = readSequence(der);
  const [info] = outer ?? [];
  if (outer?.length !== 3 || info?.tag !== tags.sequence) return undefined;
  const [version, subject, spki, attributes] = readElements(info.content) ?? [];
  const isRequest = version?.tag === tags.integer && subject?.tag === tags.sequence && attributes?.tag === 0xa0;
  return isRequest && spki !== undefined && isPublicKeyInfo(spki.whole) ? spki.whole : undefined;
}

function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s/g, '');
  if (digits === '' || digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  return Uint8Array.from(Buffer.from(digits, 'base64'));
}
