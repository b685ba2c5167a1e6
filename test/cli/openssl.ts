// Certificates, requests, keys and digests by the openssl program: what our own are compared with.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const run = (args: readonly string[], input?: Uint8Array): Buffer =>
  execFileSync('openssl', [...args], { input, stdio: ['pipe', 'pipe', 'pipe'] });

/** Undefined where the program is missing; whoever needs it says so loudly. */
export const opensslVersion: string | undefined = (() => {
  try {
    return run(['version']).toString().trim();
  } catch {
    return undefined;
  }
})();

export const algorithms = {
  RSA: ['-newkey', 'rsa:2048'],
  ECDSA: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  Ed25519: ['-newkey', 'ed25519'],
} as const;

export type Made = {
  readonly certificate: string;
  readonly key: string;
  readonly publicKey: string;
  readonly csr: string;
};

/** Self-signed for 90 days, with the files that people have beside it. */
export function makeFiles(folder: string, algorithm: keyof typeof algorithms, host: string): Made {
  const path = (end: string): string => join(folder, `${algorithm}-${host}-${end}`);
  const made = {
    certificate: path('cert.pem'),
    key: path('key.pem'),
    publicKey: path('pub.pem'),
    csr: path('csr.pem'),
  };
  const name = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  run([
    'req',
    '-x509',
    ...algorithms[algorithm],
    '-nodes',
    '-keyout',
    made.key,
    '-out',
    made.certificate,
    '-days',
    '90',
    ...name,
  ]);
  run(['req', '-new', '-key', made.key, '-out', made.csr, ...name]);
  run(['pkey', '-in', made.key, '-pubout', '-out', made.publicKey]);
  return made;
}

/** The data of a TLSA record as the common recipes make it. */
export function associationOf(certificate: string, selector: number, matching: number): string {
  const der =
    selector === 0
      ? run(['x509', '-in', certificate, '-outform', 'DER'])
      : run(['pkey', '-pubin', '-outform', 'DER'], run(['x509', '-in', certificate, '-noout', '-pubkey']));
  if (matching === 0) return der.toString('hex');
  return run(['dgst', matching === 1 ? '-sha256' : '-sha512', '-r'], der)
    .toString()
    .split(' ')[0] as string;
}

/** The same file in DER. */
export function toDer(path: string, kind: 'x509' | 'req' | 'pkey' | 'pubkey'): string {
  const out = path.replace(/pem$/, 'der');
  const command = kind === 'pubkey' ? ['pkey', '-pubin'] : [kind];
  run([...command, '-in', path, '-outform', 'DER', '-out', out]);
  return out;
}

/** A key in the older form, where the algorithm has one, and one behind a password. */
export function otherKeys(
  algorithm: keyof typeof algorithms,
  key: string,
): { readonly traditional: string; readonly encrypted: string } {
  const traditional = key.replace(/pem$/, 'traditional.pem');
  const encrypted = key.replace(/pem$/, 'encrypted.pem');
  run(['pkey', '-in', key, ...(algorithm === 'Ed25519' ? [] : ['-traditional']), '-out', traditional]);
  run(['pkcs8', '-topk8', '-in', key, '-out', encrypted, '-passout', 'pass:secret', '-v2', 'aes-256-cbc']);
  return { traditional, encrypted };
}

export const textOf = (path: string): string => readFileSync(path, 'utf8');
