// The database thread. It takes all requests that wait, of every connection, lets them run as one group, and answers: while
// one commit waits for the disk the next group gathers. What nobody waits for urgently waits a moment for company.

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
import { type Answered, type Asked, answerAll, createGroup, type Group } from './group.ts';
import { recover } from './history.ts';
import { claimOwnership } from './owner.ts';
import type { Answer, Attach, Posting, Ready, Reply, WorkerData } from './protocol.ts';
import { openDatabase } from './schema.ts';

/** No more postings are taken into a group that has this many requests. */
const groupSize = 512;
/** Milliseconds that settlements wait for an acceptance to share its commit with, and acceptances for others on their way. */
const patience = { settle: 10, enqueue: 2 };
/** So many do not wait any longer. */
const enough = 64;
/** Milliseconds between looks at how much of the file is free. */
const spareEvery = 250;

function serve(parent: MessagePort, data: WorkerData): Ready {
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
  const close = (): void => {
    db.close();
    ownership.release();
  };
  connect(parent, { group, spare: makeSpare(db), close });
  return ready;
}

type Parts = {
  readonly group: Group;
  readonly spare: () => number;
  readonly close: () => void;
};

function connect(parent: MessagePort, { group, spare, close }: Parts): void {
  const ports = new Map<number, MessagePort>();
  /** Settlements and acceptances that wait for company. */
  let held: Asked[] = [];
  let timer: NodeJS.Timeout | undefined;
  let deadline = 0;
  let count = 0;

  const answer = (asked: readonly Asked[]): void => {
    const byClient = Map.groupBy(answerAll(group, asked), ({ client }) => client);
    for (const [client, answers] of byClient) reply(client, answers);
  };
  const reply = (client: number, answered: readonly Answered[]): void => {
    const answers = answered.map((one) => one.answer);
    const said: Reply = { answers, commits: group.commits(), spare: spare() };
    ports.get(client)?.postMessage(said, bodiesIn(answers));
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const asked = held;
    held = [];
    if (asked.length > 0) answer(asked);
  };
  /** The earliest wish counts. */
  const wait = (ms: number): void => {
    const until = performance.now() + ms;
    if (timer !== undefined && until >= deadline) return;
    clearTimeout(timer);
    deadline = until;
    timer = setTimeout(flush, ms);
  };
  const serveGroup = (asked: readonly Asked[], isMoreComing: boolean): void => {
    const [patient, prompt] = partition(asked, ({ call }) => isPatient(call.name));
    const accepts = patient.some(({ call }) => call.name === 'enqueue');
    const isLeasingOnly = prompt.every(({ call }) => isLeasing(call.name));
    held.push(...patient);
    if (!isLeasingOnly || held.length >= enough || (accepts && !isMoreComing)) {
      held.push(...prompt);
      flush();
      return;
    }
    // Leases do not wait, whoever waits to be settled.
    if (prompt.length > 0) answer(prompt);
    if (patient.length > 0) wait(accepts ? patience.enqueue : patience.settle);
  };
  const receive = (client: number, first: Posting | Attach): void => {
    if ('attach' in first) {
      open(first.attach);
      return;
    }
    const asked: Asked[] = [];
    let isMoreComing = true;
    const add = (from: number, { calls, more }: Posting): void => {
      for (const call of calls) asked.push({ call, client: from });
      if (more === 'none') isMoreComing = false;
    };
    add(client, first);
    for (const [from, port] of ports)
      for (let next = take(port); next !== undefined; next = asked.length < groupSize ? take(port) : undefined) {
        if ('attach' in next) open(next.attach);
        else add(from, next);
      }
    serveGroup(asked, isMoreComing);
    if (!asked.some(({ call }) => call.name === 'close')) return;
    close();
    for (const port of ports.values()) port.close();
  };
  const open = (port: MessagePort): void => {
    count += 1;
    const client = count;
    ports.set(client, port);
    port.on('message', (posting: Posting | Attach) => receive(client, posting));
    port.on('close', () => {
      if (!ports.delete(client) || ports.size === 0) return;
      flush();
      group.leave(client);
    });
  };
  open(parent);
}

const isPatient = (name: string): boolean => name === 'settle' || name === 'enqueue';
const isLeasing = (name: string): boolean =>
  name === 'claim' || name === 'renew' || name === 'nextDue' || name === 'rest' || name === 'body';

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): readonly [T[], T[]] {
  const [those, others]: [T[], T[]] = [[], []];
  for (const one of all) (belongs(one) ? those : others).push(one);
  return [those, others];
}

const take = (port: MessagePort): Posting | Attach | undefined =>
  receiveMessageOnPort(port)?.message as Posting | Attach | undefined;

const bodiesIn = (answers: readonly Answer[]): TransferListItem[] => {
  const bodies: TransferListItem[] = [];
  for (const answer of answers) {
    if (!('value' in answer)) continue;
    // A body, or what a claim has found.
    for (const body of Array.isArray(answer.value) ? answer.value.map((one) => one?.body) : [answer.value])
      if (body instanceof Uint8Array) bodies.push(body.buffer as ArrayBuffer);
  }
  return bodies;
};

/** Octets inside the file that can be written again. */
function makeSpare(db: DatabaseSync): () => number {
  const ask = db.prepare('SELECT freelist_count * page_size AS octets FROM pragma_freelist_count, pragma_page_size');
  let known = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now < askedAt + spareEvery || !db.isOpen) return known;
    askedAt = now;
    known = ask.get()?.octets as number;
    return known;
  };
}

const removeFile = (spool: string, name: string): void => rmSync(join(spool, name), { force: true });

/** Sweeps body files without a row, finds rows without their body. */
function tidy(db: DatabaseSync, dues: Dues, { spool, now }: WorkerData): Ready {
  const names = readdirSync(spool);
  const [whole, torn] = partition(names, isWhole);
  const files = whole.map((name) => name.slice(0, -bodySuffix.length));
  db.exec('BEGIN IMMEDIATE');
  const { lost, orphans } = recover(db, dues, files, now);
  db.exec('COMMIT');
  const closed = dues.commit();
  for (const name of [...torn, ...[...orphans, ...closed].map((id) => id + bodySuffix)]) removeFile(spool, name);
  return { lost, swept: orphans.length + torn.length };
}

const isWhole = (name: string): boolean => name.endsWith(bodySuffix);

if (parentPort !== null) parentPort.postMessage(serve(parentPort, workerData as WorkerData));
