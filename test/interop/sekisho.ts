// The relay as its users have it: a process of its own started by `sekisho run`, asked through the other verbs.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, type Peer, until } from './peers.ts';

export const program: string = join(import.meta.dirname, '../../bin/sekisho.mjs');

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export type Recipient = {
  readonly address: string;
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly status: string | null;
  readonly says: string | null;
};
export type Attempt = Readonly<Record<string, unknown>>;
export type Story = {
  readonly sender: string;
  readonly tls_tag: string;
  readonly client: { readonly ehlo: string; readonly tls: string | null };
  readonly recipients: readonly Recipient[];
  readonly attempts: readonly Attempt[];
};

export type Sekisho = Peer & {
  readonly host: string;
  readonly port: number;
  /** Everything it wrote so far. */
  readonly log: () => string;
  /** SIGHUP; resolves when the new configuration is in force. */
  reload(): Promise<void>;
  /** A verb with this relay's configuration. */
  verb(...args: readonly string[]): Promise<Ran>;
  /** `sekisho explain --json`. */
  explain(id: string): Promise<Story>;
  /** The story once every recipient has been tried. */
  tried(id: string): Promise<Story>;
  /** `sekisho queue list --json`. */
  queue(): Promise<readonly (Story & { readonly queue_id: string })[]>;
};

export type SekishoOptions = {
  /** For state and configuration. */
  readonly folder: string;
  readonly hostname: string;
  /** Default: 127.0.0.1, any free port. */
  readonly address?: string;
  readonly resolver: string;
  readonly anchors: string;
  readonly deliveryPort: number;
  /** Files; default: self-signed. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Further tables. */
  readonly more?: string;
};

export async function startSekisho(options: SekishoOptions): Promise<Sekisho> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'sekisho.toml');
  writeFileSync(config, configuration(options));
  // Many short runs of the same program: what Node compiled is kept between them.
  const env = { ...process.env, STATE_DIRECTORY: folder, NODE_COMPILE_CACHE: join(tmpdir(), 'sekisho-interop-cache') };
  const child = spawn(process.execPath, [program, 'run', '-c', config], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (octets: Buffer) => (log += octets));
  const verb = (...args: readonly string[]): Promise<Ran> =>
    runProgram(process.execPath, [program, ...args, '-c', config], { env });
  const explain = async (id: string): Promise<Story> => JSON.parse((await verb('explain', id, '--json')).out);
  let health = '';
  try {
    await until(`${options.hostname} is ready`, async () => {
      const { code, out, err } = await verb('health', '--ready');
      health = out + err;
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return code === 0;
    });
  } catch (error) {
    await ended(child);
    throw new Error(`${(error as Error).message}\n${health}\n${log}`);
  }
  const [host = '', port = ''] = listeningAt(log).split(/:(?=\d+$)/);
  return {
    host,
    port: Number(port),
    log: () => log,
    reload: async () => {
      const before = log.length;
      child.kill('SIGHUP');
      await until('it has reloaded', () => log.slice(before).includes('"reloaded"'));
    },
    verb,
    explain,
    tried: async (id) => {
      let story: Story | undefined;
      await until(`each recipient of ${id} has been tried`, async () => {
        story = await explain(id);
        return story.recipients.every(({ state }) => state !== 'queued');
      });
      return story as Story;
    },
    queue: async () => {
      const { out } = await verb('queue', 'list', '--json');
      return out.trim() === ''
        ? []
        : out
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
    },
    stop: () => ended(child),
  };
}

/** The address in the log line that says where it listens. */
export function listeningAt(log: string): string {
  const line = log.split('\n').find((one) => one.includes('"listening"'));
  if (line === undefined) throw new Error(`no word of a listener in ${log}`);
  return (JSON.parse(line) as { address: string }).address;
}

function configuration(options: SekishoOptions): string {
  const pair = options.certificate;
  return `[identity]
hostname = "${options.hostname}"

[[listen]]
name = "interop"
address = "${options.address ?? '127.0.0.1:0'}"
clients = ["127.0.0.0/8"]
${pair === undefined ? 'certificate = "self-signed"' : `certificate = "${pair.certificate}"\nkey = "file:${pair.key}"`}

[resolver]
servers = ["${options.resolver}"]
trust_anchors = """${options.anchors}"""

[delivery]
port = ${options.deliveryPort}
allow_addresses = ["127.0.0.0/8"]
# Tests say themselves when to try again.
retry = ["1h"]

[admin]
address = "127.0.0.1:0"

[log]
redact = "none"

${options.more ?? ''}
`;
}

/** Runs to its end, whatever the exit status. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = execFile(file, args, { ...options, maxBuffer: 64 << 20 }, (error, out, err) => {
      if (error !== null && child.exitCode === null) reject(error);
      else resolve({ code: child.exitCode ?? 0, out, err });
    });
  });
}
