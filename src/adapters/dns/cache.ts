// Answers kept with their verdict for as long as both hold (DNS-8, SEC-33). What is over is gone: nothing stale is ever
// given out (DNS-9). The oldest use leaves first when entries or octets become too many.

import type { Instant, Seconds } from '../../core/base/brand.ts';
import { seconds } from '../../core/base/brand.ts';
import type { Proof } from '../../core/dnssec/proof.ts';

export type Cached<T> = {
  readonly value: T;
  /** Whole seconds since it was stored. */
  readonly age: Seconds;
  /** Seconds it still holds, at least 1. */
  readonly left: Seconds;
};

export type Cache<T> = {
  /** Counts as a use. */
  get(key: string, now: Instant): Cached<T> | undefined;
  /** Seconds of 0 or less store nothing. */
  put(key: string, value: T, lifetime: Seconds, now: Instant): void;
};

export type CacheLimits = { readonly entries: number; readonly octets: number };

/** @param sizeOf an estimate of the octets a value holds. */
export function createCache<T>(limits: CacheLimits, sizeOf: (value: T) => number): Cache<T> {
  type Entry = { readonly value: T; readonly storedAt: number; readonly until: number; readonly size: number };
  // A Map remembers the order of insertion; a use inserts anew.
  const entries = new Map<string, Entry>();
  let octets = 0;
  const drop = (key: string): void => {
    octets -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  };

  return {
    get: (key, now) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      // DNS-9: also when the clock was set back before the time of storing, for then nobody knows how old this is.
      if (now >= entry.until || now < entry.storedAt) {
        drop(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return {
        value: entry.value,
        age: seconds(Math.floor((now - entry.storedAt) / 1_000)),
        left: seconds(Math.ceil((entry.until - now) / 1_000)),
      };
    },
    put: (key, value, lifetime, now) => {
      drop(key);
      const size = sizeOf(value) + 2 * key.length + 200;
      if (lifetime <= 0 || size > limits.octets) return;
      entries.set(key, { value, storedAt: now, until: now + lifetime * 1_000, size });
      octets += size;
      for (const oldest of entries.keys()) {
        if (entries.size <= limits.entries && octets <= limits.octets) break;
        drop(oldest);
      }
    },
  };
}

/** DNS-8 for answers: what the proof allows, within the project's bounds. Errors are held briefly (RFC 9520 §3.2). */
export function lifetimeOf(proof: Pick<Proof, 'state' | 'records' | 'ttl'>): Seconds {
  if (proof.state === 'bogus') return bogusLifetime;
  if (proof.state === 'indeterminate') return errorLifetime;
  return seconds(Math.max(0, Math.min(proof.ttl, proof.records.length > 0 ? positiveLimit : negativeLimit)));
}

export const positiveLimit: Seconds = seconds(86_400);
export const negativeLimit: Seconds = seconds(3 * 3_600);
export const bogusLifetime: Seconds = seconds(60);
export const errorLifetime: Seconds = seconds(10);

/** Octets that the records of an answer and its proof hold, roughly. */
export const sizeOfProof = (proof: Proof): number =>
  400 +
  150 * (proof.chain.length + proof.aliases.length) +
  proof.records.reduce((sum, record) => sum + record.rdata.length + record.owner.length + 120, 0);
