// What the tools look through: the same outlook as the relay's, opened for one question, under the flags that every verb has.

import { defaultPatience } from '../adapters/dns/upstream.ts';
import { createLog } from '../adapters/log/pino.ts';
import { createRegistry } from '../adapters/metrics/registry.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { Clock } from '../agent/ports.ts';
import type { ProbeOptions } from '../agent/probe.ts';
import { type Flags, readAt, timeoutOf } from '../cli/flags.ts';
import type { CheckOptions } from '../cli/program.ts';
import { faultLine } from '../cli/settings.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import { instant } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { gatherSight, type Sight } from './materials.ts';
import { makePassingPolicyStore, type Outlook, openOutlook, type Surroundings } from './outlook.ts';
import { probeOptionsOf } from './probe-options.ts';
import type { Environment } from './settings.ts';

/**
 * Tools speak for themselves: what the adapters log is shown with -v only.
 * @param when `now` leaves `--at` aside.
 */
export function surroundings(flags: Flags, terminal: Terminal, when: 'at' | 'now' = 'at'): Surroundings {
  const log = createLog({
    format: 'pretty',
    level: flags.on('verbose') ? 'debug' : 'error',
    redact: 'none',
    write: terminal.err,
  });
  const clock = when === 'now' ? systemClock : clockAt(flags);
  return { clock, log, metrics: createRegistry(), patience: patienceOf(flags) };
}

/** `--timeout`: all look-ups together end within it, the exam of the servers among them, and so does a policy's fetch. */
function patienceOf(flags: Flags): Surroundings['patience'] & object {
  const total = timeoutOf(flags);
  const { firstTry } = defaultPatience;
  const lookUp = {
    ...defaultPatience,
    total: Math.min(total, defaultPatience.total),
    firstTry: Math.min(total / 4, firstTry),
    ...(flags.text('timeout') === undefined ? {} : { until: performance.now() + total }),
  };
  return { lookUp, fetchMs: Math.min(total, 60_000) };
}

/** `--at`. */
function clockAt(flags: Flags): Clock {
  const at = readAt(flags, systemClock.now());
  if (at === undefined || at.kind === 'fault') return systemClock;
  const offset = at.value - systemClock.now();
  return { ...systemClock, now: () => instant(systemClock.now() + offset) };
}

/** @returns every fault of the files that the settings name. */
export function sightOf(loaded: Loaded, env: Environment): Result<Sight, string> {
  const { materials, faults } = gatherSight(loaded.config, env, systemClock.now());
  return materials === undefined ? fault(faults.map(faultLine).join('; ')) : ok(materials);
}

export type Bench = {
  readonly outlook: Outlook;
  readonly sight: Sight;
  readonly around: Surroundings;
  /** As `check` without flags has them. */
  readonly probeOptions: ProbeOptions;
};

const plainCheck: CheckOptions = {
  mx: undefined,
  host: undefined,
  all: 'no',
  connect: 'yes',
  requiretls: 'no',
  floor: undefined,
  sender: undefined,
  chain: undefined,
};

/** The caller closes the outlook. */
export function openBench(
  loaded: Loaded,
  flags: Flags,
  env: Environment,
  terminal: Terminal,
  when: 'at' | 'now' = 'at',
): Result<Bench, string> {
  const sight = sightOf(loaded, env);
  if (sight.kind === 'fault') return sight;
  const around = surroundings(flags, terminal, when);
  const read = probeOptionsOf(loaded, sight.value, plainCheck);
  if (read.kind === 'fault') return read;
  const outlook = openOutlook(loaded.config, sight.value, makePassingPolicyStore(), around);
  const signal = AbortSignal.timeout(timeoutOf(flags));
  const probeOptions = { ...read.value, discover: outlook.discoverOptions, signal };
  return ok({ outlook, sight: sight.value, around, probeOptions });
}

/** Opens the bench, lets one question be asked, and closes it. */
export async function withBench<T>(
  loaded: Loaded,
  flags: Flags,
  env: Environment,
  terminal: Terminal,
  ask: (bench: Bench) => Promise<Result<T, string>>,
): Promise<Result<T, string>> {
  const opened = openBench(loaded, flags, env, terminal);
  if (opened.kind === 'fault') return opened;
  try {
    return await ask(opened.value);
  } finally {
    opened.value.outlook.close();
  }
}
