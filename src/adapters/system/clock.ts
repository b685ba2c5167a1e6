// The machine's clock and randomness behind the Clock port.

import { randomInt } from 'node:crypto';
import type { Clock } from '../../agent/ports.ts';
import { instant } from '../../core/base/brand.ts';

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  sleep: (duration, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      // A longer delay than 2^31 ms would fire at once.
      const timer = setTimeout(done, Math.min(Math.max(0, duration * 1000), 2_147_483_647));
      signal?.addEventListener('abort', done);
    }),
  random: () => randomInt(2 ** 32) / 2 ** 32,
};
