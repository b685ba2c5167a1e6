// The example hooks of docs/hooks, as the planner calls them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-hooks-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const hooks = join(import.meta.dirname, '../../docs/hooks');
const at = (name: string, text?: string): string => {
  if (text !== undefined) writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const run = (name: string, env: Readonly<Record<string, string>>): unknown =>
  execFileSync(join(hooks, name), { env: { PATH: `${folder}:${process.env.PATH}`, ...env }, stdio: 'pipe' });

test('OPS-37 the example hooks install files, write an include and hand an update on, twice without harm', () => {
  const files = { SEKISHO_CHAIN: at('chain', 'c'), SEKISHO_KEY: at('key', 'k') };
  const live = { SEKISHO_LIVE_CHAIN: at('live'), SEKISHO_LIVE_KEY: at('live.key') };
  for (const _ of [1, 2]) run('install-files', { SEKISHO_HOOK: 'install', ...files, ...live });
  assert.deepEqual([readFileSync(at('live'), 'utf8'), readFileSync(at('live.key'), 'utf8')], ['c', 'k']);
  assert.equal(statSync(at('live.key')).mode & 0o077, 0);
  const zone = {
    SEKISHO_HOOK: 'publish',
    SEKISHO_ZONE_FILE: at('zone', 'z\n'),
    SEKISHO_NSUPDATE_FILE: at('up', 'send\n'),
  };
  for (const _ of [1, 2])
    run('publish-include', { ...zone, ZONE_INCLUDE: at('include'), ZONE_RELOAD: `touch ${at('reloaded')}` });
  assert.equal(readFileSync(at('include'), 'utf8'), 'z\n');
  assert.ok(statSync(at('reloaded')).isFile());
  at('nsupdate', `#!/bin/sh\ncat > ${at('told')}\n`);
  chmodSync(at('nsupdate'), 0o755);
  run('publish-nsupdate', { ...zone, NSUPDATE_SERVER: '127.0.0.1 53' });
  assert.equal(readFileSync(at('told'), 'utf8'), 'server 127.0.0.1 53\nsend\n');
  assert.throws(() => run('install-files', { SEKISHO_HOOK: 'publish', ...files, ...live }));
});
