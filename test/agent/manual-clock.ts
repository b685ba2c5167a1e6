// A clock that moves only when it is told to.

import type { Clock } from '../../src/agent/ports.ts';
import { type Instant, instant } from '../../src/core/base/brand.ts';

export type ManualClock = Clock & {
  /** Moves on, waking the sleepers in the order of their times. */
  advance(seconds: number): void;
  sleepers(): number;
};

export function manualClock(start: Instant): ManualClock {
  let now = start;
  const sleeping = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    random: () => 0,
    sleep: (duration, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = (): void => {
          sleeping.delete(sleeper);
          resolve();
        };
        const sleeper = { until: now + duration * 1000, wake };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    advance(seconds) {
      now = instant(now + seconds * 1000);
      for (const sleeper of [...sleeping].sort((a, b) => a.until - b.until)) if (sleeper.until <= now) sleeper.wake();
    },
    sleepers: () => sleeping.size,
  };
}
