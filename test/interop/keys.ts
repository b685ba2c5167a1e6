// Certificates for the mail servers, made by openssl as an operator would, and the TLSA records that fit them.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keys } from './peers.ts';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Self-signed. */
export function makeKeys(name: string): Keys {
  return inFolder((folder) => {
    openssl(folder, 'req', '-x509', ...newKey, '-keyout', 'key', '-out', 'crt', '-days', '30', '-subj', `/CN=${name}`);
    return { certificate: read(folder, 'crt'), key: read(folder, 'key') };
  });
}

/** A leaf for the name below an authority of its own; the chain ends with the authority. */
export function makeChain(name: string): Keys & { readonly authority: string } {
  return inFolder((folder) => {
    openssl(folder, 'req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '30', '-subj', '/CN=CA');
    openssl(folder, 'req', ...newKey, '-keyout', 'key', '-out', 'csr', '-subj', `/CN=${name}`);
    writeFileSync(join(folder, 'ext'), `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`);
    const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'ext'];
    openssl(folder, 'x509', '-req', '-in', 'csr', ...by, '-out', 'crt');
    const authority = read(folder, 'ca.crt');
    return { certificate: read(folder, 'crt') + authority, key: read(folder, 'key'), authority };
  });
}

/** `3 1 1 …` of the first certificate. */
export const tlsaOfKey = (pem: string): string =>
  `3 1 1 ${digest(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))}`;

/** `2 0 1 …` of an authority. */
export const tlsaOfAuthority = (pem: string): string => `2 0 1 ${digest(new X509Certificate(pem).raw)}`;

/** Well formed, and of no key at all. */
export const tlsaOfNobody: string = `3 1 1 ${'5e'.repeat(32)}`;

const digest = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');
const openssl = (cwd: string, ...args: readonly string[]): unknown =>
  execFileSync('openssl', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-keys-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
