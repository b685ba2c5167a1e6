// Ports for the tests of this folder: a clock moved by hand, a log and counters that remember.

import type { Clock, Log, Metrics } from '../../../src/agent/ports.ts';
import { instant } from '../../../src/core/base/brand.ts';

export type FakeClock = Clock & {
  /** Lets seconds pass; sleepers whose time has come wake up. */
  pass(seconds: number): void;
};

export function fakeClock(at: number = Date.UTC(2026, 10, 21)): FakeClock {
  let now = at;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => instant(now),
    random: () => 0.5,
    sleep: (duration, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + duration * 1_000, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => resolve());
      }),
    pass: (seconds) => {
      now += seconds * 1_000;
      for (const sleeper of sleepers) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

export type Logged = {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

export function fakeLog(): Log & { readonly lines: Logged[]; count(event: string): number } {
  const lines: Logged[] = [];
  return {
    lines,
    event: (level, event, fields = {}) => void lines.push({ level, event, fields }),
    count: (event) => lines.filter((line) => line.event === event).length,
  };
}

export function fakeMetrics(): Metrics & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    count: (name, labels = {}, by = 1) => {
      const key = [name, ...Object.values(labels)].join(' ');
      counts.set(key, (counts.get(key) ?? 0) + by);
    },
    observe: () => undefined,
  };
}

/** Waits for something that happens soon. @throws Error after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 2_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not happen');
    await new Promise((done) => setTimeout(done, 2));
  }
}
