// A name server that does what a test tells it, over UDP and TCP on one ephemeral port of the loopback.

import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import type { ServerAddress } from '../../../src/adapters/dns/server-address.ts';

export type Asked = {
  readonly bytes: Uint8Array;
  readonly channel: 'udp' | 'tcp';
  /** The client's port. */
  readonly port: number;
};

/** What to do with one query: messages to send in order; on TCP framed, unless `raw` says what goes onto the wire. */
export type Reaction = {
  readonly send?: readonly Uint8Array[];
  /** Milliseconds before anything is sent. */
  readonly after?: number;
  /** UDP: from another socket than the one that was asked. */
  readonly from?: 'elsewhere';
  /** TCP: written piece by piece instead of `send`. */
  readonly raw?: readonly Uint8Array[];
  /** TCP: end the connection behind it. */
  readonly end?: true;
};

export type FakeServer = {
  readonly address: ServerAddress;
  readonly asked: Asked[];
  /** TCP connections accepted so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

export async function startFakeServer(
  react: (asked: Asked, count: number) => Reaction | Promise<Reaction>,
  host = '127.0.0.1',
): Promise<FakeServer> {
  const asked: Asked[] = [];
  const open = new Set<Socket>();
  let connections = 0;

  const tcp = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    let held = Buffer.alloc(0);
    socket.on('data', async (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const bytes = Uint8Array.from(held.subarray(2, 2 + held.readUInt16BE(0)));
        held = held.subarray(2 + bytes.length);
        await answerOnTcp(socket, { bytes, channel: 'tcp', port: socket.remotePort ?? 0 });
      }
    });
  });
  const record = async (one: Asked): Promise<Reaction> => {
    asked.push(one);
    const reaction = await react(one, asked.length);
    if (reaction.after !== undefined) await new Promise((done) => setTimeout(done, reaction.after));
    return reaction;
  };
  const answerOnTcp = async (socket: Socket, one: Asked): Promise<void> => {
    const reaction = await record(one);
    for (const piece of reaction.raw ?? (reaction.send ?? []).map(framed)) {
      if (socket.destroyed) return;
      await new Promise((done) => socket.write(piece, done));
      if (reaction.raw !== undefined) await new Promise((done) => setTimeout(done, 2));
    }
    if (reaction.end) socket.end();
  };

  const type = host.includes(':') ? 'udp6' : 'udp4';
  const { port, udp, other } = await bindAll(tcp, type, host);
  udp.on('message', async (bytes, from: RemoteInfo) => {
    const reaction = await record({ bytes: Uint8Array.from(bytes), channel: 'udp', port: from.port });
    for (const message of reaction.send ?? [])
      (reaction.from === 'elsewhere' ? other : udp).send(message, from.port, from.address);
  });

  return {
    address: { host, port },
    asked,
    connections: () => connections,
    close: async () => {
      udp.close();
      other.close();
      for (const socket of open) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** TCP and UDP on one port: when somebody has that of UDP, another one is tried. */
async function bindAll(
  tcp: Server,
  type: 'udp4' | 'udp6',
  host: string,
): Promise<{ readonly port: number; readonly udp: UdpSocket; readonly other: UdpSocket }> {
  for (let tries = 1; ; tries += 1) {
    tcp.listen(0, host);
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const [udp, other] = [createSocket(type), createSocket(type)];
    try {
      udp.bind(port, host);
      await once(udp, 'listening');
      other.bind(0, host);
      await once(other, 'listening');
      return { port, udp, other };
    } catch (error) {
      for (const socket of [udp, other]) socket.close();
      tcp.close();
      await once(tcp, 'close');
      if (tries === 20) throw error;
    }
  }
}

/** RFC 7766 §8: two octets of length before the message. */
export const framed = (message: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 0xff), message]);

/** A bare query, id 0, for tests of the transport alone. */
export function bareQuery(name: string, type = 1): Uint8Array {
  const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`);
  const question = Buffer.from(`${labels.join('')}\0`, 'latin1');
  return Buffer.concat([Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), question, Buffer.from([0, type, 0, 1])]);
}

/** The query turned into an answer without records. */
export function bareReply(
  query: Uint8Array,
  how: { readonly rcode?: number; readonly truncated?: true } = {},
): Uint8Array {
  const reply = Uint8Array.from(query);
  reply[2] = 0x81 | (how.truncated ? 0x02 : 0);
  reply[3] = 0x80 | (how.rcode ?? 0);
  return reply;
}

/** The message with one octet changed. */
export function altered(message: Uint8Array, at: number, by = 1): Uint8Array {
  const copy = Uint8Array.from(message);
  copy[at] = (copy[at] ?? 0) ^ by;
  return copy;
}
