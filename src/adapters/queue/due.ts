// Keeps `delivery` in step with the recipients, ends leases, and closes a message whose last recipient is settled.
// Everything runs inside the transaction of the caller; what was held or known of next hops beside the database follows it.

import type { DatabaseSync } from 'node:sqlite';
import { createHops, type Hops } from './hops.ts';
import { createLeaseBook, type Held, type LeaseBook } from './lease-book.ts';
import { waiting } from './schema.ts';

export type Dues = {
  readonly leases: LeaseBook;
  readonly hops: Hops;
  /** Sets the delivery's due time from its recipients; a lease in force is left alone, and followed up when it ends. */
  refresh(message: number, nextHop: string, now: number): void;
  /** What is written of a delivery in a lease is applied when the lease ends, or at the next start. */
  touch(message: number, nextHop: string): void;
  /** The lease is over: moved recipients move, the rest falls due by its own times. */
  endLease(held: Held): void;
  /** The lease is over and all its recipients are finished; closes the message where they were the last. */
  finishLease(held: Held, at: number): void;
  /** The same for leases of an earlier process. */
  settleTouched(message: number, nextHop: string): void;
  /** Drops the body once nothing waits and no lease is in force; metadata and records stay for the history. */
  closeIfDone(message: number, at: number): void;
  /** Leases that ran out end. */
  sweep(now: number): void;
  /** After the commit. @returns ids of body files that may go. */
  commit(): readonly string[];
  rollback(): void;
  /** Positions of all next hops, from the database. */
  load(): void;
};

export function createDues(db: DatabaseSync): Dues {
  const leases = createLeaseBook();
  const hops = createHops();
  const earliest = db.prepare(
    `SELECT min(due_at) AS due FROM recipient WHERE message = ? AND next_hop = ? AND (state = 'queued' OR state = 'deferred')`,
  );
  const putDelivery = db.prepare(
    `INSERT INTO delivery (message, next_hop, due_at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET due_at = excluded.due_at, token = NULL`,
  );
  const dropDelivery = db.prepare('DELETE FROM delivery WHERE message = ? AND next_hop = ?');
  const markDelivery = db.prepare(`UPDATE delivery SET token = 'touched' WHERE message = ? AND next_hop = ?`);
  const movedTo = db.prepare(
    'SELECT DISTINCT moved_to AS hop FROM recipient WHERE message = ? AND next_hop = ? AND moved_to IS NOT NULL',
  );
  const move = db.prepare(
    `UPDATE recipient SET next_hop = moved_to, moved_to = NULL
     WHERE message = ? AND next_hop = ? AND moved_to IS NOT NULL`,
  );
  const unfinished = db.prepare(
    `SELECT 1 FROM delivery WHERE message = ?1 UNION ALL SELECT 1 FROM recipient WHERE message = ?1 AND ${waiting} LIMIT 1`,
  );
  const anyWaiting = db.prepare(`SELECT 1 FROM recipient WHERE message = ? AND ${waiting} LIMIT 1`);
  const anyDelivery = db.prepare('SELECT 1 FROM delivery WHERE message = ? LIMIT 1');
  const bodyPlace = db.prepare('SELECT id, body FROM message WHERE seq = ? AND closed_at IS NULL');
  const close = db.prepare(`UPDATE message SET closed_at = ?, body = 'gone' WHERE seq = ?`);
  const dropBody = db.prepare('DELETE FROM body WHERE message = ?');
  const positions = db.prepare('SELECT next_hop, min(due_at) AS due FROM delivery GROUP BY next_hop');

  let unlinks: string[] = [];

  const recompute = (message: number, nextHop: string): void => {
    const due = earliest.get(message, nextHop)?.due as number | null;
    if (due === null) dropDelivery.run(message, nextHop);
    else {
      putDelivery.run(message, nextHop, due);
      hops.lower(nextHop, due, message);
    }
  };
  const touch = (message: number, nextHop: string): void => {
    const held = leases.of(message, nextHop);
    if (held !== undefined) held.touched = 'yes';
    markDelivery.run(message, nextHop);
  };
  const settleTouched = (message: number, nextHop: string): void => {
    const targets = movedTo.all(message, nextHop).map((row) => row.hop as string);
    if (targets.length > 0) move.run(message, nextHop);
    for (const hop of [nextHop, ...targets]) recompute(message, hop);
  };
  const endLease = (held: Held): void => {
    leases.end(held);
    if (held.touched === 'yes') settleTouched(held.message, held.nextHop);
    else recompute(held.message, held.nextHop);
  };
  const closeNow = (message: number, id: string, place: string, at: number): void => {
    if (place === 'file') unlinks.push(id);
    else dropBody.run(message);
    close.run(at, message);
  };
  const closeIfDone = (message: number, at: number): void => {
    if (unfinished.get(message) !== undefined) return;
    const place = bodyPlace.get(message);
    if (place !== undefined) closeNow(message, place.id as string, place.body as string, at);
  };
  const finishLease = (held: Held, at: number): void => {
    const { message, nextHop, id, place } = held;
    // Few messages have other recipients that still wait; this is the shorter way for all others.
    if (held.touched === 'yes' || anyWaiting.get(message) !== undefined) {
      endLease(held);
      closeIfDone(message, at);
      return;
    }
    leases.end(held);
    dropDelivery.run(message, nextHop);
    if (anyDelivery.get(message) === undefined) closeNow(message, id, place, at);
  };

  return {
    leases,
    hops,
    touch,
    endLease,
    finishLease,
    settleTouched,
    closeIfDone,
    refresh(message, nextHop, now) {
      const held = leases.of(message, nextHop);
      if (held !== undefined && held.until > now) return touch(message, nextHop);
      if (held !== undefined) endLease(held);
      else recompute(message, nextHop);
    },
    sweep(now) {
      for (const held of leases.overdue(now)) {
        endLease(held);
        closeIfDone(held.message, now);
      }
    },
    commit() {
      leases.commit();
      const list = unlinks;
      unlinks = [];
      return list;
    },
    rollback() {
      leases.rollback();
      unlinks = [];
    },
    load() {
      for (const row of positions.iterate()) hops.lower(row.next_hop as string, row.due as number, 0);
    },
  };
}
