// Each planted fault still has a place to be planted: its text stands in its file exactly once.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { senderFaults, validatorFaults } from './faults.ts';

const root = join(import.meta.dirname, '../..');

test('the text that each planted fault replaces stands exactly once', () => {
  for (const { name, file, from, to } of [...validatorFaults, ...senderFaults]) {
    assert.equal(readFileSync(join(root, file), 'utf8').split(from).length, 2, `${name}: ${file}`);
    assert.notEqual(from, to, name);
  }
});
