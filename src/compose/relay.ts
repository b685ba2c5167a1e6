// The relay: queue, accepting side, sending side and endpoint joined, started in an order that loses nothing and stopped in
// the reverse one.

import { join } from 'node:path';
import type { Registry } from '../adapters/metrics/registry.ts';
import { openSqliteQueue } from '../adapters/queue/sqlite.ts';
import { type BoundAddress, createServer, type SmtpFront } from '../adapters/smtp/server.ts';
import { openPolicyStore } from '../adapters/store/policies.ts';
import { passwordFits } from '../adapters/system/passwords.ts';
import { type Admin, startAdmin } from '../admin/server.ts';
import { type AcceptPorts, accept } from '../agent/accept.ts';
import { type DeliverPorts, type DeliverSettings, deliver } from '../agent/deliver.ts';
import type { Clock, Incoming, IncomingBody, Log, QueueStore } from '../agent/ports.ts';
import { refreshPolicies } from '../agent/refresh-policies.ts';
import { createRunner, type Runner, type RunQueueSettings } from '../agent/run-queue.ts';
import type { Loaded } from '../config/load.ts';
import { type Seconds, seconds } from '../core/base/brand.ts';
import { fault, type NonEmpty, ok, type Result } from '../core/base/result.ts';
import type { DeliveryRecord } from '../core/policy/record.ts';
import { nextHopOf as coreNextHopOf, formatNextHop } from '../core/routing/next-hop.ts';
import type { EnvelopeRecipient } from '../core/smtp/envelope.ts';
import { makeRelayFace } from './face.ts';
import type { Materials } from './materials.ts';
import { type Outlook, openOutlook } from './outlook.ts';

export type RelayAround = { readonly clock: Clock; readonly log: Log; readonly metrics: Registry };

/** What changes as a whole when the configuration is read anew. */
export type InForce = { readonly loaded: Loaded; readonly materials: Materials; readonly outlook: Outlook };

export type Relay = {
  readonly addresses: readonly BoundAddress[];
  readonly adminPort: number;
  readonly queue: QueueStore;
  /** Takes a message as a trusted local client would hand it over. */
  submit(incoming: Incoming, body: IncomingBody): ReturnType<typeof accept>;
  /** @returns a fault, with nothing changed, when the new configuration cannot be put in force. */
  reload(loaded: Loaded, materials: Materials): Promise<Result<'reloaded', string>>;
  /** Remembers that a reload failed, for /readyz; undefined: the last one went well. */
  noteReload(says: string | undefined): void;
  /** Stops accepting, lets what is under way finish within the time, closes the queue. */
  stop(within: number): Promise<void>;
};

type NextHopOf = (recipient: EnvelopeRecipient) => string;

/** @throws Error that names the address, path or setting at fault; then nothing is left open. */
export async function startRelay(loaded: Loaded, materials: Materials, around: RelayAround): Promise<Relay> {
  const { clock, log } = around;
  const { config } = loaded;
  const queue = await openSqliteQueue({
    path: materials.queuePath,
    clock,
    log,
    minFree: config.queue.minFree,
    keepHistory: seconds(config.queue.keepHistory),
  });
  const stopping = new AbortController();
  const opened: (() => Promise<void> | void)[] = [() => queue.close()];
  try {
    const policyStore = await openPolicyStore(join(config.stateDirectory, 'policies.json'), log);
    let inForce: InForce = { loaded, materials, outlook: openOutlook(config, materials, policyStore, around) };
    opened.push(() => inForce.outlook.close());
    const nextHopOf: NextHopOf = (recipient) =>
      formatNextHop(coreNextHopOf(recipient.mailbox, inForce.materials.routes));
    // A route that changed while the relay was down.
    await queue.reroute(nextHopOf);
    const runner = makeRunner(queue, nextHopOf, () => inForce, around);
    const acceptPorts = (): AcceptPorts => ({
      queue,
      clock,
      log,
      hostname: inForce.materials.identity.hostname,
      nextHopOf,
      life: lifeOf(inForce.loaded),
    });
    const submit = async (incoming: Incoming, body: IncomingBody): ReturnType<typeof accept> => {
      const acceptance = await accept(acceptPorts(), incoming, body);
      if (acceptance.kind === 'queued') runner.wake();
      return acceptance;
    };
    const front = makeFront(() => inForce, submit, around);
    const addresses = await front.listen();
    opened.push(() => front.drain(seconds(0)));
    let reloadFault: string | undefined;
    let draining = false;
    const face = makeRelayFace({
      queue,
      kick: () => runner.wake(),
      submit,
      inForce: () => inForce,
      addresses,
      metrics: around.metrics,
      clock,
      reloadFault: () => reloadFault,
      draining: () => draining,
    });
    const admin: Admin = await startAdmin(
      {
        socketPath: join(config.stateDirectory, 'admin.sock'),
        address: config.admin.address,
        token: materials.adminToken,
        actions: config.admin.actions,
      },
      face,
    );
    opened.push(() => admin.close());
    const running = runner.run(stopping.signal);
    const refreshing = refreshPolicies(inForce.outlook.discoverPorts, stopping.signal);
    announce(inForce, addresses, log);
    return {
      addresses,
      adminPort: admin.port,
      queue,
      submit,
      noteReload: (says) => {
        reloadFault = says;
      },
      reload: async (next, nextMaterials) => {
        const listening = await front.reload(nextMaterials.listeners);
        if (listening.kind === 'fault') return fault(listening.fault);
        const former = inForce.outlook;
        inForce = {
          loaded: next,
          materials: nextMaterials,
          outlook: openOutlook(next.config, nextMaterials, policyStore, around),
        };
        // Rounds under way go on with what they began with.
        setTimeout(() => former.close(), 60_000).unref();
        await queue.reroute(nextHopOf);
        runner.wake();
        return ok('reloaded');
      },
      stop: async (within) => {
        draining = true;
        await front.drain(seconds(within));
        stopping.abort();
        await runner.drain(seconds(within));
        await Promise.all([running, refreshing]);
        await admin.close();
        inForce.outlook.close();
        await queue.close();
      },
    };
  } catch (error) {
    stopping.abort();
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

const lifeOf = ({ config }: Loaded): AcceptPorts['life'] => ({
  normal: seconds(config.delivery.expireAfter),
  // QUE-3: a notice that cannot be delivered is not worth five days.
  nullSender: seconds(Math.min(config.delivery.expireAfter, 2 * 86_400)),
});

function makeFront(inForce: () => InForce, submit: Relay['submit'], around: RelayAround): SmtpFront {
  const { log, metrics } = around;
  return createServer(inForce().materials.listeners, {
    acceptor: { accept: submit },
    log,
    metrics,
    authenticate: async (user, password) => {
      const stored = [...inForce().materials.users.values()]
        .map((users) => users.get(user))
        .find((hash) => hash !== undefined);
      return (await passwordFits(password, stored)) ? 'accepted' : 'refused';
    },
    knownNullMx: (domain) => inForce().outlook.resolver.knownNullMx(domain),
  });
}

const deliverSettings = ({ loaded, materials, outlook }: InForce): DeliverSettings => ({
  ehloName: materials.identity.hostname,
  routes: materials.routes,
  operator: materials.policy,
  discover: outlook.discoverOptions,
  resolverMode: loaded.config.resolver.mode,
});

/** A lease outlives any delivery that is not stuck; it is renewed while work goes on. */
const leaseFor = seconds(300);

function makeRunner(queue: QueueStore, nextHopOf: NextHopOf, inForce: () => InForce, around: RelayAround): Runner {
  const { clock, log, metrics } = around;
  // RTLS-43: our own notices about REQUIRETLS messages are stored redacted, so there is one form of every body.
  const content: DeliverPorts['content'] = async (message) => ({
    size: message.size,
    facts: message.content,
    body: () => queue.openBody(message.id),
  });
  const runnerSettings = (): RunQueueSettings => {
    const { loaded, materials } = inForce();
    const { delivery } = loaded.config;
    const life = lifeOf(loaded);
    return {
      worker: `${materials.identity.hostname}:${process.pid}`,
      parallel: delivery.parallel,
      perDestination: delivery.perDestination,
      leaseFor,
      schedule: {
        retry: delivery.retry.map(seconds) as unknown as NonEmpty<Seconds>,
        warnAfter: seconds(delivery.warnAfter),
        expireAfter: life.normal,
        expireNullAfter: life.nullSender,
      },
      identity: { hostname: materials.identity.hostname, postmaster: materials.identity.postmaster.text, nextHopOf },
    };
  };
  return createRunner(
    {
      queue,
      clock,
      log,
      metrics,
      deliver: async (lease, signal) => {
        const current = inForce();
        const ports = { ...current.outlook.discoverPorts, ...current.outlook.sendPorts, content };
        const round = await deliver(ports, deliverSettings(current), lease, signal);
        for (const record of round.records) tell(record, around);
        return round;
      },
    },
    runnerSettings,
  );
}

/** OBS-1, OBS-2: every record is a log line, evidence and all. */
function tell(record: DeliveryRecord, { log, metrics }: RelayAround): void {
  log.event(record.result === 'sent' ? 'info' : 'warn', 'attempt', record);
  metrics.count('sekisho_attempts_total', { reason: record.reason ?? 'none' });
  metrics.observe('sekisho_attempt_duration_seconds', record.duration_ms / 1000);
  if (record.result === 'sent')
    metrics.count('sekisho_delivered_protection_total', { level: record.tls_achieved ?? 'none', authn: record.authn });
}

function announce({ loaded, materials }: InForce, addresses: readonly BoundAddress[], log: Log): void {
  const { identity } = loaded.config;
  for (const { listener, host, port } of addresses)
    log.event('info', 'listening', { listener, address: `${host}:${port}` });
  if (!identity.hostname.includes('.'))
    log.event('warn', 'hostname-not-full', {
      hostname: identity.hostname,
      says: 'set identity.hostname; many receivers refuse such a name',
    });
  for (const { name, certificates, tls } of materials.listeners) {
    if (certificates.length === 0 && tls !== 'off')
      log.event('warn', 'no-certificate', {
        listener: name,
        says: 'neither STARTTLS nor REQUIRETLS is offered; set listen.certificate',
      });
  }
}
