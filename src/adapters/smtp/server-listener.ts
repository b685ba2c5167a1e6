// One listening socket: who may come in, its sessions, their one clock, and the end of the service.

import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { Connection, type Desktop } from './server-connection.ts';
import type { ListenerOptions, ServerPorts } from './server-options.ts';
import { isTrusted } from './server-peer.ts';
import { secureOf } from './server-tls.ts';

export class Front implements Desktop {
  readonly ports: ServerPorts;
  setup: Desktop['setup'];
  draining = false;
  readonly #server: Server;
  /** Connections of each client address. */
  readonly #clients = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<Connection>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(listener: ListenerOptions, ports: ServerPorts) {
    this.ports = ports;
    this.setup = { listener, secure: secureOf(listener) };
    // A reply must not wait for the client's acknowledgement of the one before.
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    // A connection that could not be taken; without a listener the event would end the process.
    this.#server.on('error', (error) =>
      ports.log.event('debug', 'session-error', { listener: this.listener.name, says: error.message }),
    );
    const { command, handshake, handler, dataWindow, session } = listener.limits;
    const shortest = Math.min(command, handshake, handler, dataWindow, session);
    const period = Math.min(Math.max(shortest * 250, 10), 1000);
    this.#sweeper = setInterval(() => this.#sweep(), period);
    this.#sweeper.unref();
  }

  get listener(): ListenerOptions {
    return this.setup.listener;
  }

  /** SRV-26: counted from the accept, so that a stalled handshake counts too. */
  #accept(socket: Socket): void {
    const { connections, connectionsPerClient } = this.listener.limits;
    const client = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const held = this.#clients.get(client) ?? 0;
    const full =
      this.#sockets.size >= connections || (held >= connectionsPerClient && !isTrusted(this.listener, client));
    this.ports.metrics.count('sekisho_connections_total', {
      listener: this.listener.name,
      outcome: full ? 'refused' : 'accepted',
    });
    if (full || client === '') this.#turnAway(socket);
    else this.#admit(socket, client, held);
  }

  #admit(socket: Socket, client: string, held: number): void {
    this.#sockets.add(socket);
    this.#clients.set(client, held + 1);
    socket.once('close', () => this.#leave(socket, client));
    const connection = new Connection(this, socket, client, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    connection.begin();
  }

  #leave(socket: Socket, client: string): void {
    this.#sockets.delete(socket);
    const left = (this.#clients.get(client) ?? 1) - 1;
    if (left === 0) this.#clients.delete(client);
    else this.#clients.set(client, left);
  }

  #turnAway(socket: Socket): void {
    socket.on('error', () => undefined);
    // Inside TLS nothing can be said before the handshake, and the handshake is the cost.
    if (this.listener.tls === 'implicit') socket.destroy();
    else {
      socket.end(`421 ${this.listener.identity.hostname} Too many connections, try again later\r\n`);
      setTimeout(() => socket.destroy(), 1000).unref();
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.tick(now);
  }

  /** @returns where it listens, port included. @throws the system's error when it cannot. */
  async open(): Promise<AddressInfo> {
    const { host, port, sharing = 'none' } = this.listener;
    // Who shares an address would not notice that another program has it.
    if (sharing === 'first') {
      const trial = createServer();
      await listen(trial, { host, port });
      await new Promise((resolve) => trial.close(resolve));
    }
    await listen(this.#server, { host, port, backlog: 1024, reusePort: sharing !== 'none' });
    return this.#server.address() as AddressInfo;
  }

  /** TLS-27: new sessions get the new options and certificates, those that are open keep theirs. The pairs were checked. */
  replace(listener: ListenerOptions): void {
    this.setup = { listener, secure: secureOf(listener) };
  }

  /** Stops accepting; idle sessions are told 421, busy ones finish. @returns when the last socket is closed. */
  async drain(deadlineMs: number): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.cutOff();
      // Whoever does not take the 421 and leave.
      setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, 200).unref();
    }, deadlineMs);
    await closed;
    clearTimeout(timer);
    clearInterval(this.#sweeper);
  }
}

const listen = (server: Server, options: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
