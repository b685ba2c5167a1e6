// The relay: queue, accepting side, sending side and endpoint joined, started in an order that loses nothing and stopped in
// the reverse one.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { claimOwnership } from '../adapters/queue/owner.ts';
import { openSqliteQueue } from '../adapters/queue/sqlite.ts';
import type { BoundAddress } from '../adapters/smtp/server.ts';
import { openOverrideStore } from '../adapters/store/overrides.ts';
import { openPolicyStore } from '../adapters/store/policies.ts';
import { type Admin, startAdmin } from '../admin/server.ts';
import type { accept } from '../agent/accept.ts';
import type { Incoming, IncomingBody, Log, QueueStore } from '../agent/ports.ts';
import type { Loaded } from '../config/load.ts';
import { seconds } from '../core/base/brand.ts';
import type { Result } from '../core/base/result.ts';
import { makeRelayFace } from './face.ts';
import type { Holder, InForce } from './in-force.ts';
import type { Materials } from './materials.ts';
import { openOutlook } from './outlook.ts';
import { version } from './package.ts';
import { makeReloader } from './reload.ts';
import { keepRefreshing, type RelayAround } from './sending.ts';
import { alone } from './share.ts';
import { makeStation } from './station.ts';
import { makeDialogues } from './trace.ts';
import { createWorkers, spawnWorker } from './workers.ts';

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
  const storedPolicies = await openPolicyStore(join(stateDirectory, 'policies.json'), log);
  const storedOverrides = await openOverrideStore(join(stateDirectory, 'overrides.json'));
  const workers = createWorkers({
    of: (around.share ?? alone).of,
    clock,
    log,
    metrics: around.metrics,
    writeLines: around.writeLines ?? (() => undefined),
    policyStore: storedPolicies,
    overrides: storedOverrides,
    queue,
    arrived: () => runner.wake(),
    hear: watcher.line,
    spawn: spawnWorker,
    now: () => {
      const inForce = holder.current();
      return { loaded: inForce.loaded, materials: inForce.materials, addresses: reloader.addresses() };
    },
  });
  const { policyStore, overrides } = workers;
  const first = { loaded, materials, outlook: openOutlook(loaded.config, materials, policyStore, around) };
  const { holder, front, runner, submit, nextHopOf } = makeStation(first, { queue, overrides }, around, () =>
    workers.wake(),
  );
  opened.push(holder.close);
  // A route that changed while the relay was down.
  await queue.reroute(nextHopOf, routesName(holder));
  const addresses = await front.listen();
  opened.push(() => front.drain(seconds(0)));
  const kick = (): void => {
    runner.wake();
    workers.wake();
  };
  const changed = async (): Promise<void> => {
    // Before the queue is grouped anew, so that none groups by old routes after it.
    await workers.follow('reload');
    // A queue that refuses is grouped by old routes for a while; each round reads the routes for itself.
    await queue
      .reroute(nextHopOf, routesName(holder))
      .catch((error: unknown) => log.event('error', 'rerouting-failed', { says: String(error) }));
    kick();
  };
  const amended = (): Promise<void> => workers.follow('amend');
  const reloader = makeReloader({ holder, front, policyStore, around, changed, amended }, addresses);
  opened.push(reloader.close, () => workers.finish(0));
  await workers.start();
  const draining = new AbortController();
  const face = makeRelayFace({
    queue,
    overrides,
    kick,
    forgetHosts: () => {
      holder.current().outlook.sendPorts.hosts.forget();
      workers.forgetHosts();
    },
    threads: () => 1 + workers.count(),
    submit,
    inForce: holder.current,
    addresses: reloader.addresses,
    metrics: around.metrics,
    clock,
    log,
    trouble: reloader.trouble,
    draining: () => draining.signal.aborted,
    dialogues: {
      read: (from) => {
        workers.watch();
        return dialogues.read(from);
      },
    },
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
      await Promise.all([front.drain(seconds(within)), workers.drain(within)]);
      finishing.abort();
      await Promise.all([runner.drain(seconds(within)), workers.finish(within)]);
      await work;
      await admin.close();
      holder.close();
      await queue.close();
      state.release();
    },
  };
}

/** Equal where every recipient has the same next hop as last time. */
const routesName = (holder: Holder): string =>
  createHash('sha256')
    .update(`${version} ${JSON.stringify(holder.current().materials.routes)}`)
    .digest('hex');

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
