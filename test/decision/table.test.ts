import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderTable } from './table.ts';

test('docs/decision-table.md is what plan() decides (node test/decision/table.ts --write)', () => {
  const written = readFileSync(join(import.meta.dirname, '../../docs/decision-table.md'), 'utf8');
  assert.equal(written, renderTable());
});
