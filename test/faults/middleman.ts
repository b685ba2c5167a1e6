// Stands between the relay and the laboratory's resolver, by UDP and TCP, and can be dead for a while.

import { createSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Middleman = {
  /** `address:port` */
  readonly address: string;
  die(): void;
  revive(): void;
  close(): Promise<void>;
};

const host = '127.0.0.1';

export async function startMiddleman(resolver: string): Promise<Middleman> {
  const port = Number(resolver.split(':')[1]);
  let isDead = false;
  const open = new Set<Socket>();
  const tcp = createServer((client) => {
    if (isDead) return void client.destroy();
    const server = connect(port, host);
    for (const one of [client, server]) {
      open.add(one);
      one.on('error', () => one.destroy());
      one.once('close', () => {
        open.delete(one);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => tcp.listen(0, host, resolve));
  const { port: own } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (question, from) => {
    if (isDead) return;
    const asker = createSocket('udp4');
    const over = setTimeout(() => asker.close(), 5000);
    asker.once('message', (answer) => {
      clearTimeout(over);
      asker.close();
      if (!isDead) udp.send(answer, from.port, from.address);
    });
    asker.send(question, port, host);
  });
  await new Promise<void>((resolve) => udp.bind(own, host, () => resolve()));
  return {
    address: `${host}:${own}`,
    die: () => {
      isDead = true;
      for (const one of open) one.destroy();
    },
    revive: () => {
      isDead = false;
    },
    close: () =>
      new Promise((resolve) => {
        for (const one of open) one.destroy();
        udp.close();
        tcp.close(() => resolve());
      }),
  };
}
