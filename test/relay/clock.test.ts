// A machine whose clock was set back: the relay says so when it starts. What else a false clock allows is a limit that
// docs/security-model.md tells.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { named, openWorld, startOutside } from './world.ts';

/** Runs before the program: its clock is so many days behind. */
const behind = (days: number): string =>
  `--import data:text/javascript,${encodeURIComponent(`const now=Date.now;Date.now=()=>now()-${days * 86_400_000}`)}`;

test('ATK-54 PKIX-11 a clock before the day of the build is told at the start, a right one is not', async () => {
  const world = await openWorld(named('plain'), 'standing');
  const wrong = await startOutside(world, { NODE_OPTIONS: behind(3_650) });
  assert.equal(wrong.log.find(({ event }) => event === 'clock-wrong')?.level, 'warn', wrong.output());
  wrong.child.kill('SIGTERM');
  await wrong.ended;
  const right = await startOutside(world);
  assert.equal(
    right.log.find(({ event }) => event === 'clock-wrong'),
    undefined,
  );
  const told = readFileSync(join(import.meta.dirname, '../../docs/security-model.md'), 'utf8');
  assert.match(told, /A wrong clock \(ATK-54\)/);
});
