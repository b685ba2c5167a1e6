import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { named, openWorld, startOutside } from './world.ts';

const world = await openWorld(named('dane-ee'));

const words = (pid: number, file: 'cmdline' | 'environ'): readonly string[] =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);

test('OPS-66 the relay runs with bounds for garbage and arenas, in the process that was started', async () => {
  const { child, pid, log, ended, output } = await startOutside(world);
  assert.ok(words(pid, 'cmdline').includes('--max-semi-space-size=8'));
  assert.ok(words(pid, 'environ').includes('MALLOC_ARENA_MAX=2'));
  assert.equal(log.find(({ event }) => event === 'started')?.pid, pid);
  assert.doesNotMatch(output(), /ExperimentalWarning/);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('OPS-66 bounds that the operator set stand', async () => {
  const { child, pid, ended } = await startOutside(world, {
    NODE_OPTIONS: '--max_semi_space_size=16',
    MALLOC_ARENA_MAX: '4',
  });
  assert.ok(words(pid, 'environ').includes('MALLOC_ARENA_MAX=4'));
  assert.equal(
    words(pid, 'cmdline').find((word) => word.includes('semi')),
    undefined,
  );
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('OPS-66 one bound that the operator set stands, the other is added', async () => {
  const { child, pid, ended } = await startOutside(world, { MALLOC_ARENA_MAX: '4' });
  assert.ok(words(pid, 'environ').includes('MALLOC_ARENA_MAX=4'));
  assert.equal(words(pid, 'cmdline').filter((word) => word.includes('semi')).length, 1);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});
