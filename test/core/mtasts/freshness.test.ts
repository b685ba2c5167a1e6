import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant, seconds } from '../../../src/core/base/brand.ts';
import {
  applyFetch,
  expiryOf,
  judgeFreshness,
  refreshDueAt,
  type TxtOutcome,
  warnDueAt,
} from '../../../src/core/mtasts/freshness.ts';
import { parsePolicy, type StsMode, type StsPolicy } from '../../../src/core/mtasts/policy.ts';

const policy = (mode: StsMode = 'enforce', maxAge = 1000, id = 'one'): StsPolicy => ({
  mode,
  mx: [],
  maxAge: seconds(maxAge),
  id,
  fetchedAt: instant(0),
  body: '',
});
const before: Instant = instant(999_999);
const after: Instant = instant(1_000_000);
const same: TxtOutcome = { kind: 'id', id: 'one' };
const other: TxtOutcome = { kind: 'id', id: '0' };
const failures: readonly TxtOutcome[] = [
  { kind: 'missing' },
  { kind: 'invalid', says: 'two records' },
  { kind: 'bogus' },
  { kind: 'failed', says: 'time-out' },
];

test('STS-42 STS-43 DT-1.41 the same id needs no fetch, any other one does', () => {
  const cached = policy();
  assert.deepEqual(judgeFreshness(cached, same, before), {
    kind: 'use',
    finding: { kind: 'policy', policy: cached, freshness: 'cached' },
  });
  assert.deepEqual(judgeFreshness(cached, other, before), { kind: 'fetch', id: '0', cached });
  assert.deepEqual(judgeFreshness(undefined, same, before), { kind: 'fetch', id: 'one', cached: undefined });
});

test('STS-46 STS-40 an expired policy is fetched again though its id is unchanged', () => {
  assert.equal(expiryOf(policy()), after);
  assert.deepEqual(judgeFreshness(policy(), same, after), { kind: 'fetch', id: 'one', cached: undefined });
});

test('STS-6 STS-7 STS-41 DT-1.43 ATK-60 no failure of the record takes a cached policy away', () => {
  for (const txt of failures) {
    const result = judgeFreshness(policy(), txt, before);
    assert.ok(result.kind === 'use' && result.finding.kind === 'policy', txt.kind);
    assert.equal(result.finding.freshness, 'cached-refresh-failed');
  }
});

test('STS-8 STS-46 DT-1.40 DT-1.42a DT-1.42b ATK-61 nothing cached, or expired', () => {
  const kinds = (stored: StsPolicy | undefined): readonly string[] =>
    failures.map((txt) => {
      const result = judgeFreshness(stored, txt, after);
      return result.kind === 'use' ? result.finding.kind : 'fetch';
    });
  assert.deepEqual(kinds(undefined), ['none', 'none', 'txt-bogus', 'unavailable']);
  assert.deepEqual(kinds(policy()), ['none', 'none', 'txt-bogus', 'unavailable']);
});

const body = (mode: string, maxAge: number): string =>
  `version: STSv1\nmode: ${mode}\nmx: mx.example.com\nmax_age: ${maxAge}\n`;
const fetched = (text: string) => ({ kind: 'parsed', policy: parsePolicy(text), body: text }) as const;

test('STS-35 STS-47 a fetched policy replaces the cached one under the id that asked for it', () => {
  const request = { kind: 'fetch', id: 'two', cached: policy() } as const;
  const renewed = applyFetch(request, fetched(body('enforce', 2000)), before);
  assert.ok(renewed.finding.kind === 'policy');
  assert.equal(renewed.finding.freshness, 'fetched');
  assert.equal(renewed.store?.id, 'two');
  assert.equal(renewed.store?.fetchedAt, before);
  assert.equal(renewed.lowered, 'no');
});

test('STS-35 ATK-67 ATK-68 ATK-69 a weaker replacement counts and is told', () => {
  const request = { kind: 'fetch', id: 'two', cached: policy('enforce', 1000) } as const;
  for (const weaker of [body('testing', 1000), body('none', 1000), body('enforce', 99), body('enforce', 0)]) {
    const renewed = applyFetch(request, fetched(weaker), before);
    assert.equal(renewed.lowered, 'yes', weaker);
    assert.ok(renewed.store !== undefined);
  }
  assert.equal(applyFetch(request, fetched(body('enforce', 100)), before).lowered, 'no');
});

test('STS-35 max_age 0 counts for the attempt that fetched it and has expired afterwards', () => {
  const request = { kind: 'fetch', id: 'one', cached: undefined } as const;
  const renewed = applyFetch(request, fetched(body('enforce', 0)), before);
  assert.equal(renewed.finding.kind, 'policy');
  assert.equal(judgeFreshness(renewed.store, same, before).kind, 'fetch');
});

test('STS-34 STS-20 DT-1.42 DT-1.43 ATK-62 ATK-63 ATK-64 ATK-65 a failed fetch or bad body keeps the cached policy', () => {
  const faults = ['sts-policy-fetch-error', 'sts-webpki-invalid', 'sts-policy-invalid'] as const;
  for (const fault of faults) {
    const outcome = { kind: 'failed', fault, says: 'why' } as const;
    const kept = applyFetch({ kind: 'fetch', id: 'two', cached: policy() }, outcome, before);
    assert.ok(kept.finding.kind === 'policy' && kept.finding.freshness === 'cached-refresh-failed');
    assert.equal(kept.finding.fault, fault);
    assert.equal(kept.store, undefined);
    const none = applyFetch({ kind: 'fetch', id: 'two', cached: undefined }, outcome, before);
    assert.deepEqual(none.finding, { kind: 'unavailable', fault, says: 'why' });
  }
  const html = applyFetch({ kind: 'fetch', id: 'two', cached: undefined }, fetched('<html>'), before);
  assert.ok(html.finding.kind === 'unavailable');
  assert.equal(html.finding.fault, 'sts-policy-invalid');
});

test('STS-44 STS-45 refreshed daily or at half life; warned after two days or at half life, never for mode none', () => {
  const day = 86_400_000;
  assert.equal(refreshDueAt(policy('enforce', 30 * 86_400)), day);
  assert.equal(refreshDueAt(policy('enforce', 86_400)), day / 2);
  assert.equal(warnDueAt(policy('enforce', 30 * 86_400)), 2 * day);
  assert.equal(warnDueAt(policy('enforce', 86_400)), day / 2);
  assert.equal(warnDueAt(policy('none', 30 * 86_400)), undefined);
});
