// A thread that takes work from the queue of another one: enqueues, claims and settles, or holds what it has until it dies.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { attachSqliteQueue } from '../../../src/adapters/queue/sqlite.ts';
import { claim, enqueue, listLog, message, sent, settlement, stillClock, t0 } from './messages.ts';

type Task = {
  readonly port: MessagePort;
  readonly path: string;
  readonly name: string;
  readonly task: 'work' | 'hold';
};

const { port, path, name, task } = workerData as Task;
const queue = attachSqliteQueue(port, { path, clock: stillClock, log: listLog(), minFree: 0 });
if (task === 'hold') {
  const leases = await claim(queue, t0, { worker: name, limit: 1 });
  parentPort?.postMessage(leases.map((lease) => lease.message.id));
  setInterval(() => undefined, 1000);
} else {
  const room = new Map([['one.example', 10]]);
  const settled: string[] = [];
  await Promise.all(Array.from({ length: 100 }, () => enqueue(queue, message(['a@one.example']))));
  for (let idle = 0; idle < 3; ) {
    const leases = await claim(queue, t0, { worker: name, limit: 10, room });
    idle = leases.length === 0 ? idle + 1 : 0;
    const results = await Promise.all(leases.map((lease) => queue.settle(settlement(lease, t0, sent))));
    settled.push(...leases.filter((_, n) => results[n] === 'settled').map((lease) => lease.message.id));
  }
  parentPort?.postMessage(settled);
  await queue.close();
}
