// The machine as its owner has it: without what npm and the test runner put into the environment; and programs that run
// until they are stopped.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { delimiter } from 'node:path';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };
export type Environment = Readonly<Record<string, string | undefined>>;

/** PATH without any node_modules, no variable of npm's or ours: `node` is the machine's own. */
export function ownEnvironment(): Environment {
  const foreign =
    /^(npm_(?!config_(registry|cafile|userconfig))|NODE_|SEKISHO_|INIT_CWD$|STATE_DIRECTORY$|CREDENTIALS_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

export type Where = { readonly cwd?: string; readonly env?: Environment };

/** Runs to its end, whatever the exit status. @throws Error with what it wrote when that takes longer than two minutes. */
export function runProgram(file: string, args: readonly string[], where: Where = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { ...where, maxBuffer: 64 << 20, timeout: 120_000, killSignal: 'SIGKILL' } as const;
    const child: ChildProcess = execFile(file, args, options, (error, out, err) => {
      if (error !== null && child.exitCode === null) reject(new Error(`${error.message}\n${out}\n${err}`));
      else resolve({ code: child.exitCode ?? 0, out, err });
    });
  });
}

/** @throws Error with what it wrote, unless it ended with 0. @returns its standard output. */
export async function must(file: string, args: readonly string[], where: Where = {}): Promise<string> {
  const { code, out, err } = await runProgram(file, args, where);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}\n${out}\n${err}`);
  return out;
}

export type Launched = {
  readonly pid: number;
  /** Both streams. */
  readonly log: () => string;
  readonly ended: () => boolean;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM to it and all its children. @returns the exit status, null after a signal. */
  stop(): Promise<number | null>;
};

export function launch(file: string, args: readonly string[], where: Where = {}): Launched {
  const child = spawn(file, args, { ...where, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (octets: Buffer) => {
      log += octets.toString();
    });
  let left = false;
  const exit = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      log += error.message;
    });
    child.once('close', (code) => {
      left = true;
      resolve(code);
    });
  });
  const toAll = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && !left) process.kill(-child.pid, signal);
  };
  return {
    pid: child.pid ?? 0,
    log: () => log,
    ended: () => left,
    signal: (name) => void child.kill(name),
    stop: async () => {
      toAll('SIGTERM');
      const late = setTimeout(() => toAll('SIGKILL'), 20_000);
      try {
        return await exit;
      } finally {
        clearTimeout(late);
      }
    },
  };
}
