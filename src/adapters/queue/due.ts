// Keeps `delivery` and `next_hop` in step with the recipients, ends leases, and closes a message whose last recipient is
// settled. Everything runs inside the transaction of the caller.

import type { DatabaseSync } from 'node:sqlite';
import { waiting } from './schema.ts';

export type Dues = {
  /** Sets the delivery's due time from its recipients; a lease in force is left alone. */
  refresh(message: number, nextHop: string, now: number): void;
  /** The lease is over: moved recipients move, the rest falls due by its own times. */
  endLease(message: number, nextHop: string): void;
  /** Marks the next hop for `flush`. */
  touch(nextHop: string): void;
  /** Brings `next_hop` up to date; due before it is read and before the commit. */
  flush(): void;
  /** Drops the body once nothing waits and no lease is in force; metadata and records stay for the history. */
  closeIfDone(message: number, at: number): void;
  /** Ids of body files that may go after the commit. */
  takeUnlinks(): readonly string[];
  /** After a rollback. */
  forget(): void;
};

export function createDues(db: DatabaseSync): Dues {
  const leaseOf = db.prepare('SELECT token, due_at FROM delivery WHERE message = ? AND next_hop = ?');
  const earliest = db.prepare(
    `SELECT min(due_at) AS due FROM recipient WHERE message = ? AND next_hop = ? AND state IN ('queued', 'deferred')`,
  );
  const putDelivery = db.prepare(
    `INSERT INTO delivery (message, next_hop, due_at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET due_at = excluded.due_at, token = NULL`,
  );
  const dropDelivery = db.prepare('DELETE FROM delivery WHERE message = ? AND next_hop = ?');
  const movedTo = db.prepare(
    'SELECT DISTINCT moved_to AS hop FROM recipient WHERE message = ? AND next_hop = ? AND moved_to IS NOT NULL',
  );
  const move = db.prepare(
    `UPDATE recipient SET next_hop = moved_to, moved_to = NULL
     WHERE message = ? AND next_hop = ? AND moved_to IS NOT NULL`,
  );
  const earliestOfHop = db.prepare('SELECT min(due_at) AS due FROM delivery WHERE next_hop = ?');
  const putHop = db.prepare('INSERT INTO next_hop VALUES (?, ?) ON CONFLICT DO UPDATE SET due_at = excluded.due_at');
  const dropHop = db.prepare('DELETE FROM next_hop WHERE name = ?');
  const unfinished = db.prepare(
    `SELECT 1 FROM delivery WHERE message = ?1 UNION ALL SELECT 1 FROM recipient WHERE message = ?1 AND ${waiting} LIMIT 1`,
  );
  const bodyPlace = db.prepare('SELECT id, body FROM message WHERE seq = ? AND closed_at IS NULL');
  const close = db.prepare(`UPDATE message SET closed_at = ?, body = 'gone' WHERE seq = ?`);
  const dropBody = db.prepare('DELETE FROM body WHERE message = ?');

  const touched = new Set<string>();
  let unlinks: string[] = [];

  const recompute = (message: number, nextHop: string): void => {
    const due = earliest.get(message, nextHop)?.due as number | null;
    if (due === null) dropDelivery.run(message, nextHop);
    else putDelivery.run(message, nextHop, due);
    touched.add(nextHop);
  };

  return {
    refresh(message, nextHop, now) {
      const lease = leaseOf.get(message, nextHop);
      if (lease?.token != null && (lease.due_at as number) > now) return;
      recompute(message, nextHop);
    },
    endLease(message, nextHop) {
      const targets = movedTo.all(message, nextHop).map((row) => row.hop as string);
      if (targets.length > 0) move.run(message, nextHop);
      for (const hop of [nextHop, ...targets]) recompute(message, hop);
    },
    touch: (nextHop) => void touched.add(nextHop),
    flush() {
      for (const name of touched) {
        const due = earliestOfHop.get(name)?.due as number | null;
        if (due === null) dropHop.run(name);
        else putHop.run(name, due);
      }
      touched.clear();
    },
    closeIfDone(message, at) {
      if (unfinished.get(message) !== undefined) return;
      const place = bodyPlace.get(message);
      if (place === undefined) return;
      if (place.body === 'file') unlinks.push(place.id as string);
      dropBody.run(message);
      close.run(at, message);
    },
    takeUnlinks() {
      const list = unlinks;
      unlinks = [];
      return list;
    },
    forget() {
      touched.clear();
      unlinks = [];
    },
  };
}
