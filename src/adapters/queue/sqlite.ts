// The embedded queue (A7): QueueStore over SQLite in a thread of its own, which serves every thread of the process.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { MessageChannel, type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads';
import type { Clock, Log, QueueStore } from '../../agent/ports.ts';
import type { Seconds } from '../../core/base/brand.ts';
import { createDiskFloor } from './bodies.ts';
import { type Client, createClient } from './client.ts';
import type { Attach, Ready, Reply, WorkerData } from './protocol.ts';
import { createStore } from './store.ts';

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
  /** Another way in, for `attachSqliteQueue` in another thread. When it closes, what was leased through it is free again. */
  connect(): MessagePort;
  /** QUE-8: what a worker of this name holds falls due again; it must not be running any more. */
  releaseWorker(name: string): Promise<void>;
};

/** The thread holds little: the queue is on the disk, and young garbage of a burst need not stay. */
const resourceLimits: ResourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };

/**
 * Opens the queue, recovers what a crash left, and reports bodies that are missing.
 * @throws Error that names the path and a remedy: held by another process, not writable, not a queue, too new.
 */
export async function openSqliteQueue(options: SqliteQueueOptions): Promise<SqliteQueue> {
  const { path, clock, log } = options;
  const spool = spoolOf(path);
  makeFolders(path, spool);
  const data: WorkerData = { path, spool, keepHistoryMs: options.keepHistory * 1000, now: clock.now() };
  const floor = createDiskFloor(dirname(path), options.minFree);
  const { worker, client, ready, ended, failed } = await startWorker(path, data, floor.setSpare, log);
  for (const id of ready.lost)
    log.event('error', 'queue-body-missing', {
      queue_id: id,
      path,
      says: 'the message is held; its body cannot be found',
    });
  if (ready.swept > 0) log.event('info', 'queue-orphans-swept', { count: ready.swept, path: spool });
  const close = async (): Promise<void> => {
    await client.call('close', undefined);
    await ended;
  };
  return {
    ...createStore({ client, spool, floor, clock, log, close }),
    commits: client.commits,
    failed,
    connect() {
      const { port1, port2 } = new MessageChannel();
      const attach: Attach = { attach: port1 };
      worker.postMessage(attach, [port1]);
      return port2;
    },
    async releaseWorker(name) {
      await client.call('releaseWorker', name);
    },
  };
}

/**
 * The same queue in another thread, which must have been given the port. `close` ends this connection alone.
 * @param options those of the thread that opened it
 */
export function attachSqliteQueue(
  port: MessagePort,
  { path, clock, log, minFree }: Omit<SqliteQueueOptions, 'keepHistory'>,
): QueueStore {
  const floor = createDiskFloor(dirname(path), minFree);
  const client = createClient(port, floor.setSpare);
  const ended = new Promise<void>((over) => {
    port.once('close', () => {
      client.die(new Error(`the queue at ${path} is closed`));
      over();
    });
  });
  port.on('message', client.answer);
  const close = async (): Promise<void> => {
    // What was asked before is answered before.
    await client.call('stats', undefined);
    port.close();
    await ended;
  };
  return createStore({ client, spool: spoolOf(path), floor, clock, log, close });
}

const spoolOf = (path: string): string => `${path}.bodies`;

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

type Started = {
  readonly worker: Worker;
  readonly client: Client;
  readonly ready: Ready;
  readonly ended: Promise<void>;
  readonly failed: Promise<Error>;
};

function startWorker(path: string, data: WorkerData, setSpare: (octets: number) => void, log: Log): Promise<Started> {
  // The checkout runs .ts, the package .js.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./sqlite-worker${extension}`, import.meta.url), {
    workerData: data,
    resourceLimits,
  });
  const client = createClient(worker, setSpare);
  const failed = Promise.withResolvers<Error>();
  let state: 'opening' | 'open' = 'opening';

  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((over) => {
      worker.once('exit', () => {
        client.die(new Error(`the queue at ${path} is closed`));
        over();
      });
    });
    worker.once('message', (ready: Ready) => {
      state = 'open';
      worker.on('message', (reply: Reply) => client.answer(reply));
      resolve({ worker, client, ready, ended, failed: failed.promise });
    });
    worker.on('error', (error: Error) => {
      const told = unusable(path, error);
      reject(/ is in use by | newer sekisho | not a sekisho queue/.test(error.message) ? error : told);
      client.die(told);
      // Who opens it is told by the rejection.
      if (state === 'opening') return;
      log.event('error', 'queue-stopped', { path, says: error.message });
      failed.resolve(told);
    });
  });
}
