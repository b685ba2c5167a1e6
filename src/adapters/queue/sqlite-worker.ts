// The database thread. It takes all requests that wait, runs them in one transaction, and answers after the commit: while
// one commit waits for the disk the next group gathers (group commit, SRV-12).

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  type TransferListItem,
  workerData,
} from 'node:worker_threads';
import { bodySuffix } from './bodies.ts';
import { createDues, type Dues } from './due.ts';
import { makePurge, recover } from './history.ts';
import { inspectHandlers } from './inspect.ts';
import { leaseHandlers } from './leases.ts';
import { claimOwnership } from './owner.ts';
import type { Answer, CallName, Calls, Posted, Ready, Reply, WorkerData } from './protocol.ts';
import { openDatabase } from './schema.ts';

/** Requests in one transaction at most. */
const groupSize = 512;
/** A pass over the history follows this many claims and settlements. */
const purgeEvery = 500;

type Handlers = { readonly [Name in CallName]: (takes: Calls[Name]['takes']) => Calls[Name]['gives'] };

const sqliteFull = 13;

function serve(port: MessagePort, data: WorkerData): Ready {
  const ownership = claimOwnership(data.path);
  const db = openDatabase(data.path);
  const dues = createDues(db);
  const ready = tidy(db, dues, data);
  const purge = makePurge(db, data.keepHistoryMs);
  const handlers: Handlers = {
    ...leaseHandlers(db, dues),
    ...inspectHandlers(db, dues),
    close: () => 'done',
  };
  const spare = db.prepare('SELECT freelist_count * page_size AS octets FROM pragma_freelist_count, pragma_page_size');
  let commits = 0;
  let untilPurge = 0;

  /** One transaction. @throws what the first failing request threw, with everything rolled back. */
  const group = (calls: readonly Posted[]): readonly Answer[] => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const answers = calls.map(({ n, name, takes }) => ({ n, value: handlers[name](takes as never) }));
      dues.flush();
      const now = calls.find((call) => call.name === 'claim')?.takes.now;
      untilPurge -= calls.length;
      if (now !== undefined && untilPurge <= 0) {
        purge(now);
        untilPurge = purgeEvery;
      }
      db.exec('COMMIT');
      commits += 1;
      for (const id of dues.takeUnlinks()) rmSync(join(data.spool, id + bodySuffix), { force: true });
      return answers;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      dues.forget();
      throw error;
    }
  };

  port.on('message', (first: readonly Posted[]) => {
    const calls = [...first];
    for (let next = take(port); next !== undefined; next = calls.length < groupSize ? take(port) : undefined)
      calls.push(...next);
    const answers = answerAll(group, calls);
    const reply: Reply = { answers, commits, spare: spare.get()?.octets as number };
    const closing = calls.some(({ name }) => name === 'close');
    if (closing) {
      db.close();
      ownership.release();
    }
    port.postMessage(reply, bodiesIn(answers));
    if (closing) port.close();
  });
  return ready;
}

const take = (port: MessagePort): readonly Posted[] | undefined =>
  receiveMessageOnPort(port)?.message as readonly Posted[] | undefined;

/** A group that fails is undone whole; then what may succeed is tried without what cannot. */
function answerAll(
  group: (calls: readonly Posted[]) => readonly Answer[],
  calls: readonly Posted[],
): readonly Answer[] {
  try {
    return group(calls);
  } catch (error) {
    // QUE-10: with the disk full nothing new is taken, but what was delivered must still be settled.
    if (isFull(error)) {
      const [refused, rest] = [calls.filter(isEnqueue), calls.filter((call) => !isEnqueue(call))];
      const answers = refused.map((call) => faultOf(call, error));
      if (refused.length === 0 || rest.length === 0) return [...answers, ...rest.map((call) => faultOf(call, error))];
      return [...answers, ...answerAll(group, rest)];
    }
    // One bad request must not refuse its neighbours.
    if (calls.length === 1 || isOfTheDatabase(error)) return calls.map((call) => faultOf(call, error));
    return calls.flatMap((call) => answerAll(group, [call]));
  }
}

const isEnqueue = (call: Posted): boolean => call.name === 'enqueue';

const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isFull = (error: unknown): boolean => codeOf(error) === sqliteFull;
/** SQLITE_BUSY (a backup holds the file longer than the time-out), SQLITE_READONLY, SQLITE_IOERR: no request's own fault. */
const isOfTheDatabase = (error: unknown): boolean => [5, 8, 10].includes(codeOf(error));

const faultOf = ({ n }: Posted, error: unknown): Answer => ({
  n,
  fault: isFull(error) ? 'full' : 'failed',
  says: error instanceof Error ? error.message : String(error),
});

const bodiesIn = (answers: readonly Answer[]): TransferListItem[] =>
  answers.flatMap((answer) =>
    'value' in answer && answer.value instanceof Uint8Array ? [answer.value.buffer as ArrayBuffer] : [],
  );

/** Sweeps body files without a row, finds rows without their body. */
function tidy(db: DatabaseSync, dues: Dues, { spool, now }: WorkerData): Ready {
  const names = readdirSync(spool);
  const files = names.filter((name) => name.endsWith(bodySuffix)).map((name) => name.slice(0, -bodySuffix.length));
  db.exec('BEGIN IMMEDIATE');
  const { lost, orphans } = recover(db, dues, files, now);
  db.exec('COMMIT');
  const unfinished = names.filter((name) => !name.endsWith(bodySuffix));
  for (const name of [
    ...unfinished,
    ...orphans.map((id) => id + bodySuffix),
    ...dues.takeUnlinks().map((id) => id + bodySuffix),
  ])
    rmSync(join(spool, name), { force: true });
  return { lost, swept: orphans.length + unfinished.length };
}

if (parentPort !== null) parentPort.postMessage(serve(parentPort, workerData as WorkerData));
