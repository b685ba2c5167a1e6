// Accounting: a control group for each party, so that the CPU and memory of everything a relay starts are counted, its
// logging included, and so that it can be stopped whole.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, run } from './place.ts';

export type Cpu = { readonly total: number; readonly user: number; readonly system: number };
/** MiB; `pss` counts shared pages once. */
export type Memory = { readonly pss: number; readonly rss: number; readonly processes: number };

export type Group = {
  readonly name: string;
  start(command: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Output goes to the log of the group. @throws when the exit code is not 0. */
  run(command: readonly string[], options?: SpawnOptions): Promise<void>;
  pids(): readonly number[];
  /** Seconds since the group was made. */
  cpu(): Cpu;
  memory(): Memory;
  stop(): Promise<void>;
};

const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
const hierarchy = `/sys/fs/cgroup/${isUnified ? '' : 'cpuacct/'}sekisho-bench-${run}`;

/** After the run, when nothing is left in them. */
export function removeGroups(): void {
  if (!existsSync(hierarchy)) return;
  const groups = readdirSync(hierarchy, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const path of [...groups.map(({ name }) => `${hierarchy}/${name}`), hierarchy]) quietly(() => rmdirSync(path));
}

export function openGroup(name: string): Group {
  const base = `${hierarchy}/${name}`;
  mkdirSync(base, { recursive: true });
  const start = (command: readonly string[], options: SpawnOptions = {}): ChildProcess => {
    const log = openSync(at(`logs/${name}.log`), 'a');
    const join = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    return spawn('/bin/sh', ['-c', join, base, ...command], { stdio: ['ignore', log, log], ...options });
  };
  const pids = (): readonly number[] =>
    readFileSync(`${base}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  const number = (file: string): number => Number(readFileSync(`${base}/${file}`, 'utf8')) / 1e9;
  return {
    name,
    start,
    run: async (command, options) => {
      const code = await exitOf(start(command, options));
      if (code !== 0) throw new Error(`${command.join(' ')}: exit ${code}, see ${at(`logs/${name}.log`)}`);
    },
    pids,
    cpu: () => {
      if (!isUnified) {
        return {
          total: number('cpuacct.usage'),
          user: number('cpuacct.usage_user'),
          system: number('cpuacct.usage_sys'),
        };
      }
      const stat = readFileSync(`${base}/cpu.stat`, 'utf8');
      const seconds = (key: string): number => Number(new RegExp(`^${key} (\\d+)`, 'm').exec(stat)?.[1] ?? 0) / 1e6;
      return { total: seconds('usage_usec'), user: seconds('user_usec'), system: seconds('system_usec') };
    },
    memory: () => sumOf(pids()),
    stop: async () => {
      for (const [signal, patience] of [
        ['SIGTERM', 15_000],
        ['SIGKILL', 5000],
      ] as const) {
        for (const pid of pids()) quietly(() => process.kill(pid, signal));
        const end = Date.now() + patience;
        while (Date.now() < end) {
          if (pids().length === 0) return;
          await sleep(20);
        }
      }
    },
  };
}

export const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 0 : 128)));
  });

function sumOf(pids: readonly number[]): Memory {
  let pss = 0;
  let rss = 0;
  let processes = 0;
  for (const pid of pids) {
    const text = quietly(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    if (text === undefined) continue;
    pss += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    rss += Number(/^Rss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    processes += 1;
  }
  return { pss: pss / 1024, rss: rss / 1024, processes };
}

/** A process that is gone is no fault. */
function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Samples until it is ended. @returns the peaks, each for itself. */
export function watchMemory(group: Group, everyMs = 1000): () => Memory {
  let peak: Memory = { pss: 0, rss: 0, processes: 0 };
  const look = (): void => {
    const seen = group.memory();
    peak = {
      pss: Math.max(peak.pss, seen.pss),
      rss: Math.max(peak.rss, seen.rss),
      processes: Math.max(peak.processes, seen.processes),
    };
  };
  look();
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

/** Waits until the group is (nearly) idle. */
export async function settle(group: Group, quietMs = 250, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  let before = group.cpu().total;
  while (Date.now() < end) {
    await sleep(quietMs);
    const now = group.cpu().total;
    if (now - before < (quietMs / 1000) * 0.04) return;
    before = now;
  }
}
