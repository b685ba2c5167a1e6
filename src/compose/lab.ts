// `sekisho lab`: the world, the relay in it, and its status page; `--once` sends one message to each destination and ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { createLog } from '../adapters/log/pino.ts';
import { createRegistry } from '../adapters/metrics/registry.ts';
import { handOver } from '../adapters/smtp/hand-over.ts';
import type { DeliveryRecord } from '../agent/ports.ts';
import { type Flags, parseFlags } from '../cli/flags.ts';
import { faultLine } from '../cli/settings.ts';
import { json, mark, say, type Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import type { QueueId } from '../core/base/brand.ts';
import { makeLabClock } from '../lab/clock.ts';
import { defaultLabRelay, labHints, writeLabConfiguration } from '../lab/configuration.ts';
import type { Level, Outcome } from '../lab/destination-plan.ts';
import { type RelayHandle, sendToAll } from '../lab/once.ts';
import { type Lab, startLab } from '../lab/world.ts';
import { gather } from './materials.ts';
import { type Relay, startRelay } from './relay.ts';
import { type Environment, readSettings } from './settings.ts';
import { catchSignals } from './signals.ts';

export async function runLab(flags: Flags, env: Environment, terminal: Terminal): Promise<0 | 1 | 2 | 5> {
  const once = flags.on('once');
  const folder = once ? mkdtempSync(join(tmpdir(), 'sekisho-lab-')) : resolvePath('sekisho-lab');
  let lab: Lab | undefined;
  let relay: Relay | undefined;
  try {
    lab = await startLab({ clock: makeLabClock('running') });
    relay = await startInside(lab, folder, once, env, terminal);
    return once ? await sendOnce(lab, relay, flags, terminal) : await stay(lab, folder, terminal);
  } catch (error) {
    terminal.err(`sekisho: ${(error as Error).message}\n`);
    return 2;
  } finally {
    await relay?.stop(2);
    await lab?.close();
    if (once) rmSync(folder, { recursive: true, force: true });
  }
}

/** The relay as the laboratory configures it, in this process. @throws Error that says what is wrong. */
export async function startInside(
  lab: Lab,
  folder: string,
  once: boolean,
  env: Environment,
  terminal: Terminal,
): Promise<Relay> {
  // `--once` takes any free ports, so that it disturbs no relay of this machine.
  const places = once ? { listen: '127.0.0.1:0', admin: '127.0.0.1:0' } : defaultLabRelay;
  const config = await writeLabConfiguration(lab, folder, places);
  const loaded = loadLab(config, { ...env, STATE_DIRECTORY: folder });
  const { materials, faults } = await gather(loaded.config, env, lab.clock.now());
  if (materials === undefined) throw new Error(faults.map(faultLine).join('; '));
  const log = createLog({ ...loaded.config.log, level: once ? 'error' : 'info', write: terminal.err });
  return startRelay(loaded, materials, { clock: lab.clock, log, metrics: createRegistry(), env });
}

function loadLab(config: string, env: Environment): Loaded {
  const flags = parseFlags(['--config', config], [{ name: 'config', value: 'file', says: '' }]);
  if (flags.kind === 'fault') throw new Error(flags.fault);
  // The laboratory is its own world: settings of the person's environment do not reach into it.
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('SEKISHO_')));
  const loaded = readSettings(flags.value.flags, clean);
  if (loaded.kind === 'fault') throw new Error(loaded.fault.map(faultLine).join('; '));
  return loaded.value;
}

async function stay(lab: Lab, folder: string, terminal: Terminal): Promise<0> {
  const config = join(folder, 'sekisho.toml');
  terminal.out(
    [
      say(terminal, `the laboratory is open; the other verbs look into it with  -c ${config}`),
      '',
      ...labHints(lab, config).map((line) => say(terminal, line)),
      '',
      say(terminal, 'end it with Ctrl-C'),
      '',
    ].join('\n'),
  );
  await catchSignals().stop;
  return 0;
}

async function sendOnce(lab: Lab, relay: Relay, flags: Flags, terminal: Terminal): Promise<0 | 1> {
  let allExpected = true;
  for await (const line of sendToAll(lab, handleOf(relay))) {
    allExpected &&= line.asExpected;
    if (flags.on('json')) json(terminal, line);
    else if (!flags.on('quiet')) {
      const how = line.reason ?? `${line.level ?? ''} ${line.authn.join('+')}`.trim();
      terminal.out(
        `${mark(terminal, line.asExpected ? 'pass' : 'fail')} ${line.destination.padEnd(28)} ${line.outcome.padEnd(9)} ${how.padEnd(32)} ${say(terminal, line.story)}\n`,
      );
    }
  }
  for (const { name, because } of lab.leftOut) terminal.err(`${say(terminal, `left out: ${name}, ${because}`)}\n`);
  return allExpected ? 0 : 1;
}

function handleOf(relay: Relay): RelayHandle {
  const port = relay.addresses[0]?.port ?? 0;
  return {
    submit: async ({ reversePath, recipient, requiretls, raw }) => {
      const reply = await handOver({ port, from: reversePath, to: recipient, requiretls, raw });
      const id = /queued as (\S+)/.exec(reply)?.[1];
      if (id === undefined) throw new Error(`no queue id in ${JSON.stringify(reply)}`);
      return id;
    },
    outcomeOf: async (id) => {
      for (let tries = 0; tries < 600; tries++) {
        const story = await relay.queue.story(id as QueueId);
        const state = story?.recipients[0]?.state;
        if (story !== undefined && state !== undefined && state !== 'queued')
          return outcomeOf(state, story.records.at(-1));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${id} came to no outcome in 30 s`);
    },
  };
}

function outcomeOf(state: string, last: DeliveryRecord | undefined): Outcome {
  const authn = typeof last?.authn === 'string' && last.authn !== 'none' ? last.authn.split('+') : [];
  const sent = state === 'sent';
  return {
    outcome: state as Outcome['outcome'],
    reason: (sent ? null : (last?.reason ?? null)) as Outcome['reason'],
    level: sent ? levelOf(last, authn) : null,
    authn: (sent ? authn : []) as Outcome['authn'],
  };
}

function levelOf(last: DeliveryRecord | undefined, authn: readonly string[]): Level | null {
  if (last?.tls_achieved === 'authenticated') return authn.some((one) => one.startsWith('dane')) ? 'dane' : 'webpki';
  return (last?.tls_achieved ?? null) as Level | null;
}
