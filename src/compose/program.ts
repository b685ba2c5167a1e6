// The Program that the verbs ask: files, resolver, probe, laboratory and relay, made when a verb wants them.

import { createInterface } from 'node:readline/promises';
import { systemClock } from '../adapters/system/clock.ts';
import { draftFor } from '../agent/policy-draft.ts';
import { mxNamesOf, presentedBy } from '../agent/presented.ts';
import { createRelayClient } from '../cli/client.ts';
import { dnsReport } from '../cli/dns-report.ts';
import { type Flags, timeoutOf } from '../cli/flags.ts';
import type { DnsReport, Program, RelayClient } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import { type Loaded, stateDirectory } from '../config/load.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { nameFromText } from '../core/dns/name.ts';
import { typeFromText } from '../core/dns/presentation.ts';
import { sightOf, surroundings, withBench } from './bench.ts';
import { checkEach } from './check.ts';
import { examineMachine } from './doctor.ts';
import { examineOutside } from './doctor-outside.ts';
import { exampleConfig } from './example.ts';
import { readInput, writeOutput } from './input.ts';
import { runLab } from './lab.ts';
import { gather, gatherSight } from './materials.ts';
import { openResolver } from './outlook.ts';
import { version } from './package.ts';
import { makeReader, readSecret } from './reader.ts';
import { markCompromised, recallRollover, rollOverLive } from './rollover.ts';
import { runRelay } from './run.ts';
import { type Environment, readSettings } from './settings.ts';
import { runSiege } from './siege.ts';
import { checkTlsaLive } from './tlsa.ts';
import { recallAlarms, rememberAlarms, tellPeople, watchRound } from './tlsa-watch.ts';
import { traceOne } from './trace.ts';

export function makeProgram(terminal: Terminal, env: Environment): Program {
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
    inspect: async (loaded) => (await gather(loaded.config, env, systemClock.now())).faults,
    run: (loaded, flags) => runRelay(loaded, () => readSettings(flags, env), env, terminal),
    lab: (flags) => runLab(flags, env, terminal),
    siege: (flags, options) => runSiege(flags, options, env, terminal),
    dns: (loaded, flags, name, type) => lookUp(loaded, flags, { name, type }, env, terminal),
    check: (loaded, flags, subjects, options) => checkEach(loaded, flags, subjects, options, env, terminal),
    trace: (loaded, flags, subject, options, hear) => traceOne(loaded, flags, subject, options, hear, env, terminal),
    policyDraft: (loaded, flags, request) =>
      withBench(loaded, flags, env, terminal, (bench) =>
        draftFor(bench.outlook.probePorts, request, bench.probeOptions),
      ),
    mxNames: (loaded, flags, domain) =>
      withBench(loaded, flags, env, terminal, ({ outlook, probeOptions }) =>
        mxNamesOf(outlook.probePorts, domain, probeOptions),
      ),
    presented: (loaded, flags, service) =>
      withBench(loaded, flags, env, terminal, ({ outlook, probeOptions }) =>
        presentedBy(outlook.probePorts, service, probeOptions),
      ),
    tlsaCheck: (loaded, flags, request) => checkTlsaLive(loaded, flags, request, env, terminal),
    rollover: (loaded, flags, job) => rollOverLive(loaded, flags, job, env, terminal),
    rolloverMemory: recallRollover,
    rolloverCompromised: markCompromised,
    watchRound: (loaded, flags, request, memory) => watchRound(loaded, flags, request, memory, env, terminal),
    alarmMemory: recallAlarms,
    rememberAlarms,
    tellPeople: (channels, told) => tellPeople(channels, told, env),
    doctor: async (loaded, flags, request) => {
      const { materials } = gatherSight(loaded.config, env, systemClock.now());
      // At once, so that `--timeout` bounds both.
      const [here, outside] = await Promise.all([
        examineMachine(loaded.config, materials, surroundings(flags, terminal)),
        withBench(loaded, flags, env, terminal, async (bench) =>
          ok(await examineOutside(loaded.config, bench, request)),
        ),
      ]);
      // What is wrong with the settings was told by `inspect`.
      return [...here, ...(outside.kind === 'ok' ? outside.value : [])];
    },
    relay: (loaded, flags) => relayClient(loaded, flags, env),
    exampleConfig,
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

async function lookUp(
  loaded: Loaded,
  flags: Flags,
  asked: { name: string; type: string },
  env: Environment,
  terminal: Terminal,
): Promise<Result<DnsReport, string>> {
  const name = nameFromText(asked.name);
  const type = typeFromText(asked.type);
  if (name.kind === 'fault') return fault(`${JSON.stringify(asked.name)} is no domain name (${name.fault})`);
  if (type === undefined)
    return fault(`${JSON.stringify(asked.type)} is no record type; A, AAAA, MX, TLSA, TXT, DS, … or TYPE65`);
  const materials = sightOf(loaded, env);
  if (materials.kind === 'fault') return materials;
  const resolver = openResolver(loaded.config, materials.value, surroundings(flags, terminal));
  try {
    const found = await resolver.lookup(name.value, type);
    return ok(dnsReport(found, found));
  } finally {
    resolver.close();
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
