// `sekisho tlsa make` against what OpenSSL and GnuTLS danetool make of the same files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bare } from '../relay/world.ts';
import { skipPeers } from './peers.ts';

const skip =
  skipPeers === false && !existsSync('/usr/bin/danetool') && process.env.SEKISHO_INTEROP !== 'required'
    ? 'danetool is not installed: run test/interop/setup.sh as root'
    : skipPeers;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-tlsa-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const kinds = { rsa: ['rsa:2048'], ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ed25519: ['ed25519'] } as const;
before(() => {
  if (skip !== false) return;
  for (const [kind, args] of Object.entries(kinds))
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        ...args,
        '-nodes',
        '-keyout',
        join(folder, `${kind}.key`),
        '-out',
        join(folder, `${kind}.pem`),
        '-days',
        '30',
        '-subj',
        '/CN=mx.example',
      ],
      { stdio: 'ignore' },
    );
});

const made = async (file: string, selector: number): Promise<string> =>
  (await bare({}, 'tlsa', 'make', '--certificate', file, '--selector', String(selector), '--form', 'bare')).out.trim();

test('OPS-20 OPS-21 the same digests as OpenSSL and danetool, for RSA, ECDSA and Ed25519', { skip }, async () => {
  for (const kind of Object.keys(kinds)) {
    const file = join(folder, `${kind}.pem`);
    const sh = (text: string): string => execFileSync('sh', ['-c', text], { encoding: 'utf8' }).trim();
    const ofKey = sh(
      `openssl x509 -in ${file} -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1`,
    );
    const ofAll = sh(`openssl x509 -in ${file} -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1`);
    assert.equal(await made(file, 1), `3 1 1 ${ofKey}`);
    assert.equal(await made(file, 0), `3 0 1 ${ofAll}`);
    for (const [selector, flag, digest] of [
      [1, '', ofKey],
      [0, '--x509', ofAll],
    ] as const) {
      const said = sh(`danetool --tlsa-rr --host mx.example --port 25 ${flag} --load-certificate ${file}`);
      assert.match(said, new RegExp(`\\( 0?3 0?${selector} 0?1 ${digest} \\)`, 'i'));
    }
  }
});
