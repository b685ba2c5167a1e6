// The Program that the verbs ask: files, resolver, probe, laboratory and relay. What one verb needs is loaded for it alone.

import { createInterface } from 'node:readline/promises';
import { systemClock } from '../adapters/system/clock.ts';
import { createRelayClient } from '../cli/client.ts';
import { type Flags, timeoutOf } from '../cli/flags.ts';
import type { Program, RelayClient } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import { type Loaded, stateDirectory } from '../config/load.ts';
import { exampleConfig } from './example.ts';
import { readInput, writeOutput } from './input.ts';
import { version } from './package.ts';
import { makeReader, readSecret } from './reader.ts';
import { type Environment, readSettings } from './settings.ts';

export function makeProgram(terminal: Terminal, env: Environment): Program {
  const lookUps = async () => (await import('./look-ups.ts')).makeLookUps(terminal, env);
  return {
    terminal,
    version,
    nodeVersion: process.versions.node,
    now: () => Date.now(),
    ask,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    read: readInput,
    write: writeOutput,
    config: (flags) => readSettings(flags, env),
    inspect: async (loaded) =>
      (await (await import('./materials.ts')).gather(loaded.config, env, systemClock.now())).faults,
    run: async (loaded, flags) =>
      (await import('./run.ts')).runRelay(loaded, () => readSettings(flags, env), env, terminal),
    lab: async (flags) => (await import('./lab.ts')).runLab(flags, env, terminal),
    siege: async (flags, options) => (await import('./siege.ts')).runSiege(flags, options, env, terminal),
    check: async function* (loaded, flags, subjects, options) {
      yield* (await import('./check.ts')).checkEach(loaded, flags, subjects, options, env, terminal);
    },
    trace: async (loaded, flags, subject, options, hear) =>
      (await import('./trace.ts')).traceOne(loaded, flags, subject, options, hear, env, terminal),
    tlsaCheck: async function* (loaded, flags, request) {
      yield* (await import('./tlsa.ts')).checkTlsaLive(loaded, flags, request, env, terminal);
    },
    rollover: async function* (loaded, flags, job) {
      yield* (await import('./rollover.ts')).rollOverLive(loaded, flags, job, env, terminal);
    },
    rolloverMemory: async (...asked) => (await import('./rollover.ts')).recallRollover(...asked),
    rolloverCompromised: async (...asked) => (await import('./rollover.ts')).markCompromised(...asked),
    watchRound: async (loaded, flags, request, memory) =>
      (await import('./tlsa-watch.ts')).watchRound(loaded, flags, request, memory, env, terminal),
    alarmMemory: async (...asked) => (await import('./tlsa-watch.ts')).recallAlarms(...asked),
    rememberAlarms: async (...asked) => (await import('./tlsa-watch.ts')).rememberAlarms(...asked),
    tellPeople: async (channels, told) => (await import('./tlsa-watch.ts')).tellPeople(channels, told, env),
    dns: async (...asked) => (await lookUps()).dns(...asked),
    policyDraft: async (...asked) => (await lookUps()).policyDraft(...asked),
    contacts: async (...asked) => (await lookUps()).contacts(...asked),
    mxNames: async (...asked) => (await lookUps()).mxNames(...asked),
    presented: async (...asked) => (await lookUps()).presented(...asked),
    doctor: async (...asked) => (await lookUps()).doctor(...asked),
    relay: (loaded, flags) => relayClient(loaded, flags, env),
    exampleConfig: (profile) => exampleConfig(profile, terminal.style.language),
  };
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const person = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await person.question(question);
  } finally {
    person.close();
  }
}

function relayClient(loaded: Loaded | undefined, flags: Flags, env: Environment): RelayClient {
  const url = flags.text('url') ?? env.SEKISHO_URL;
  const path = flags.text('socket') ?? env.SEKISHO_SOCKET ?? `${stateDirectory(env)}/admin.sock`;
  const token = loaded?.config.admin.token;
  // Without one that can be read the relay will refuse, and say so.
  const secret =
    url === undefined || token === undefined ? undefined : readSecret('admin.token', token, makeReader(env));
  return createRelayClient(
    url === undefined ? { kind: 'socket', path } : { kind: 'url', url, token: secret },
    timeoutOf(flags),
  );
}
