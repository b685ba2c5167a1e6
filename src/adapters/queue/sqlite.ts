// The embedded queue (A7): QueueStore over SQLite in a thread of its own. This side gathers the requests of a turn into one
// posting and holds back those who accept mail faster than the disk takes it.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ResourceLimits, type TransferListItem, Worker } from 'node:worker_threads';
import {
  type Clock,
  type Lease,
  type Log,
  type MessageSummary,
  QueueFull,
  type QueueStore,
  type Settlement,
} from '../../agent/ports.ts';
import type { QueueId, Seconds } from '../../core/base/brand.ts';
import { formatReply } from '../../core/smtp/reply.ts';
import { createBodyWriter, createDiskFloor, type DiskFloor, readBodyFile, storeBody } from './bodies.ts';
import type {
  CallName,
  Calls,
  LeaseRef,
  NewMessage,
  Posted,
  Ready,
  Reply,
  SettledRow,
  WorkerData,
} from './protocol.ts';

export type SqliteQueueOptions = {
  /** Of the database file; its folder is made if it is missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** QUE-10: free octets below which nothing is accepted. */
  readonly minFree: number;
  /** How long finished messages can be explained. */
  readonly keepHistory: Seconds;
};

export type SqliteQueue = QueueStore & {
  /** Transactions so far. */
  commits(): number;
  /** Resolves if the thread ends unasked: then every call rejects, and only a new start helps. */
  readonly failed: Promise<Error>;
};

/** Acceptances that wait for their commit at a time, and their octets. */
const maxPending = 512;
const maxPendingOctets = 8_388_608;

/** Messages in a list whose filter names no limit, and recipients after which every list ends: it is held in memory. */
const defaultListing = 1000;
const maxListedRecipients = 100_000;

/** Of what a host said; the thread keeps less. Replies of strangers must not fill its memory, once for each recipient. */
const maxSays = 2000;

/** Messages listed or changed in one transaction, so that nothing waits long behind an operator. */
const pageSize = 1000;

/** The thread holds little: the queue is on the disk, and young garbage of a burst need not stay. */
const resourceLimits: ResourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };

/**
 * Opens the queue, recovers what a crash left, and reports bodies that are missing.
 * @throws Error that names the path and a remedy: held by another process, not writable, not a queue, too new.
 */
export async function openSqliteQueue(options: SqliteQueueOptions): Promise<SqliteQueue> {
  const { path, clock, log } = options;
  const spool = `${path}.bodies`;
  makeFolders(path, spool);
  const data: WorkerData = { path, spool, keepHistoryMs: options.keepHistory * 1000, now: clock.now() };
  const floor = createDiskFloor(dirname(path), options.minFree);
  const { call, commits, ready, ended, failed } = await startWorker(path, data, floor, log);
  for (const id of ready.lost)
    log.event('error', 'queue-body-missing', {
      queue_id: id,
      path,
      says: 'the message is held; its body cannot be found',
    });
  if (ready.swept > 0) log.event('info', 'queue-orphans-swept', { count: ready.swept, path: spool });

  const gate = createGate();
  const enqueue = async (message: NewMessage): Promise<void> => {
    const octets = message.body === 'file' ? 0 : message.body.length;
    await gate.enter(octets);
    try {
      await call('enqueue', message);
    } finally {
      gate.leave(octets);
    }
  };

  return {
    commits,
    failed,
    begin: (id) => createBodyWriter(safeId(id), { spool, floor, enqueue, admitted: gate.open }),
    claim: (request) => call('claim', request),
    renew: (lease, until) => call('renew', { ...refOf(lease), until }),
    settle: (settlement) => settle(call, spool, settlement),
    async release(lease, dueAt) {
      const addresses = lease.recipients.map(({ recipient }) => recipient.mailbox.text);
      await call('release', { lease: refOf(lease), addresses, dueAt });
    },
    openBody: (id) => openBody(call, spool, id, { clock, log }),
    nextDue: () => call('nextDue', undefined),
    async list(filter) {
      const found: MessageSummary[] = [];
      const limit = filter.limit ?? defaultListing;
      let rows = 0;
      for (
        let after: number | undefined = 0;
        after !== undefined && found.length < limit && rows < maxListedRecipients;
      ) {
        const left = Math.min(pageSize, limit - found.length);
        const page: Calls['list']['gives'] = await call('list', { filter, after, limit: left });
        found.push(...page.found);
        rows += page.found.reduce((sum, { recipients }) => sum + recipients.length, 0);
        after = page.next;
      }
      return found;
    },
    story: (id) => call('story', id),
    records: (request) => call('records', request),
    async act(act, filter, at, note) {
      let changed = 0;
      let left = filter.limit ?? Number.POSITIVE_INFINITY;
      for (let after: number | undefined = 0; after !== undefined && left > 0; ) {
        const page: Calls['act']['gives'] = await call('act', {
          act,
          filter,
          at,
          note,
          after,
          limit: Math.min(pageSize, left),
        });
        changed += page.changed;
        left -= page.messages;
        after = page.next;
      }
      return changed;
    },
    async reroute(nextHopOf) {
      let moved = 0;
      for (let after: number | undefined = 0; after !== undefined; ) {
        const page: Calls['waiting']['gives'] = await call('waiting', { after });
        const changes = page.rows
          .map((row) => ({ ...row, to: nextHopOf(row.recipient) }))
          .filter((row) => row.to !== row.nextHop);
        if (changes.length > 0) moved += await call('move', changes);
        after = page.next;
      }
      return moved;
    },
    stats: () => call('stats', undefined),
    async close() {
      await call('close', undefined);
      await ended;
    },
  };
}

type Call = <Name extends CallName>(name: Name, takes: Calls[Name]['takes']) => Promise<Calls[Name]['gives']>;

const refOf = ({ message, nextHop, token }: Lease): LeaseRef => ({ id: message.id, nextHop, token });

/** Ids name files. */
function safeId(id: QueueId): QueueId {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error(`not usable as a queue id: ${JSON.stringify(id)}`);
  return id;
}

function makeFolders(path: string, spool: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    mkdirSync(spool, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(path, error);
  }
}

const unusable = (path: string, error: unknown): Error =>
  new Error(
    `cannot keep the queue at ${path} (${(error as Error).message}); make ${dirname(path)} a folder that this user may write to, or name another place in queue.url`,
  );

async function settle(
  call: Call,
  spool: string,
  { lease, at, recipients, records, notice }: Settlement,
): Promise<'settled' | 'stale'> {
  const body = notice && (await storeBody(spool, safeId(notice.message.id), notice.body));
  return await call('settle', {
    lease: refOf(lease),
    at,
    recipients: recipients.map((settled): SettledRow => {
      const { outcome } = settled;
      const dueAt = 'dueAt' in settled ? settled.dueAt : at;
      const common = { address: outcome.recipient, state: outcome.kind, dueAt };
      if (outcome.kind !== 'sent')
        return { ...common, because: outcome.because, status: outcome.status, says: outcome.says.slice(0, maxSays) };
      const says = `${outcome.host} said ${formatReply(outcome.reply)}`.slice(0, maxSays);
      return { ...common, because: 'sent', status: outcome.reply.enhanced ?? '2.0.0', says };
    }),
    records: records.map((record) => JSON.stringify(record)),
    ...(notice &&
      body !== undefined && {
        notice: {
          message: notice.message,
          body,
          recipients: notice.message.envelope.recipients.map((recipient) => ({ recipient, nextHop: notice.nextHop })),
        },
      }),
  });
}

async function* openBody(
  call: Call,
  spool: string,
  id: QueueId,
  { clock, log }: Pick<SqliteQueueOptions, 'clock' | 'log'>,
): AsyncGenerator<Uint8Array> {
  const found = await call('body', safeId(id));
  try {
    if (found === 'gone') throw Object.assign(new Error(`the queue has no body for ${id}`), { code: 'ENOENT' });
    if (found === 'file') yield* readBodyFile(spool, id);
    else yield found;
  } catch (error) {
    // A row without its body: held and reported, never dropped (queue truths).
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      log.event('error', 'queue-body-missing', { queue_id: id, says: 'the message is held; its body cannot be found' });
      await call('holdLost', { id, at: clock.now(), says: 'the body of this message could not be found; held' });
    }
    throw error;
  }
}

type Started = {
  readonly call: Call;
  readonly commits: () => number;
  readonly ready: Ready;
  readonly ended: Promise<void>;
  readonly failed: Promise<Error>;
};

function startWorker(path: string, data: WorkerData, floor: DiskFloor, log: Log): Promise<Started> {
  // The checkout runs .ts, the package .js.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./sqlite-worker${extension}`, import.meta.url), {
    workerData: data,
    resourceLimits,
  });
  const open = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>();
  let posting: Posted[] = [];
  let count = 0;
  let commits = 0;
  let dead: Error | undefined;

  const post = (): void => {
    const calls = posting;
    posting = [];
    worker.postMessage(calls, calls.flatMap(bodyOf));
  };
  const call: Call = (name, takes) =>
    new Promise((resolve, reject) => {
      if (dead !== undefined) return reject(dead);
      count += 1;
      open.set(count, { resolve, reject });
      // All requests of one turn of the event loop travel together.
      if (posting.length === 0) setImmediate(post);
      posting.push({ n: count, name, takes } as Posted);
    });
  const answer = (reply: Reply): void => {
    commits = reply.commits;
    floor.setSpare(reply.spare);
    for (const item of reply.answers) {
      const waiter = open.get(item.n);
      open.delete(item.n);
      if ('value' in item) waiter?.resolve(item.value as never);
      else waiter?.reject(item.fault === 'full' ? new QueueFull(item.says) : new Error(`queue: ${item.says}`));
    }
  };
  const die = (error: Error): void => {
    dead = error;
    for (const waiter of open.values()) waiter.reject(error);
    open.clear();
  };

  const failed = Promise.withResolvers<Error>();
  let state: 'opening' | 'open' = 'opening';

  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((over) => {
      worker.once('exit', () => {
        die(dead ?? new Error(`the queue at ${path} is closed`));
        over();
      });
    });
    worker.once('message', (ready: Ready) => {
      state = 'open';
      worker.on('message', answer);
      resolve({ call, commits: () => commits, ready, ended, failed: failed.promise });
    });
    worker.on('error', (error: Error) => {
      const told = unusable(path, error);
      reject(/ is in use by | newer sekisho | not a sekisho queue/.test(error.message) ? error : told);
      die(told);
      // Who opens it is told by the rejection.
      if (state === 'opening') return;
      log.event('error', 'queue-stopped', { path, says: error.message });
      failed.resolve(told);
    });
  });
}

function bodyOf(call: Posted): readonly TransferListItem[] {
  const message = call.name === 'enqueue' ? call.takes : call.name === 'settle' ? call.takes.notice : undefined;
  return message === undefined || message.body === 'file' ? [] : [message.body.buffer];
}

type Gate = {
  /** Resolves when there is room for another acceptance. */
  open(): Promise<void>;
  enter(octets: number): Promise<void>;
  leave(octets: number): void;
};

/** Bounds what waits for its commit. Those who come later go on together once half of it is through. */
function createGate(): Gate {
  let pending = 0;
  let pendingOctets = 0;
  let waiters: (() => void)[] = [];
  const open = async (): Promise<void> => {
    while (pending >= maxPending || pendingOctets >= maxPendingOctets)
      await new Promise<void>((resolve) => waiters.push(resolve));
  };
  return {
    open,
    async enter(octets) {
      await open();
      pending += 1;
      pendingOctets += octets;
    },
    leave(octets) {
      pending -= 1;
      pendingOctets -= octets;
      if (pending > maxPending / 2 || pendingOctets > maxPendingOctets / 2) return;
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
  };
}
