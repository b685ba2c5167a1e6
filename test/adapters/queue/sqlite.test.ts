// The embedded queue: the conformance suite, and what only it promises: group commit, ownership, body files, the disk floor.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import type { Asked } from '../../../src/adapters/queue/group.ts';
import type { ClaimedDelivery } from '../../../src/adapters/queue/protocol.ts';
import { openSqliteQueue, type SqliteQueue, type SqliteQueueOptions } from '../../../src/adapters/queue/sqlite.ts';
import { type Lease, QueueFull } from '../../../src/agent/ports.ts';
import { type Seconds, seconds } from '../../../src/core/base/brand.ts';
import {
  bounced,
  claim,
  collect,
  enqueue,
  later,
  listLog,
  message,
  newId,
  octets,
  recipient,
  sent,
  settlement,
  stillClock,
  t0,
} from './messages.ts';
import { storeConformance } from './store-conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-queue-'));
const opened: SqliteQueue[] = [];
after(async () => {
  for (const queue of opened) await queue.close().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

/** So that memory can be asked for what is held, not for what is forgotten. */
const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

let made = 0;
const newPath = (): string => join(folder, `q${++made}`, 'queue.db');
const bodiesOf = (path: string): string[] => readdirSync(`${path}.bodies`);

const open = async (path: string, more: Partial<SqliteQueueOptions> = {}): Promise<SqliteQueue> => {
  const options = { path, clock: stillClock, log: listLog(), minFree: 0, keepHistory: seconds(86_400), ...more };
  const queue = await openSqliteQueue(options);
  opened.push(queue);
  return queue;
};

storeConformance('sqlite', async () => {
  const path = newPath();
  let queue = await open(path);
  return {
    queue,
    async restart() {
      await queue.close();
      queue = await open(path);
      return queue;
    },
    async remove() {
      await queue.close();
    },
  };
});

test('SRV-12 group commit: many acceptances at a time share few commits, each answered after its own', async () => {
  const queue = await open(newPath());
  const before = queue.commits();
  await Promise.all(Array.from({ length: 400 }, () => enqueue(queue, message(['a@one.example']))));
  const commits = queue.commits() - before;
  assert.ok(commits <= 40, `${commits} commits for 400 messages`);
  assert.equal((await queue.stats()).messages, 400);
  const single = queue.commits();
  for (let n = 0; n < 5; n += 1) await enqueue(queue, message(['a@one.example']));
  assert.equal(queue.commits() - single, 5);
  await queue.close();
});

test('SRV-12 the database waits for the disk at each commit', async () => {
  const path = newPath();
  const queue = await open(path);
  const db = new DatabaseSync(path, { readOnly: true });
  assert.equal(db.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
  db.close();
  await queue.close();
});

test('QUE-8 one process owns the queue; the other is told which', async () => {
  const path = newPath();
  const queue = await open(path);
  await assert.rejects(open(path), (error: Error) => {
    assert.match(error.message, new RegExp(`${path} is in use by process ${process.pid};`));
    return true;
  });
  await queue.close();
  await (await open(path)).close();
});

test('QUE-1 a queue that cannot be kept names path and remedy', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  await assert.rejects(open(join(file, 'queue.db')), (error: Error) => {
    assert.match(
      error.message,
      /cannot keep the queue at .*a-file\/queue\.db .*(EEXIST|ENOTDIR).* make .* a folder that this user may write to/,
    );
    return true;
  });
});

test('QUE-1 the database of a newer version and foreign files are refused untouched', async () => {
  const path = newPath();
  await (await open(path)).close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 99');
  db.close();
  await assert.rejects(open(path), /queue\.db was written by a newer sekisho \(queue version 99, this one knows \d+\)/);
  const foreign = newPath();
  await (await open(foreign)).close();
  rmSync(foreign);
  const other = new DatabaseSync(foreign);
  other.exec('CREATE TABLE addresses (name)');
  other.close();
  await assert.rejects(open(foreign), /is a database, but not a sekisho queue/);
});

test('QUE-1 files are readable by the owner alone', async () => {
  const path = newPath();
  const queue = await open(path);
  await enqueue(queue, message(['a@one.example']), randomBytes(270_000));
  for (const file of [path, join(`${path}.bodies`, bodiesOf(path)[0] as string)])
    assert.equal(statSync(file).mode & 0o077, 0);
  await queue.close();
});

test('SRV-12 body files without a row are swept at the start, others stay', async () => {
  const path = newPath();
  const queue = await open(path);
  const one = message(['a@one.example']);
  const body = randomBytes(300_000);
  await enqueue(queue, one, body);
  await queue.close();
  writeFileSync(join(`${path}.bodies`, 'crashed.body'), 'x');
  writeFileSync(join(`${path}.bodies`, 'torn.body.part'), 'x');
  const log = listLog();
  const again = await open(path, { log });
  assert.deepEqual(bodiesOf(path), [`${one.id}.body`]);
  assert.deepEqual(await collect(again.openBody(one.id)), body);
  assert.equal(log.lines.find((line) => line.event === 'queue-orphans-swept')?.fields.count, 2);
  await again.close();
});

test('SRV-12 a large body goes when its last recipient is settled, and when its acceptance is aborted', async () => {
  const path = newPath();
  const queue = await open(path);
  await enqueue(queue, message(['a@one.example']), randomBytes(300_000));
  const writer = queue.begin(newId());
  await writer.write(randomBytes(300_000));
  assert.equal(bodiesOf(path).length, 2);
  await writer.abort();
  assert.equal(bodiesOf(path).length, 1);
  const [lease] = (await claim(queue, t0)) as [Lease];
  await queue.settle(settlement(lease, t0, sent));
  assert.deepEqual(bodiesOf(path), []);
  await queue.close();
});

test('ATK-93 bodies that come in at the same time hold a bounded memory together; the rest goes to files', async () => {
  const path = newPath();
  const queue = await open(path);
  const half = randomBytes(100_000);
  const coming = Array.from({ length: 100 }, () => message(['a@one.example']));
  const writers = coming.map(({ id }) => queue.begin(id));
  for (const writer of [...writers, ...writers]) await writer.write(half);
  const inFiles = bodiesOf(path).length;
  assert.ok(inFiles > 20 && inFiles < 80, `${inFiles} files`);
  const to = { recipient: recipient('a@one.example'), nextHop: 'one.example' };
  await Promise.all(writers.map((writer, index) => writer.commit(coming[index] as (typeof coming)[0], [to])));
  for (const { id } of coming) assert.ok((await collect(queue.openBody(id))).equals(Buffer.concat([half, half])));
  // What was held is accounted back.
  const writer = queue.begin(newId());
  await writer.write(half);
  await writer.write(half);
  assert.equal(bodiesOf(path).length, inFiles);
  await writer.abort();
  await queue.close();
});

test('QUE-1 a row without its body is held and reported loudly, at the start and when it is read', async () => {
  const path = newPath();
  const log = listLog();
  const queue = await open(path, { log });
  const [one, two] = [message(['a@one.example']), message(['a@one.example'])];
  for (const each of [one, two]) await enqueue(queue, each, randomBytes(300_000));
  rmSync(join(`${path}.bodies`, `${one.id}.body`));
  await assert.rejects(collect(queue.openBody(one.id)), /ENOENT/);
  const missing = { level: 'error', event: 'queue-body-missing' };
  assert.partialDeepStrictEqual(log.lines, [{ ...missing, fields: { queue_id: one.id } }]);
  assert.equal((await queue.story(one.id))?.recipients[0]?.state, 'held');
  assert.match((await queue.story(one.id))?.events[0]?.says ?? '', /could not be found; held/);
  await queue.close();

  rmSync(join(`${path}.bodies`, `${two.id}.body`));
  const secondLog = listLog();
  const again = await open(path, { log: secondLog });
  assert.deepEqual(
    secondLog.lines.map((line) => [line.level, line.event, line.fields.queue_id]),
    [one.id, two.id].map((id) => ['error', 'queue-body-missing', id]),
  );
  assert.deepEqual(await claim(again, later(t0, 100)), []);
  assert.equal((await again.stats()).recipients.held, 2);
  await again.close();
});

test('QUE-1 a row that cannot be read is held and reported, is listed, and holds up no other', async () => {
  const path = newPath();
  const queue = await open(path);
  const [one, two, three] = [message(['a@one.example']), message(['b@one.example']), message(['c@one.example'])];
  for (const each of [one, two, three]) await enqueue(queue, each, randomBytes(100));
  await queue.close();
  const db = new DatabaseSync(path);
  db.prepare("UPDATE message SET facts = '{' WHERE id = ?").run(one.id);
  db.prepare("UPDATE recipient SET facts = '' WHERE message = (SELECT seq FROM message WHERE id = ?)").run(two.id);
  db.close();

  const log = listLog();
  const again = await open(path, { log });
  assert.deepEqual(
    (await claim(again, later(t0, 100))).map((lease) => lease.message.id),
    [three.id],
  );
  assert.deepEqual(
    log.lines.map((line) => [line.level, line.event, line.fields.queue_id]),
    [one.id, two.id].map((id) => ['error', 'queue-row-damaged', id]),
  );
  assert.deepEqual(
    (await again.list({})).map(({ recipients }) => recipients[0]?.state),
    ['held', 'held', 'queued'],
  );
  assert.match((await again.story(one.id))?.events[0]?.says ?? '', /could not be read; held/);
  // The recipient of the second one cannot be read.
  assert.equal(await again.reroute(() => 'elsewhere.example'), 2);
  await again.close();
});

test('QUE-8 who renews beside a claim keeps the lease, however late the claim says it is', async () => {
  const queue = await open(newPath());
  await enqueue(queue, message(['a@one.example']));
  const [lease] = await claim(queue, t0);
  assert.ok(lease);
  const much = later(t0, 7200);
  const [renewed, claimed] = await Promise.all([queue.renew(lease, later(much, 600)), claim(queue, much)]);
  assert.deepEqual([renewed, claimed], ['held', []]);
  assert.equal((await claim(queue, later(much, 601))).length, 1);
  await queue.close();
});

test('QUE-10 SRV-13 below the free-space floor nothing is accepted, small or large, and nothing is left behind', async () => {
  const path = newPath();
  const queue = await open(path, { minFree: Number.MAX_SAFE_INTEGER });
  await assert.rejects(enqueue(queue, message(['a@one.example'])), QueueFull);
  await assert.rejects(enqueue(queue, message(['a@one.example']), randomBytes(200_000)), QueueFull);
  assert.deepEqual(bodiesOf(path), []);
  assert.equal((await queue.stats()).messages, 0);
  await queue.close();
});

test('QUE-10 SRV-13 a full database refuses new mail while settlements go through', async () => {
  const { createDues } = await import('../../../src/adapters/queue/due.ts');
  const { answerAll, createGroup } = await import('../../../src/adapters/queue/group.ts');
  const { openDatabase } = await import('../../../src/adapters/queue/schema.ts');
  const path = newPath();
  await (await open(path)).close();
  const db = openDatabase(path);
  const group = createGroup(db, createDues(db), { keepHistoryMs: 0, removeBody: () => undefined });
  const ask = (n: number, name: string, takes: unknown): Asked => ({ client: 1, call: { n, name, takes } as never });
  const answers = (asked: readonly Asked[]) => answerAll(group, asked).map(({ answer }) => answer);
  const put = (n: number, size: number) => {
    const one = message(['a@one.example']);
    const { id, receivedAt, expiresAt } = one;
    const recipients = [{ address: 'a@one.example', domain: 'one.example', facts: '{}', nextHop: 'one.example' }];
    const rows = { id, receivedAt, expiresAt, size, sender: '', facts: '{}', recipients };
    return ask(n, 'enqueue', { ...rows, body: new Uint8Array(size) });
  };
  assert.deepEqual(answers([put(1, 10)]), [{ n: 1, value: 'done' }]);
  const [claimed] = answers([ask(2, 'claim', { worker: 'w', now: t0, limit: 1, leaseFor: 60, busy: [] })]);
  const lease = (claimed as { value: [ClaimedDelivery] }).value[0];
  db.exec(`PRAGMA max_page_count = ${db.prepare('PRAGMA page_count').get()?.page_count}`);
  const settle = {
    lease: { id: lease.message[0], nextHop: lease.nextHop, token: lease.token },
    at: t0,
    recipients: [{ address: 'a@one.example', state: 'sent', because: 'sent', status: '2.0.0', says: '', dueAt: t0 }],
    records: [],
  };
  const mixed = answers([put(3, 60_000), ask(4, 'settle', settle), put(5, 60_000)]);
  assert.deepEqual(mixed.map((answer) => [answer.n, 'fault' in answer ? answer.fault : answer.value]).sort(), [
    [3, 'full'],
    [4, 'settled'],
    [5, 'full'],
  ]);
  db.close();
});

test('SRV-13 when the body cannot be stored the acceptance fails, and the small ones beside it do not', async () => {
  const path = newPath();
  const queue = await open(path);
  const large = message(['a@one.example']);
  const writer = queue.begin(large.id);
  await writer.write(randomBytes(300_000));
  rmSync(`${path}.bodies`, { recursive: true });
  const commit = writer.commit(large, [{ recipient: recipient('a@one.example'), nextHop: 'one.example' }]);
  await Promise.all([assert.rejects(commit, /ENOENT/), enqueue(queue, message(['b@one.example']))]);
  await assert.rejects(enqueue(queue, message(['c@one.example']), randomBytes(300_000)), /ENOENT/);
  assert.equal(await queue.story(large.id), undefined);
  assert.equal((await queue.stats()).messages, 1);
  await queue.close();
});

test('QUE-10 DSN-1 a large notice that could not be written is written when the same settlement is repeated', async () => {
  const path = newPath();
  const queue = await open(path);
  await enqueue(queue, message(['a@one.example']), octets('x'));
  const [lease] = await claim(queue, t0);
  assert(lease);
  const notice = message(['sender@from.example']);
  const body = randomBytes(300_000);
  const settled = settlement(lease, t0, bounced, { notice: { message: notice, nextHop: 'from.example', body } });
  // In the way of the name that the file gets last.
  const inTheWay = join(`${path}.bodies`, `${notice.id}.body`);
  mkdirSync(inTheWay);
  await assert.rejects(queue.settle(settled));
  assert.deepEqual(bodiesOf(path), [`${notice.id}.body`]);
  rmdirSync(inTheWay);
  assert.equal(await queue.settle(settled), 'settled');
  assert.deepEqual(await collect(queue.openBody(notice.id)), body);
});

test('QUE-8 a body file that cannot be removed undoes no settlement', async () => {
  const path = newPath();
  const queue = await open(path);
  const large = message(['a@one.example']);
  await enqueue(queue, large, randomBytes(300_000));
  const [lease] = await claim(queue, t0);
  assert(lease);
  const file = join(`${path}.bodies`, `${large.id}.body`);
  rmSync(file);
  mkdirSync(join(file, 'inside'), { recursive: true });
  const beside = message(['b@two.example']);
  const [settled] = await Promise.all([queue.settle(settlement(lease, t0, sent)), enqueue(queue, beside, octets('y'))]);
  assert.equal(settled, 'settled');
  assert.deepEqual(
    (await queue.list({ ids: [large.id, beside.id] })).map((one) => one.recipients[0]?.state),
    ['sent', 'queued'],
  );
});

test('QUE-7 a list of messages with many recipients comes in pages and is whole', async () => {
  const queue = await open(newPath());
  const many = Array.from({ length: 500 }, (_, index) => `r${index}@one.example`);
  const ids: string[] = [];
  for (let count = 0; count < 12; count += 1) {
    const one = message(many as [string, ...string[]]);
    await enqueue(queue, one, octets('x'));
    ids.push(one.id);
  }
  const idsOf = async (limit: number): Promise<string[]> =>
    (await queue.list({ limit })).map((found) => found.message.id);
  assert.deepEqual(await idsOf(1000), ids);
  assert.deepEqual(await idsOf(12), ids);
  assert.deepEqual(await idsOf(11), ids.slice(0, 11));
});

test('QUE-1 history goes by age, what waits stays', async () => {
  const path = newPath();
  const queue = await open(path, { keepHistory: 100 as Seconds });
  const [done, waits] = [message(['a@one.example']), message(['a@two.example'])];
  for (const one of [done, waits]) await enqueue(queue, one);
  const [lease] = (await claim(queue, t0, { busy: ['two.example'] })) as [Lease];
  await queue.settle(settlement(lease, t0, bounced));
  await queue.close();
  // The first claim after a start looks at the history.
  const again = await open(path, { keepHistory: 100 as Seconds });
  await claim(again, later(t0, 50));
  assert.ok(await again.story(done.id));
  await again.close();
  const last = await open(path, { keepHistory: 100 as Seconds });
  await claim(last, later(t0, 101));
  assert.equal(await last.story(done.id), undefined);
  assert.ok(await last.story(waits.id));
  await last.close();
});

test('QUE-1 ids that are no file names are refused', async () => {
  const queue = await open(newPath());
  for (const id of ['../x', '', 'a/b', 'a.b', 'x'.repeat(65)])
    assert.throws(() => queue.begin(id as never), /not usable as a queue id/);
  await queue.close();
});

test('QUE-1 after close every request fails and nothing hangs', async () => {
  const path = newPath();
  const queue = await open(path);
  const pending = enqueue(queue, message(['a@one.example']), octets('x'));
  await pending;
  await queue.close();
  await assert.rejects(queue.stats(), /is closed/);
  assert.ok(existsSync(path));
});

test('QUE-1 a body of 50 MB passes through in both directions without being held in memory', async () => {
  const queue = await open(newPath());
  const chunk = randomBytes(64_000);
  const chunks = 800;
  const one = message(['a@one.example'], {}, { size: chunk.length * chunks });
  let highest = 0;
  let looks = 0;
  const before = process.memoryUsage().arrayBuffers;
  const watch = (): void => {
    looks += 1;
    if (looks % 200 !== 0) return;
    // The second waits for what the first has begun to sweep.
    collectGarbage();
    collectGarbage();
    highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
  };
  const writer = queue.begin(one.id);
  for (let n = 0; n < chunks; n += 1) {
    await writer.write(chunk);
    watch();
  }
  await writer.commit(one, [{ recipient: recipient('a@one.example'), nextHop: 'one.example' }]);
  let total = 0;
  for await (const part of queue.openBody(one.id)) {
    const from = total % chunk.length;
    const inOne = Math.min(part.length, chunk.length - from);
    assert.equal(Buffer.compare(part.subarray(0, inOne), chunk.subarray(from, from + inOne)), 0);
    total += part.length;
    watch();
  }
  assert.equal(total, chunk.length * chunks);
  assert.ok(looks > 1000 && highest < 8_000_000, `${highest} octets held`);
  await queue.close();
});

/** @returns what the thread says first. */
const inThread = (queue: SqliteQueue, path: string, name: string, task: 'work' | 'hold') => {
  const port = queue.connect();
  const workerData = { port, path, name, task };
  const thread = new Worker(new URL('./attached.ts', import.meta.url), { workerData, transferList: [port] });
  const ended = once(thread, 'exit');
  return { thread, ended, said: once(thread, 'message').then(([ids]) => ids as string[]) };
};

test('QUE-8 SRV-12 several threads share one queue: everything is settled once, and their commits are shared', async () => {
  const path = newPath();
  const queue = await open(path);
  const threads = ['w1', 'w2'].map((name) => inThread(queue, path, name, 'work'));
  const settled = (await Promise.all(threads.map(({ said }) => said))).flat();
  await Promise.all(threads.map(({ ended }) => ended));
  const left = await claim(queue, t0, { limit: 1000, room: new Map([['one.example', 1000]]) });
  const all = [...settled, ...left.map((lease) => lease.message.id)];
  assert.equal(all.length, 200);
  assert.equal(new Set(all).size, 200);
  assert.ok(settled.length >= 100, `${settled.length} settled`);
  assert.ok(queue.commits() < 200, `${queue.commits()} commits`);
  await queue.close();
});

test('QUE-8 what a thread held falls due when it ends, and what a worker of a name held when that is asked for', async () => {
  const path = newPath();
  const queue = await open(path);
  const one = message(['a@one.example']);
  await enqueue(queue, one);
  const { thread, said } = inThread(queue, path, 'w1', 'hold');
  assert.deepEqual(await said, [one.id]);
  assert.deepEqual(await claim(queue, t0, { worker: 'w2' }), []);
  await thread.terminate();
  let again = await claim(queue, t0, { worker: 'w2' });
  for (let tries = 0; again.length === 0 && tries < 100; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    again = await claim(queue, t0, { worker: 'w2' });
  }
  assert.equal(again.length, 1);
  assert.deepEqual(await claim(queue, t0, { worker: 'w3' }), []);
  await queue.releaseWorker('w2');
  assert.equal((await claim(queue, t0, { worker: 'w3' })).length, 1);
  assert.equal(await queue.settle(settlement(again[0] as Lease, t0, sent)), 'stale');
  await queue.close();
});

test('QUE-8 giving out, renewing and asking writes nothing', async () => {
  const queue = await open(newPath());
  await enqueue(queue, message(['a@one.example']));
  await claim(queue, later(t0, -5), { limit: 1 });
  const before = queue.commits();
  const [lease] = (await claim(queue, t0)) as [Lease];
  await queue.renew(lease, later(t0, 900));
  await queue.nextDue();
  await queue.stats();
  assert.equal(queue.commits(), before);
  await queue.close();
});

test('QUE-4 QUE-7 a next hop that rests is passed over, its messages say why, and a retry ends it', async () => {
  const queue = await open(newPath());
  const ids = ['a', 'b'].map(() => message(['a@dead.example']));
  for (const one of ids) await enqueue(queue, one);
  await enqueue(queue, message(['c@live.example']));
  const rest = { because: 'connect-failed', status: '4.4.1', says: 'could not be reached a moment ago' };
  const until = later(t0, 120);
  await queue.rest({ nextHop: 'dead.example', at: t0, until, ...rest });
  assert.deepEqual(
    (await claim(queue, later(t0, 60))).map((lease) => lease.nextHop),
    ['live.example'],
  );
  assert.equal(await queue.nextDue(), until);
  const [row] = (await queue.story(ids[0]?.id as never))?.recipients ?? [];
  assert.deepEqual([row?.state, row?.attempts, row?.dueAt, row?.last], ['queued', 0, until, { ...rest, at: t0 }]);
  assert.equal((await claim(queue, until, { limit: 1 })).length, 1);
  await queue.rest({ nextHop: 'dead.example', at: until, until: later(t0, 900), ...rest });
  assert.deepEqual(await claim(queue, later(t0, 130)), []);
  assert.equal(await queue.act('retry', { domain: 'dead.example' }, later(t0, 131), ''), 2);
  assert.equal((await claim(queue, later(t0, 131))).length, 1);
  await queue.close();
});

test('RTE-14 under routes of the same name nothing is looked through again', async () => {
  const path = newPath();
  const queue = await open(path);
  await enqueue(queue, message(['a@one.example']));
  assert.equal(await queue.reroute(() => 'hub.example', 'routes 1'), 1);
  await queue.close();
  const again = await open(path);
  const never = (): string => assert.fail('looked through');
  assert.equal(await again.reroute(never, 'routes 1'), 0);
  assert.equal(await again.reroute(() => 'other.example', 'routes 2'), 1);
  await again.close();
});

test('QUE-1 the database of version 1 is taken over, with its leases given up', async () => {
  const path = newPath();
  const one = message(['a@one.example']);
  const queue = await open(path);
  await enqueue(queue, one);
  await queue.close();
  const db = new DatabaseSync(path);
  const waits = `state IN ('queued', 'deferred', 'held')`;
  db.exec(`DROP TABLE setting; DROP INDEX message_file; DROP INDEX delivery_touched;
    DROP INDEX recipient_domain; DROP INDEX recipient_state; DROP INDEX recipient_because;
    CREATE INDEX recipient_domain ON recipient (domain) WHERE ${waits};
    CREATE INDEX recipient_state ON recipient (state) WHERE ${waits};
    CREATE INDEX recipient_because ON recipient (because) WHERE ${waits} AND because IS NOT NULL;
    CREATE TABLE next_hop (name TEXT PRIMARY KEY, due_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX next_hop_due ON next_hop (due_at);
    UPDATE delivery SET token = 'w1/abc', due_at = ${later(t0, 600)};
    PRAGMA user_version = 1`);
  db.close();
  const again = await open(path);
  const [lease] = (await claim(again, t0)) as [Lease];
  assert.deepEqual(lease.message, one);
  assert.equal((await again.list({ domain: 'one.example' })).length, 1);
  assert.equal((await again.stats()).recipients.queued, 1);
  await again.close();
});
