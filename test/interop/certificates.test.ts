// The certificate table on Node 26 too: the same files that `npm test` runs on Node 24, with certificates made around the real
// now and handshakes with OpenSSL as that Node brings it. Needs the package registry.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { must, ownEnvironment, runProgram } from './machine.ts';

const repository = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'sekisho-certificates-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const files = [
  'test/core/policy/certificates.test.ts',
  'test/core/dane/match.test.ts',
  'test/core/x509/*.test.ts',
  'test/adapters/smtp/tls.test.ts',
  'test/agent/attempt.test.ts',
  'test/agent/deliver.test.ts',
];

test('the certificate table on Node 26', { timeout: 300_000 }, async (t) => {
  const env = ownEnvironment();
  const carrier = `node-linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}`;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  await must('npm', ['install', '--silent', `${carrier}@26.10.0`], { cwd: folder, env });
  const node = join(folder, 'node_modules', carrier, 'bin/node');
  assert.match(await must(node, ['--version'], { env }), /^v26\./);
  const { code, out, err } = await runProgram(node, ['--test', '--test-reporter=tap', ...files], {
    cwd: repository,
    env,
  });
  assert.equal(code, 0, `${out.slice(-6000)}\n${err}`);
  const passed = Number(/^# pass (\d+)$/m.exec(out)?.[1]);
  const rows = new Set(out.match(/\bCERT-\d+\b/g));
  t.diagnostic(`${passed} tests passed, with ${rows.size} CERT- rows in their titles`);
  assert.ok(rows.size >= 45, `${rows.size} rows`);
});
