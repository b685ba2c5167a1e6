// A laboratory MX host: a real SMTP listener at its own address, with its certificate, its behaviour and its memory of
// every session and message.

import { createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { behaviourWith, type MxBehaviour, type MxFault, wellBehaved } from './mx-behaviour.ts';
import { type SeenMessage, type SeenSession, serveMxSession } from './mx-session.ts';

/** PEM chain in the order sent, leaf first. */
export type Identity = { readonly chainPem: string; readonly keyPem: string };

export type MxHostOptions = {
  readonly name: string;
  readonly address: string;
  /** 0: any. */
  readonly port: number;
  readonly identity: Identity;
  readonly behaviour?: Partial<MxBehaviour>;
  readonly faults?: readonly MxFault[];
};

export type MxHost = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** In the order they began; failed handshakes too. */
  readonly sessions: readonly SeenSession[];
  readonly messages: readonly SeenMessage[];
  setFault(fault: MxFault): void;
  /** In place of all that are in force. */
  setFaults(faults: readonly MxFault[]): void;
  /** Another certificate from the next connection on. */
  present(identity: Identity): void;
  /** Refuses connections, or takes them again at the same port. */
  listen(how: 'open' | 'closed'): Promise<void>;
  close(): Promise<void>;
};

/** @throws Error when the address cannot be bound. */
export async function startMxHost(options: MxHostOptions): Promise<MxHost> {
  const { name, address } = options;
  const base: MxBehaviour = { ...wellBehaved, ...options.behaviour };
  const faults = new Set<MxFault>(options.faults);
  const sessions: SeenSession[] = [];
  const messages: SeenMessage[] = [];
  const open = new Set<Socket>();
  let identity = options.identity;
  let made: { readonly for: string; readonly context: SecureContext } | undefined;

  const contextOf = ({ tls }: MxBehaviour): SecureContext => {
    const key = JSON.stringify([tls, identity]);
    if (made?.for !== key) {
      const context = createSecureContext({ cert: identity.chainPem, key: identity.keyPem, ...tls });
      made = { for: key, context };
    }
    return made.context;
  };

  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const behaviour = behaviourWith(base, faults);
    const secureContext = contextOf(behaviour);
    const onMessage = (message: SeenMessage): void => void messages.push(message);
    sessions.push(serveMxSession(socket, { hostName: name, behaviour, secureContext, onMessage }));
  });

  const bind = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: address, ipv6Only: true }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });

  const unbind = (): Promise<void> => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => {
      if (server.listening) server.close(() => resolve());
      else resolve();
    });
  };

  await bind(options.port);
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : options.port;
  return {
    name,
    address,
    port,
    sessions,
    messages,
    setFault: (fault) => void faults.add(fault),
    setFaults: (only) => {
      faults.clear();
      for (const fault of only) faults.add(fault);
    },
    present: (other) => {
      identity = other;
    },
    listen: async (how) => {
      if (how === 'closed') return unbind();
      if (!server.listening) await bind(port);
    },
    close: unbind,
  };
}
