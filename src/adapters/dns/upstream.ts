// One question put to the configured servers until one answers or the tries are over (DNS-5): who is asked first, for how
// long, and who is left alone for a while. An error code is no answer while another server may have one.

import type { Log } from '../../agent/ports.ts';
import { encodeQuery, extendedErrors, type Message, parseMessage, Rcode } from '../../core/dns/message.ts';
import { type Name, nameToText } from '../../core/dns/name.ts';
import type { Unanswered } from '../../core/dnssec/proof.ts';
import { formatServerAddress, type ServerAddress } from './server-address.ts';
import type { Channel, Exchanged, Transport } from './transport.ts';

/**
 * `validate`: DO and CD, everything comes back and we judge it (DNS-1, DNS-2). `recheck`: DO without CD, so that the
 * server looks for better data itself (SEC-34). `authentic-data`: AD without DO, the server judges (DNS-6).
 */
export type Asking = 'validate' | 'recheck' | 'authentic-data';

export type Ask = {
  readonly name: Name;
  readonly type: number;
  readonly asking: Asking;
  readonly channel: Channel;
  /** Asked only when no other server is there. */
  readonly avoid?: ServerAddress | undefined;
};

/** `says` is for people: the last server's own trouble. */
export type Answered = { readonly queries: number; readonly server: ServerAddress | undefined } & (
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'unanswered'; readonly because: Unanswered; readonly says: string }
);

/** All in milliseconds but `tries`. */
export type Patience = {
  readonly tries: number;
  /** Each further try waits twice as long. */
  readonly firstTry: number;
  readonly total: number;
  /** How long a server that does not answer is asked last. */
  readonly deadFor: number;
  /** On the clock of `performance`: nobody waits for any answer beyond it. */
  readonly until?: number;
};

/** DNS-5. */
export const defaultPatience: Patience = { tries: 3, firstTry: 2_000, total: 15_000, deadFor: 30_000 };

export type Upstream = {
  /** @param servers those that may be asked, in the operator's order; empty is `timeout`. */
  ask(ask: Ask, servers: readonly ServerAddress[]): Promise<Answered>;
};

type Health = { latency: number; silences: number; deadUntil: number };

/** So many silences in a row and a server counts as dead; a single one may be the question's fault. */
const silencesToDeath = 3;

export function createUpstream(transport: Transport, log: Log, patience: Patience = defaultPatience): Upstream {
  const healths = new Map<string, Health>();
  const keys = new WeakMap<ServerAddress, string>();
  const healthOf = (server: ServerAddress): Health => {
    const key = keys.get(server) ?? formatServerAddress(server);
    keys.set(server, key);
    const health = healths.get(key) ?? { latency: Number.POSITIVE_INFINITY, silences: 0, deadUntil: 0 };
    healths.set(key, health);
    return health;
  };

  const note = (server: ServerAddress, exchanged: Exchanged, milliseconds: number): void => {
    const health = healthOf(server);
    const known = Number.isFinite(health.latency) ? health.latency : milliseconds;
    health.latency = known * 0.8 + milliseconds * 0.2;
    if (exchanged.kind === 'reply') {
      health.silences = 0;
      health.deadUntil = 0;
      return;
    }
    health.silences += exchanged.kind === 'unreachable' ? silencesToDeath : 1;
    if (health.silences >= silencesToDeath) health.deadUntil = performance.now() + patience.deadFor;
  };

  /** The living before the dead, the fastest first; who was never asked keeps the operator's order behind them. */
  const visitingOrder = (servers: readonly ServerAddress[], avoid: ServerAddress | undefined): ServerAddress[] => {
    const now = performance.now();
    const rank = (server: ServerAddress): number => (server === avoid ? 2 : healthOf(server).deadUntil > now ? 1 : 0);
    const speed = (server: ServerAddress): number => Math.min(healthOf(server).latency, Number.MAX_SAFE_INTEGER);
    return [...servers].sort((a, b) => rank(a) - rank(b) || speed(a) - speed(b));
  };

  return {
    ask: async (ask, servers) => {
      const query = encodeAsk(ask);
      const until = Math.min(performance.now() + patience.total, patience.until ?? Number.POSITIVE_INFINITY);
      const order = visitingOrder(servers, ask.avoid);
      let last: Trouble = { because: 'timeout', says: 'no server to ask' };
      let server: ServerAddress | undefined;
      let queries = 0;
      for (let attempt = 0; attempt < patience.tries && order.length > 0; attempt += 1) {
        server = order.shift() as ServerAddress;
        // DNS-5: what UDP did not bring in all earlier tries may still come by TCP.
        const channel = attempt > 0 && attempt === patience.tries - 1 ? 'tcp' : ask.channel;
        const started = performance.now();
        const wait = Math.min(patience.firstTry * 2 ** attempt, until - started);
        if (wait <= 0) break;
        queries += 1;
        const exchanged = await transport.exchange(server, query, channel, wait);
        note(server, exchanged, performance.now() - started);
        const outcome = readExchanged(exchanged);
        if (outcome.kind === 'message') return { ...outcome, server, queries };
        last = outcome;
        log.event('debug', 'dns-no-answer', {
          server: formatServerAddress(server),
          name: nameToText(ask.name),
          type: ask.type,
          says: last.says,
        });
        // A server that answered with an error has had its say; a silent one may have lost a packet.
        if (last.because === 'timeout') order.push(server);
      }
      return { kind: 'unanswered', because: last.because, says: last.says, server, queries };
    },
  };
}

type Trouble = { readonly because: Unanswered; readonly says: string };

// DNS-5: everything but NOERROR, NXDOMAIN and YXDOMAIN (a DNAME that leads nowhere) leaves the question unanswered.
const definitive: ReadonlySet<number> = new Set([Rcode.NOERROR, Rcode.NXDOMAIN, 6]);

const troubles: ReadonlyMap<number, Trouble> = new Map<number, Trouble>([
  [Rcode.SERVFAIL, { because: 'servfail', says: 'SERVFAIL' }],
  [Rcode.REFUSED, { because: 'refused', says: 'REFUSED' }],
  [Rcode.NOTIMP, { because: 'refused', says: 'NOTIMP' }],
  [Rcode.FORMERR, { because: 'malformed', says: 'FORMERR' }],
  // RFC 6891 §6.1.3: no EDNS of our version, so no DNSSEC either.
  [Rcode.BADVERS, { because: 'malformed', says: 'BADVERS' }],
]);

function readExchanged(
  exchanged: Exchanged,
): { readonly kind: 'message'; readonly message: Message } | ({ readonly kind: 'trouble' } & Trouble) {
  if (exchanged.kind === 'timeout') return { kind: 'trouble', because: 'timeout', says: 'no answer in time' };
  if (exchanged.kind === 'unreachable') return { kind: 'trouble', because: 'timeout', says: exchanged.says };
  const parsed = parseMessage(exchanged.bytes);
  if (parsed.kind === 'fault') return { kind: 'trouble', because: 'malformed', says: `malformed: ${parsed.fault}` };
  const message = parsed.value;
  // DNS-3: cut although it came by TCP.
  if (message.truncated) return { kind: 'trouble', because: 'malformed', says: 'truncated on TCP' };
  if (definitive.has(message.rcode) && message.questions.length === 1) return { kind: 'message', message };
  const trouble = troubles.get(message.rcode) ?? { because: 'servfail', says: `RCODE ${message.rcode}` };
  // DNS-14: shown, never weighed.
  const details = extendedErrors(message).map(({ code, text }) => ` (EDE ${code}${text === '' ? '' : `: ${text}`})`);
  return { kind: 'trouble', because: trouble.because, says: trouble.says + details.join('') };
}

function encodeAsk({ name, type, asking }: Ask): Uint8Array {
  return encodeQuery({
    id: 0,
    name,
    type,
    recursionDesired: true,
    // DNS-2: AD is set only where the answer's AD will be read.
    authenticData: asking === 'authentic-data',
    checkingDisabled: asking === 'validate',
    dnssecOk: asking !== 'authentic-data',
    // DNS-1: fits into one unfragmented datagram everywhere.
    udpSize: 1_232,
  });
}
