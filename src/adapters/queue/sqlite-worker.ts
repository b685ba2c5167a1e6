// The database thread. It takes all requests that wait, lets them run as one group, and answers: while one commit waits for
// the disk the next group gathers.

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
import { answerAll, createGroup } from './group.ts';
import { recover } from './history.ts';
import { claimOwnership } from './owner.ts';
import type { Answer, Posted, Ready, Reply, WorkerData } from './protocol.ts';
import { openDatabase } from './schema.ts';

/** No more postings are taken into a group that has this many requests. */
const groupSize = 512;

function serve(port: MessagePort, data: WorkerData): Ready {
  const ownership = claimOwnership(data.path);
  const db = openDatabase(data.path);
  const dues = createDues(db);
  const ready = tidy(db, dues, data);
  const removeBody = (id: string): void => {
    try {
      removeFile(data.spool, id + bodySuffix);
    } catch {
      // The next start sweeps it.
    }
  };
  const group = createGroup(db, dues, { keepHistoryMs: data.keepHistoryMs, removeBody });
  const spare = db.prepare('SELECT freelist_count * page_size AS octets FROM pragma_freelist_count, pragma_page_size');

  port.on('message', (first: readonly Posted[]) => {
    const calls = [...first];
    for (let next = take(port); next !== undefined; next = calls.length < groupSize ? take(port) : undefined)
      calls.push(...next);
    const answers = answerAll(group, calls);
    const reply: Reply = { answers, commits: group.commits(), spare: spare.get()?.octets as number };
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

const bodiesIn = (answers: readonly Answer[]): TransferListItem[] =>
  answers.flatMap((answer) =>
    'value' in answer && answer.value instanceof Uint8Array ? [answer.value.buffer as ArrayBuffer] : [],
  );

const removeFile = (spool: string, name: string): void => rmSync(join(spool, name), { force: true });

/** Sweeps body files without a row, finds rows without their body. */
function tidy(db: DatabaseSync, dues: Dues, { spool, now }: WorkerData): Ready {
  const names = readdirSync(spool);
  const [whole, torn] = [names.filter(isWhole), names.filter((name) => !isWhole(name))];
  const files = whole.map((name) => name.slice(0, -bodySuffix.length));
  db.exec('BEGIN IMMEDIATE');
  const { lost, orphans } = recover(db, dues, files, now);
  db.exec('COMMIT');
  const closed = dues.takeUnlinks();
  for (const name of [...torn, ...[...orphans, ...closed].map((id) => id + bodySuffix)]) removeFile(spool, name);
  return { lost, swept: orphans.length + torn.length };
}

const isWhole = (name: string): boolean => name.endsWith(bodySuffix);

if (parentPort !== null) parentPort.postMessage(serve(parentPort, workerData as WorkerData));
