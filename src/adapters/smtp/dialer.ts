// The Dialer port (A4, RFC 5321, RFC 3207): TCP, introduction, handshake, and then silence until the session was accepted. It
// reports what it saw and decides nothing.

import { connect, isIPv6, type Socket } from 'node:net';
import type { DialCall, Dialed, Dialer, Log, Metrics, Opened, OutgoingMessage, Session } from '../../agent/ports.ts';
import type { IpAddress } from '../../core/base/lookup.ts';
import type { SecurityState, TransferOutcome } from '../../core/policy/model.ts';
import { ClientConnection, type ConnectionCall, type Introduction } from './dialer-connection.ts';
import { composeTransaction, type EightBit } from './dialer-message.ts';
import { defaultTimeouts, type Timeouts } from './dialer-timeouts.ts';
import { type DialogueWatcher, type Hearing, handshakeNote, hearingOf } from './dialogue.ts';
import { isWeakSuite, shakeHands, type TlsClient } from './tls.ts';

export type DialerOptions = {
  readonly tls: TlsClient;
  readonly timeouts?: Partial<Timeouts>;
  /** RTE-9: the first of the family of the destination is bound; none: the system chooses. */
  readonly sourceAddresses?: readonly IpAddress[];
  /** EXT-4: `refuse` in profile strict. */
  readonly eightBit?: EightBit;
  /** By `via` of the route. */
  readonly credentials?: (via: string) => { readonly user: string; readonly pass: string } | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told every line of new sessions while it watches. */
  readonly watcher?: DialogueWatcher | undefined;
};

/** The key under which a session keeps its connection: it goes along when the session is copied. */
const handle: unique symbol = Symbol('connection');
type Held = Session & { readonly [handle]: ClientConnection };

const connectionOf = (session: Session): ClientConnection => {
  const held = (session as Held)[handle];
  if (held === undefined) throw new Error('a session of another dialer');
  return held;
};

/** True while the next message may ride the session. */
export const isUsable = (session: Session): boolean => connectionOf(session).usable;

const nobody = (): 'none' => 'none';

export function createDialer(options: DialerOptions): Dialer {
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  return {
    dial: (call, signal) => dial(options, timeouts, call, signal),
    open: (session) => open(session),
    authenticate: (session, via) => authenticate(session, options.credentials?.(via)),
    transfer: (session, message, signal, onFinalDot = nobody) =>
      transfer(session, message, options.eightBit ?? 'send-as-it-is', { signal, onFinalDot }),
    close: (session, how) => connectionOf(session).close(how),
  };
}

async function dial(options: DialerOptions, timeouts: Timeouts, call: DialCall, signal: AbortSignal): Promise<Dialed> {
  // ATK-91, trap 18: the name is configured, and still it must not be a second command.
  if (!/^[\x21-\x7e]+$/.test(call.ehloName)) throw new Error('an EHLO name with a character it may not have');
  const hearing = hearingOf(options.watcher, call);
  hearing?.note('cleartext', `connecting to ${call.host} [${call.address}]:${call.port}`);
  const connected = await connectSocket(options, timeouts, call, signal);
  if (!('socket' in connected)) {
    hearing?.note('cleartext', handshakeNote(connected));
    return { kind: 'no-session', security: connected };
  }
  if (call.mode !== 'implicit') hearing?.follow(connected.socket, 'cleartext');
  const stop = (): void => void connected.socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const dialed = await introduce(options, timeouts, call, connected.socket, hearing);
    if (dialed.kind === 'session') noteSuite(options, dialed.session);
    return dialed;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

type ConnectFailure = Extract<SecurityState, { kind: 'lost' }>;

// SMTP-3: TCP has its own, short deadline.
function connectSocket(
  options: DialerOptions,
  timeouts: Timeouts,
  call: DialCall,
  signal: AbortSignal,
): Promise<{ readonly socket: Socket } | ConnectFailure> {
  const family = isIPv6(call.address) ? 6 : 4;
  const local = options.sourceAddresses?.find((address) => isIPv6(address) === (family === 6));
  return new Promise((resolve) => {
    const socket = connect({
      host: call.address,
      port: call.port,
      family,
      ...(local === undefined ? {} : { localAddress: local }),
    });
    const lose = (says: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve({ kind: 'lost', during: 'connect', says, ...(noRoute(says) ? { noRoute: true } : {}) });
    };
    const onAbort = (): void => lose('aborted');
    const timer = setTimeout(() => lose('time-out'), timeouts.connect * 1000);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const onError = (error: NodeJS.ErrnoException): void => lose(error.code ?? error.message);
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      resolve({ socket });
    });
  });
}

// RTE-9: this machine cannot even try.
const noRoute = (code: string): boolean => ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code);

async function introduce(
  options: DialerOptions,
  timeouts: Timeouts,
  call: DialCall,
  socket: Socket,
  hearing: Hearing | undefined,
): Promise<Dialed> {
  const milliseconds = timeouts.handshake * 1000;
  const handshake = { client: options.tls, store: call.store, sni: call.sni, milliseconds, hearing };
  const how: ConnectionCall = { ehloName: call.ehloName, mode: call.mode, timeouts, handshake };
  const localAddress = socket.localAddress as IpAddress | undefined;
  if (call.mode === 'implicit') {
    // TLS-26: greeting and EHLO come after the verdict.
    const done = await shakeHands(socket, handshake);
    if (done.kind === 'failed') return { kind: 'no-session', security: done.security };
    return asSession(new ClientConnection(done.socket, how), call, localAddress, done.security);
  }
  const connection = new ClientConnection(socket, how);
  const introduction = await connection.introduce();
  if (introduction.kind === 'settled') return asSession(connection, call, localAddress, introduction.security);
  connection.close('abort');
  return { kind: 'no-session', security: failureOf(introduction) };
}

function failureOf(
  introduction: Exclude<Introduction, { kind: 'settled' }>,
): Extract<Dialed, { kind: 'no-session' }>['security'] {
  if (introduction.kind === 'no-session') return introduction.security;
  if (introduction.kind === 'refused') return { kind: 'greeting-refused', reply: introduction.reply };
  const { during, says } = introduction;
  const known = during === 'greeting' || during === 'ehlo' || during === 'starttls' ? during : 'handshake';
  return { kind: 'lost', during: known, says };
}

function asSession(
  connection: ClientConnection,
  call: DialCall,
  localAddress: IpAddress | undefined,
  security: SecurityState,
): Dialed {
  const { greeting } = connection;
  const session: Held = { address: call.address, localAddress, security, greeting, [handle]: connection };
  return { kind: 'session', session };
}

// TLS-14: visible to those who run the relay.
function noteSuite(options: DialerOptions, { security, address }: Session): void {
  if (security.kind !== 'encrypted' || !isWeakSuite(security.cipher)) return;
  options.metrics.count('sekisho_weak_suite_total', { role: 'client' });
  options.log.event('info', 'tls.weak-suite', { ip: address, tls_cipher: security.cipher });
}

async function open(session: Session): Promise<Opened> {
  const connection = connectionOf(session);
  const announced = await connection.announce();
  return announced.kind === 'ready' ? { kind: 'ready', extensions: connection.extensions } : announced;
}

async function authenticate(
  session: Session,
  credentials: { readonly user: string; readonly pass: string } | undefined,
): ReturnType<Dialer['authenticate']> {
  const connection = connectionOf(session);
  // SMTP-17: whatever went wrong before, a password needs an encrypted channel.
  if (session.security.kind !== 'encrypted') throw new Error('AUTH on a session without TLS');
  if (credentials === undefined) return { kind: 'lost', says: 'no credentials are configured for the route' };
  const { mechanism } = connection;
  if (mechanism === undefined) return { kind: 'lost', says: 'the host lists no AUTH mechanism that is supported' };
  return connection.logIn(mechanism, credentials.user, credentials.pass);
}

async function transfer(
  session: Session,
  message: OutgoingMessage,
  eightBit: EightBit,
  { signal, onFinalDot }: { readonly signal: AbortSignal; readonly onFinalDot: () => 'taken' | 'none' },
): Promise<TransferOutcome> {
  const connection = connectionOf(session);
  const transaction = composeTransaction(message, connection.extensions, eightBit);
  if (!('kind' in transaction)) return connection.deliver(transaction, message, signal, onFinalDot);
  // The message before this one may still wait for its reply: the session is not free until then.
  await connection.rested();
  return transaction;
}
