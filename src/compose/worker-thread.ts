// A worker: one more thread that takes mail in and sends mail out over the queue that all share. What it logs and counts goes
// to the first thread, and so does each policy it finds.

import { parentPort, workerData } from 'node:worker_threads';
import { createLog } from '../adapters/log/pino.ts';
import { createRegistry } from '../adapters/metrics/registry.ts';
import { attachSqliteQueue } from '../adapters/queue/sqlite.ts';
import type { BoundAddress } from '../adapters/smtp/server.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { PolicyStore } from '../agent/ports.ts';
import type { Loaded } from '../config/load.ts';
import { type DomainName, seconds } from '../core/base/brand.ts';
import type { StsPolicy } from '../core/mtasts/policy.ts';
import type { InForce } from './in-force.ts';
import type { Materials } from './materials.ts';
import { openOutlook } from './outlook.ts';
import type { RelayAround } from './sending.ts';
import { maySend, uniqueOf } from './share.ts';
import { makeStation, type Station } from './station.ts';
import { presence } from './trace.ts';
import type { News, Order, PolicyChange, WorkerStart } from './worker-protocol.ts';

type Port = NonNullable<typeof parentPort>;

/** Milliseconds between two reports of what was counted. */
const countsEvery = 1000;

async function work(port: Port, start: WorkerStart): Promise<void> {
  const tell = (news: News): void => port.postMessage(news);
  const log = createLog({ ...start.loaded.config.log, write: makeGatherer((lines) => tell({ kind: 'log', lines })) });
  const metrics = createRegistry();
  const counting = setInterval(() => report(), countsEvery);
  const report = (): void => {
    const counts = metrics.take();
    if (counts !== undefined) tell({ kind: 'counts', counts });
  };
  // Certificates and secrets are read by the first thread only.
  let watchedUntil = 0;
  const around: RelayAround = {
    clock: systemClock,
    log,
    metrics,
    env: {},
    share: start.share,
    watcher: {
      watched: () => systemClock.now() < watchedUntil,
      line: (line) => tell({ kind: 'dialogue', line: { ...line, session: uniqueOf(line.session, start.share) } }),
    },
  };
  const policies = followPolicies(start.policies, tell);
  const overrides = new Map(start.overrides);
  const { minFree } = start.loaded.config.queue;
  const queue = attachSqliteQueue(start.queue, { path: start.materials.queuePath, minFree, ...around });
  const inForce = (loaded: Loaded, materials: Materials): InForce => ({
    loaded,
    materials,
    outlook: openOutlook(loaded.config, materials, policies.store, around),
  });
  const first = inForce(start.loaded, atPorts(start.materials, start.addresses));
  const station = makeStation(first, { queue, overrides }, around, () => tell({ kind: 'arrived' }));
  const finishing = new AbortController();
  const sending = maySend(start.loaded, start.share) ? station.runner.run(finishing.signal) : Promise.resolve();

  const amend = async (materials: Materials): Promise<string | undefined> => {
    const listening = await station.front.reload(materials.listeners);
    if (listening.kind === 'fault') return listening.fault;
    station.holder.amend(materials);
    return undefined;
  };
  const carryOut = async (order: Order & { n: number }): Promise<string | undefined> => {
    switch (order.kind) {
      case 'amend':
        return amend(atPorts(order.materials, order.addresses));
      case 'reload': {
        const materials = atPorts(order.materials, order.addresses);
        const says = await amend(materials);
        if (says === undefined) station.holder.replace(inForce(order.loaded, materials));
        return says;
      }
      case 'drain':
        return void (await station.front.drain(seconds(order.within)));
      case 'finish':
        return void (await finish(station, order.within));
      default:
        return undefined;
    }
  };
  const finish = async ({ runner, holder }: Station, within: number): Promise<void> => {
    finishing.abort();
    await runner.drain(seconds(within));
    await sending;
    holder.close();
    await queue.close();
    clearInterval(counting);
    report();
  };
  port.on('message', (order: Order) => {
    if (order.kind === 'watch') watchedUntil = systemClock.now() + presence;
    else if (order.kind === 'wake') station.runner.wake();
    else if (order.kind === 'forget-hosts') station.holder.current().outlook.sendPorts.hosts.forget();
    else if (order.kind === 'policy') policies.learn(order);
    else if (order.kind === 'override') overrides.set(order.id, order.override);
    else if (order.kind === 'stored') policies.stored(order.n, order.fault);
    else
      carryOut(order)
        .catch(String)
        .then((fault) => tell({ kind: 'done', n: order.n, fault }));
  });
  await station.front.listen();
  tell({ kind: 'ready' });
}

/** Where the first thread listens, also at a port that the system chose. */
const atPorts = (materials: Materials, addresses: readonly BoundAddress[]): Materials => ({
  ...materials,
  listeners: materials.listeners.map((listener) => ({
    ...listener,
    port: addresses.find((bound) => bound.listener === listener.name)?.port ?? listener.port,
  })),
});

/** The lines of one turn leave together. */
function makeGatherer(send: (lines: string) => void): (line: string) => void {
  let lines = '';
  return (line) => {
    if (lines === '')
      setImmediate(() => {
        send(lines);
        lines = '';
      });
    lines += line;
  };
}

type FollowedPolicies = {
  readonly store: PolicyStore;
  learn(change: PolicyChange): void;
  stored(n: number, fault: string | undefined): void;
};

/** The first thread's store, seen from here: reads are local, a change is done when the first thread has it on disk. */
function followPolicies(first: WorkerStart['policies'], tell: (news: News) => void): FollowedPolicies {
  const policies = new Map(first);
  const waiting = new Map<number, (fault: string | undefined) => void>();
  let count = 0;
  const learn = ({ domain, policy }: PolicyChange): void => {
    if (policy === undefined) policies.delete(domain);
    else policies.set(domain, policy);
  };
  const change = (domain: DomainName, policy: StsPolicy | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, (fault) => (fault === undefined ? resolve() : reject(new Error(fault))));
      learn({ domain, policy });
      tell({ kind: 'store', n: count, domain, policy });
    });
  return {
    learn,
    stored(n, fault) {
      waiting.get(n)?.(fault);
      waiting.delete(n);
    },
    store: {
      get: (domain) => policies.get(domain),
      put: change,
      forget: async (domain) => {
        if (policies.has(domain)) await change(domain, undefined);
      },
      entries: () => policies.entries(),
    },
  };
}

if (parentPort !== null) await work(parentPort, workerData as WorkerStart);
