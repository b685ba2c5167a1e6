// Whose memory is given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeMemory } from '../../../src/core/base/free-memory.ts';

test('OPS-66 large octets that have their memory to themselves are empty afterwards', () => {
  const octets = Buffer.allocUnsafeSlow(65_536);
  freeMemory(octets);
  assert.equal(octets.length, 0);
});

test('OPS-66 memory that others share is left alone', () => {
  const memory = new ArrayBuffer(65_536);
  for (const part of [new Uint8Array(memory, 0, 60_000), new Uint8Array(memory, 1), Buffer.from('small')]) {
    const { length } = part;
    freeMemory(part);
    assert.equal(part.length, length);
  }
});
