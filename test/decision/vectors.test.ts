// The decision against every line of decision-vectors.csv, and each rule of DT-2 against the lines that need it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRules } from '../../src/core/policy/plan-rules.ts';
import { decide, type Input, inputs, type Result, readVectors, results } from './vectors.ts';

const vectors = readVectors();
const key = (line: Input): string => inputs.map((name) => line[name]).join(' ');

/** The lines whose results differ, with the columns that do. */
function wrong(rules: typeof planRules): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of vectors) {
    const got = decide(line, rules);
    const off = results.filter((name) => got[name] !== line[name as keyof Result]);
    if (off.length > 0)
      found.set(key(line), off.map((name) => `${name}: ${got[name]} instead of ${line[name]}`).join('; '));
  }
  return found;
}

test('DT-2 DT-3 DT-5 DT-6 DT-1.1 DT-1.2 DT-1.3 DT-1.4 every column of all 4880 lines', () => {
  assert.equal(vectors.length, 4880);
  assert.deepEqual([...wrong(planRules)].slice(0, 10), []);
});

/** One line that each rule alone decides. */
const guards: Readonly<Record<string, string>> = {
  'DT-2.2': 'insecure usable none normal dane-only',
  'DT-2.3': 'secure usable none tls-required-no may',
  'DT-2.4': 'secure usable none normal may',
  'DT-2.5': 'insecure none enforce-match normal may',
  'DT-2.6': 'insecure none none requiretls may',
  'DT-2.7': 'secure none none requiretls-null may',
  'DT-2.8': 'secure none none normal encrypt',
  'DT-2.9': 'secure none none normal verify',
  'DT-2.9s': 'insecure usable none normal secure',
};

for (const [id, line] of Object.entries(guards)) {
  test(`DT-2 without rule ${id} the line "${line}" is decided otherwise`, () => {
    const without = planRules.filter((rule) => rule.id !== id);
    assert.equal(without.length, planRules.length - 1);
    assert.ok(wrong(without).has(line));
  });
}

test('DT-2 the order of the rules counts', () => {
  const reversed = [...planRules].reverse();
  assert.ok(wrong(reversed).size > 0);
});
