// Enqueue, claim, renew, settle, release: the life of a message in SQL. Runs in the database thread.

import type { DatabaseSync } from 'node:sqlite';
import type { Instant } from '../../core/base/brand.ts';
import type { Dues } from './due.ts';
import type { Held } from './lease-book.ts';
import type { Calls, ClaimedDelivery, NewMessage } from './protocol.ts';
import type { MessageColumns, RecipientColumns } from './rows.ts';
import { messageColumns, recipientColumns } from './rows.ts';
import { prepareArrays } from './schema.ts';

/** The newest records of a message that are kept: five days of tries at several hosts must not fill the disk. */
const keptRecords = 64;
const maxSays = 1000;

type Handler<Name extends keyof Calls> = (takes: Calls[Name]['takes']) => Calls[Name]['gives'];

/** Those that write, each inside a transaction. */
export type LeaseHandlers = { readonly [Name in 'enqueue' | 'settle' | 'release']: Handler<Name> };

export function leaseHandlers(db: DatabaseSync, dues: Dues): LeaseHandlers {
  const enqueue = makeEnqueue(db, dues);
  const postpone = db.prepare('UPDATE recipient SET due_at = ? WHERE message = ? AND next_hop = ? AND address = ?');
  return {
    enqueue(takes) {
      enqueue(takes);
      return 'done';
    },
    settle: makeSettle(db, dues, enqueue),
    release({ lease, addresses, dueAt }) {
      const held = dues.leases.holder(lease);
      if (held === undefined) return 'done';
      for (const address of addresses) postpone.run(dueAt, held.message, held.nextHop, address);
      dues.endLease(held);
      dues.closeIfDone(held.message, dueAt);
      return 'done';
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
  return ({ id, receivedAt, expiresAt, size, sender, facts, recipients, body }) => {
    const place = body === 'file' ? 'file' : 'row';
    const seq = Number(putMessage.run(id, receivedAt, expiresAt, size, sender, facts, place).lastInsertRowid);
    if (body !== 'file') putBody.run(seq, body);
    let last: string | undefined;
    for (const [n, { address, domain, facts: text, nextHop }] of recipients.entries()) {
      putRecipient.run(seq, n, address, domain, text, nextHop, receivedAt);
      if (nextHop === last) continue;
      last = nextHop;
      putDelivery.run(seq, nextHop, receivedAt);
      dues.hops.lower(nextHop, receivedAt, seq);
    }
  };
}

function makeSettle(db: DatabaseSync, dues: Dues, enqueue: (takes: NewMessage) => void): Handler<'settle'> {
  // A final outcome is the truth whatever an operator asked meanwhile. A deferral does not undo a hold or a drop.
  const finish = db.prepare(
    `UPDATE recipient SET state = ?, because = ?, status = ?, says = ?, last_at = ?, attempts = attempts + 1, returned_at = NULL
     WHERE message = ? AND next_hop = ? AND address = ? AND state <> 'sent' AND state <> 'bounced'`,
  );
  const defer = db.prepare(
    `UPDATE recipient SET state = CASE WHEN state = 'queued' THEN 'deferred' ELSE state END, due_at = ?,
       because = ?, status = ?, says = ?, last_at = ?, attempts = attempts + 1
     WHERE message = ? AND next_hop = ? AND address = ? AND (state = 'queued' OR state = 'deferred' OR state = 'held')`,
  );
  const putRecord = db.prepare('INSERT INTO record (message, json) VALUES (?, ?)');
  const trimRecords = db.prepare(
    `DELETE FROM record WHERE message = ?1
       AND seq <= (SELECT seq FROM record WHERE message = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ${keptRecords})`,
  );
  return ({ lease, at, recipients, records, notice }) => {
    const held = dues.leases.holder(lease);
    if (held === undefined) return 'stale';
    const { message, nextHop } = held;
    for (const { address, state, because, status, says, dueAt } of recipients) {
      const last = [because, status, says.slice(0, maxSays), at] as const;
      if (state === 'deferred') defer.run(dueAt, ...last, message, nextHop, address);
      else finish.run(state, ...last, message, nextHop, address);
    }
    for (const json of records) putRecord.run(message, json);
    // A first attempt has no older ones.
    if (held.attempts > 0 || records.length > keptRecords) trimRecords.run(message);
    if (recipients.every(({ state }) => state !== 'deferred')) dues.finishLease(held, at);
    else {
      dues.endLease(held);
      // Somebody may have dropped those that were to be tried again.
      if (held.touched === 'yes') dues.closeIfDone(message, at);
    }
    if (notice !== undefined) enqueue(notice);
    return 'settled';
  };
}

/** Those that write nothing: leases are memory. They run after the commit of what came with them. */
export type LeaseReaders = {
  readonly claim: (takes: Calls['claim']['takes'], client: number) => Calls['claim']['gives'];
  readonly renew: Handler<'renew'>;
  readonly nextDue: Handler<'nextDue'>;
  readonly rest: Handler<'rest'>;
};

/** Octets of bodies that go along with the leases of one claim; the others are asked for. */
const bodiesAlong = 1_048_576;

export function leaseReaders(db: DatabaseSync, dues: Dues): LeaseReaders {
  return {
    claim: makeClaim(db, dues),
    renew(takes) {
      const held = dues.leases.holder(takes);
      if (held === undefined) return 'lost';
      held.until = takes.until;
      return 'held';
    },
    nextDue: () => dues.hops.firstDue() as Instant | undefined,
    rest({ nextHop, until, ...why }) {
      dues.hops.rest(nextHop, { since: why.at, until, because: why.because, status: why.status, says: why.says });
      return 'done';
    },
  };
}

type Row = readonly [message: number, dueAt: number];

function makeClaim(db: DatabaseSync, dues: Dues): LeaseReaders['claim'] {
  const { leases, hops } = dues;
  const following = prepareArrays(
    db,
    `SELECT message, due_at FROM delivery WHERE next_hop = ? AND (due_at, message) >= (?, ?)
       ORDER BY due_at, message LIMIT ?`,
  );
  const dueRecipients = prepareArrays(
    db,
    `SELECT ${recipientColumns} FROM recipient
       WHERE message = ? AND next_hop = ? AND (state = 'queued' OR state = 'deferred') AND due_at <= ? ORDER BY n`,
  );
  const message = prepareArrays(db, `SELECT ${messageColumns} FROM message WHERE seq = ?`);
  const octets = prepareArrays(db, 'SELECT octets FROM body WHERE message = ?');

  const leaseOne = (
    { worker, now, leaseFor }: Calls['claim']['takes'],
    client: number,
    nextHop: string,
    [seq, dueAt]: Row,
    along: { left: number },
  ): ClaimedDelivery | undefined => {
    const recipients = dueRecipients.all(seq, nextHop, now) as unknown as readonly RecipientColumns[];
    if (recipients.length === 0) return undefined;
    const columns = message.get(seq) as unknown as MessageColumns;
    const [id, , , size, , place] = columns;
    const until = now + leaseFor * 1000;
    const attempts = Math.max(...recipients.map((row) => row[3]));
    const held: Held = leases.grant({
      ...{ worker, client, message: seq, id, nextHop, place, dueAt, until, attempts },
    });
    const wanted = place === 'row' && size <= along.left;
    const body = wanted
      ? (octets.get(seq) as unknown as readonly [Uint8Array<ArrayBuffer>] | undefined)?.[0]
      : undefined;
    along.left -= body?.length ?? 0;
    return { token: held.token, until: until as Instant, nextHop, message: columns, recipients, body };
  };

  /** Leases up to `share`, and puts the position of the next hop behind them. */
  const take = (
    takes: Calls['claim']['takes'],
    client: number,
    nextHop: string,
    share: number,
    along: { left: number },
  ): readonly ClaimedDelivery[] => {
    const found: ClaimedDelivery[] = [];
    const dueBefore = hops.dueBefore(nextHop, takes.now);
    let position = hops.positionOf(nextHop);
    while (position !== undefined) {
      const wanted = share - found.length + 1;
      const rows: readonly Row[] = following.all(nextHop, position.dueAt, position.message, wanted) as never;
      position = undefined;
      for (const row of rows) {
        const [seq, dueAt] = row;
        const next = { dueAt, message: seq };
        if (dueAt > dueBefore || found.length === share) {
          hops.set(nextHop, next);
          return found;
        }
        if (leases.of(seq, nextHop) === undefined) {
          const lease = leaseOne(takes, client, nextHop, row, along);
          if (lease !== undefined) found.push(lease);
        }
        // All of them were held or taken: there may be more behind.
        if (rows.length === wanted) position = { dueAt, message: seq + 1 };
      }
    }
    hops.set(nextHop, undefined);
    return found;
  };

  return (takes, client) => {
    const { now, limit, busy, room } = takes;
    const shunned = new Set(busy);
    const chosen: { readonly name: string; readonly room: number }[] = [];
    hops.due(now, (name) => {
      if (!shunned.has(name)) chosen.push({ name, room: room?.get(name) ?? 1 });
      return chosen.length < limit ? 'more' : 'enough';
    });
    const along = { left: bodiesAlong };
    const found: ClaimedDelivery[] = [];
    for (const [index, share] of shares(chosen, limit).entries()) {
      const { name } = chosen[index] as { name: string };
      for (const lease of take(takes, client, name, share, along)) found.push(lease);
    }
    return found;
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
