// The threads seen from the first one, with a thread of the test's own in their place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createRegistry } from '../../src/adapters/metrics/registry.ts';
import type { PolicyStore } from '../../src/agent/ports.ts';
import { makePassingPolicyStore } from '../../src/compose/outlook.ts';
import { createWorkers, type Workers } from '../../src/compose/workers.ts';

/** Is ready, answers, and ends when it is told to wake. */
const obedient = `
const { parentPort: port, workerData: start } = require('node:worker_threads');
port.on('message', (order) => {
  if (order.kind === 'wake') throw new Error('this thread has a bug');
  if (order.kind === 'policy') port.postMessage({ kind: 'log', lines: 'heard ' + order.domain + '\\n' });
  if (order.kind === 'reload' && start.share.index === 2) return port.postMessage({ kind: 'done', n: order.n, fault: 'no' });
  if (order.n !== undefined) port.postMessage({ kind: 'done', n: order.n });
});
port.postMessage({ kind: 'ready' });
port.postMessage({ kind: 'counts', counts: {
  counters: new Map([['sekisho_connections_total', new Map([['listener="a",outcome="accepted"', 2]])]]),
  histograms: new Map(),
} });
if (start.share.index === 1) port.postMessage({ kind: 'store', n: 7, domain: 'a.test', policy: { id: '1' } });
`;

type Seen = { readonly events: string[]; readonly lines: string[]; spawned: number };

function crew(of: number, code = obedient): { workers: Workers; seen: Seen; store: PolicyStore; total: () => number } {
  const seen: Seen = { events: [], lines: [], spawned: 0 };
  const metrics = createRegistry();
  const store = makePassingPolicyStore();
  const workers = createWorkers({
    of,
    // A rest is over at once.
    clock: { now: () => Date.now() as never, sleep: async () => undefined, random: () => 0 },
    log: { event: (_level, event, fields) => seen.events.push(`${event} ${fields?.worker} ${fields?.says ?? ''}`) },
    writeLines: (lines) => seen.lines.push(lines),
    metrics,
    policyStore: store,
    overrides: { get: () => undefined, entries: () => [], put: async () => undefined },
    queue: {
      connect: () => new MessageChannel().port1,
    },
    arrived: () => undefined,
    hear: () => undefined,
    spawn: (start) => {
      seen.spawned += 1;
      return new Worker(code, { eval: true, workerData: { share: start.share } });
    },
    now: () => ({ loaded: {}, materials: {}, addresses: [] }) as never,
  });
  return { workers, seen, store, total: () => metrics.total('sekisho_connections_total') };
}

const until = async (met: () => boolean): Promise<void> => {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('what the threads count is added up, and what one finds out all are told', async () => {
  const { workers, seen, store, total } = crew(3);
  await workers.start();
  await until(() => total() === 4 && seen.lines.length > 0);
  assert.equal(store.get('a.test' as never)?.id, '1');
  assert.deepEqual(seen.lines, ['heard a.test\n'], 'only the other one is told');
  await workers.drain(1);
  await workers.finish(1);
});

test('a thread that ends is told, and another takes its place', async () => {
  const { workers, seen } = crew(2);
  await workers.start();
  workers.wake();
  await until(() => seen.events.length === 2);
  assert.match(seen.events[0] as string, /^worker-ended worker-1 Error: this thread has a bug/);
  assert.match(seen.events[1] as string, /^worker-started worker-1 /);
  assert.equal(seen.spawned, 2);
  await workers.drain(1);
  await workers.finish(1);
});

test('a thread that cannot follow a reload is started anew', async () => {
  const { workers, seen } = crew(3);
  await workers.start();
  await workers.follow('reload');
  await until(() => seen.events.some((event) => event.startsWith('worker-started')));
  assert.equal(seen.spawned, 3);
  assert.match(seen.events[0] as string, /^worker-ended worker-2 no/);
  await workers.drain(1);
  await workers.finish(1);
});

test('a thread that does not come up refuses the start', async () => {
  const { workers } = crew(2, `throw new Error('the address is in use')`);
  await assert.rejects(workers.start(), /a worker cannot start: .*the address is in use/);
});

test('a start that fails behind the threads ends them for good', async () => {
  const { workers, seen } = crew(2);
  await workers.start();
  await workers.finish(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([seen.spawned, workers.count(), seen.events], [1, 0, []]);
});

test('one thread is no thread besides', async () => {
  const { workers, seen } = crew(1);
  await workers.start();
  await workers.drain(1);
  await workers.finish(1);
  assert.equal(seen.spawned, 0);
});
