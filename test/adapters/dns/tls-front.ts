// DNS over TLS in front of a server that speaks TCP: what a resolver with RFC 7858 looks like from outside.

import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

export type TlsFront = { readonly port: number; readonly heard: () => number; readonly close: () => void };

export async function startTlsFront(
  behind: { readonly host: string; readonly port: number },
  pair: { readonly cert: string; readonly key: string },
): Promise<TlsFront> {
  const open = new Set<Socket>();
  let octets = 0;
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const server = createServer(pair, (front: TLSSocket) => {
    const back = connect(behind);
    for (const socket of [front, back]) keep(socket);
    front.on('data', (chunk: Buffer) => {
      octets += chunk.length;
    });
    front.pipe(back).pipe(front);
  });
  server.on('connection', keep);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => octets,
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
