// The laboratory with a relay in it, whole: composed in this process on the laboratory's clock, or as `sekisho run` in a
// process of its own. The verbs are the program's own, with their output caught.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createLog } from '../../src/adapters/log/pino.ts';
import { createRegistry } from '../../src/adapters/metrics/registry.ts';
import type { Clock } from '../../src/agent/ports.ts';
import { commands, dispatch } from '../../src/cli/commands.ts';
import { parseFlags } from '../../src/cli/flags.ts';
import { exitCodes } from '../../src/cli/terminal.ts';
import { gather, type Materials } from '../../src/compose/materials.ts';
import { makeProgram } from '../../src/compose/program.ts';
import { type Relay, startRelay } from '../../src/compose/relay.ts';
import { readSettings } from '../../src/compose/settings.ts';
import type { Loaded } from '../../src/config/load.ts';
import { languageOf } from '../../src/core/words/say.ts';
import { type LabClock, makeLabClock } from '../../src/lab/clock.ts';
import { labConfiguration } from '../../src/lab/configuration.ts';
import type { LabDestination } from '../../src/lab/destination-plan.ts';
import { destinations } from '../../src/lab/destinations.ts';
import type { SeenMessage } from '../../src/lab/mx-session.ts';
import { type Lab, startLab } from '../../src/lab/world.ts';
import { formsOf } from '../schema-checker.ts';

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly event: string };

export type World = {
  readonly lab: Lab;
  readonly clock: LabClock;
  /** State directory, configuration and CA bundle. */
  readonly folder: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes the configuration anew: lines put behind `[table]`, and text at the end. */
  configure(changes?: Changes): void;
};

/** Done when the file is over, the last first: a relay goes before its world. */
const endings: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});

/** Half of a start is the reading of the sources: processes share what became of them. */
export const compiled: string = join(tmpdir(), `sekisho-compiled-${process.getuid?.() ?? 0}`);

export type Changes = {
  /** TOML lines by table name, put first in that table; `""` for the top. */
  readonly in?: Readonly<Record<string, string>>;
  readonly end?: string;
  /** Where the listener `lab` listens; any free port unless given. */
  readonly listen?: string;
  readonly admin?: string;
  /** Last words on the whole text. */
  readonly edit?: (text: string) => string;
};

export const named = (...names: readonly string[]): readonly LabDestination[] =>
  names.map((name) => {
    const found = destinations.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no destination ${name}`);
    return found;
  });

/** Closed after the tests of the file. */
export async function openWorld(
  only?: readonly LabDestination[],
  mode: 'standing' | 'running' = 'running',
): Promise<World> {
  const clock = makeLabClock(mode);
  const lab = await startLab({ clock, ...(only && { destinations: only }) });
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-relay-'));
  const config = join(folder, 'sekisho.toml');
  writeFileSync(join(folder, 'ca.pem'), lab.caBundle);
  const configure = ({ listen, admin, edit, ...more }: Changes = {}): void => {
    const places = { listen: listen ?? '127.0.0.1:0', admin: admin ?? '127.0.0.1:0' };
    let text = labConfiguration(lab, folder, places);
    for (const [table, lines] of Object.entries(more.in ?? {})) {
      const header = `[${table}]\n`;
      text = text.includes(header) ? text.replace(header, `${header}${lines}\n`) : `${text}\n${header}${lines}\n`;
    }
    text += `\n${more.end ?? ''}\n`;
    writeFileSync(config, edit ? edit(text) : text);
  };
  configure();
  endings.push(
    async () => rmSync(folder, { recursive: true, force: true }),
    () => lab.close(),
  );
  const env = {
    PATH: process.env.PATH ?? '',
    STATE_DIRECTORY: folder,
    SEKISHO_LOG__FORMAT: 'json',
    SEKISHO_LOG__LEVEL: 'debug',
    NODE_COMPILE_CACHE: compiled,
  };
  return { lab, clock, folder, config, env, configure };
}

export type Prepared = { readonly loaded: Loaded; readonly materials: Materials };

/** @throws Error with the faults. */
export async function prepare({ config, env, clock }: World): Promise<Prepared> {
  const flags = parseFlags(['--config', config], [{ name: 'config', value: 'file', says: '' }]);
  if (flags.kind === 'fault') throw new Error(flags.fault);
  const loaded = readSettings(flags.value.flags, env);
  if (loaded.kind === 'fault') throw new Error(JSON.stringify(loaded.fault));
  const { materials, faults } = await gather(loaded.value.config, env, clock.now());
  if (materials === undefined) throw new Error(JSON.stringify(faults));
  return { loaded: loaded.value, materials };
}

export type Inside = { readonly relay: Relay; readonly port: number; readonly log: readonly LogLine[] };

/** The relay composed in this process, on the world's clock. The caller stops it, or the end of the file does. */
export async function startInside(world: World, clock: Clock = world.clock): Promise<Inside> {
  const { loaded, materials } = await prepare(world);
  const lines: LogLine[] = [];
  const log = createLog({ ...loaded.config.log, write: (line) => void lines.push(JSON.parse(line) as LogLine) });
  const relay = await startRelay(loaded, materials, { clock, log, metrics: createRegistry(), env: world.env });
  let stopped: Promise<void> | undefined;
  const stop = (within: number): Promise<void> => {
    stopped ??= relay.stop(within);
    return stopped;
  };
  endings.push(() => stop(0.1));
  return {
    relay: Object.create(relay, { stop: { value: stop } }) as Relay,
    port: relay.addresses[0]?.port ?? 0,
    log: lines,
  };
}

export type Running = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly adminPort: number;
  readonly log: readonly LogLine[];
  /** All that it wrote, lines that are no JSON too. */
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
};

export const program: string = join(import.meta.dirname, '../../bin/sekisho.mjs');

/**
 * `sekisho run` in a process of its own, once it listens.
 *
 * @param under words before the command that become it in the end, such as `sh -c 'exec "$@"' sh`.
 * @throws Error with its output if it ends before.
 */
export async function startOutside(
  world: World,
  env: Readonly<Record<string, string>> = {},
  under: readonly string[] = [],
): Promise<Running> {
  const [file = '', ...args] = [...under, process.execPath, program, 'run', '-c', world.config];
  const child = spawn(file, args, {
    env: { ...world.env, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const log: LogLine[] = [];
  let text = '';
  let rest = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
  });
  let over: number | string | undefined;
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      over = code ?? signal ?? 'gone';
      resolve(over);
    });
  });
  endings.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  const portOf = (event: string): number =>
    Number(/:(\d+)$/.exec(String(log.find((line) => line.event === event)?.address))?.[1] ?? 0);
  const isUp = (): boolean => over !== undefined || log.some(({ event }) => event === 'started');
  await until(isUp, 'the relay to listen', 90_000).catch((error: Error) => {
    throw new Error(`${error.message}; it said: ${text}`);
  });
  if (over !== undefined) throw new Error(`the relay ended with ${over}: ${text}`);
  return {
    child,
    pid: child.pid ?? 0,
    port: portOf('listening'),
    adminPort: portOf('admin-listening'),
    log,
    output: () => text,
    ended,
  };
}

export type Said = { readonly code: number; readonly out: string; readonly err: string };

/** One verb of the program, in this process; flags as on the command line, `-c` included by itself. */
export async function sekisho(world: World, ...argv: readonly string[]): Promise<Said> {
  const [verb = 'help', ...rest] = argv;
  return bare(world.env, verb, '-c', world.config, ...rest);
}

/** The same with an environment and nothing else. */
export async function bare(env: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<Said> {
  const said = { out: '', err: '' };
  const flag = argv.includes('--lang') ? argv[argv.indexOf('--lang') + 1] : undefined;
  const style = { color: false, ascii: false, width: Number.POSITIVE_INFINITY, language: languageOf(flag, env) };
  const terminal = {
    out: (text: string): void => {
      said.out += text;
    },
    err: (text: string): void => {
      said.err += text;
    },
    style,
  };
  const code = await dispatch(makeProgram(terminal, env), argv);
  // OPS-18: whatever a test asks for, its data is held to the schemas of the verb.
  if (argv.includes('--json')) formsOf(argv, said.out);
  // OPS-12: and its exit status to those that help names.
  const named = commands.find(({ name }) => name === argv[0])?.exits.map((exit): number => exitCodes[exit]) ?? [0];
  if (![exitCodes.yes, exitCodes.usage, exitCodes.bug, ...named].includes(code))
    throw new Error(`${argv.join(' ')} ended with ${code}, which help does not name: ${said.err}`);
  return { code, ...said };
}

/** The only JSON line of an answer. */
export const jsonOf = <T = Record<string, unknown>>({ out, err, code }: Said): T => {
  if (out.trim() === '') throw new Error(`no answer (exit ${code}): ${err}`);
  return JSON.parse(out) as T;
};

/** Waits for what must come. @throws Error when it does not. */
export async function until(
  come: () => boolean | Promise<boolean>,
  what: string,
  milliseconds = 15_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await come())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(20);
  }
}

export const messageOf = (lab: Lab, word: string): SeenMessage | undefined =>
  lab.messages().find(({ raw }) => raw.includes(word));

/** The state that every recipient of the message is in, or the first one's. */
export async function stateOf({ relay }: Inside, id: string): Promise<string | undefined> {
  return (await relay.queue.story(id as never))?.recipients[0]?.state;
}

/** A port of 127.0.0.1 that nobody has just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' && bound ? bound.port : 0));
    });
  });
}
