// `npm run -s lab -- --once --json`, as a person or a script types it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { reasons } from '../../src/core/policy/catalogue.ts';
import { destinations } from '../../src/lab/destinations.ts';
import type { OnceLine } from '../../src/lab/once.ts';
import { faultsOf } from '../schema-checker.ts';
import { compiled } from './world.ts';

test('lab --once: one line per destination by the schema, all as they must be, exit 0, nothing left behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-once-'));
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'lab', '--', '--once', '--json'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, NODE_COMPILE_CACHE: compiled, TMPDIR: folder },
    encoding: 'utf8',
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OnceLine);
  assert.deepEqual(
    lines.filter(({ asExpected }) => !asExpected),
    [],
  );
  assert.equal(status, 0, stderr);
  const leftOut = stderr.split('\n').filter((line) => line.startsWith('left out:')).length;
  assert.equal(lines.length, destinations.length - leftOut);
  for (const line of lines) {
    assert.deepEqual(faultsOf('lab', line), [], line.destination);
    assert.ok(line.reason === null || (reasons as readonly string[]).includes(line.reason), `${line.reason}`);
    assert.equal(line.outcome === 'sent', line.level !== null);
  }
  assert.deepEqual(readdirSync(folder), []);
  rmdirSync(folder);
});
