// The relay as its users have it: a process of its own started by `sekisho run`, asked through the other verbs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, ownEnvironment, type Ran, runProgram } from './machine.ts';
import { type Peer, until } from './peers.ts';

export const program: string = join(import.meta.dirname, '../../bin/sekisho.mjs');

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
  readonly pid: number;
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
  const env = {
    ...ownEnvironment(),
    STATE_DIRECTORY: folder,
    NODE_COMPILE_CACHE: join(tmpdir(), 'sekisho-interop-cache'),
  };
  const { log, ...running } = launch(process.execPath, [program, 'run', '-c', config], { env });
  const verb = (...args: readonly string[]): Promise<Ran> =>
    runProgram(process.execPath, [program, ...args, '-c', config], { env });
  const explain = async (id: string): Promise<Story> => JSON.parse((await verb('explain', id, '--json')).out);
  let health = '';
  try {
    await until(`${options.hostname} is ready`, async () => {
      const { code, out, err } = await verb('health', '--ready');
      health = out + err;
      if (running.ended()) throw new Error('it ended');
      return code === 0;
    });
  } catch (error) {
    await running.stop();
    throw new Error(`${(error as Error).message}\n${health}\n${log()}`);
  }
  const [host = '', port = ''] = listeningAt(log()).split(/:(?=\d+$)/);
  return {
    host,
    port: Number(port),
    pid: running.pid,
    log,
    reload: async () => {
      const before = log().length;
      running.signal('SIGHUP');
      await until('it has reloaded', () => log().slice(before).includes('"reloaded"'));
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
    stop: async () => void (await running.stop()),
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
