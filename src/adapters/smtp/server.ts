// The accepting side as main.ts sees it: all listeners together. SMTP comes in, an Incoming and its octets go to the
// Acceptor (architecture §4). Sessions are in server-connection.ts, sockets in server-listener.ts.

import type { Seconds } from '../../core/base/brand.ts';
import { fault, ok, type Result } from '../../core/base/result.ts';
import { checkPair } from './server-certificate.ts';
import { Front } from './server-listener.ts';
import type { ListenerOptions, ServerPorts } from './server-options.ts';

export type BoundAddress = { readonly listener: string; readonly host: string; readonly port: number };

export interface SmtpFront {
  /** Opens all listeners. @throws the system's error; then none stays open. */
  listen(): Promise<readonly BoundAddress[]>;
  /**
   * Takes new options: listeners of the same address keep their sessions, new ones open, missing ones drain.
   * @returns a fault, with nothing changed, when a certificate does not fit its key, an address cannot be bound, or a
   * listener would change between implicit TLS and none.
   */
  reload(listeners: readonly ListenerOptions[]): Promise<Result<readonly BoundAddress[], string>>;
  /** Stops accepting, says 421 to idle sessions, lets busy transactions finish within the time. */
  drain(within: Seconds): Promise<void>;
}

type Open = { readonly server: Front; readonly bound: BoundAddress };

/** @throws Error when a certificate does not fit its key. */
export function createServer(listeners: readonly ListenerOptions[], ports: ServerPorts): SmtpFront {
  const unfit = firstUnfit(listeners);
  if (unfit) throw new Error(unfit);
  let open: readonly Open[] = [];
  const start = (wanted: readonly ListenerOptions[]): Promise<readonly Open[]> => openAll(wanted, ports);
  return {
    async listen() {
      open = await start(listeners);
      return open.map(({ bound }) => bound);
    },
    async reload(next) {
      const problem = firstUnfit(next) ?? firstClash(open, next);
      if (problem) return fault(problem);
      const kept = open.filter(({ server }) => next.some((options) => sameSocket(options, server.listener)));
      let added: readonly Open[];
      try {
        added = await start(next.filter((options) => !kept.some(({ server }) => sameSocket(options, server.listener))));
      } catch (error) {
        return fault((error as Error).message);
      }
      for (const { server } of open.filter((old) => !kept.includes(old))) void server.drain(drainAfterReload);
      for (const { server } of kept) {
        const options = next.find((candidate) => sameSocket(candidate, server.listener));
        if (options) server.replace(options);
      }
      open = [
        ...kept.map(({ server, bound }) => ({ server, bound: { ...bound, listener: server.listener.name } })),
        ...added,
      ];
      return ok(open.map(({ bound }) => bound));
    },
    async drain(within) {
      await Promise.all(open.map(({ server }) => server.drain(within * 1000)));
      open = [];
    },
  };
}

/** Milliseconds that sessions of a removed listener have to finish. */
const drainAfterReload = 60_000;

async function openAll(wanted: readonly ListenerOptions[], ports: ServerPorts): Promise<readonly Open[]> {
  const open: Open[] = [];
  for (const options of wanted) {
    const server = new Front(options, ports);
    try {
      const { address, port } = await server.open();
      open.push({ server, bound: { listener: options.name, host: address, port } });
    } catch (error) {
      await Promise.all(open.map((other) => other.server.drain(0)));
      throw cannotListen(options, error as NodeJS.ErrnoException);
    }
  }
  return open;
}

function cannotListen({ name, host, port }: ListenerOptions, { code, message }: NodeJS.ErrnoException): Error {
  const because: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the address is in use; another program, or another listener, has it',
    EADDRNOTAVAIL: 'this machine does not have the address',
    EACCES: 'this user may not; ports below 1024 want CAP_NET_BIND_SERVICE',
  };
  return new Error(`listener ${name} cannot listen on ${host}:${port}: ${because[code ?? ''] ?? message}`);
}

const sameAddress = (one: ListenerOptions, other: ListenerOptions): boolean =>
  one.host === other.host && one.port === other.port && (one.port !== 0 || one.name === other.name);

/** What belongs to the socket itself and cannot change under open sessions; all else is each new session's. */
const sameSocket = (one: ListenerOptions, other: ListenerOptions): boolean =>
  sameAddress(one, other) && (one.tls === 'implicit') === (other.tls === 'implicit');

/** A listener that would have to be closed before its successor can be opened: then neither might stand. */
function firstClash(open: readonly Open[], next: readonly ListenerOptions[]): string | undefined {
  const clash = next.find((options) =>
    open.some(({ server }) => sameAddress(options, server.listener) && !sameSocket(options, server.listener)),
  );
  return (
    clash && `listener ${clash.name}: implicit TLS on ${clash.host}:${clash.port} begins or ends with a restart only`
  );
}

function firstUnfit(listeners: readonly ListenerOptions[]): string | undefined {
  for (const { name, certificates } of listeners)
    for (const pair of certificates) {
      const checked = checkPair(pair);
      if (checked.kind === 'fault') return `listener ${name}: ${checked.fault}`;
    }
  return undefined;
}
