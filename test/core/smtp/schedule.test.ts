import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Instant, instant, type Seconds, seconds } from '../../../src/core/base/brand.ts';
import type { Mailbox } from '../../../src/core/smtp/envelope.ts';
import { defaultSchedule, expiryOf, isWarningDue, maxJitter, nextStep } from '../../../src/core/smtp/schedule.ts';

const t0 = instant(Date.UTC(2026, 0, 1));
const after = (duration: number): Instant => instant(t0 + duration * 1000);
const hours = (count: number): number => count * 3600;
const expiresAt = after(hours(120));

/** The instants of all attempts when each fails, in seconds after the first. */
function attemptTimes(random: number): number[] {
  const times = [0];
  for (let failed = 1; ; failed += 1) {
    const at = after(times.at(-1) as number);
    const step = nextStep(defaultSchedule, { failed, at, expiresAt, random });
    if (step.kind === 'expired') return times;
    times.push((step.dueAt - t0) / 1000);
  }
}

test('QUE-2 waits: 5 min, 15 min, 30 min, 1 h, 2 h, then 3 h each', () => {
  const times = attemptTimes(0);
  const waits = times.map((time, n) => time - (times[n - 1] ?? 0)).slice(1);
  assert.deepEqual(waits.slice(0, 8), [300, 900, 1800, 3600, 7200, 10_800, 10_800, 10_800]);
  assert.ok(waits.slice(2, -1).every((wait) => wait >= 1800));
});

test('QUE-2 every wait is configurable and the last one repeats', () => {
  const schedule = { ...defaultSchedule, retry: [seconds(7), seconds(70)] as const };
  const wait = (failed: number): unknown => nextStep(schedule, { failed, at: t0, expiresAt, random: 0 });
  assert.deepEqual(wait(1), { kind: 'retry', dueAt: after(7) });
  for (const failed of [2, 3, 1000]) assert.deepEqual(wait(failed), { kind: 'retry', dueAt: after(70) });
});

test('QUE-3 the last attempt is made when the life ends, and none after it', () => {
  for (const random of [0, 0.5, 0.999]) assert.equal(attemptTimes(random).at(-1), hours(120));
  for (const at of [expiresAt, instant(expiresAt + 1)])
    assert.deepEqual(nextStep(defaultSchedule, { failed: 1, at, expiresAt, random: 0 }), { kind: 'expired' });
});

test('QUE-3 five days for mail with a sender, two for the null reverse-path', () => {
  const sender = { text: 'a@b.example' } as Mailbox;
  assert.equal(expiryOf(defaultSchedule, t0, sender), after(hours(120)));
  assert.equal(expiryOf(defaultSchedule, t0, 'null'), after(hours(48)));
});

test('QUE-2 jitter only lengthens, and by a tenth at most; a longer wish of the failure is met', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.option(fc.integer({ min: 0, max: 40_000 })),
      (failed, random, wish) => {
        const retryAfter = wish === null ? {} : { retryAfter: wish as Seconds };
        const step = nextStep(defaultSchedule, { failed, at: t0, expiresAt, random, ...retryAfter });
        assert.ok(step.kind === 'retry');
        const base = defaultSchedule.retry[Math.min(failed, 6) - 1] as number;
        const waited = (step.dueAt - t0) / 1000;
        assert.ok(waited >= Math.max(base, wish ?? 0));
        assert.ok(waited <= Math.max(base * (1 + maxJitter), wish ?? 0) + 0.001);
      },
    ),
  );
});

test('DSN-14 the warning is due at exactly one attempt, whenever the attempts are made', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: hours(30) }), { minLength: 1, maxLength: 40 }), (offsets) => {
      const times = [...new Set(offsets)].sort((a, b) => a - b);
      const due = times.filter((time, n) => {
        const previous = times[n - 1];
        const previousAt = previous === undefined ? undefined : after(previous);
        return isWarningDue(defaultSchedule, { receivedAt: t0, previousAt, at: after(time) });
      });
      const expected = times.find((time) => time >= hours(4));
      assert.deepEqual(due, expected === undefined ? [] : [expected]);
    }),
  );
});
