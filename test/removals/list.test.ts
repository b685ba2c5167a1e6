import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attacks } from '../../src/siege/attacks.ts';
import { areas, removals } from './list.ts';

const root = join(import.meta.dirname, '../..');

test('every text to find stands exactly once, and its replacement differs', () => {
  for (const { edits, takesAway } of removals) {
    for (const { file, find, replace } of edits) {
      assert.equal(readFileSync(join(root, file), 'utf8').split(find).length, 2, `${takesAway}: ${file}`);
      assert.notEqual(find, replace, takesAway);
    }
  }
});

test('at least twenty removals, in every part, of rows that are run', () => {
  assert.ok(removals.length >= 20);
  const runnable = attacks.filter(({ run, limit }) => run && limit === undefined).map(({ id }) => id);
  for (const area of areas)
    assert.ok(
      removals.some((removal) => removal.area === area),
      area,
    );
  for (const { rows, takesAway } of removals) {
    assert.ok(rows.length > 0, takesAway);
    for (const row of rows) assert.ok(runnable.includes(row), `${takesAway}: ${row}`);
  }
});

test('the document names every removal, in order', () => {
  const lines = readFileSync(join(root, 'docs/siege-removals.md'), 'utf8').split('\n');
  const told = lines.filter((line) => /^\| \d+ \|/.test(line)).map((line) => line.split(' | ').slice(1, 3));
  assert.deepEqual(
    told,
    removals.map(({ area, takesAway }) => [area, takesAway]),
  );
});
