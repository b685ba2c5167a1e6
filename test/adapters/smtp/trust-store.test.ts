// Where the trusted roots come from.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { loadTrustStore } from '../../../src/adapters/smtp/trust-store.ts';
import { makeCa } from './certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-trust-'));
after(() => rmSync(folder, { recursive: true }));
const [one, two] = [await makeCa(), await makeCa()];

test('PKIX-6 a bundle is read certificate by certificate, whatever stands between them', () => {
  const path = join(folder, 'bundle.pem');
  const junk = '-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n';
  writeFileSync(path, `# comment\n${one.pem}${junk}${two.pem}${one.pem}`);
  assert.deepEqual(loadTrustStore(path), { certificates: [one.pem, two.pem], source: path });
});

test('PKIX-6 a hashed directory gives each certificate once, and other files nothing', () => {
  const path = join(folder, 'hashed');
  mkdirSync(path);
  for (const [name, text] of [
    ['0a1b2c3d.0', one.pem],
    ['0a1b2c3d.1', two.pem],
    ['99999999.0', one.pem],
    ['readme.pem', two.pem],
  ] as const)
    writeFileSync(join(path, name), text);
  assert.deepEqual(loadTrustStore(path).certificates, [one.pem, two.pem]);
});

test('PKIX-6 a named store that is empty stays empty; one that is not there is an error', () => {
  const path = join(folder, 'empty.pem');
  writeFileSync(path, '');
  assert.deepEqual(loadTrustStore(path).certificates, []);
  assert.throws(() => loadTrustStore(join(folder, 'missing.pem')));
});

test('PKIX-6 the system bundle is the first that is there, else the built-in one', () => {
  const path = join(folder, 'system.pem');
  writeFileSync(path, two.pem);
  assert.deepEqual(loadTrustStore('system', ['/nonexistent', path]), { certificates: [two.pem], source: path });
  assert.equal(loadTrustStore('system', ['/nonexistent']).source, 'builtin');
  assert.equal(loadTrustStore('builtin').certificates.length, rootCertificates.length);
});
