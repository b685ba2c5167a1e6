// An attacker on the path of a TLS 1.2 handshake, where certificates are in the clear (RFC 5246 §7.4.2): shows others than the
// server sent and passes all the rest on.

import { connect, createServer, type Socket } from 'node:net';
import type { Made } from './certificates.ts';

const handshakeRecord = 22;
const certificateMessage = 11;
const serverHelloDone = 14;

export async function startSwapper(
  upstream: number,
  shown: readonly Made[],
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const onward = connect(upstream, '127.0.0.1');
    const swap = swapping(shown);
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, onward].map((each) => each.destroy()));
    }
    client.on('data', (chunk) => onward.write(chunk));
    onward.on('data', (chunk) => client.write(swap(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Holds the first flight of the server back until it is whole, and changes its Certificate message. */
function swapping(shown: readonly Made[]): (chunk: Buffer) => Buffer {
  let held: Buffer = Buffer.alloc(0);
  let isOver = false;
  return (chunk) => {
    if (isOver) return chunk;
    held = Buffer.concat([held, chunk]);
    const flight = readFlight(held);
    if (flight === undefined) return Buffer.alloc(0);
    isOver = true;
    const messages = flight.map((message) => (message[0] === certificateMessage ? certificatesOf(shown) : message));
    return messages.length === 0 ? held : recordOf(Buffer.concat(messages));
  };
}

/** The messages up to ServerHelloDone; none for something else than a handshake; undefined while more is to come. */
function readFlight(octets: Buffer): readonly Buffer[] | undefined {
  let payload: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 5 <= octets.length; ) {
    if (octets[at] !== handshakeRecord) return [];
    const end = at + 5 + octets.readUInt16BE(at + 3);
    if (end > octets.length) return undefined;
    payload = Buffer.concat([payload, octets.subarray(at + 5, end)]);
    at = end;
  }
  const messages: Buffer[] = [];
  for (let at = 0; at + 4 <= payload.length; ) {
    const end = at + 4 + payload.readUIntBE(at + 1, 3);
    if (end > payload.length) return undefined;
    messages.push(payload.subarray(at, end));
    at = end;
  }
  return messages.at(-1)?.[0] === serverHelloDone ? messages : undefined;
}

const sized = (octets: Uint8Array): Buffer => {
  const length = Buffer.alloc(3);
  length.writeUIntBE(octets.length, 0, 3);
  return Buffer.concat([length, octets]);
};

const certificatesOf = (shown: readonly Made[]): Buffer =>
  Buffer.concat([Buffer.of(certificateMessage), sized(sized(Buffer.concat(shown.map(({ der }) => sized(der)))))]);

function recordOf(payload: Buffer): Buffer {
  const head = Buffer.from([handshakeRecord, 3, 3, 0, 0]);
  head.writeUInt16BE(payload.length, 3);
  return Buffer.concat([head, payload]);
}
