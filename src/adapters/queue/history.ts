// What is done beside delivery in the database thread: the state found at the start, and the removal of old history.

import type { DatabaseSync } from 'node:sqlite';
import type { Dues } from './due.ts';
import { waiting } from './schema.ts';

/** Finished messages kept at most, whatever their age. */
const keptMessages = 100_000;
/** Removed at a time, so that no pass holds up an acceptance for long. */
const passSize = 1000;

/** A message whose body is gone cannot be delivered: it is held and says so, never dropped (queue truths). */
export function makeHoldLost(db: DatabaseSync, dues: Dues): (id: string, at: number, says: string) => void {
  const find = db.prepare('SELECT seq FROM message WHERE id = ? AND closed_at IS NULL');
  const hold = db.prepare(
    `UPDATE recipient SET state = 'held' WHERE message = ? AND (state = 'queued' OR state = 'deferred') RETURNING next_hop`,
  );
  const note = db.prepare('INSERT INTO event (message, at, says) VALUES (?, ?, ?)');
  return (id, at, says) => {
    const message = find.get(id)?.seq as number | undefined;
    if (message === undefined) return;
    const changed = hold.all(message).map((row) => row.next_hop as string);
    if (changed.length === 0) return;
    note.run(message, at, says);
    for (const hop of new Set(changed)) dues.refresh(message, hop, at);
  };
}

/**
 * One process owns the database, so at its start no lease is in force. Then bodies and rows are compared.
 * @param files ids of the body files found
 */
export function recover(
  db: DatabaseSync,
  dues: Dues,
  files: readonly string[],
  now: number,
): { readonly lost: readonly string[]; readonly orphans: readonly string[] } {
  for (const row of db.prepare('SELECT message, next_hop FROM delivery WHERE token IS NOT NULL').all()) {
    dues.settleTouched(row.message as number, row.next_hop as string);
    dues.closeIfDone(row.message as number, now);
  }
  const inFile = db.prepare(`SELECT 1 FROM message WHERE id = ? AND body = 'file'`);
  const orphans = files.filter((id) => inFile.get(id) === undefined);
  const present = new Set(files);
  // A body in a row came with it in one commit.
  const lost = db
    .prepare(`SELECT id FROM message WHERE body = 'file'`)
    .all()
    .map((row) => row.id as string)
    .filter((id) => !present.has(id));
  const holdLost = makeHoldLost(db, dues);
  for (const id of lost) holdLost(id, now, 'the body of this message was missing when the queue was opened; held');
  dues.load();
  return { lost, orphans };
}

export type Purge = { isDue(now: number): boolean; pass(now: number): void };

/** A pass over the history follows the last one after this long, at once where that one left something. */
const purgeEvery = 10_000;

/** Removes finished messages beyond the age and the count, a bounded number at a time. */
export function makePurge(db: DatabaseSync, keepMs: number): Purge {
  const old = db.prepare(`SELECT seq FROM message WHERE closed_at < ? ORDER BY closed_at LIMIT ${passSize}`);
  const surplus = db.prepare(
    `SELECT seq FROM message WHERE closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT ${passSize} OFFSET ${keptMessages}`,
  );
  const removals = [
    'DELETE FROM recipient WHERE message = ?',
    'DELETE FROM record WHERE message = ?',
    'DELETE FROM event WHERE message = ?',
    'DELETE FROM message WHERE seq = ?',
  ].map((sql) => db.prepare(sql));
  let last = Number.NEGATIVE_INFINITY;
  return {
    // A clock that was set back must not stop it.
    isDue: (now) => now >= last + purgeEvery || now < last,
    pass(now) {
      const seqs = new Set([...old.all(now - keepMs), ...surplus.all()].map((row) => row.seq as number));
      for (const seq of seqs) for (const removal of removals) removal.run(seq);
      last = seqs.size < passSize ? now : Number.NEGATIVE_INFINITY;
    },
  };
}

/** How much waits, for metrics and the dashboard. */
export const statsSql: { readonly messages: string; readonly recipients: string } = {
  messages: `SELECT count(*) AS messages, min(received_at) AS oldest, coalesce(sum(size), 0) AS bytes
             FROM message INDEXED BY message_open WHERE closed_at IS NULL`,
  recipients: `SELECT state, count(*) AS n FROM recipient INDEXED BY recipient_state WHERE ${waiting} GROUP BY state`,
};
