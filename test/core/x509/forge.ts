// Certificates made octet by octet at test time, so that names, dates and extensions can be wrong in every way. P-256 keys.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { tags, writeElement } from '../../../src/core/x509/der.ts';

export type Forged = {
  readonly der: Uint8Array;
  readonly spki: Uint8Array;
  readonly key: KeyObject;
  /** DER of the subject. */
  readonly name: Uint8Array;
};

export type ForgeOptions = {
  readonly cn?: string | Uint8Array;
  readonly dns?: readonly (string | Uint8Array)[];
  readonly ip?: readonly Uint8Array[];
  /** Further GeneralNames, whole. */
  readonly general?: readonly Uint8Array[];
  /** YYYYMMDDHHMMSSZ; default: around the real now. */
  readonly from?: string;
  readonly to?: string;
  /** Self-signed without one. */
  readonly issuer?: Forged;
  readonly ca?: 'yes' | 'no-flag' | 'no-cert-sign' | { readonly pathLength: number };
  readonly keys?: Keys;
  readonly digest?: 'sha256' | 'sha1';
  /** Whole extensions to append. */
  readonly extensions?: readonly Uint8Array[];
  readonly serial?: number;
};

export type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

export const ecKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const rsaKeys = (bits: number): Keys => generateKeyPairSync('rsa', { modulusLength: bits });

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const sequence = (...parts: readonly Uint8Array[]): Uint8Array => writeElement(tags.sequence, ...parts);
export const oid = (...octets: readonly number[]): Uint8Array => writeElement(tags.oid, bytes(...octets));
export const extension = (id: Uint8Array, value: Uint8Array, critical: 'critical' | 'plain' = 'plain'): Uint8Array =>
  sequence(
    id,
    ...(critical === 'critical' ? [writeElement(tags.boolean, bytes(0xff))] : []),
    writeElement(tags.octetString, value),
  );

export const dnsName = (name: string | Uint8Array): Uint8Array =>
  writeElement(0x82, typeof name === 'string' ? latin(name) : name);
export const subjectAltName = (...names: readonly Uint8Array[]): Uint8Array =>
  extension(oid(0x55, 0x1d, 0x11), sequence(...names));
/** RFC 5280 §4.2.1.12, with the last arc of the purpose: 1 server, 2 client. */
export const extendedKeyUsage = (purpose: number): Uint8Array =>
  extension(oid(0x55, 0x1d, 0x25), sequence(oid(0x2b, 6, 1, 5, 5, 7, 3, purpose)));
export const unknownCritical: Uint8Array = extension(oid(0x2a, 3, 4, 5), sequence(), 'critical');
/** A permitted dNSName subtree. */
export const nameConstraint = (dns: string): Uint8Array =>
  extension(oid(0x55, 0x1d, 0x1e), sequence(writeElement(0xa0, sequence(writeElement(0x82, latin(dns))))), 'critical');

export function distinguishedName(cn: string | Uint8Array): Uint8Array {
  const value = typeof cn === 'string' ? writeElement(tags.utf8String, new TextEncoder().encode(cn)) : cn;
  return sequence(writeElement(tags.set, sequence(oid(0x55, 4, 3), value)));
}

let made = 0;

export function forge(options: ForgeOptions = {}): Forged {
  const { publicKey, privateKey } = options.keys ?? ecKeys();
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  made += 1;
  const name = options.cn === undefined ? sequence() : distinguishedName(options.cn);
  const signer = options.issuer?.key ?? privateKey;
  const digest = options.digest ?? 'sha256';
  const algorithm = algorithmOf(signer, digest);
  const tbs = sequence(
    writeElement(0xa0, writeElement(tags.integer, bytes(2))),
    writeElement(tags.integer, bytes(0x10, (options.serial ?? made) >> 8, (options.serial ?? made) & 0xff)),
    algorithm,
    options.issuer?.name ?? name,
    sequence(time(options.from ?? day(-30)), time(options.to ?? day(60))),
    name,
    spki,
    ...extensionsOf(options),
  );
  const signature = new Uint8Array(sign(digest, tbs, signer));
  return {
    der: sequence(tbs, algorithm, writeElement(tags.bitString, bytes(0), signature)),
    spki,
    key: privateKey,
    name,
  };
}

/** The real now, moved by days: Node's TLS reads the machine's clock. */
export const day = (offset: number): string =>
  new Date(Date.now() + offset * 86_400_000)
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d+Z$/, 'Z');

const time = (text: string): Uint8Array => writeElement(tags.generalizedTime, latin(text));

function algorithmOf(key: KeyObject, digest: 'sha256' | 'sha1'): Uint8Array {
  if (key.asymmetricKeyType === 'rsa')
    return sequence(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, digest === 'sha1' ? 5 : 11), writeElement(tags.null));
  return digest === 'sha1'
    ? sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1))
    : sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
}

function extensionsOf({ ca, dns, ip, general, extensions }: ForgeOptions): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  if (ca !== undefined && ca !== 'no-flag') {
    const flag = writeElement(tags.boolean, bytes(0xff));
    const limit = typeof ca === 'object' ? [writeElement(tags.integer, bytes(ca.pathLength))] : [];
    found.push(extension(oid(0x55, 0x1d, 0x13), sequence(flag, ...limit), 'critical'));
  }
  // keyUsage digitalSignature alone.
  if (ca === 'no-cert-sign')
    found.push(extension(oid(0x55, 0x1d, 0x0f), writeElement(tags.bitString, bytes(7, 0x80)), 'critical'));
  const names = [
    ...(dns ?? []).map(dnsName),
    ...(ip ?? []).map((octets) => writeElement(0x87, octets)),
    ...(general ?? []),
  ];
  if (names.length > 0) found.push(subjectAltName(...names));
  found.push(...(extensions ?? []));
  return found.length === 0 ? [] : [writeElement(0xa3, sequence(...found))];
}
