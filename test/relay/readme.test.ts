// What the README shows of the program is what the program prints.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { named, openWorld, sekisho } from './world.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** Addresses, ports, digests and days are those of the machine and the moment. */
const masked = (text: string): readonly string[] =>
  text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trimEnd()
        .replace(/\b127(\.\d+){3}\b/g, '127.x')
        .replace(/_\d+\._tcp/g, '_n._tcp')
        .replace(/\b[0-9a-f]{16,64}\b/g, 'digest')
        .replace(/\d+ days/g, 'n days')
        .replace(/\d{4}-\d\d-\d\d/g, 'date'),
    );

test('the sample of `check` in the README is its real output', async () => {
  const sample = /```\n\$ npx sekisho check (\S+) -c sekisho-lab\/sekisho\.toml\n([\s\S]*?)```/.exec(readme);
  assert.ok(sample, 'the README has a sample');
  const world = await openWorld(named('both'));
  const said = await sekisho(world, 'check', sample[1] as string, '--color', 'never');
  assert.equal(said.code, 0, said.err);
  assert.deepEqual(masked(sample[2] as string), masked(said.out));
});
