// `sekisho run`: the relay in the foreground, signals, reload, exit status.

import { availableParallelism } from 'node:os';
import { createLog } from '../adapters/log/pino.ts';
import { createRegistry } from '../adapters/metrics/registry.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { faultLine, spokenFault } from '../cli/settings.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { ConfigFault, Loaded } from '../config/load.ts';
import type { NonEmpty, Result } from '../core/base/result.ts';
import { gather } from './materials.ts';
import { buildDate } from './package.ts';
import { type Relay, startRelay } from './relay.ts';
import type { Environment } from './settings.ts';
import { catchSignals, onBug } from './signals.ts';

/** Seconds that sessions and deliveries under way have after SIGTERM. */
const grace = 30;

/** Threads where the machine decides; each costs some 40 MB, and few relays have more mail than these carry. */
const mostByMachine = 4;

/** @returns 0 after a clean stop, 2 when it cannot start as configured, 5 when it cannot go on. */
export async function runRelay(
  loaded: Loaded,
  reread: () => Result<Loaded, NonEmpty<ConfigFault>>,
  env: Environment,
  terminal: Terminal,
): Promise<0 | 2 | 5> {
  // What it writes is mail of others.
  process.umask(0o077);
  const { materials, faults } = await gather(loaded.config, env, systemClock.now());
  if (materials === undefined) {
    for (const found of faults) terminal.err(`sekisho: ${spokenFault(terminal, found)}\n`);
    return 2;
  }
  const log = createLog(loaded.config.log);
  const signals = catchSignals();
  const bugs = onBug((says) => {
    log.event('error', 'internal-error', { says });
    log.flush();
  });
  // PKIX-11: signatures and certificates depend on it.
  if (new Date(systemClock.now()).toISOString() < buildDate)
    log.event('warn', 'clock-wrong', { says: 'the clock is before the day this version was made' });
  let relay: Relay;
  try {
    relay = await startRelay(loaded, materials, {
      clock: systemClock,
      log,
      metrics: createRegistry(),
      env,
      share: { index: 0, of: loaded.config.workers || Math.min(availableParallelism(), mostByMachine) },
      writeLines: log.lines,
    });
  } catch (error) {
    terminal.err(`sekisho: ${(error as Error).message}\n`);
    signals.close();
    bugs.close();
    return 2;
  }
  signals.onHangup(() => void reload(relay));
  const failure = await Promise.race([signals.stop, relay.failed]);
  if (failure !== undefined) {
    log.event('error', 'internal-error', { says: failure.message });
    // Its supervisor starts it anew; what can still be said to clients is said.
    await relay.stop(0).catch(() => undefined);
  } else {
    log.event('info', 'draining', {});
    await relay.stop(grace);
    log.event('info', 'stopped', {});
  }
  log.flush();
  return failure === undefined ? 0 : 5;

  async function reload(running: Relay): Promise<void> {
    const says = await tryReload(running).catch((error: unknown) => String(error));
    running.noteReload(says);
    log.event(says === undefined ? 'info' : 'error', says === undefined ? 'reloaded' : 'reload-refused', { says });
  }

  /** @returns what is wrong with the new configuration; the old one then stays in force. */
  async function tryReload(running: Relay): Promise<string | undefined> {
    const next = reread();
    if (next.kind === 'fault') return next.fault.map(faultLine).join('; ');
    const gathered = await gather(next.value.config, env, systemClock.now());
    if (gathered.materials === undefined) return gathered.faults.map(faultLine).join('; ');
    const reloaded = await running.reload(next.value, gathered.materials);
    return reloaded.kind === 'fault' ? reloaded.fault : undefined;
  }
}
