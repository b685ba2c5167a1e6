import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, seconds } from '../../src/core/base/brand.ts';
import { makeLabClock } from '../../src/lab/clock.ts';

test('a standing clock moves only by hand and wakes sleepers in their order', async () => {
  const clock = makeLabClock('standing', 1_000_000);
  const woken: string[] = [];
  const sleepers = [
    clock.sleep(seconds(20)).then(() => woken.push('late')),
    clock.sleep(seconds(10)).then(() => woken.push('early')),
  ];
  clock.advance(seconds(9));
  await Promise.resolve();
  assert.deepEqual(woken, []);
  clock.advance(seconds(1));
  await sleepers[1];
  assert.deepEqual(woken, ['early']);
  clock.set(instant(1_020_000));
  await sleepers[0];
  assert.equal(clock.now(), 1_020_000);
});

test('a sleeper wakes by its signal, and all do when the clock is closed', async () => {
  const clock = makeLabClock('standing', 0);
  const stop = new AbortController();
  const aborted = clock.sleep(seconds(10), stop.signal);
  stop.abort();
  await aborted;
  const closed = clock.sleep(seconds(10));
  clock.close();
  await closed;
  const after = clock.sleep(seconds(10)).then(() => 'over');
  assert.equal(
    await Promise.race([after, new Promise((resolve) => setImmediate(resolve, 'still asleep'))]),
    'still asleep',
  );
  await clock.sleep(seconds(10));
});

test('a running clock goes with real time from where it was set', async () => {
  const clock = makeLabClock('running', 0);
  await clock.sleep(seconds(0.02));
  assert.ok(clock.now() >= 20);
  const slept = clock.sleep(seconds(3600));
  clock.advance(seconds(3600));
  await slept;
  clock.close();
});

test('random numbers are the same in every run, and in range', () => {
  const draw = (): readonly number[] => {
    const clock = makeLabClock('standing', 0);
    return Array.from({ length: 100 }, () => clock.random());
  };
  assert.deepEqual(draw(), draw());
  assert.ok(draw().every((value) => value >= 0 && value < 1));
  assert.ok(new Set(draw()).size > 90);
});
