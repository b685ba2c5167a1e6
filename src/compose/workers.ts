// The other threads of the relay, seen from the first one: started, told of every change, started again when one ends, and
// stopped. What they log, count and find out comes here.

import { type MessagePort, Worker } from 'node:worker_threads';
import type { Registry } from '../adapters/metrics/registry.ts';
import type { BoundAddress } from '../adapters/smtp/server.ts';
import type { OverrideStore } from '../adapters/store/overrides.ts';
import type { Clock, DialogueLine, Log, PolicyStore } from '../agent/ports.ts';
import type { Loaded } from '../config/load.ts';
import { seconds } from '../core/base/brand.ts';
import type { Materials } from './materials.ts';
import { workerName } from './share.ts';
import type { News, Order, PolicyChange, WorkerStart } from './worker-protocol.ts';

export type WorkersParts = {
  /** Threads in all, this one among them. */
  readonly of: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Writes what a worker has logged. */
  readonly writeLines: (lines: string) => void;
  readonly metrics: Registry;
  readonly policyStore: PolicyStore;
  readonly overrides: OverrideStore;
  /** Ways to the queue; what was leased through one is free again when its thread ends (QUE-8). */
  readonly queue: { connect(): MessagePort };
  /** A line of a dialogue that somebody watches. */
  readonly hear: (line: DialogueLine) => void;
  /** Mail came in through a worker. */
  readonly arrived: () => void;
  readonly spawn: (start: WorkerStart) => Worker;
  /** What a worker that starts now is made from. */
  readonly now: () => {
    readonly loaded: Loaded;
    readonly materials: Materials;
    readonly addresses: readonly BoundAddress[];
  };
};

export type Workers = {
  /** The relay's policies: a change made here or in any worker is soon known to all. */
  readonly policyStore: PolicyStore;
  /** Likewise what was allowed for single messages. */
  readonly overrides: OverrideStore;
  start(): Promise<void>;
  /** Those that run now. */
  count(): number;
  wake(): void;
  forgetHosts(): void;
  /** Somebody reads the dialogues for a while. */
  watch(): void;
  /** What is in force has changed. A worker that cannot follow is started anew. */
  follow(kind: 'reload' | 'amend'): Promise<void>;
  drain(within: number): Promise<void>;
  finish(within: number): Promise<void>;
};

/** Seconds until a worker that ended is started again, the last value repeating; it is forgiven after it ran a minute. */
const rests = [1, 5, 30, 60];
const forgiven = 60_000;

type Hand = {
  readonly worker: Worker;
  readonly startedAt: number;
  /** What is wanted of it and not yet answered. */
  readonly waiting: Map<number, (fault: string | undefined) => void>;
};

export function createWorkers(parts: WorkersParts): Workers {
  const { of, clock, log, metrics } = parts;
  const hands = new Map<number, Hand>();
  const failures = new Map<number, number>();
  const stopping = new AbortController();
  let count = 0;

  const tellAll = (order: Order, except?: number): void => {
    for (const [index, { worker }] of hands) if (index !== except) worker.postMessage(order);
  };
  const change = async ({ domain, policy }: PolicyChange, from?: number): Promise<void> => {
    tellAll({ kind: 'policy', domain, policy }, from);
    await (policy === undefined ? parts.policyStore.forget(domain) : parts.policyStore.put(domain, policy));
  };
  const hear = (index: number, hand: Hand, news: News): void => {
    if (news.kind === 'ready') settle(hand, 0, undefined);
    else if (news.kind === 'done') settle(hand, news.n, news.fault);
    else if (news.kind === 'arrived') {
      parts.arrived();
      tellAll({ kind: 'wake' }, index);
    } else if (news.kind === 'dialogue') parts.hear(news.line);
    else if (news.kind === 'log') parts.writeLines(news.lines);
    else if (news.kind === 'counts') metrics.add(news.counts);
    else
      void change(news, index)
        .then(() => undefined, String)
        .then((fault) => hand.worker.postMessage({ kind: 'stored', n: news.n, fault } satisfies Order));
  };
  const begin = (index: number): Promise<string | undefined> => {
    const name = workerName({ index, of });
    const start: WorkerStart = {
      ...parts.now(),
      share: { index, of },
      policies: [...parts.policyStore.entries()],
      overrides: [...parts.overrides.entries()],
      queue: parts.queue.connect(),
    };
    const worker = parts.spawn(start);
    const hand: Hand = { worker, startedAt: clock.now(), waiting: new Map() };
    hands.set(index, hand);
    let end: Pick<Error, 'message' | 'stack'> = { message: 'it ended by itself' };
    worker.on('message', (news: News) => hear(index, hand, news));
    worker.on('error', (error) => {
      end = error instanceof Error ? error : { message: String(error) };
    });
    worker.once('exit', () => {
      if (hands.get(index) === hand) hands.delete(index);
      for (const n of hand.waiting.keys()) settle(hand, n, end.message);
      if (stopping.signal.aborted) return;
      log.event('error', 'worker-ended', { worker: name, says: end.stack ?? end.message });
      void again(index, clock.now() - hand.startedAt);
    });
    return answerOf(hand, 0);
  };
  const again = async (index: number, ran: number): Promise<void> => {
    const failed = ran > forgiven ? 0 : (failures.get(index) ?? 0);
    failures.set(index, failed + 1);
    await clock.sleep(seconds(rests[Math.min(failed, rests.length - 1)] as number), stopping.signal);
    if (stopping.signal.aborted) return;
    // When it does not come up it has ended, and its end brings us here again.
    if ((await begin(index)) === undefined) log.event('info', 'worker-started', { worker: workerName({ index, of }) });
  };
  const askAll = (order: (n: number) => Order): Promise<readonly (readonly [number, Hand, string | undefined])[]> =>
    Promise.all(
      [...hands].map(async ([index, hand]) => {
        count += 1;
        hand.worker.postMessage(order(count));
        return [index, hand, await answerOf(hand, count)] as const;
      }),
    );

  return {
    policyStore: {
      get: (domain) => parts.policyStore.get(domain),
      put: (domain, policy) => change({ domain, policy }),
      forget: (domain) => change({ domain, policy: undefined }),
      entries: () => parts.policyStore.entries(),
    },
    overrides: {
      get: parts.overrides.get,
      entries: parts.overrides.entries,
      async put(id, override, now) {
        await parts.overrides.put(id, override, now);
        tellAll({ kind: 'override', id, override });
      },
    },
    async start() {
      const faults = await Promise.all(Array.from({ length: of - 1 }, (_, n) => begin(n + 1)));
      const fault = faults.find((one) => one !== undefined);
      if (fault === undefined) return;
      stopping.abort();
      for (const { worker } of hands.values()) await worker.terminate();
      throw new Error(`a worker cannot start: ${fault}`);
    },
    count: () => hands.size,
    wake: () => tellAll({ kind: 'wake' }),
    forgetHosts: () => tellAll({ kind: 'forget-hosts' }),
    watch: () => tellAll({ kind: 'watch' }),
    async follow(kind) {
      const now = parts.now();
      for (const [index, { worker }, fault] of await askAll((n) => ({ ...now, kind, n }))) {
        if (fault === undefined || hands.get(index)?.worker !== worker) continue;
        log.event('error', 'worker-ended', { worker: workerName({ index, of }), says: fault });
        await worker.terminate();
      }
    },
    async drain(within) {
      stopping.abort();
      await askAll((n) => ({ kind: 'drain', n, within }));
    },
    async finish(within) {
      stopping.abort();
      await askAll((n) => ({ kind: 'finish', n, within }));
      await Promise.all([...hands.values()].map(({ worker }) => worker.terminate()));
    },
  };
}

const settle = (hand: Hand, n: number, fault: string | undefined): void => {
  hand.waiting.get(n)?.(fault);
  hand.waiting.delete(n);
};

/** @returns what went wrong. */
const answerOf = (hand: Hand, n: number): Promise<string | undefined> =>
  new Promise((resolve) => hand.waiting.set(n, resolve));

export function spawnWorker(start: WorkerStart): Worker {
  // The checkout runs .ts, the package .js.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new Worker(new URL(`./worker-thread${extension}`, import.meta.url), {
    workerData: start,
    transferList: [start.queue],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  });
}
