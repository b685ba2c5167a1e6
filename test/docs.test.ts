import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documents, stored } from './docs.ts';

for (const [name, print] of Object.entries(documents)) {
  test(`docs/${name} is what the tables say`, () => assert.equal(stored(name), print(), 'run npm run docs'));
}
