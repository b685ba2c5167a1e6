// Which addresses could not be reached a moment ago, so that a hundred messages do not each wait for the same time-out
// (QUE-4). Holds nothing about what a host offered: a missing STARTTLS or REQUIRETLS is never remembered (SMTP-15), and
// neither is a reply.

import { type Instant, type Seconds, seconds } from '../core/base/brand.ts';
import type { IpAddress } from '../core/base/lookup.ts';

export type HostMemory = {
  /** How long the address is to be left alone; undefined when it may be tried. */
  restOf(address: IpAddress, port: number, now: Instant): Seconds | undefined;
  /** TCP failed or no greeting came. */
  failed(address: IpAddress, port: number, now: Instant): void;
  /** It answered, whatever it said. */
  reached(address: IpAddress, port: number): void;
  /** An operator wants everything tried now. */
  forget(): void;
};

type Entry = { readonly until: number; readonly failures: number };

const firstRest = 60_000;
const longestRest = 15 * 60_000;
const maxAddresses = 10_000;

export function createHostMemory(): HostMemory {
  const entries = new Map<string, Entry>();
  const keyOf = (address: IpAddress, port: number): string => `${address} ${port}`;
  return {
    restOf(address, port, now) {
      const entry = entries.get(keyOf(address, port));
      // A longer rest than the longest was begun before the clock was set back.
      return entry === undefined || entry.until <= now || entry.until - now > longestRest
        ? undefined
        : seconds((entry.until - now) / 1000);
    },
    failed(address, port, now) {
      const key = keyOf(address, port);
      const failures = (entries.get(key)?.failures ?? 0) + 1;
      entries.delete(key);
      entries.set(key, { failures, until: now + Math.min(firstRest * 2 ** (failures - 1), longestRest) });
      for (const oldest of entries.keys()) if (entries.size > maxAddresses) entries.delete(oldest);
    },
    reached: (address, port) => void entries.delete(keyOf(address, port)),
    forget: () => entries.clear(),
  };
}
