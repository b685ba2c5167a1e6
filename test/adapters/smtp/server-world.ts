// A server on ephemeral ports with a queue in memory, and a client that speaks octets.

import { once } from 'node:events';
import { BlockList, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { createServer, type SmtpFront } from '../../../src/adapters/smtp/server.ts';
import { makeSelfSigned } from '../../../src/adapters/smtp/server-certificate.ts';
import {
  type CertificatePair,
  defaultLimits,
  type Limits,
  type ListenerOptions,
  type ServerPorts,
} from '../../../src/adapters/smtp/server-options.ts';
import { type AcceptPorts, accept } from '../../../src/agent/accept.ts';
import type { BodyWriter, QueuedMessage } from '../../../src/agent/ports.ts';
import { instant, seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { mailboxAt } from '../../../src/core/smtp/address.ts';
import type { Identity } from '../../../src/core/smtp/admission.ts';
import type { EnvelopeRecipient } from '../../../src/core/smtp/envelope.ts';

export const identity: Identity = {
  hostname: 'relay.example.org',
  origin: domainName('example.org'),
  ownNames: [domainName('mx.example.org')],
  postmaster: mailboxAt('admin', domainName('example.org')),
};

let made: Promise<CertificatePair> | undefined;
export const certificate = (): Promise<CertificatePair> => {
  made ??= makeSelfSigned(identity.hostname);
  return made;
};

export const loopback = (): BlockList => {
  const ranges = new BlockList();
  ranges.addSubnet('127.0.0.0', 8, 'ipv4');
  return ranges;
};
export const nobody = (): BlockList => new BlockList();

export type Stored = {
  readonly message: QueuedMessage;
  readonly recipients: readonly { readonly recipient: EnvelopeRecipient; readonly nextHop: string }[];
  readonly body: string;
};

/** A queue that keeps what was committed; its writer can be made to fail. */
export function makeQueue(): {
  readonly stored: Stored[];
  readonly aborted: string[];
  writes: number;
  octets: number;
  fail: { write?: Error; commit?: Error; hang?: 'commit' };
  begin: AcceptPorts['queue']['begin'];
} {
  const queue = {
    stored: [] as Stored[],
    aborted: [] as string[],
    writes: 0,
    octets: 0,
    fail: {} as { write?: Error; commit?: Error; hang?: 'commit' },
    begin(id: string): BodyWriter {
      const chunks: Uint8Array[] = [];
      return {
        async write(chunk) {
          if (queue.fail.write) throw queue.fail.write;
          queue.writes++;
          queue.octets += chunk.length;
          chunks.push(Uint8Array.from(chunk));
        },
        async commit(message, recipients) {
          if (queue.fail.hang) await new Promise(() => undefined);
          if (queue.fail.commit) throw queue.fail.commit;
          queue.stored.push({ message, recipients, body: Buffer.concat(chunks).toString('latin1') });
        },
        async abort() {
          queue.aborted.push(id);
        },
      };
    },
  };
  return queue;
}

export type World = {
  readonly port: number;
  readonly front: SmtpFront;
  readonly queue: ReturnType<typeof makeQueue>;
  readonly events: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[];
  readonly counts: string[];
  readonly listener: ListenerOptions;
  readonly ports: ServerPorts;
};

export type Change = Partial<Omit<ListenerOptions, 'limits'>> & {
  readonly limits?: Partial<Limits>;
  readonly ports?: Partial<ServerPorts>;
};

/** All that a server needs, and what it leaves behind. */
export function makeWorld(change: Change = {}): Omit<World, 'port' | 'front'> {
  const queue = makeQueue();
  const events: World['events'] = [];
  const counts: string[] = [];
  const log = {
    event: (_level: string, event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      events.push({ event, fields });
    },
  };
  const acceptPorts: AcceptPorts = {
    queue,
    clock: { now: () => instant(1_790_000_000_000), sleep: async () => undefined, random: Math.random },
    log,
    hostname: identity.hostname,
    nextHopOf: ({ mailbox }) => (mailbox.domain.kind === 'name' ? mailbox.domain.name : `[${mailbox.domain.address}]`),
    life: { normal: seconds(432_000), nullSender: seconds(172_800) },
  };
  const { limits, ports: changedPorts, ...options } = change;
  const ports: ServerPorts = {
    acceptor: { accept: (incoming, body) => accept(acceptPorts, incoming, body) },
    log,
    metrics: {
      count: (name, labels = {}) => void counts.push(`${name} ${Object.values(labels).join(' ')}`),
      observe: () => undefined,
    },
    authenticate: async (user, password) => (user === 'ann' && password === 'secret' ? 'accepted' : 'refused'),
    knownNullMx: (domain) => domain === 'nomail.example',
    ...changedPorts,
  };
  const listener: ListenerOptions = {
    name: 'test',
    kind: 'relay',
    host: '127.0.0.1',
    port: 0,
    clients: loopback(),
    tls: 'optional',
    minVersion: 'TLSv1.2',
    certificates: [],
    auth: 'none',
    clientSpki: [],
    clientAuthorities: [],
    requiretls: 'offer',
    bareNewline: 'normalize',
    maxMessageSize: 50_000_000,
    maxRecipients: 1000,
    identity,
    aliases: new Map(),
    ...options,
    limits: { ...defaultLimits, greetingDelay: seconds(0), ...limits },
  };
  return { queue, events, counts, listener, ports };
}

/** A relay listener on 127.0.0.1 for loopback clients without TLS, changed as wanted; ends with the test. */
export async function startWorld(t: TestContext, change: Change = {}): Promise<World> {
  const world = makeWorld(change);
  const front = createServer([world.listener], world.ports);
  const [bound] = await front.listen();
  t.after(() => front.drain(seconds(0)));
  return { ...world, port: bound?.port ?? 0, front };
}

/** Speaks octets; nothing is sent that the test does not send. */
export class Client {
  #socket: Socket | TLSSocket;
  #text = '';
  #wake: (() => void) | undefined;
  closed = false;

  constructor(socket: Socket | TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.#listen(socket);
  }

  /** Connects and reads the greeting. */
  static async open(port: number, host = '127.0.0.1'): Promise<Client> {
    const client = Client.connect(port, host);
    await client.reply();
    return client;
  }

  static connect(port: number, host = '127.0.0.1'): Client {
    return new Client(connect(port, host));
  }

  static async openTls(port: number, options: ConnectionOptions = {}): Promise<Client> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    const client = new Client(socket);
    await client.reply();
    return client;
  }

  get socket(): Socket | TLSSocket {
    return this.#socket;
  }

  write(data: string | Uint8Array): void {
    this.#socket.write(typeof data === 'string' ? Buffer.from(data, 'utf8') : data);
  }

  /** One command, one reply. */
  async say(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  async all(...lines: readonly string[]): Promise<readonly string[]> {
    const replies: string[] = [];
    for (const line of lines) replies.push(await this.say(line));
    return replies;
  }

  /** The next whole reply, its lines joined by "\n"; "" when the server closed instead. */
  async reply(): Promise<string> {
    while (true) {
      const match = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match[0].length);
        return match[0].replaceAll('\r', '').trimEnd();
      }
      if (this.closed) return '';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async replies(count: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (let i = 0; i < count; i++) found.push(await this.reply());
    return found;
  }

  /** What came until the server closed. */
  async rest(): Promise<string> {
    while (!this.closed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#text;
  }

  async startTls(options: ConnectionOptions = {}): Promise<void> {
    const reply = await this.say('STARTTLS');
    if (!reply.startsWith('220')) throw new Error(reply);
    this.#socket.removeAllListeners();
    const socket = connectTls({ socket: this.#socket, rejectUnauthorized: false, ...options });
    this.#listen(socket);
    this.#socket = socket;
    await once(socket, 'secureConnect');
  }

  /** Greeting to 354 for one recipient. */
  async begin(mail = 'MAIL FROM:<a@client.example>', rcpt = 'RCPT TO:<b@far.example>'): Promise<void> {
    for (const line of ['EHLO client.example', mail, rcpt]) {
      const reply = await this.say(line);
      if (!reply.startsWith('250')) throw new Error(`${line}: ${reply}`);
    }
    const reply = await this.say('DATA');
    if (!reply.startsWith('354')) throw new Error(reply);
  }

  /** The message, its end, and the reply. */
  async data(body: string | Uint8Array): Promise<string> {
    this.write(typeof body === 'string' ? Buffer.from(body, 'latin1') : body);
    this.write('\r\n.\r\n');
    return this.reply();
  }

  end(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket | TLSSocket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#wake?.();
    });
  }
}

/** The stored octets below our own Received field. */
export const below = (stored: Stored | undefined): string =>
  (stored?.body ?? '').replace(/^Received: (?:[^\r]|\r\n[\t ])*\r\n/, '');
