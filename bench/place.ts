// Where the bench works: its folder, the tools it needs, and a namespace of its own in which only loopback exists and
// every process ends with it.

import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const folder: string = process.env.BENCH_DIR ?? '/var/tmp/sekisho-bench';
export const at = (path: string): string => `${folder}/${path}`;
export const repository: string = fileURLToPath(new URL('..', import.meta.url));
export const postfixRoot: string = at('postfix/root');

export const hasPostfix = (): boolean => existsSync(at('postfix/upper/usr/sbin/postfix'));

/** What is missing, one sentence each; the bench installs nothing by itself. */
export function missing(): readonly string[] {
  if (process.platform !== 'linux') return ['Linux: the bench works in network namespaces'];
  const without: string[] = [];
  if (process.getuid?.() !== 0) without.push('root: the bench makes namespaces and control groups');
  for (const tool of ['flock', 'unshare', 'ip', 'mount', 'openssl', 'nsd', 'unbound', 'ldns-keygen', 'ldns-signzone']) {
    if (!isOnPath(tool)) without.push(`${tool}: run bench/setup.sh (Debian), or install it`);
  }
  for (const tool of ['source', 'sink']) {
    if (!existsSync(at(`bin/${tool}`)))
      without.push(`${at(`bin/${tool}`)}: run bench/setup.sh, or (cd bench/go && go build -o ${at('bin/')} ./...)`);
  }
  return without;
}

function isOnPath(tool: string): boolean {
  return `${process.env.PATH}:/usr/sbin:/sbin`.split(':').some((place) => {
    try {
      accessSync(`${place}/${tool}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const mark = 'BENCH_INSIDE';
export const isInside = (): boolean => process.env[mark] !== undefined;
/** Names this run, so that several do not count into the same control groups. */
export const run: string = process.env[mark] ?? String(process.pid);

/** Runs this program again inside new network, mount and process namespaces. @returns its exit code. */
export function goInside(): number {
  const space = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const alone = ['--nonblock', '--conflict-exit-code', '75', at('lock')];
  const { status } = spawnSync('flock', [...alone, 'unshare', ...space, ...again], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path, [mark]: run },
  });
  if (status === 75) process.stderr.write(`another bench runs in ${folder}\n`);
  return status ?? 1;
}

/** Loopback up, many local ports, and the root of Postfix mounted where it was prepared. */
export function furnish(): void {
  rmSync(at('logs'), { recursive: true, force: true });
  for (const part of ['logs', 'state', 'profiles']) mkdirSync(at(part), { recursive: true });
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '10000 64999');
  writeFileSync('/proc/sys/net/ipv4/tcp_tw_reuse', '1');
  if (!hasPostfix()) return;
  const layers = `lowerdir=/,upperdir=${at('postfix/upper')},workdir=${at('postfix/work')}`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, postfixRoot]);
  execFileSync('mount', ['--bind', '/dev', `${postfixRoot}/dev`]);
  execFileSync('mount', ['-t', 'proc', 'proc', `${postfixRoot}/proc`]);
  // Both queues are plain folders of one file system.
  const spool = at('state/postfix');
  if (!existsSync(spool)) execFileSync('cp', ['-a', `${postfixRoot}/var/spool/postfix`, spool]);
  execFileSync('mount', ['--bind', spool, `${postfixRoot}/var/spool/postfix`]);
}

/** For the record of a result. */
export function machine(): Readonly<Record<string, string | number>> {
  const first = (file: string, pattern: RegExp): string => pattern.exec(readFileSync(file, 'utf8'))?.[1]?.trim() ?? '?';
  const line = (command: string, ...words: string[]): string => {
    const { stdout } = spawnSync(command, words, { encoding: 'utf8' });
    return stdout?.split('\n')[0]?.trim() || '?';
  };
  return {
    processor: first('/proc/cpuinfo', /model name\s*: (.*)/),
    processors: readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? 0,
    memory_mib: Math.round(Number(first('/proc/meminfo', /MemTotal:\s*(\d+)/)) / 1024),
    kernel: line('uname', '-r'),
    system: first('/etc/os-release', /PRETTY_NAME="(.*)"/),
    file_system: line('stat', '-f', '-c', '%T', folder),
    node: process.version,
    openssl: process.versions.openssl,
    commit: line('git', '-c', 'safe.directory=*', '-C', repository, 'describe', '--always', '--dirty'),
  };
}
