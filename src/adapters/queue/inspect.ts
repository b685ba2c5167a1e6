// What operators ask and do (QUE-7): list, story, acts by filter, new next hops after a change of routes, statistics.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { DeliveryRecord, MessageStory, MessageSummary, QueueFilter, RecipientRow } from '../../agent/ports.ts';
import type { Instant } from '../../core/base/brand.ts';
import type { EnvelopeRecipient } from '../../core/smtp/envelope.ts';
import type { Dues } from './due.ts';
import { makeHoldLost, statsSql } from './history.ts';
import type { Rest } from './hops.ts';
import type { Held } from './lease-book.ts';
import type { Act, Calls, WaitingRecipient } from './protocol.ts';
import { makeRecords } from './records.ts';
import {
  isJson,
  type MessageColumns,
  messageColumns,
  messageOf,
  type RecipientColumns,
  recipientColumns,
  recipientOf,
  shownMessage,
  shownRecipient,
} from './rows.ts';
import { prepareArrays, waiting } from './schema.ts';

/** Messages looked at in one call of `waiting`, and recipients given at least before it or `list` stops. */
const pageSize = 500;
const pageRecipients = 5000;

type Handler<Name extends keyof Calls> = (takes: Calls[Name]['takes']) => Calls[Name]['gives'];

export type InspectHandlers = {
  readonly [Name in
    | 'list'
    | 'story'
    | 'records'
    | 'act'
    | 'waiting'
    | 'move'
    | 'stats'
    | 'body'
    | 'holdLost'
    | 'releaseWorker'
    | 'setting'
    | 'putSetting']: Handler<Name>;
};

export function inspectHandlers(db: DatabaseSync, dues: Dues): InspectHandlers {
  const bySeq = prepareArrays(db, `SELECT ${messageColumns} FROM message WHERE seq = ?`);
  const byId = prepareArrays(db, `SELECT ${messageColumns}, seq FROM message WHERE id = ?`);
  const recipients = prepareArrays(db, `SELECT ${recipientColumns} FROM recipient WHERE message = ? ORDER BY n`);
  const records = db.prepare('SELECT json FROM record WHERE message = ? ORDER BY seq');
  const events = db.prepare('SELECT at, says FROM event WHERE message = ? ORDER BY seq');
  const octets = db.prepare('SELECT octets FROM body WHERE message = ?');
  const countMessages = db.prepare(statsSql.messages);
  const countRecipients = db.prepare(statsSql.recipients);
  const holdLost = makeHoldLost(db, dues);

  const setting = db.prepare('SELECT value FROM setting WHERE name = ?');
  const putSetting = db.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)');

  const summary = (seq: number, row: MessageColumns): MessageSummary => ({
    message: messageOf(shownMessage(row)),
    recipients: recipients
      .all(seq)
      .map(
        (columns): RecipientRow => shownOf(dues, recipientOf(shownRecipient(columns as unknown as RecipientColumns))),
      ),
  });
  const story = (seq: number, row: MessageColumns): MessageStory => ({
    ...summary(seq, row),
    records: records.all(seq).map((found) => JSON.parse(found.json as string) as DeliveryRecord),
    events: events.all(seq).map((found) => ({ at: found.at as Instant, says: found.says as string })),
  });

  return {
    list({ filter, after, limit }) {
      const seqs = matching(db, filter, after, limit);
      const found: MessageSummary[] = [];
      // A thousand messages may have a million recipients, and the thread has little memory.
      for (
        let rows = 0;
        found.length < seqs.length && rows < pageRecipients;
        rows += found.at(-1)?.recipients.length ?? 0
      )
        found.push(summary(seqs[found.length] as number, bySeq.get(seqs[found.length] as number) as never));
      return { found, next: found.length < limit && found.length === seqs.length ? undefined : seqs[found.length - 1] };
    },
    story(id) {
      const row = byId.get(id) as unknown as WithSeq | undefined;
      return row && story(row[6], row as unknown as MessageColumns);
    },
    records: makeRecords(db),
    act: makeAct(db, dues),
    ...rerouting(db, dues),
    stats() {
      const found = countMessages.get() as { messages: number; oldest: number | null; bytes: number };
      const states = { queued: 0, deferred: 0, held: 0 };
      for (const row of countRecipients.all()) states[row.state as keyof typeof states] = row.n as number;
      const oldestAt = (found.oldest ?? undefined) as Instant | undefined;
      return { messages: found.messages, bytes: found.bytes, oldestAt, recipients: states };
    },
    body(id) {
      const row = byId.get(id) as unknown as WithSeq | undefined;
      if (row === undefined || row[5] === 'gone') return 'gone';
      if (row[5] === 'file') return 'file';
      return (octets.get(row[6])?.octets as Uint8Array<ArrayBuffer> | undefined) ?? 'gone';
    },
    holdLost({ id, at, says }) {
      holdLost(id, at, says);
      return 'done';
    },
    releaseWorker(worker) {
      for (const held of dues.leases.ofWorker(worker)) giveBack(dues, held);
      return 'done';
    },
    setting: (name) => setting.get(name)?.value as string | undefined,
    putSetting({ name, value }) {
      putSetting.run(name, value);
      return 'done';
    },
  };
}

type WithSeq = readonly [...MessageColumns, seq: number];

/** Its holder is gone. */
export function giveBack(dues: Dues, held: Held): void {
  dues.endLease(held);
  dues.closeIfDone(held.message, held.dueAt);
}

/** What waits for a next hop that rests was not tried, but is not due before the end of that rest either. */
function shownOf(dues: Dues, row: RecipientRow): RecipientRow {
  if (row.state !== 'queued' && row.state !== 'deferred') return row;
  const rest: Rest | undefined = dues.hops.resting(row.nextHop);
  if (rest === undefined || row.dueAt >= rest.until) return row;
  const { because, status, says } = rest;
  return {
    ...row,
    dueAt: rest.until as Instant,
    last: row.last ?? { because, status, says, at: rest.since as Instant },
  };
}

type Condition = readonly [sql: string, ...values: SQLInputValue[]];

const waits = (filter: QueueFilter): boolean =>
  filter.state === undefined || filter.state === 'queued' || filter.state === 'deferred' || filter.state === 'held';

/** With ids named, or a state that is an end, finished messages count too. */
const onlyOpen = (filter: QueueFilter): boolean => filter.ids === undefined && waits(filter);

/** An address says its domain, for which there is an index. */
const domainWanted = ({ domain, to }: QueueFilter): string | undefined =>
  (domain ?? to?.slice(to.lastIndexOf('@') + 1))?.toLowerCase();

function recipientConditions(filter: QueueFilter): readonly Condition[] {
  const { state, to, because } = filter;
  const conditions: Condition[] = [];
  // Said beside the state itself, so that the partial indexes serve it.
  if (onlyOpen(filter)) conditions.push([waiting]);
  if (state !== undefined) conditions.push(['state = ?', state]);
  const domain = domainWanted(filter);
  if (domain !== undefined) conditions.push(['domain = ?', domain]);
  if (to !== undefined) conditions.push(['address = ? COLLATE NOCASE', to]);
  if (because !== undefined) conditions.push(['because = ?', because]);
  return conditions;
}

function messageConditions(filter: QueueFilter): readonly Condition[] {
  const { ids, from, olderThan, newerThan } = filter;
  const conditions: Condition[] = [];
  if (onlyOpen(filter)) conditions.push(['closed_at IS NULL']);
  if (from !== undefined) conditions.push(['sender = ?', from]);
  if (olderThan !== undefined) conditions.push(['received_at < ?', olderThan]);
  if (newerThan !== undefined) conditions.push(['received_at > ?', newerThan]);
  if (ids !== undefined) conditions.push(['id IN (SELECT value FROM json_each(?))', JSON.stringify(ids)]);
  return conditions;
}

/** Positions of the messages with a matching recipient, in order of arrival. The rarer side leads the join. */
function matching(db: DatabaseSync, filter: QueueFilter, after: number, limit: number): readonly number[] {
  const { because, state, from } = filter;
  const byRecipient =
    onlyOpen(filter) && (domainWanted(filter) !== undefined || because !== undefined || state !== undefined);
  const index = onlyOpen(filter) && from === undefined ? 'INDEXED BY message_open' : '';
  const tables = byRecipient
    ? 'recipient CROSS JOIN message ON seq = message'
    : `message ${index} CROSS JOIN recipient ON message = seq`;
  const key = byRecipient ? 'recipient.message' : 'seq';
  const conditions = [...messageConditions(filter), ...recipientConditions(filter), [`${key} > ?`, after] as const];
  return db
    .prepare(
      `SELECT DISTINCT ${key} AS seq FROM ${tables} WHERE ${conditions.map(([sql]) => sql).join(' AND ')}
       ORDER BY ${key} LIMIT ?`,
    )
    .all(...conditions.flatMap(([, ...values]) => values), limit)
    .map((row) => row.seq as number);
}

const underWay = `(state = 'queued' OR state = 'deferred')`;

/** From which states an act starts, and what it sets. */
const acts: Readonly<Record<Act, { readonly from: string; readonly set: string; readonly says: string }>> = {
  retry: { from: underWay, set: 'due_at = :at', says: 'retry asked' },
  hold: { from: underWay, set: `state = 'held'`, says: 'held' },
  release: { from: `state = 'held'`, set: `state = 'queued', due_at = :at`, says: 'released' },
  drop: {
    from: waiting,
    set: `state = 'dropped', last_at = :at, because = 'dropped', status = '', says = 'dropped by the operator without notice'`,
    says: 'dropped without notice',
  },
  bounce: {
    from: waiting,
    set: `state = 'queued', due_at = :at, returned_at = :at`,
    says: 'return to the sender asked',
  },
};

function makeAct(db: DatabaseSync, dues: Dues): Handler<'act'> {
  const note = db.prepare('INSERT INTO event (message, at, says) VALUES (?, ?, ?)');
  const hopsOf = db.prepare('SELECT next_hop FROM delivery WHERE message = ?');
  const wakeHops = (seq: number): void => {
    for (const row of hopsOf.all(seq)) dues.hops.wake(row.next_hop as string);
  };
  return ({ act, filter, at, note: text, after, limit }) => {
    const { from, set, says } = acts[act];
    const seqs = matching(db, filter, after, limit);
    const conditions = recipientConditions(filter);
    const where = ['message = ?', from, ...conditions.map(([sql]) => sql)].join(' AND ');
    const narrowed = act === 'retry' ? `${where} AND due_at > :at` : where;
    const update = db.prepare(`UPDATE recipient SET ${set} WHERE ${narrowed} RETURNING next_hop`);
    const named = set.includes(':at') ? { ':at': at } : {};
    const values = conditions.flatMap(([, ...all]) => all);
    // What is due already stays as it is, but counts.
    const counting = act === 'retry' ? db.prepare(`SELECT count(*) AS n FROM recipient WHERE ${where}`) : undefined;
    if (act === 'retry' && Object.keys(filter).length === 0) dues.hops.wake();
    let changed = 0;
    for (const seq of seqs) {
      const hops = update.all(named, seq, ...values).map((row) => row.next_hop as string);
      const counted = counting === undefined ? hops.length : (counting.get(seq, ...values)?.n as number);
      changed += counted;
      if (counting !== undefined && counted > 0) wakeHops(seq);
      // Who says nothing asked for all that waits; what is due already is as it was.
      if (hops.length === 0 && (counted === 0 || text === '')) continue;
      // QUE-7: the operator's text stands with the message.
      note.run(seq, at, text === '' ? says : `${says}: ${text}`);
      for (const hop of new Set(hops)) dues.refresh(seq, hop, at);
      dues.closeIfDone(seq, at);
    }
    return { messages: seqs.length, changed, next: seqs.length < limit ? undefined : seqs.at(-1) };
  };
}

function rerouting(db: DatabaseSync, dues: Dues): Pick<InspectHandlers, 'waiting' | 'move'> {
  const open = db.prepare(
    `SELECT seq FROM message INDEXED BY message_open WHERE closed_at IS NULL AND seq > ? ORDER BY seq LIMIT ${pageSize}`,
  );
  const rows = db.prepare(
    `SELECT n, facts, coalesce(moved_to, next_hop) AS hop FROM recipient WHERE message = ? AND ${waiting}`,
  );
  const hopOf = db.prepare('SELECT next_hop FROM recipient WHERE message = ? AND n = ?');
  const later = db.prepare(
    `UPDATE recipient SET moved_to = nullif(?, next_hop) WHERE message = ? AND n = ? AND ${waiting} RETURNING next_hop`,
  );
  const now = db.prepare(
    `UPDATE recipient SET next_hop = ?, moved_to = NULL WHERE message = ? AND n = ? AND ${waiting} RETURNING next_hop`,
  );
  return {
    waiting({ after }) {
      const found: WaitingRecipient[] = [];
      const seqs = open.all(after).map((row) => row.seq as number);
      for (const message of seqs) {
        for (const row of rows.all(message).filter(({ facts }) => isJson(facts as string)))
          found.push({
            message,
            n: row.n as number,
            recipient: JSON.parse(row.facts as string) as EnvelopeRecipient,
            nextHop: row.hop as string,
          });
        if (found.length >= pageRecipients) return { rows: found, next: message };
      }
      return { rows: found, next: seqs.length < pageSize ? undefined : seqs.at(-1) };
    },
    move(changes) {
      let moved = 0;
      for (const { message, n, nextHop, to } of changes) {
        // QUE-8: a recipient in a lease moves when the lease ends, else two workers could hold it.
        const current = (hopOf.get(message, n)?.next_hop as string | undefined) ?? nextHop;
        const isLeased = dues.leases.of(message, current) !== undefined;
        if ((isLeased ? later : now).all(to, message, n).length === 0) continue;
        moved += 1;
        if (isLeased) {
          dues.touch(message, current);
          continue;
        }
        dues.refresh(message, nextHop, 0);
        dues.refresh(message, to, 0);
      }
      return moved;
    },
  };
}
