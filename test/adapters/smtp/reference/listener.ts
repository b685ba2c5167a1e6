// The reference's listening socket: the package's server with our connections, our certificates and our bounds.

import { constants } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection';
import { clientTlsOptions } from '../../../../src/adapters/smtp/client-certificate.ts';
import { namesOf } from '../../../../src/adapters/smtp/server-certificate.ts';
import type { ListenerOptions, ServerPorts } from '../../../../src/adapters/smtp/server-options.ts';
import { isTrusted } from '../../../../src/adapters/smtp/server-peer.ts';
import { type Desktop, GuardedConnection } from './connection.ts';

export class GuardedServer extends SMTPServer implements Desktop {
  listener: ListenerOptions;
  readonly ports: ServerPorts;
  draining = false;
  readonly #clients = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(listener: ListenerOptions, ports: ServerPorts) {
    super({
      secure: listener.tls === 'implicit',
      logger: false,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      // Verbs of the package that are no part of the service (EXT-19).
      disabledCommands: ['XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL', 'HELP'],
      authOptional: true,
      ...packageOptions(listener),
    });
    this.listener = listener;
    this.ports = ports;
    // A client that went away is its own business; without a listener the event would end the process.
    this.on('error', (error: Error) =>
      ports.log.event('debug', 'session-error', { listener: this.listener.name, says: error.message }),
    );
    const { command, handshake, handler, dataWindow, session } = listener.limits;
    const shortest = Math.min(command, handshake, handler, dataWindow, session);
    const period = Math.min(Math.max(shortest * 250, 10), 1000);
    this.#sweeper = setInterval(() => this.#sweep(), period);
    this.#sweeper.unref();
  }

  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    const connection = new GuardedConnection(this, this, socket, options);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this._onError(error));
    connection.init();
  }

  override onConnect(_session: unknown, callback: () => void): void {
    callback();
  }

  override onSecure(_socket: unknown, _session: unknown, callback: () => void): void {
    callback();
  }

  /** SRV-26: counted from the accept, so that a stalled handshake counts too. */
  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    const { connections, connectionsPerClient, handshake: patience } = this.listener.limits;
    const client = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const held = this.#clients.get(client) ?? 0;
    const full =
      this.#sockets.size >= connections || (held >= connectionsPerClient && !isTrusted(this.listener, client));
    this.ports.metrics.count('sekisho_connections_total', {
      listener: this.listener.name,
      outcome: full ? 'refused' : 'accepted',
    });
    if (full || client === '') {
      this.#turnAway(socket, handshake);
      return false;
    }
    this.#sockets.add(socket);
    this.#clients.set(client, held + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#clients.get(client) ?? 1) - 1;
      if (left === 0) this.#clients.delete(client);
      else this.#clients.set(client, left);
    });
    const release = super._acceptSocket(socket, handshake);
    if (!handshake || !release) return release;
    const timer = setTimeout(() => this._pendingSockets.get(socket)?.destroy(), patience * 1000);
    return () => {
      clearTimeout(timer);
      release();
    };
  }

  #turnAway(socket: Socket, handshake: boolean): void {
    socket.on('error', () => undefined);
    // Inside TLS nothing can be said before the handshake, and the handshake is the cost.
    if (handshake) socket.destroy();
    else {
      socket.end(`421 ${this.listener.identity.hostname} Too many connections, try again later\r\n`);
      setTimeout(() => socket.destroy(), 1000).unref();
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.connections) if (connection instanceof GuardedConnection) connection.tick(now);
  }

  /** @returns where it listens, port included. @throws the system's error when it cannot. */
  async open(): Promise<AddressInfo> {
    const { host, port } = this.listener;
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 1024 }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
    return server.address() as AddressInfo;
  }

  /** TLS-27: new sessions get the new options and certificates, those that are open keep theirs. The pairs were checked. */
  replace(listener: ListenerOptions): void {
    this.listener = listener;
    this.updateSecureContext(packageOptions(listener));
  }

  /** Stops accepting; idle sessions are told 421, busy ones finish. @returns when the last socket is closed. */
  async drain(deadlineMs: number): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this._pendingSockets.values()) socket.destroy();
    for (const connection of this.connections) if (connection instanceof GuardedConnection) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of this.connections) if (connection instanceof GuardedConnection) connection.cutOff();
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

/** What may change under open sessions. */
function packageOptions(listener: ListenerOptions): SMTPServerOptions {
  const { certificates, minVersion, identity, limits } = listener;
  const [first, ...others] = certificates;
  const { requestCert, rejectUnauthorized, ...authorities } = clientTlsOptions(listener);
  const context = {
    // TLS-11, TLS-12.
    minVersion,
    // TLS-16, A6: no renegotiation; no resumption where a client certificate counts, for a resumed session shows none.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (requestCert ? constants.SSL_OP_NO_TICKET : 0),
    ...authorities,
  };
  const named = others.flatMap((pair) =>
    namesOf(pair).map((name) => [name, { ...context, cert: pair.certificate, key: pair.key }] as const),
  );
  return {
    name: identity.hostname,
    socketTimeout: limits.command * 1000,
    requestCert,
    rejectUnauthorized,
    ...context,
    // Without one the package would take its own, whose private key is published: then STARTTLS is not offered.
    ...(first && { cert: first.certificate, key: first.key }),
    sniOptions: Object.fromEntries(named),
  };
}
