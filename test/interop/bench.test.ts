// The bench works: mail goes through source → sekisho → sink, verified, and a wrong TLSA gets nothing. No figure is judged.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { skipPeers } from './peers.ts';

const root = join(import.meta.dirname, '../..');

test('the short bench: everything arrives inside DANE, a wrong TLSA gets nothing', { skip: skipPeers }, () => {
  const env = { ...process.env, BENCH_DIR: '/var/tmp/sekisho-bench-short', NO_POSTFIX: '1' };
  const prepared = spawnSync('bash', [join(root, 'bench/setup.sh')], { env, encoding: 'utf8', timeout: 300_000 });
  assert.equal(prepared.status, 0, prepared.stdout + prepared.stderr);
  const bench = ['bench/main.ts', '--short', '--relays', 'sekisho'];
  const run = spawnSync(process.execPath, bench, { cwd: root, env, encoding: 'utf8', timeout: 180_000 });
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stderr, /^sekisho: as expected$/m);
});
