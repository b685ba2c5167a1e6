// The tables of the embedded queue, and how the database is opened (QUE-1). Times are milliseconds since the epoch, sizes
// octets. A message is never altered after its insertion; recipients are rows with their own state; a delivery is what one
// lease covers: the waiting recipients of one message that share a next hop.

import { chmodSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const version = 2;
const applicationId = 0x73656b69;

/**
 * In SQL, the states of a recipient that still needs something. Partial indexes need this very text. Not as IN with a list,
 * for which SQLite fills a table of its own at each use.
 */
export const waiting = `(state = 'queued' OR state = 'deferred' OR state = 'held')`;

const recipientIndexes = `
  CREATE INDEX recipient_domain ON recipient (domain) WHERE ${waiting};
  CREATE INDEX recipient_state ON recipient (state) WHERE ${waiting};
  CREATE INDEX recipient_because ON recipient (because) WHERE ${waiting} AND because IS NOT NULL;
`;

/** Few, and looked at by each start: messages whose body is a file, and what somebody meant while it was in a lease. */
const startIndexes = `
  CREATE INDEX message_file ON message (id) WHERE body = 'file';
  CREATE INDEX delivery_touched ON delivery (message, next_hop) WHERE token IS NOT NULL;
`;

const settings = 'CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;';

/** Before version 2 leases and the due times of next hops were kept on the disk. */
const fromVersion1 = `
  DROP TABLE next_hop;
  DROP INDEX recipient_domain;
  DROP INDEX recipient_state;
  DROP INDEX recipient_because;
  ${recipientIndexes}
  ${startIndexes}
  ${settings}
`;

const tables = `
  CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sender TEXT NOT NULL COLLATE NOCASE,
    facts TEXT NOT NULL,              -- JSON: envelope, content, client
    body TEXT NOT NULL,               -- row, file, or gone
    closed_at INTEGER                 -- when the last recipient was settled
  );
  CREATE INDEX message_open ON message (seq, received_at, size) WHERE closed_at IS NULL;
  CREATE INDEX message_sender ON message (sender) WHERE closed_at IS NULL;
  CREATE INDEX message_closed ON message (closed_at) WHERE closed_at IS NOT NULL;

  CREATE TABLE body (message INTEGER PRIMARY KEY, octets BLOB NOT NULL);

  CREATE TABLE recipient (
    message INTEGER NOT NULL,
    n INTEGER NOT NULL,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    facts TEXT NOT NULL,              -- JSON: mailbox, NOTIFY, ORCPT
    next_hop TEXT NOT NULL,
    moved_to TEXT,                    -- new next hop, taken over when the lease in force ends
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    because TEXT, status TEXT, says TEXT, last_at INTEGER,
    returned_at INTEGER,              -- an operator asked to bounce it
    PRIMARY KEY (message, n)
  ) WITHOUT ROWID;
  ${recipientIndexes}

  -- A token means that something happened to it while it was in a lease: whoever ends that lease, or the next start, sees to it.
  CREATE TABLE delivery (
    message INTEGER NOT NULL,
    next_hop TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    token TEXT,
    PRIMARY KEY (message, next_hop)
  ) WITHOUT ROWID;
  CREATE INDEX delivery_due ON delivery (next_hop, due_at);

  CREATE TABLE record (seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE INDEX record_message ON record (message);
  CREATE TABLE event (seq INTEGER PRIMARY KEY, message INTEGER NOT NULL, at INTEGER NOT NULL, says TEXT NOT NULL);
  CREATE INDEX event_message ON event (message);
  ${startIndexes}
  ${settings}
`;

/**
 * Opens or makes the queue database.
 * @throws Error naming the path and a remedy: not a queue, made by a newer program, not writable.
 */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    chmodSync(path, 0o600);
    // SRV-12: FULL makes each commit wait for the disk. The cache bounds memory whatever the length of the queue.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -8192;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
    `);
    prepareSchema(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareSchema(db: DatabaseSync, path: string): void {
  const found = db.prepare('PRAGMA user_version').get()?.user_version as number;
  const id = db.prepare('PRAGMA application_id').get()?.application_id;
  if (found > version)
    throw new Error(
      `${path} was written by a newer sekisho (queue version ${found}, this one knows ${version}); run that version, or let it deliver the queue first`,
    );
  if (found === version && id === applicationId) return;
  if (found === 1 && id === applicationId) {
    moveOn(db, fromVersion1);
    return;
  }
  const occupied = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (found !== 0 || occupied) throw new Error(`${path} is a database, but not a sekisho queue; name another file`);
  moveOn(db, `${tables} PRAGMA application_id = ${applicationId};`);
}

const moveOn = (db: DatabaseSync, sql: string): void =>
  db.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${version}; COMMIT`);

/** A statement whose rows are arrays. */
export function prepareArrays(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}
