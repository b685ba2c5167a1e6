// The sending half under way: the loop over the queue, each round under one configuration from start to end, and what it
// came to told to log and metrics.

import type { Registry } from '../adapters/metrics/registry.ts';
import type { DialogueWatcher } from '../adapters/smtp/dialogue.ts';
import type { OverrideStore } from '../adapters/store/overrides.ts';
import type { AcceptPorts } from '../agent/accept.ts';
import { type DeliverPorts, type DeliverSettings, deliver } from '../agent/deliver.ts';
import type { Clock, Log, QueueStore } from '../agent/ports.ts';
import { refreshPolicies } from '../agent/refresh-policies.ts';
import { createRunner, type Runner, type RunQueueSettings } from '../agent/run-queue.ts';
import type { Loaded } from '../config/load.ts';
import { type Seconds, seconds } from '../core/base/brand.ts';
import type { NonEmpty } from '../core/base/result.ts';
import type { EnvelopeRecipient } from '../core/smtp/envelope.ts';
import type { Holder, InForce } from './in-force.ts';
import type { Env } from './reader.ts';
import { alone, type Share, shareOf, workerName } from './share.ts';

export type RelayAround = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Registry;
  readonly watcher?: DialogueWatcher;
  /** Where secrets that the settings name by `env:` and `credential:` are found again when files have changed. */
  readonly env: Env;
  /** Alone unless other threads take part. */
  readonly share?: Share;
  /** Where the lines go that other threads have logged. */
  readonly writeLines?: (lines: string) => void;
};

export type NextHopOf = (recipient: EnvelopeRecipient) => string;

export const lifeOf = ({ config }: Loaded): AcceptPorts['life'] => ({
  normal: seconds(config.delivery.expireAfter),
  // QUE-3: a notice that cannot be delivered is not worth five days.
  nullSender: seconds(Math.min(config.delivery.expireAfter, 2 * 86_400)),
});

const deliverSettings = (
  { loaded, materials, outlook }: InForce,
  override: DeliverSettings['override'],
): DeliverSettings => ({
  ehloName: materials.identity.hostname,
  routes: materials.routes,
  operator: materials.policy,
  override,
  discover: outlook.discoverOptions,
  resolverMode: loaded.config.resolver.mode,
});

/** A lease outlives any delivery that is not stuck; it is renewed while work goes on. */
const leaseFor = seconds(300);

export function makeRunner(
  { queue, overrides }: { readonly queue: QueueStore; readonly overrides: Pick<OverrideStore, 'get'> },
  nextHopOf: NextHopOf,
  holder: Holder,
  around: RelayAround,
): Runner {
  const { clock, log, metrics, share = alone } = around;
  // RTLS-43: our own notices about REQUIRETLS messages are stored redacted, so there is one form of every body.
  const content: DeliverPorts['content'] = async (message) => ({
    size: message.size,
    facts: message.content,
    body: () => queue.openBody(message.id),
  });
  const runnerSettings = oncePer(holder, ({ loaded, materials }): RunQueueSettings => {
    const { delivery } = loaded.config;
    const life = lifeOf(loaded);
    return {
      worker: workerName(share),
      parallel: shareOf(delivery.parallel, share),
      perDestination: shareOf(delivery.perDestination, share),
      leaseFor,
      schedule: {
        retry: delivery.retry.map(seconds) as unknown as NonEmpty<Seconds>,
        warnAfter: seconds(delivery.warnAfter),
        expireAfter: life.normal,
        expireNullAfter: life.nullSender,
      },
      identity: noticeIdentity(materials.identity, nextHopOf),
    };
  });
  return createRunner(
    {
      queue,
      clock,
      log,
      metrics,
      deliver: (lease, signal) =>
        holder.use((current) => {
          const { discoverPorts, sendPorts, memory } = current.outlook;
          const ports = { ...discoverPorts, ...sendPorts, memory, content };
          return deliver(ports, deliverSettings(current, overrides.get(lease.message.id)), lease, signal);
        }),
    },
    runnerSettings,
  );
}

/** Made once for each configuration in force: it is asked for several times a message. */
function oncePer<T>(holder: Holder, make: (inForce: InForce) => T): () => T {
  let known: { readonly of: InForce; readonly value: T } | undefined;
  return () => {
    const of = holder.current();
    if (known?.of !== of) known = { of, value: make(of) };
    return known.value;
  };
}

const noticeIdentity = (
  { hostname, postmaster, language }: InForce['materials']['identity'],
  nextHopOf: NextHopOf,
): RunQueueSettings['identity'] => ({
  hostname,
  postmaster: postmaster.text,
  nextHopOf,
  ...(language && { language }),
});

/** Under each configuration anew. A disk that refuses does not end it. */
export async function keepRefreshing(holder: Holder, stop: AbortSignal, { clock, log }: RelayAround): Promise<void> {
  while (!stop.aborted) {
    await holder
      .use(({ outlook }, replaced) => refreshPolicies(outlook.discoverPorts, AbortSignal.any([stop, replaced])))
      .catch(async (error: unknown) => {
        log.event('error', 'policy-refresh-failed', { says: String(error) });
        await clock.sleep(seconds(60), stop);
      });
  }
}
