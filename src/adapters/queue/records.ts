// Delivery records across messages, for `log` and `destination`: read page by page from either end, sieved by the one filter
// grammar (QUE-7). Here the filter speaks of attempts: ages are those of the attempt, states what it came to.

import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryRecord, QueueFilter, RecordedAttempt } from '../../agent/ports.ts';
import type { Calls } from './protocol.ts';

/** Rows looked at in one call, so that no question holds up the queue. */
const scanned = 2000;

export function makeRecords(db: DatabaseSync): (takes: Calls['records']['takes']) => Calls['records']['gives'] {
  const columns = 'SELECT record.seq AS seq, json, sender FROM record JOIN message ON message.seq = record.message';
  const newest = db.prepare(`${columns} WHERE record.seq < ? ORDER BY record.seq DESC LIMIT ${scanned}`);
  const oldest = db.prepare(`${columns} WHERE record.seq > ? ORDER BY record.seq LIMIT ${scanned}`);
  return ({ filter, order, from, limit }) => {
    const found: RecordedAttempt[] = [];
    const rows = (order === 'newest' ? newest : oldest).all(from);
    for (const row of rows) {
      const seq = row.seq as number;
      const entry = { seq, sender: row.sender as string, record: JSON.parse(row.json as string) as DeliveryRecord };
      if (recordFits(filter, entry)) found.push(entry);
      if (found.length === limit) return { found, next: seq };
    }
    return { found, next: rows.length < scanned ? undefined : (rows.at(-1)?.seq as number) };
  };
}

export function recordFits(filter: QueueFilter, { sender, record }: RecordedAttempt): boolean {
  const recipients = (Array.isArray(record.recipients) ? record.recipients : []).map((one) =>
    String(one).toLowerCase(),
  );
  const at = Date.parse(record.at);
  const { domain, from, to, olderThan, newerThan, because, state, ids } = filter;
  const lower = domain?.toLowerCase();
  return (
    (lower === undefined || recipients.some((one) => one.endsWith(`@${lower}`)) || record.nexthop === lower) &&
    (from === undefined || sender.toLowerCase() === from.toLowerCase()) &&
    (to === undefined || recipients.includes(to.toLowerCase())) &&
    (olderThan === undefined || at < olderThan) &&
    (newerThan === undefined || at > newerThan) &&
    (because === undefined || record.reason === because) &&
    (state === undefined || record.result === state) &&
    (ids === undefined || ids.includes(record.queue_id))
  );
}
