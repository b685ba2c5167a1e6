// An attacker on the path between our validator and its upstream: passes questions on, by UDP and TCP, but for some it has
// an answer of its own, made of records that the zones really signed.

import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import type { Transport } from '../../src/adapters/dns/transport.ts';
import { encodeMessage, type Message, parseMessage, type ResourceRecord } from '../../src/core/dns/message.ts';
import { local, type WireQuestion } from './differential.ts';
import type { Peer } from './peers.ts';

export type Forgery = {
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
};

export type ForgingProxy = Peer & {
  readonly port: number;
  /** From now on this question gets this answer. */
  forge(question: WireQuestion, forgery: Forgery): void;
  /** Every question is passed on again. */
  relent(): void;
};

const keyOf = ({ name, type }: WireQuestion): string => `${type} ${name}`;

export async function startForgingProxy(transport: Transport, upstream: number): Promise<ForgingProxy> {
  const forgeries = new Map<string, Forgery>();

  const answer = async (query: Uint8Array): Promise<Uint8Array | undefined> => {
    const parsed = parseMessage(query);
    const question = parsed.kind === 'ok' ? parsed.value.questions[0] : undefined;
    if (parsed.kind === 'fault' || question === undefined) return undefined;
    const forgery = forgeries.get(keyOf(question));
    if (forgery !== undefined) return encodeMessage(reply(parsed.value, forgery));
    const passed = await transport.exchange(local(upstream), query, 'udp', 5_000);
    if (passed.kind !== 'reply') return undefined;
    const bytes = Uint8Array.from(passed.bytes);
    bytes.set(query.subarray(0, 2));
    return bytes;
  };

  const streams = new Set<Socket>();
  const server = createServer((socket) => {
    streams.add(socket);
    socket.on('close', () => streams.delete(socket));
    serveStream(socket, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const datagrams = createSocket('udp4');
  datagrams.on('message', (query, from) => void answerDatagram(query, from));
  await new Promise<void>((resolve) => datagrams.bind(port, '127.0.0.1', resolve));

  async function answerDatagram(query: Uint8Array, from: RemoteInfo): Promise<void> {
    const bytes = await answer(query);
    if (bytes === undefined) return;
    datagrams.send(bytes.length <= 1_232 ? bytes : truncated(bytes), from.port, from.address);
  }

  return {
    port,
    forge: (question, forgery) => void forgeries.set(keyOf(question), forgery),
    relent: () => forgeries.clear(),
    stop: async () => {
      datagrams.close();
      for (const stream of streams) stream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const reply = (query: Message, { rcode, answer, authority }: Forgery): Message => ({
  ...query,
  response: true,
  recursionAvailable: true,
  rcode,
  answer,
  authority,
  additional: [],
});

/** The head with TC set, so that the asker comes back by TCP. */
function truncated(bytes: Uint8Array): Uint8Array {
  const parsed = parseMessage(bytes);
  if (parsed.kind === 'fault') return bytes;
  return encodeMessage({ ...parsed.value, truncated: true, answer: [], authority: [], additional: [] });
}

function serveStream(socket: Socket, answer: (query: Uint8Array) => Promise<Uint8Array | undefined>): void {
  let held = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const query = Uint8Array.from(held.subarray(2, 2 + held.readUInt16BE(0)));
      held = held.subarray(2 + query.length);
      void answer(query).then((bytes) => {
        if (bytes === undefined || socket.destroyed) return;
        const frame = Buffer.alloc(2 + bytes.length);
        frame.writeUInt16BE(bytes.length);
        frame.set(bytes, 2);
        socket.write(frame);
      });
    }
  });
}
