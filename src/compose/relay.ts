// The relay: queue, accepting side, sending side and endpoint joined, started in an order that loses nothing and stopped in
// the reverse one.

import { join } from 'node:path';
import { claimOwnership } from '../adapters/queue/owner.ts';
import { openSqliteQueue } from '../adapters/queue/sqlite.ts';
import { type BoundAddress, createServer, type SmtpFront } from '../adapters/smtp/server.ts';
import { openOverrideStore } from '../adapters/store/overrides.ts';
import { openPolicyStore } from '../adapters/store/policies.ts';
import { passwordFits } from '../adapters/system/passwords.ts';
import { type Admin, startAdmin } from '../admin/server.ts';
import { accept } from '../agent/accept.ts';
import type { Incoming, IncomingBody, Log, QueueStore } from '../agent/ports.ts';
import type { Runner } from '../agent/run-queue.ts';
import type { Loaded } from '../config/load.ts';
import { seconds } from '../core/base/brand.ts';
import type { Result } from '../core/base/result.ts';
import { nextHopOf as coreNextHopOf, formatNextHop } from '../core/routing/next-hop.ts';
import { makeRelayFace } from './face.ts';
import { type Holder, holdInForce, type InForce } from './in-force.ts';
import type { Materials } from './materials.ts';
import { openOutlook } from './outlook.ts';
import { version } from './package.ts';
import { makeReloader } from './reload.ts';
import { keepRefreshing, lifeOf, makeRunner, type NextHopOf, type RelayAround } from './sending.ts';
import { makeDialogues } from './trace.ts';

export type Relay = {
  /** Where it takes mail now. */
  readonly addresses: readonly BoundAddress[];
  readonly adminPort: number;
  readonly queue: QueueStore;
  /** Takes a message as a trusted local client would hand it over. */
  submit(incoming: Incoming, body: IncomingBody): ReturnType<typeof accept>;
  /** @returns a fault, with nothing changed, when the new configuration cannot be put in force. Never rejects. */
  reload(loaded: Loaded, materials: Materials): Promise<Result<'reloaded', string>>;
  /** Resolves when nothing can be stored or read any more: the process is of no use. */
  readonly failed: Promise<Error>;
  /** Remembers that a reload failed, for /readyz; undefined: the last one went well. */
  noteReload(says: string | undefined): void;
  /** Stops accepting, lets what is under way finish within the time, closes the queue. */
  stop(within: number): Promise<void>;
};

/** @throws Error that names the address, path or setting at fault; then nothing is left open. */
export async function startRelay(loaded: Loaded, materials: Materials, around: RelayAround): Promise<Relay> {
  const opened: Opened = [];
  try {
    return await joinParts(loaded, materials, around, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

/** What a start that fails half-way closes again, the last first. */
type Opened = (() => Promise<void> | void)[];

async function joinParts(
  loaded: Loaded,
  materials: Materials,
  surroundings: RelayAround,
  opened: Opened,
): Promise<Relay> {
  const { clock, log } = surroundings;
  const { watcher, face: dialogues } = makeDialogues(clock);
  const around = { ...surroundings, watcher };
  const { stateDirectory } = loaded.config;
  // Socket and policies are one relay's, whatever queue it has.
  const state = claimOwnership(join(stateDirectory, 'relay'), 'set another $STATE_DIRECTORY');
  opened.push(state.release);
  const queue = await openQueue(loaded, materials, around);
  opened.push(queue.close);
  const policyStore = await openPolicyStore(join(stateDirectory, 'policies.json'), log);
  const overrides = await openOverrideStore(join(stateDirectory, 'overrides.json'));
  const first = { loaded, materials, outlook: openOutlook(loaded.config, materials, policyStore, around) };
  const holder = holdInForce(first);
  opened.push(holder.close);
  const nextHopOf: NextHopOf = (recipient) =>
    formatNextHop(coreNextHopOf(recipient.mailbox, holder.current().materials.routes));
  // A route that changed while the relay was down.
  await queue.reroute(nextHopOf);
  const runner = makeRunner({ queue, overrides }, nextHopOf, holder, around);
  const submit = makeSubmit(queue, nextHopOf, holder, around, runner);
  const front = makeFront(holder, submit, around);
  const addresses = await front.listen();
  opened.push(() => front.drain(seconds(0)));
  const changed = async (): Promise<void> => {
    // A queue that refuses is grouped by old routes for a while; each round reads the routes for itself.
    await queue
      .reroute(nextHopOf)
      .catch((error: unknown) => log.event('error', 'rerouting-failed', { says: String(error) }));
    runner.wake();
  };
  const reloader = makeReloader({ holder, front, policyStore, around, changed }, addresses);
  opened.push(reloader.close);
  const draining = new AbortController();
  const face = makeRelayFace({
    queue,
    overrides,
    kick: runner.wake,
    submit,
    inForce: holder.current,
    addresses: reloader.addresses,
    metrics: around.metrics,
    clock,
    log,
    trouble: reloader.trouble,
    draining: () => draining.signal.aborted,
    dialogues,
  });
  const admin = await openAdmin(loaded, materials, face);
  announce(first, addresses, admin, log);
  const finishing = new AbortController();
  const work = Promise.all([runner.run(finishing.signal), keepRefreshing(holder, finishing.signal, around)]);
  return {
    get addresses() {
      return reloader.addresses();
    },
    adminPort: admin.port,
    queue,
    submit,
    failed: queue.failed,
    noteReload: reloader.noteConfiguration,
    reload: reloader.reload,
    stop: async (within) => {
      draining.abort();
      reloader.close();
      await front.drain(seconds(within));
      finishing.abort();
      await runner.drain(seconds(within));
      await work;
      await admin.close();
      holder.close();
      await queue.close();
      state.release();
    },
  };
}

const openQueue = (
  { config }: Loaded,
  { queuePath }: Materials,
  { clock, log }: RelayAround,
): ReturnType<typeof openSqliteQueue> =>
  openSqliteQueue({
    path: queuePath,
    clock,
    log,
    minFree: config.queue.minFree,
    keepHistory: seconds(config.queue.keepHistory),
  });

const openAdmin = (
  { config }: Loaded,
  { adminToken }: Materials,
  face: ReturnType<typeof makeRelayFace>,
): Promise<Admin> =>
  startAdmin(
    {
      socketPath: join(config.stateDirectory, 'admin.sock'),
      address: config.admin.address,
      token: adminToken,
      actions: config.admin.actions,
    },
    face,
  );

function makeSubmit(
  queue: QueueStore,
  nextHopOf: NextHopOf,
  holder: Holder,
  { clock, log }: RelayAround,
  runner: Runner,
): Relay['submit'] {
  return async (incoming, body) => {
    const { loaded, materials } = holder.current();
    const { hostname } = materials.identity;
    const acceptance = await accept({ queue, clock, log, hostname, nextHopOf, life: lifeOf(loaded) }, incoming, body);
    if (acceptance.kind === 'queued') runner.wake();
    return acceptance;
  };
}

function makeFront(holder: Holder, submit: Relay['submit'], around: RelayAround): SmtpFront {
  const { log, metrics } = around;
  return createServer(holder.current().materials.listeners, {
    acceptor: { accept: submit },
    log,
    metrics,
    authenticate: async (user, password, listener) => {
      const stored = holder.current().materials.users.get(listener)?.get(user);
      return (await passwordFits(password, stored)) ? 'accepted' : 'refused';
    },
    knownNullMx: (domain) => holder.current().outlook.resolver.knownNullMx(domain),
  });
}

function announce({ loaded, materials }: InForce, addresses: readonly BoundAddress[], { port }: Admin, log: Log): void {
  const { identity, admin } = loaded.config;
  for (const at of addresses)
    log.event('info', 'listening', { listener: at.listener, address: `${at.host}:${at.port}` });
  log.event('info', 'admin-listening', { address: `${admin.address.host}:${port}` });
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
  log.event('info', 'started', { version, pid: process.pid });
}
