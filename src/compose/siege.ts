// `sekisho siege`: the laboratory, the relay in it or another one beside it, and every attack of the matrix.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { createRelayClient } from '../cli/client.ts';
import { type Flags, timeoutOf } from '../cli/flags.ts';
import type { SiegeOptions } from '../cli/program.ts';
import { json, type Mark, mark, printable, say, type Terminal } from '../cli/terminal.ts';
import type { QueueId } from '../core/base/brand.ts';
import type { NonEmpty } from '../core/base/result.ts';
import { makeLabClock } from '../lab/clock.ts';
import { type Lab, startLab } from '../lab/world.ts';
import type { ArenaOptions, Target } from '../siege/arena.ts';
import type { Attack, Claim } from '../siege/attack.ts';
import { allClaims } from '../siege/attack.ts';
import { attacks as everyAttack } from '../siege/attacks.ts';
import { countsLine, exitCodeOf, lineOf, saysOf, summaryOf, type Verdict } from '../siege/report.ts';
import { besiege, type Row } from '../siege/run.ts';
import { shortenRootKeys } from '../siege/staging.ts';
import { TargetUnreachable } from '../siege/talk.ts';
import { awaitReady, offer } from '../siege/target.ts';
import { startInside } from './lab.ts';
import type { Relay } from './relay.ts';
import type { Environment } from './settings.ts';

/** The laboratory with our own relay in it. */
export type OwnSiege = ArenaOptions & { readonly relay: Relay; close(): Promise<void> };

/** Milliseconds. Our own relay says when it is done; the first question is there by then. */
const ownPatience: ArenaOptions['patience'] = { first: 10_000, quiet: 500, arrival: 60_000 };
const foreignPatience: ArenaOptions['patience'] = { first: 60_000, quiet: 8_000, arrival: 60_000 };

/** @throws Error that says why the laboratory or the relay could not start. */
export async function openOwnSiege(env: Environment, terminal: Terminal): Promise<OwnSiege> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-siege-'));
  let lab: Lab | undefined;
  let relay: Relay | undefined;
  const close = async (): Promise<void> => {
    await relay?.stop(2);
    await lab?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    lab = await startLab({ clock: makeLabClock('running'), destinations: [], maxTtl: 0 });
    shortenRootKeys(lab);
    relay = await startInside(lab, folder, true, env, terminal);
    const target = targetOf(relay, join(folder, 'admin.sock'));
    return { lab, relay, target, claims: allClaims, patience: ownPatience, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function targetOf(relay: Relay, socket: string): Target {
  const client = createRelayClient({ kind: 'socket', path: socket }, 10_000);
  const attemptsOf = async (id: string): Promise<number | 'over'> => {
    const recipients = (await relay.queue.story(id as QueueId))?.recipients ?? [];
    const waiting = recipients.filter(({ state }) => state === 'queued' || state === 'deferred');
    return waiting.length === 0 ? 'over' : Math.min(...waiting.map(({ attempts }) => attempts));
  };
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 1200 && !(await isSo()); tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
  };
  return {
    host: '127.0.0.1',
    port: relay.addresses[0]?.port ?? 0,
    over: async (reply) => {
      const id = /queued as (\S+)/.exec(reply)?.[1] ?? '';
      await until(async () => (await attemptsOf(id)) !== 0);
    },
    flush: async (domain) => {
      const waiting = await client.list({ domain });
      const before = await Promise.all(waiting.map(async ({ message: { id } }) => [id, await attemptsOf(id)] as const));
      await client.act('retry', { domain }, 'siege');
      for (const [id, count] of before) await until(async () => (await attemptsOf(id)) !== count);
    },
  };
}

/** @returns 0 only if every attack that applies was withstood. */
export async function runSiege(
  flags: Flags,
  options: SiegeOptions,
  env: Environment,
  terminal: Terminal,
): Promise<0 | 1 | 2 | 3> {
  const chosen = everyAttack.filter(({ id }) => options.only.length === 0 || options.only.includes(id));
  const strange = options.only.filter((id) => !everyAttack.some((attack) => attack.id === id));
  if (strange.length > 0) {
    terminal.err(`sekisho: ${say(terminal, `no such attack: ${printable(strange.join(' '))}`)}\n`);
    return 2;
  }
  try {
    return options.target === undefined
      ? await besiegeOwn(chosen, flags, env, terminal)
      : await besiegeOther(chosen, options.target, flags, options, terminal);
  } catch (error) {
    terminal.err(`sekisho: ${printable(say(terminal, (error as Error).message))}\n`);
    return error instanceof TargetUnreachable ? 3 : 2;
  }
}

async function besiegeOwn(
  chosen: readonly Attack[],
  flags: Flags,
  env: Environment,
  terminal: Terminal,
): Promise<0 | 1 | 3> {
  const siege = await openOwnSiege(env, terminal);
  try {
    return await tellAll(chosen, siege, 'our own relay', flags, terminal);
  } finally {
    await siege.close();
  }
}

async function besiegeOther(
  chosen: readonly Attack[],
  place: NonNullable<SiegeOptions['target']>,
  flags: Flags,
  { claims = ['dane'], ports, folder, flush }: SiegeOptions,
  terminal: Terminal,
): Promise<0 | 1 | 3> {
  const lab = await startLab({ clock: makeLabClock('running'), destinations: [], ports, maxTtl: 0 });
  shortenRootKeys(lab);
  try {
    const target: Target = { ...place, ...(flush && { flush: (domain) => runFlush(flush, domain) }) };
    const offered = await offer(lab, resolvePath(folder));
    const open = `the laboratory is open; the relay at ${target.host}:${target.port} must use it:`;
    const lines = offered.map((line) => `  ${say(terminal, line)}`);
    terminal.err(
      `${[say(terminal, open), ...lines, say(terminal, 'waiting for a control message to arrive')].join('\n')}\n`,
    );
    const held = claims as readonly Claim[];
    const ready = await awaitReady(lab, target, held, timeoutOf(flags));
    if (ready.kind === 'not-ready') {
      terminal.err(`sekisho: ${say(terminal, `no result: ${ready.because}`)}\n`);
      return 3;
    }
    const around = { lab, target, claims: held, patience: foreignPatience };
    return await tellAll(chosen, around, `${target.host}:${target.port}`, flags, terminal);
  } finally {
    await lab.close();
  }
}

/** It may end before the relay has tried, and says by its end alone whether it was heard. */
function runFlush([program, ...words]: NonEmpty<string>, domain: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, [...words, domain], { timeout: 30_000 }, (error) =>
      error === null ? resolve() : reject(new Error(`${program} did not have it try again: ${error.message}`)),
    );
  });
}

const marks: Readonly<Record<Verdict, Mark>> = {
  held: 'pass',
  fell: 'fail',
  'not-applicable': 'not-applicable',
  undetermined: 'unknown',
};

async function tellAll(
  chosen: readonly Attack[],
  around: ArenaOptions,
  target: string,
  flags: Flags,
  terminal: Terminal,
): Promise<0 | 1 | 3> {
  const rows = new Map<string, Row>();
  for await (const row of besiege(chosen, around)) {
    rows.set(row.attack.id, row);
    if (flags.on('json')) json(terminal, lineOf(row));
    else if (!flags.on('quiet')) {
      const { attack, finding } = row;
      terminal.out(
        `${mark(terminal, marks[finding.kind])} ${attack.id.padEnd(7)} ${finding.kind.padEnd(14)} ${say(terminal, attack.title)}: ${printable(say(terminal, saysOf(finding)))}\n`,
      );
    }
  }
  const summary = summaryOf([...rows.values()], target, around.claims);
  if (flags.on('json')) json(terminal, summary);
  else if (!flags.on('quiet')) terminal.out(`${say(terminal, countsLine(summary))}\n`);
  return exitCodeOf(summary);
}
