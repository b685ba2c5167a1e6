// Bodies that came with a lease: what is held, and when their memory is free.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClaimedBodies } from '../../../src/adapters/queue/claimed-bodies.ts';
import type { StoredOctets } from '../../../src/agent/ports.ts';

const bodyOf = (size: number): Buffer => Buffer.allocUnsafeSlow(size).fill('x');

async function sizeOf(octets: StoredOctets | undefined): Promise<number> {
  let size = 0;
  for await (const block of octets ?? []) size += block.length;
  return size;
}

test('QUE-1 OPS-66 memory is free when the lease has ended and all who opened the body are done', async () => {
  const bodies = createClaimedBodies();
  const [done, open] = [bodyOf(100_000), bodyOf(100_000)];
  bodies.put('done', done);
  bodies.put('open', open);
  const [first, second, third] = [bodies.open('done'), bodies.open('open'), bodies.open('open')];
  assert.equal(await sizeOf(first), 100_000);
  first?.done?.();
  assert.equal(await sizeOf(bodies.open('done')), 100_000);
  second?.done?.();
  second?.done?.();
  for (const id of ['done', 'open']) bodies.drop(id);
  assert.equal(bodies.open('open'), undefined);
  // Somebody opened either and has not said to be done.
  assert.equal(await sizeOf(third), 100_000);
  assert.equal(done.length, 100_000);
  bodies.put('again', done);
  bodies.drop('again');
  assert.equal(done.length, 0);
});

test('QUE-1 what is held is bounded; the oldest leave first', async () => {
  const bodies = createClaimedBodies();
  for (let at = 0; at < 100; at += 1) bodies.put(`m${at}`, bodyOf(100_000));
  assert.equal(bodies.open('m0'), undefined);
  assert.equal(bodies.open('m50'), undefined);
  assert.equal(await sizeOf(bodies.open('m99')), 100_000);
});
