// A ceiling over a process's memory, as systemd's MemoryMax and containers set it: a control group of its own, version 2 or 1.
// Needs root and a file system of control groups that can be written.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Ceiling = {
  readonly version: 1 | 2;
  /** Words before a command that is to run below it. */
  readonly under: readonly string[];
  /** How often the kernel killed for want of memory. */
  kills(): number;
  /** Most octets at a time: of processes, of the kernel for them, and of files that could have been dropped. */
  peak(): number;
  /** When all processes in it are gone. */
  remove(): void;
};

type Files = {
  readonly limit: readonly string[];
  readonly events: string;
  readonly peak: string;
};

const files: Readonly<Record<1 | 2, Files>> = {
  1: {
    limit: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
    events: 'memory.oom_control',
    peak: 'memory.max_usage_in_bytes',
  },
  2: { limit: ['memory.max'], events: 'memory.events', peak: 'memory.peak' },
};

/** @returns why there can be none on this machine. */
export function setCeiling(octets: number): Ceiling | string {
  const mounted = mountOf();
  if (mounted === undefined) return 'no control group for memory is mounted';
  const { version, at } = mounted;
  const folder = join(at, `sekisho-faults-${process.pid}`);
  const { limit, events, peak } = files[version];
  try {
    if (version === 2) writeFileSync(join(at, 'cgroup.subtree_control'), '+memory');
    mkdirSync(folder, { recursive: true });
    for (const name of limit) if (existsSync(join(folder, name))) writeFileSync(join(folder, name), String(octets));
    // Swap would only hide it.
    if (version === 2 && existsSync(join(folder, 'memory.swap.max')))
      writeFileSync(join(folder, 'memory.swap.max'), '0');
  } catch (error) {
    return `the control group cannot be made: ${(error as Error).message}`;
  }
  const read = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
  const field = (name: string, word: string): number =>
    Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(read(name))?.[1] ?? 0);
  return {
    version,
    under: ['sh', '-c', `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`, 'sh'],
    kills: () => field(events, 'oom_kill'),
    peak: () => Number(read(peak).trim()),
    remove: () => rmdirSync(folder),
  };
}

function mountOf(): { readonly version: 1 | 2; readonly at: string } | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const first = mounts.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes('memory'));
  if (first?.[1] !== undefined) return { version: 1, at: first[1] };
  const second = mounts.find(
    ([, at = '', type]) =>
      type === 'cgroup2' && readFileSync(join(at, 'cgroup.controllers'), 'utf8').split(/\s/).includes('memory'),
  );
  return second?.[1] === undefined ? undefined : { version: 2, at: second[1] };
}
