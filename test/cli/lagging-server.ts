// A secondary that goes on giving out what it had: it hands a question on once, and then answers as it did at first.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export type LaggingServer = {
  /** `address:port` */
  readonly address: string;
  /** Asks anew from now on. */
  follow(): void;
  close(): void;
};

/** @param primary port on 127.0.0.1. */
export async function startLaggingServer(primary: number): Promise<LaggingServer> {
  const kept = new Map<string, Buffer>();
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const key = question.subarray(12).toString('latin1').toLowerCase();
    const old = kept.get(key);
    if (old !== undefined)
      return socket.send(Buffer.concat([question.subarray(0, 2), old.subarray(2)]), from.port, from.address);
    const onward = createSocket('udp4');
    onward.once('message', (answer) => {
      kept.set(key, answer);
      socket.send(answer, from.port, from.address);
      onward.close();
    });
    onward.send(question, primary, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    follow: () => kept.clear(),
    close: () => void socket.close(),
  };
}
