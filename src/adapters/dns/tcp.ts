// DNS over TCP (RFC 7766) and over TLS (RFC 7858): connections are kept and questions pipelined; every question has its own
// id on its connection and its own absolute time-out. What the server sends unasked, or too much of it, ends the connection.

import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { matchReply, withId } from './frame.ts';
import type { ServerAddress } from './server-address.ts';
import { dial } from './stream-socket.ts';
import { mismatchCap } from './udp.ts';

export type StreamOutcome =
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly says: string };

export type StreamClient = {
  /** @param query a whole message; its id is replaced. */
  ask(query: Uint8Array, milliseconds: number): Promise<StreamOutcome>;
  close(): void;
};

type Pending = { readonly query: Uint8Array; readonly settle: (outcome: StreamOutcome) => void };

type Connection = {
  readonly pending: Map<number, Pending>;
  /** Answers so far; a connection that gave some may have been closed as idle just when we wrote. */
  readonly answered: () => number;
  readonly send: (query: Uint8Array, pending: Omit<Pending, 'query'>) => number;
  readonly drop: (id: number) => void;
  readonly destroy: (says: string) => void;
};

const connectionsPerServer = 2;
const pipelined = 64;
/** RFC 7766 §6.2.3: the client should not be the one who keeps idle connections. */
const idleMilliseconds = 10_000;

/** The connections to one server. Nothing is opened before the first question. @param context for servers over TLS. */
export function createStreamClient(server: ServerAddress, context: () => SecureContext): StreamClient {
  const open = new Set<Connection>();
  const closing = new AbortController();

  const pick = (): Connection => {
    const idlest = [...open].sort((a, b) => a.pending.size - b.pending.size)[0];
    if (idlest !== undefined && (idlest.pending.size < pipelined || open.size >= connectionsPerServer)) return idlest;
    const fresh = openConnection(server, context, () => open.delete(fresh));
    open.add(fresh);
    return fresh;
  };

  const askOnce = (query: Uint8Array, milliseconds: number): Promise<StreamOutcome | 'stale'> => {
    const { promise, resolve } = Promise.withResolvers<StreamOutcome | 'stale'>();
    const connection = pick();
    const reused = connection.answered() > 0;
    const timer = setTimeout(() => {
      connection.drop(id);
      resolve({ kind: 'timeout' });
    }, milliseconds);
    const id = connection.send(query, {
      settle: (outcome) => {
        clearTimeout(timer);
        resolve(outcome.kind === 'unreachable' && reused && !closing.signal.aborted ? 'stale' : outcome);
      },
    });
    return promise;
  };

  return {
    ask: async (query, milliseconds) => {
      if (closing.signal.aborted) return { kind: 'unreachable', says: 'closed' };
      const until = performance.now() + milliseconds;
      for (let round = 0; round <= connectionsPerServer; round += 1) {
        const outcome = await askOnce(query, Math.max(0, until - performance.now()));
        // RFC 7766 §6.2.4: a kept connection that the server closed meanwhile says nothing about the server.
        if (outcome !== 'stale') return outcome;
      }
      return { kind: 'unreachable', says: 'connection closed by the server' };
    },
    close: () => {
      closing.abort();
      for (const connection of open) connection.destroy('closed');
    },
  };
}

function openConnection(server: ServerAddress, context: () => SecureContext, onEnd: () => void): Connection {
  const pending = new Map<number, Pending>();
  let answered = 0;
  let strangers = 0;
  // Nothing is written before it is known whom it reaches.
  let held: Uint8Array[] | undefined = [];
  const socket: Socket = dial(server, context, {
    ready: () => {
      for (const frame of held ?? []) socket.write(frame);
      held = undefined;
    },
    refused: (says) => end(says),
  });

  const end = (says: string): void => {
    socket.destroy();
    onEnd();
    for (const one of pending.values()) one.settle({ kind: 'unreachable', says });
    pending.clear();
  };
  const accept = (frame: Uint8Array): void => {
    const id = ((frame[0] ?? 0) << 8) | (frame[1] ?? 0);
    const one = pending.get(id);
    const match = one === undefined ? 'stranger' : matchReply(one.query, frame);
    // A bare error header is enough here, for nobody else can write into the connection. TC has no meaning on TCP: what
    // the server could not send whole is left to the parser.
    if (one === undefined || match === 'stranger') {
      strangers += 1;
      if (strangers >= mismatchCap) end('answers to questions that were not asked');
      return;
    }
    pending.delete(id);
    answered += 1;
    strangers = 0;
    if (pending.size === 0) socket.unref();
    one.settle({ kind: 'reply', bytes: frame });
  };

  const take = frameReader(accept);
  socket.on('data', (chunk) => take(chunk));
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('connection closed by the server'));
  socket.setTimeout(idleMilliseconds, () => {
    if (pending.size === 0) end('idle');
  });

  return {
    pending,
    answered: () => answered,
    send: (query, { settle }) => {
      const id = freshId(pending);
      const sent = withId(query, id);
      pending.set(id, { query: sent, settle });
      socket.ref();
      const frame = Buffer.concat([Uint8Array.of(sent.length >> 8, sent.length & 0xff), sent]);
      if (held === undefined) socket.write(frame);
      else held.push(frame);
      return id;
    },
    drop: (id) => {
      pending.delete(id);
      if (pending.size > 0) return;
      // Nothing but silence on it: whatever is wrong, the next question gets a new connection.
      end('no answer');
    },
    destroy: end,
  };
}

/** RFC 7766 §8: two octets of length, then the message, in whatever pieces it comes. Every frame is a copy of its own. */
export function frameReader(accept: (frame: Uint8Array) => void): (chunk: Uint8Array) => void {
  let part = new Uint8Array(2);
  let filled = 0;
  let inside: 'length' | 'message' = 'length';
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + part.length - filled);
      part.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < part.length) return;
      const whole = part;
      filled = 0;
      if (inside === 'message') accept(whole);
      inside = inside === 'message' ? 'length' : 'message';
      part = new Uint8Array(inside === 'length' ? 2 : ((whole[0] ?? 0) << 8) | (whole[1] ?? 0));
      // An empty message would never be filled.
      if (part.length === 0) {
        inside = 'length';
        part = new Uint8Array(2);
      }
    }
  };
}

function freshId(taken: ReadonlyMap<number, unknown>): number {
  for (;;) {
    const id = randomInt(0x1_0000);
    if (!taken.has(id)) return id;
  }
}
