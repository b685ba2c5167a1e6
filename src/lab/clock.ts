// The clock of the laboratory, moved by hand: DNSSEC, policies and the queue read it. Certificates do not (A5). It runs
// with real time from where it was set, or stands still until it is moved.

import type { Clock } from '../agent/ports.ts';
import { type Instant, instant, type Seconds } from '../core/base/brand.ts';

export interface LabClock extends Clock {
  /** Wakes every sleeper whose time has come. */
  advance(duration: Seconds): void;
  set(to: Instant): void;
  /** Wakes everybody; no timer is left behind. */
  close(): void;
}

type Sleeper = { readonly at: number; readonly wake: () => void };

/** @param mode `standing` for tests; `running` for people. @param start milliseconds since the epoch; default: now. */
export function makeLabClock(mode: 'standing' | 'running', start: number = Date.now()): LabClock {
  const sleepers = new Set<Sleeper>();
  let base = start;
  let since = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let seed = 0x5eed;

  const now = (): number => (mode === 'running' ? base + (Date.now() - since) : base);

  const wakeDue = (): void => {
    for (const sleeper of [...sleepers]) if (closed || sleeper.at <= now()) sleeper.wake();
    schedule();
  };

  const schedule = (): void => {
    clearTimeout(timer);
    if (mode === 'standing' || closed || sleepers.size === 0) return;
    const next = Math.min(...[...sleepers].map((sleeper) => sleeper.at));
    timer = setTimeout(wakeDue, Math.min(Math.max(next - now(), 0), 2 ** 31 - 1));
  };

  const moveTo = (to: number): void => {
    base = to;
    since = Date.now();
    wakeDue();
  };

  return {
    now: () => instant(Math.floor(now())),
    random: () => {
      // mulberry32: the same delays in every run.
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    },
    sleep: (duration, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || duration <= 0) return resolve();
        // Whoever sleeps in a loop must not run away when time has ended, nor hold the process.
        if (closed) return void setTimeout(resolve, 1000).unref();
        const sleeper: Sleeper = {
          at: now() + duration * 1000,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
        schedule();
      }),
    advance: (duration) => moveTo(now() + duration * 1000),
    set: (to) => moveTo(to),
    close: () => {
      closed = true;
      wakeDue();
    },
  };
}
