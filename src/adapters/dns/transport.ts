// One question to one server and its answer, or why there was none: UDP first, TCP where UDP cannot say it (RFC 7766 §5), TLS
// and nothing else where it is configured (RFC 7858).
// Octets in, octets out; what they mean is for others. The number of sockets is bounded over all servers.

import { randomInt } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { withId } from './frame.ts';
import { formatServerAddress, type ServerAddress } from './server-address.ts';
import { createStreamClient, type StreamClient } from './tcp.ts';
import { askByDatagram } from './udp.ts';

export type Channel = 'udp' | 'tcp';

export type Exchanged =
  | { readonly kind: 'reply'; readonly bytes: Uint8Array; readonly channel: Channel }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly says: string };

export type Transport = {
  /**
   * @param query a whole message; its id is replaced by a random one.
   * @param channel where to begin; `tcp` never goes back to UDP.
   * @param milliseconds for everything, waiting for a free socket and the change to TCP included.
   */
  exchange(server: ServerAddress, query: Uint8Array, channel: Channel, milliseconds: number): Promise<Exchanged>;
  close(): void;
};

/** Questions on their way at one time; further ones wait. */
const inFlight = 128;

/** @param authorities PEM certificates for servers over TLS; none: no such server is ever trusted. */
export function createTransport(authorities: readonly string[] = []): Transport {
  let made: SecureContext | undefined;
  const context = (): SecureContext => {
    made ??= createSecureContext({ ca: [...authorities], minVersion: 'TLSv1.2' });
    return made;
  };
  const streams = new Map<string, StreamClient>();
  const closing = new AbortController();
  const gate = makeGate(inFlight);

  const streamTo = (server: ServerAddress): StreamClient => {
    const key = formatServerAddress(server);
    const known = streams.get(key) ?? createStreamClient(server, context);
    streams.set(key, known);
    return known;
  };

  const exchange: Transport['exchange'] = async (server, query, channel, milliseconds) => {
    const until = performance.now() + milliseconds;
    const left = (): number => Math.max(1, until - performance.now());
    // RFC 8310 §5: never past the TLS that was asked for.
    if (channel === 'udp' && server.tls === undefined) {
      // DNS-4, RFC 5452 §9.2: an id that cannot be guessed.
      const outcome = await askByDatagram(server, withId(query, randomInt(0x1_0000)), left(), closing.signal);
      if (outcome.kind === 'reply') return { ...outcome, channel: 'udp' };
      if (outcome.kind !== 'use-tcp') return outcome;
    }
    // DNS-3: the whole answer comes by TCP or not at all.
    const outcome = await streamTo(server).ask(query, left());
    return outcome.kind === 'reply' ? { ...outcome, channel: 'tcp' } : outcome;
  };

  return {
    exchange: async (server, query, channel, milliseconds) => {
      const entered = performance.now();
      if ((await gate.enter(milliseconds)) === 'full') return { kind: 'timeout' };
      try {
        return await exchange(server, query, channel, milliseconds - (performance.now() - entered));
      } finally {
        gate.leave();
      }
    },
    close: () => {
      closing.abort();
      for (const stream of streams.values()) stream.close();
    },
  };
}

type Gate = { enter(milliseconds: number): Promise<'in' | 'full'>; leave(): void };

/** At most `places` inside, the others in a row that each leaves when its time is over. */
function makeGate(places: number): Gate {
  const waiting = new Set<() => void>();
  let free = places;
  return {
    enter: (milliseconds) => {
      if (free > 0) {
        free -= 1;
        return Promise.resolve('in');
      }
      const { promise, resolve } = Promise.withResolvers<'in' | 'full'>();
      const timer = setTimeout(() => {
        waiting.delete(admit);
        resolve('full');
      }, milliseconds);
      const admit = (): void => {
        clearTimeout(timer);
        waiting.delete(admit);
        resolve('in');
      };
      waiting.add(admit);
      return promise;
    },
    leave: () => {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else next();
    },
  };
}
