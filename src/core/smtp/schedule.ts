// When a recipient is tried again, when its sender is told that it still waits, and when it is given up (RFC 5321 §4.5.4.1).
// Knows times alone: nothing here, nor anything that reads it, may change what a host must prove (QUE-6).

import { type Instant, instant, type Seconds, seconds } from '../base/brand.ts';
import type { NonEmpty } from '../base/result.ts';
import type { Mailbox } from './envelope.ts';

export type Schedule = {
  /** Waits after the first failure, the second, …; the last one repeats. */
  readonly retry: NonEmpty<Seconds>;
  /** Age at which the sender is told once that the mail still waits (DSN-14). */
  readonly warnAfter: Seconds;
  readonly expireAfter: Seconds;
  /** Life of mail with the null reverse-path: nobody would hear of its end. */
  readonly expireNullAfter: Seconds;
};

/** QUE-2: earlier tries at first, then 30 minutes, then backing off to three hours. */
export const defaultSchedule: Schedule = {
  retry: [seconds(300), seconds(900), seconds(1800), seconds(3600), seconds(7200), seconds(10_800)],
  warnAfter: seconds(4 * 3600),
  expireAfter: seconds(5 * 86_400),
  expireNullAfter: seconds(2 * 86_400),
};

/** Waits are lengthened by up to this part of themselves, so that messages that failed together do not return together. */
export const maxJitter = 0.1;

export type NextStep = { readonly kind: 'retry'; readonly dueAt: Instant } | { readonly kind: 'expired' };

/**
 * What follows a failure. The same for every temporary reason, security or not (QUE-5).
 * @param failed attempts that failed so far, this one included; at least 1
 * @param random in [0, 1)
 * @param retryAfter a wait that the failure itself asked for; it can only lengthen
 */
export function nextStep(
  schedule: Schedule,
  failure: {
    readonly failed: number;
    readonly at: Instant;
    readonly expiresAt: Instant;
    readonly random: number;
    readonly retryAfter?: Seconds;
  },
): NextStep {
  const { failed, at, expiresAt, random, retryAfter } = failure;
  if (at >= expiresAt) return { kind: 'expired' };
  const last = schedule.retry.length - 1;
  const step = schedule.retry[Math.min(failed - 1, last)] ?? schedule.retry[0];
  const wait = Math.max(step * (1 + maxJitter * random), retryAfter ?? 0);
  // QUE-3, STS-65: the last try is made when the life ends, with everything looked up afresh; only its failure bounces.
  return { kind: 'retry', dueAt: instant(Math.min(Math.ceil(at + wait * 1000), expiresAt)) };
}

/** QUE-3. */
export const expiryOf = (schedule: Schedule, receivedAt: Instant, reversePath: Mailbox | 'null'): Instant =>
  instant(receivedAt + (reversePath === 'null' ? schedule.expireNullAfter : schedule.expireAfter) * 1000);

/**
 * True for exactly one attempt of a recipient: the first that fails at or after the instant of the warning (DSN-14).
 * @param previousAt when the attempt before this one was settled; undefined for the first
 */
export function isWarningDue(
  schedule: Schedule,
  facts: { readonly receivedAt: Instant; readonly previousAt: Instant | undefined; readonly at: Instant },
): boolean {
  const warnAt = facts.receivedAt + schedule.warnAfter * 1000;
  return facts.at >= warnAt && (facts.previousAt === undefined || facts.previousAt < warnAt);
}
