// One question in one datagram: a socket of its own with a fresh port, connected to the server (RFC 5452 §9.2). Answers
// that do not fit are passed over, but not for ever: after some of them somebody is guessing, and TCP has to settle it.

import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { matchReply } from './frame.ts';
import { canonicalAddress, type ServerAddress } from './server-address.ts';

export type DatagramOutcome =
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  /** The same question belongs on TCP. */
  | { readonly kind: 'use-tcp'; readonly because: 'truncated' | 'mismatches' | 'headless' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly says: string };

/** So many wrong answers to one question are an attack or a broken path. */
export const mismatchCap = 20;

/** @param milliseconds until the outcome is `timeout`. @param signal its abort counts as `unreachable`. */
export function askByDatagram(
  server: ServerAddress,
  query: Uint8Array,
  milliseconds: number,
  signal: AbortSignal,
): Promise<DatagramOutcome> {
  const { promise, resolve } = Promise.withResolvers<DatagramOutcome>();
  const family = isIPv4(server.host) ? 4 : 6;
  // The host is an address already: nothing is looked up.
  const socket = createSocket({ type: `udp${family}`, lookup: (host, _options, found) => found(null, host, family) });
  let mismatches = 0;

  const finish = (outcome: DatagramOutcome): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners('message');
    try {
      socket.close();
    } catch {
      // Closed already by its own error.
    }
    resolve(outcome);
  };
  const abort = (): void => finish({ kind: 'unreachable', says: 'closed' });
  const timer = setTimeout(() => finish({ kind: 'timeout' }), milliseconds);
  signal.addEventListener('abort', abort, { once: true });

  socket.on('error', (error) => finish({ kind: 'unreachable', says: error.message }));
  socket.on('message', (bytes, from) => {
    const match = isFrom(server, from) ? matchReply(query, bytes) : 'stranger';
    if (match === 'answer') return finish({ kind: 'reply', bytes: Uint8Array.from(bytes) });
    // DNS-3: a cut answer is no answer.
    if (match === 'truncated') return finish({ kind: 'use-tcp', because: 'truncated' });
    if (match === 'headless') return finish({ kind: 'use-tcp', because: 'headless' });
    mismatches += 1;
    if (mismatches >= mismatchCap) finish({ kind: 'use-tcp', because: 'mismatches' });
  });
  // DNS-4: no bind of our own, so the system gives a fresh random port; connected, so it drops what others send.
  // The callback is told of a machine without a way to the server; no `error` is emitted then.
  socket.connect(server.port, server.host, (error?: Error | null) => {
    if (error) finish({ kind: 'unreachable', says: error.message });
    else if (!signal.aborted) socket.send(query);
  });
  if (signal.aborted) abort();
  return promise;
}

/** What arrived between bind and connect could come from anybody: the kernel does not look back. */
const isFrom = (server: ServerAddress, from: RemoteInfo): boolean =>
  from.port === server.port && (from.address === server.host || canonicalAddress(from.address) === server.host);
