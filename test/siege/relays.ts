// Relays that are no relays, to besiege: one refuses everything, one takes everything and does nothing, one hands on in
// cleartext whatever it gets.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Lab } from '../../src/lab/world.ts';
import type { Target } from '../../src/siege/arena.ts';

export type FalseRelay = Target & { close(): Promise<void> };

type Taken = { readonly from: string; readonly to: string; readonly content: string };

/** @param onTaken what becomes of a message; undefined: all are refused. */
export async function startFalseRelay(onTaken: ((taken: Taken) => void) | undefined): Promise<FalseRelay> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    serve(socket, onTaken);
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { host: '127.0.0.1', port, close };
}

function serve(socket: Socket, onTaken: ((taken: Taken) => void) | undefined): void {
  const say = (reply: string): unknown => socket.write(`${reply}\r\n`);
  let text = '';
  let from = '';
  let to = '';
  let inData = false;
  say('220 false.test');
  socket.on('data', (octets) => {
    text += octets.toString('latin1');
    for (;;) {
      const mark = inData ? '\r\n.\r\n' : '\r\n';
      const end = text.indexOf(mark);
      if (end < 0) return;
      const part = text.slice(0, end);
      text = text.slice(end + mark.length);
      if (inData) {
        inData = false;
        onTaken?.({ from, to, content: part });
        say('250 taken');
      } else if (part.startsWith('MAIL')) {
        from = part.slice('MAIL FROM:'.length);
        say(onTaken ? '250 ok' : '554 no');
      } else if (part.startsWith('RCPT')) {
        to = part.slice('RCPT TO:'.length);
        say('250 ok');
      } else if (part === 'DATA') {
        inData = true;
        say('354 go on');
      } else if (part === 'QUIT') {
        say('221 bye');
        socket.end();
      } else say('250 false.test');
    }
  });
}

/** Knows the hosts of the laboratory by heart, asks nobody and never uses TLS. */
export const inCleartext =
  (lab: Lab) =>
  ({ from, to, content }: Taken): void => {
    const host = lab.hosts.get(`mx.${to.slice(to.lastIndexOf('@') + 1, -1)}`);
    if (host === undefined) return;
    const socket = connect({ host: host.address, port: host.port });
    socket.on('error', () => socket.destroy());
    const lines = ['EHLO false.test', `MAIL FROM:${from}`, `RCPT TO:${to}`, 'DATA', `${content}\r\n.`, 'QUIT'];
    socket.on('data', () => {
      const next = lines.shift();
      if (next !== undefined) socket.write(`${next}\r\n`);
    });
  };
