import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDestinationWindows } from '../../src/agent/destination-window.ts';

/** A next hop with all the deliveries it may have, as a survey and a claim leave it. */
function full(cap: number) {
  const windows = createDestinationWindows();
  for (let width = 1; width < cap; width *= 2) {
    windows.begin('a');
    windows.end('a', 'reached');
  }
  const room = windows.survey(cap).room.get('a') ?? 1;
  for (let n = 0; n < room; n += 1) windows.begin('a');
  return { windows, room };
}

test('SMTP-16 a full next hop is looked after again once a quarter of its places is free', () => {
  const { windows, room } = full(8);
  assert.equal(room, 8);
  assert.deepEqual(
    Array.from({ length: 4 }, () => windows.end('a', 'reached')),
    ['later', 'look', 'look', 'look'],
  );
  assert.deepEqual([...windows.survey(8).room], [['a', 4]]);
  assert.equal(windows.end('a', 'reached'), 'later', 'it had room for all that waited');
});

test('SMTP-16 with one place each end is a reason to look', () => {
  const { windows } = full(1);
  assert.deepEqual(windows.survey(1).busy, ['a']);
  assert.equal(windows.end('a', 'reached'), 'look');
});

test('QUE-4 after a host out of reach it is looked after when the last delivery has ended', () => {
  const { windows } = full(4);
  assert.deepEqual(
    Array.from({ length: 4 }, () => windows.end('a', 'unreachable')),
    ['later', 'later', 'later', 'look'],
  );
});
