// The certificates that WebPKI paths may end in (PKIX-6, config tls.trust_store): the machine's bundle, the one inside Node,
// a PEM file, or a directory of hashed files. Read once at start; no network, no environment.

import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

export type TrustStore = {
  /** PEM, one certificate each. Empty: no path ever verifies (PKIX-6). */
  readonly certificates: readonly string[];
  /** Where they came from, for people. */
  readonly source: string;
};

/** In the order tried: Debian and Alpine, Fedora, RHEL, SUSE, FreeBSD and OpenBSD, FreeBSD's port. */
export const systemBundles: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];

const maxCertificates = 5000;
const maxBytes = 32 * 1024 * 1024;

/**
 * @param setting `system`, `builtin`, or a path of a PEM bundle or hashed directory.
 * @throws Error of the file system when a named path cannot be read: a mistyped path must not become another store.
 */
export function loadTrustStore(setting: string, bundles: readonly string[] = systemBundles): TrustStore {
  if (setting === 'builtin') return builtinStore();
  if (setting !== 'system') return { certificates: readStore(setting), source: setting };
  for (const path of bundles) {
    const certificates = readIfThere(path);
    if (certificates.length > 0) return { certificates, source: path };
  }
  return builtinStore();
}

const builtinStore = (): TrustStore => ({ certificates: [...rootCertificates], source: 'builtin' });

function readIfThere(path: string): readonly string[] {
  try {
    return readStore(path);
  } catch {
    return [];
  }
}

function readStore(path: string): readonly string[] {
  const files = statSync(path).isDirectory() ? hashedFiles(path) : [path];
  const found = new Map<string, string>();
  for (const file of files) {
    const held = statSync(file);
    if (!held.isFile()) throw new Error(`${file}: this is no file`);
    if (held.size > maxBytes) throw new Error(`${file}: larger than ${maxBytes} octets`);
    for (const certificate of certificatesIn(readFileSync(file, 'latin1')))
      found.set(certificate.fingerprint256, certificate.toString());
    if (found.size > maxCertificates) throw new Error(`${path}: more than ${maxCertificates} certificates`);
  }
  return [...found.values()];
}

/** `c_rehash` names; a link twice under two hashes is one certificate in the end. */
const hashedFiles = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /^[0-9a-f]{8}\.\d+$/.test(name))
    .sort()
    .map((name) => join(folder, name));

/** Blocks that are no certificate are passed over: bundles of distributions hold text and trust attributes too. */
function certificatesIn(text: string): readonly X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}
