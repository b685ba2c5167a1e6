// Work must grow with the length, not with its square: long rows of one character before one that ends the hope of a
// match, 64 KiB each, for every reader. A reader that is caught is still busy when the others are long done.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

/** All of them together take some seconds; one quadratic reader takes minutes. */
const patience = 60_000;

test('ATK-66 ATK-93 no reader takes time that grows with the square of what it is given', async () => {
  const worker = new Worker(new URL('../fuzz/slow-worker.ts', import.meta.url));
  let at = 'nothing';
  const end = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => resolve(`still busy with ${at}`), patience);
    worker.on('message', (name: string) => {
      at = name;
      if (name !== 'done') return;
      clearTimeout(timer);
      resolve(name);
    });
    worker.on('error', reject);
  });
  try {
    assert.equal(await end, 'done');
  } finally {
    await worker.terminate();
  }
});
