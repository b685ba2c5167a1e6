import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrate } from '../../../src/core/policy/narrate.ts';
import { plan } from '../../../src/core/policy/plan.ts';
import { given } from './given.ts';

test('the ladder goes from DNS to the operator, each rung with its outcome and rule', () => {
  const lines = narrate([
    { rung: 'certificate', outcome: 'fail', rule: 'RFC 7672 §3.2', says: 'c' },
    { rung: 'mx', outcome: 'pass', rule: 'RFC 7672 §2.2.1', says: 'a' },
    { rung: 'tlsa', outcome: 'unknown', rule: 'RFC 7672 §2.1.2', says: 'b' },
    { rung: 'operator', outcome: 'not-applicable', rule: 'RTE-18', says: 'd' },
    { rung: 'mx', outcome: 'pass', rule: 'RFC 7672 §2.2.1', says: 'a' },
  ]);
  assert.deepEqual(
    lines.map(({ outcome, text }) => `${outcome} ${text}`),
    ['pass a', 'unknown b', 'fail c', 'not-applicable d'],
  );
});

test('ATK-115 RPT-97 what strangers said is shown without control characters', () => {
  const [line] = narrate([{ rung: 'starttls', outcome: 'fail', rule: 'R', says: `a\x1b[2J\r\nb${'x'.repeat(600)}` }]);
  assert.match(line?.text ?? '', /^a \[2J {2}b/);
  assert.equal(line?.text.length, 500);
});

test('OBS-5 a plan tells its ladder by itself', () => {
  const lines = narrate(plan(given({ tlsa: 'usable', sts: 'enforce-match', floor: 'verify' })).evidence);
  assert.deepEqual([...new Set(lines.map(({ rung }) => rung))], ['mx', 'mta-sts', 'tlsa', 'operator']);
});
