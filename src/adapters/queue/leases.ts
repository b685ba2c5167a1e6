// Enqueue, claim, renew, settle, release: the life of a message in SQL. Runs in the database thread, inside its transaction.

import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Lease, RecipientRow } from '../../agent/ports.ts';
import type { Instant } from '../../core/base/brand.ts';
import { isNonEmpty } from '../../core/base/result.ts';
import type { Dues } from './due.ts';
import type { Calls, LeaseRef, NewMessage } from './protocol.ts';
import { domainOf, factsOf, type MessageRow, messageOf, type RecipientColumns, recipientOf, senderOf } from './rows.ts';

/** The newest records of a message that are kept: five days of tries at several hosts must not fill the disk. */
const keptRecords = 64;
const maxSays = 1000;

type Handler<Name extends keyof Calls> = (takes: Calls[Name]['takes']) => Calls[Name]['gives'];

export type LeaseHandlers = {
  readonly [Name in 'enqueue' | 'claim' | 'renew' | 'settle' | 'release' | 'nextDue']: Handler<Name>;
};

export function leaseHandlers(db: DatabaseSync, dues: Dues): LeaseHandlers {
  const enqueue = makeEnqueue(db, dues);
  const held = db.prepare(
    `SELECT seq FROM message JOIN delivery ON message = seq WHERE id = ? AND next_hop = ? AND token = ?`,
  );
  /** Fencing: the message's row, only while the lease is still the newest one of its delivery. */
  const holder = ({ id, nextHop, token }: LeaseRef): number | undefined =>
    held.get(id, nextHop, token)?.seq as number | undefined;
  const prolong = db.prepare('UPDATE delivery SET due_at = ? WHERE message = ? AND next_hop = ?');
  const postpone = db.prepare('UPDATE recipient SET due_at = ? WHERE message = ? AND next_hop = ? AND address = ?');
  const firstDue = db.prepare('SELECT min(due_at) AS due FROM next_hop');

  return {
    enqueue(takes) {
      enqueue(takes);
      return 'done';
    },
    claim: makeClaim(db, dues),
    renew(takes) {
      const message = holder(takes);
      if (message === undefined) return 'lost';
      prolong.run(takes.until, message, takes.nextHop);
      dues.touch(takes.nextHop);
      return 'held';
    },
    settle: makeSettle(db, dues, holder, enqueue),
    release({ lease, addresses, dueAt }) {
      const message = holder(lease);
      if (message === undefined) return 'done';
      for (const address of addresses) postpone.run(dueAt, message, lease.nextHop, address);
      dues.endLease(message, lease.nextHop);
      dues.closeIfDone(message, dueAt);
      return 'done';
    },
    nextDue() {
      dues.flush();
      return (firstDue.get()?.due ?? undefined) as Instant | undefined;
    },
  };
}

function makeEnqueue(db: DatabaseSync, dues: Dues): (takes: NewMessage) => void {
  const putMessage = db.prepare(
    'INSERT INTO message (id, received_at, expires_at, size, sender, facts, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const putBody = db.prepare('INSERT INTO body VALUES (?, ?)');
  const putRecipient = db.prepare(
    `INSERT INTO recipient (message, n, address, domain, facts, next_hop, state, attempts, due_at)
     VALUES (?, ?, ?, ?, ?, ?, 'queued', 0, ?)`,
  );
  const putDelivery = db.prepare(
    'INSERT INTO delivery (message, next_hop, due_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return ({ message, recipients, body }) => {
    const { id, receivedAt, expiresAt, size } = message;
    const place = body === 'file' ? 'file' : 'row';
    const written = putMessage.run(id, receivedAt, expiresAt, size, senderOf(message), factsOf(message), place);
    const seq = Number(written.lastInsertRowid);
    if (body !== 'file') putBody.run(seq, body);
    for (const [n, { recipient, nextHop }] of recipients.entries()) {
      const { mailbox } = recipient;
      putRecipient.run(seq, n, mailbox.text, domainOf(mailbox), JSON.stringify(recipient), nextHop, receivedAt);
      putDelivery.run(seq, nextHop, receivedAt);
      dues.touch(nextHop);
    }
  };
}

function makeClaim(db: DatabaseSync, dues: Dues): Handler<'claim'> {
  const dueHops = db.prepare('SELECT name FROM next_hop WHERE due_at <= ? ORDER BY due_at, name');
  const dueDeliveries = db.prepare(
    'SELECT message, token FROM delivery WHERE next_hop = ? AND due_at <= ? ORDER BY due_at, message LIMIT ?',
  );
  const stillDue = db.prepare('SELECT 1 FROM delivery WHERE message = ? AND next_hop = ? AND due_at <= ?');
  const dueRecipients = db.prepare(
    `SELECT facts, next_hop, state, attempts, due_at, because, status, says, last_at, returned_at FROM recipient
     WHERE message = ? AND next_hop = ? AND state IN ('queued', 'deferred') AND due_at <= ? ORDER BY n`,
  );
  const take = db.prepare('UPDATE delivery SET token = ?, due_at = ? WHERE message = ? AND next_hop = ?');
  const message = db.prepare('SELECT seq, id, received_at, expires_at, size, facts, body FROM message WHERE seq = ?');

  const leaseOne = (
    { worker, now, leaseFor }: Calls['claim']['takes'],
    nextHop: string,
    row: { readonly message: number; readonly token: string | null },
  ): Lease | undefined => {
    // A token on a due row is a lease that ran out: its worker is gone or too late.
    if (row.token !== null) {
      dues.endLease(row.message, nextHop);
      dues.closeIfDone(row.message, now);
      if (stillDue.get(row.message, nextHop, now) === undefined) return undefined;
    }
    const recipients: readonly RecipientRow[] = dueRecipients
      .all(row.message, nextHop, now)
      .map((columns) => recipientOf(columns as RecipientColumns));
    if (!isNonEmpty(recipients)) {
      dues.endLease(row.message, nextHop);
      return undefined;
    }
    const until = (now + leaseFor * 1000) as Instant;
    const token = `${worker}/${randomBytes(12).toString('base64url')}`;
    take.run(token, until, row.message, nextHop);
    dues.touch(nextHop);
    return { token, until, nextHop, recipients, message: messageOf(message.get(row.message) as MessageRow) };
  };

  return (takes) => {
    dues.flush();
    const { now, limit, busy, room } = takes;
    const shunned = new Set(busy);
    const hops: { readonly name: string; readonly room: number }[] = [];
    for (const row of dueHops.iterate(now)) {
      if (hops.length >= limit) break;
      const name = row.name as string;
      if (!shunned.has(name)) hops.push({ name, room: room?.get(name) ?? 1 });
    }
    const leases: Lease[] = [];
    for (const [index, share] of shares(hops, limit).entries()) {
      const { name } = hops[index] as { name: string };
      for (const row of dueDeliveries.all(name, now, share)) {
        const lease = leaseOne(takes, name, row as { message: number; token: string | null });
        if (lease !== undefined) leases.push(lease);
      }
    }
    return leases;
  };
}

/** Fair over next hops: one each, then another round to those that have room, until the limit. */
function shares(hops: readonly { readonly room: number }[], limit: number): readonly number[] {
  const given = hops.map(() => 0);
  for (let left = limit, open = true; left > 0 && open; ) {
    open = false;
    for (const [index, hop] of hops.entries()) {
      if (left === 0 || (given[index] as number) >= hop.room) continue;
      given[index] = (given[index] as number) + 1;
      left -= 1;
      open = true;
    }
  }
  return given;
}

function makeSettle(
  db: DatabaseSync,
  dues: Dues,
  holder: (lease: LeaseRef) => number | undefined,
  enqueue: (takes: NewMessage) => void,
): Handler<'settle'> {
  // A final outcome is the truth whatever an operator asked meanwhile. A deferral does not undo a hold or a drop.
  const finish = db.prepare(
    `UPDATE recipient SET state = ?, because = ?, status = ?, says = ?, last_at = ?, attempts = attempts + 1, returned_at = NULL
     WHERE message = ? AND next_hop = ? AND address = ? AND state NOT IN ('sent', 'bounced')`,
  );
  const defer = db.prepare(
    `UPDATE recipient SET state = CASE WHEN state = 'queued' THEN 'deferred' ELSE state END, due_at = ?,
       because = ?, status = ?, says = ?, last_at = ?, attempts = attempts + 1
     WHERE message = ? AND next_hop = ? AND address = ? AND state IN ('queued', 'deferred', 'held')`,
  );
  const putRecord = db.prepare('INSERT INTO record (message, json) VALUES (?, ?)');
  const trimRecords = db.prepare(
    `DELETE FROM record WHERE message = ?1
       AND seq <= (SELECT seq FROM record WHERE message = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ${keptRecords})`,
  );
  return ({ lease, at, recipients, records, notice }) => {
    const message = holder(lease);
    if (message === undefined) return 'stale';
    for (const { address, state, because, status, says, dueAt } of recipients) {
      const last = [because, status, says.slice(0, maxSays), at] as const;
      if (state === 'deferred') defer.run(dueAt, ...last, message, lease.nextHop, address);
      else finish.run(state, ...last, message, lease.nextHop, address);
    }
    for (const json of records) putRecord.run(message, json);
    if (records.length > 0) trimRecords.run(message);
    dues.endLease(message, lease.nextHop);
    dues.closeIfDone(message, at);
    if (notice !== undefined) enqueue(notice);
    return 'settled';
  };
}
