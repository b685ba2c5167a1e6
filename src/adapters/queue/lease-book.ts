// Who holds what (QUE-8). One thread owns the queue, so leases are its memory and cost the disk nothing; with the process
// every lease ends, and what was under way falls due again.

import { randomBytes } from 'node:crypto';
import type { LeaseRef } from './protocol.ts';

export type Held = {
  readonly token: string;
  /** The name in the claim. */
  readonly worker: string;
  /** The connection that it came through. */
  readonly client: number;
  readonly message: number;
  readonly id: string;
  readonly nextHop: string;
  readonly place: string;
  /** Where the delivery stands in the order of its next hop. */
  readonly dueAt: number;
  readonly attempts: number;
  until: number;
  /** An operator or a new route meant it meanwhile: the database says what follows (`delivery.token`). */
  touched: 'no' | 'yes';
};

export type LeaseBook = {
  grant(terms: Omit<Held, 'token' | 'touched'>): Held;
  /** Fencing: only while the lease is the newest one of its delivery. */
  holder(ref: LeaseRef): Held | undefined;
  of(message: number, nextHop: string): Held | undefined;
  /** Takes effect with `commit`. */
  end(held: Held): void;
  commit(): void;
  rollback(): void;
  /** Those that ran out. */
  overdue(now: number): readonly Held[];
  through(client: number): readonly Held[];
  ofWorker(worker: string): readonly Held[];
};

export function createLeaseBook(): LeaseBook {
  const byToken = new Map<string, Held>();
  const byDelivery = new Map<string, Held>();
  const ending = new Set<Held>();
  // Tokens of an earlier process must mean nothing to this one.
  const nonce = randomBytes(12).toString('base64url');
  let count = 0;
  /** No lease ends before this. */
  let firstEnd = Number.POSITIVE_INFINITY;
  const keyOf = (message: number, nextHop: string): string => `${message} ${nextHop}`;
  const inForce = (held: Held | undefined): Held | undefined =>
    held === undefined || ending.has(held) ? undefined : held;
  const those = (wanted: (held: Held) => boolean): readonly Held[] =>
    [...byToken.values()].filter((held) => wanted(held) && !ending.has(held));

  return {
    grant(terms) {
      count += 1;
      const held: Held = { ...terms, token: `${terms.worker}/${nonce}${count.toString(36)}`, touched: 'no' };
      byToken.set(held.token, held);
      byDelivery.set(keyOf(held.message, held.nextHop), held);
      firstEnd = Math.min(firstEnd, held.until);
      return held;
    },
    holder({ id, nextHop, token }) {
      const held = inForce(byToken.get(token));
      return held !== undefined && held.id === id && held.nextHop === nextHop ? held : undefined;
    },
    of: (message, nextHop) => inForce(byDelivery.get(keyOf(message, nextHop))),
    end: (held) => void ending.add(held),
    commit() {
      for (const held of ending) {
        byToken.delete(held.token);
        byDelivery.delete(keyOf(held.message, held.nextHop));
      }
      ending.clear();
    },
    rollback: () => ending.clear(),
    overdue(now) {
      if (now < firstEnd) return [];
      const over = those(({ until }) => until <= now);
      if (over.length > 0) return over;
      firstEnd = Number.POSITIVE_INFINITY;
      for (const { until } of byToken.values()) firstEnd = Math.min(firstEnd, until);
      return [];
    },
    through: (client) => those((held) => held.client === client),
    ofWorker: (worker) => those((held) => held.worker === worker),
  };
}
