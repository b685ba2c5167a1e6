// A small mail internet for whole rounds: a zone as text, real MX hosts on loopback addresses that share one port, the real
// dialer and judge, and a lease to deliver.

import { createDialer, isUsable } from '../../src/adapters/smtp/dialer.ts';
import { createPool } from '../../src/adapters/smtp/pool.ts';
import { createTlsClient } from '../../src/adapters/smtp/tls.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { createAnchorMemory } from '../../src/agent/anchor-memory.ts';
import { type DeliverPorts, type DeliverSettings, deliver, type Round } from '../../src/agent/deliver.ts';
import { createHostLimit } from '../../src/agent/host-limit.ts';
import { createHostMemory } from '../../src/agent/host-memory.ts';
import { makePolicyMemory } from '../../src/agent/policies.ts';
import type { DialCall, Lease, RecipientRow } from '../../src/agent/ports.ts';
import { instant, type QueueId } from '../../src/core/base/brand.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import { isNonEmpty, type NonEmpty } from '../../src/core/base/result.ts';
import type { OperatorPolicy } from '../../src/core/policy/operator.ts';
import { parsePrefix } from '../../src/core/routing/addresses.ts';
import { formatNextHop, nextHopOf, parseRoute, type Route } from '../../src/core/routing/next-hop.ts';
import type { Envelope } from '../../src/core/smtp/envelope.ts';
import { type Made, make, makeCa, pemOf, tlsaData } from '../adapters/smtp/certificates.ts';
import { recipient as recipientOf } from '../adapters/smtp/given.ts';
import { type Script, type Sink, startSink } from '../adapters/smtp/sink.ts';
import { fakePolicyHost, fakeResolver, memoryStore, type Notebook, notebook } from './fake-world.ts';

export type HostWish = Omit<Script, 'tls'> & {
  /** Leaf first; made for the host's name by the public root if not given. */
  readonly chain?: readonly Made[];
  readonly tls?: Script['tls'];
};

export type World = {
  readonly port: number;
  readonly roots: { readonly publicRoot: Made };
  readonly sinks: Readonly<Record<string, Sink & { script: Script }>>;
  readonly ports: DeliverPorts;
  readonly settings: DeliverSettings;
  readonly notes: Notebook;
  /** Each connection as `address mode sni store`. */
  readonly dials: string[];
  /** Forms in which bodies were asked for. */
  readonly forms: string[];
  send(message?: Partial<Wish>): Promise<Round>;
  tlsa(usage: number, selector: number, matching: number, of: Made): string;
};

export type Wish = {
  readonly to: readonly string[];
  readonly tag: Envelope['tlsTag'];
  readonly from: 'null' | 'somebody';
  readonly signal: AbortSignal;
  readonly body: () => AsyncIterable<Uint8Array>;
};

export type WorldWish = {
  /** By address: 127.0.0.x. */
  readonly hosts: Readonly<Record<string, HostWish>>;
  /** `PORT` stands for the shared port, `LEAF` for the TLSA data `3 1 1` of the usual leaf. */
  readonly zone?: string;
  readonly policy?: string;
  readonly operator?: Partial<OperatorPolicy>;
  readonly routes?: (
    port: number,
  ) => readonly { to: string[]; via: string; tls: 'starttls' | 'implicit'; credentials: 'none' | 'configured' }[];
};

export type Given = { readonly publicRoot: Made; readonly leaf: Made };

/** A public authority and a certificate of it for mx1 and mx2.example.com. */
export async function makeGiven(): Promise<Given> {
  const publicRoot = await makeCa();
  return {
    publicRoot,
    leaf: await make({ names: ['mx1.example.com', 'mx2.example.com', 'relay.example.net'], issuer: publicRoot }),
  };
}

/** One MX host, mx1.example.com at 127.0.0.1, everything signed. */
export const plainZone = `
example.com secure MX 10 mx1.example.com
mx1.example.com secure A 127.0.0.1
`;

export const daneZone: string = `${plainZone}
_PORT._tcp.mx1.example.com secure TLSA LEAF
`;

export const twoHosts = `
example.com secure MX 10 mx1.example.com
example.com secure MX 20 mx2.example.com
mx1.example.com secure A 127.0.0.1
mx2.example.com secure A 127.0.0.2
`;

export async function startWorld(
  given: Given,
  wish: WorldWish,
  cleanUp: (close: () => Promise<void>) => void,
): Promise<World> {
  const sinks: Record<string, Sink & { script: Script }> = {};
  let port = 0;
  for (const [address, { chain = [given.leaf], tls, ...script }] of Object.entries(wish.hosts)) {
    const sink = await startSink(
      { ...script, tls: { key: chain[0]?.key ?? '', cert: pemOf(...chain), ...tls } },
      address,
      port,
    );
    sinks[address] = sink;
    port = sink.port;
  }
  const tlsa = (usage: number, selector: number, matching: number, of: Made): string => {
    const data = tlsaData(
      of,
      selector === 0 ? 'cert' : 'spki',
      (['full', 'sha2-256', 'sha2-512'] as const)[matching] ?? 'full',
    );
    return `${usage} ${selector} ${matching} ${Buffer.from(data).toString('hex')}`;
  };
  const zone = (wish.zone ?? plainZone).replaceAll('PORT', String(port)).replaceAll('LEAF', tlsa(3, 1, 1, given.leaf));
  const notes = notebook();
  const clock = { now: () => instant(Date.now()), sleep: async () => undefined, random: () => 0 };
  const dialer = createDialer({
    tls: createTlsClient({
      trustStore: { certificates: [given.publicRoot.pem], source: 'test' },
      suites: 'default',
      minVersion: 'TLSv1.2',
    }),
    timeouts: {
      connect: 2,
      greeting: 2,
      ehlo: 2,
      starttls: 2,
      handshake: 2,
      mail: 2,
      rcpt: 2,
      data: 2,
      block: 2,
      finalDot: 2,
      quit: 0.2,
    },
    credentials: () => ({ user: 'u', pass: 'p' }),
    log: notes,
    metrics: notes,
  });
  const dials: string[] = [];
  const forms: string[] = [];
  const pool = createPool({ clock, isUsable, close: (session, how) => dialer.close(session, how), idle: 2 });
  const ports: DeliverPorts = {
    dialer: {
      ...dialer,
      dial: (call: DialCall, signal) => {
        dials.push(`${call.address} ${call.mode} ${call.sni ?? '-'} ${call.store.kind}`);
        return dialer.dial(call, signal);
      },
    },
    pool,
    hosts: createHostMemory(),
    hostLimit: createHostLimit(5, systemClock),
    anchors: createAnchorMemory(),
    clock,
    resolver: fakeResolver(zone),
    local: { addresses: async () => ({ kind: 'failed', reason: 'servfail' }) },
    policyHost: fakePolicyHost(wish.policy ?? 'sts-policy-fetch-error'),
    policyStore: memoryStore(),
    policyMemory: makePolicyMemory(),
    log: notes,
    metrics: notes,
    content: async (_message, form) => {
      forms.push(form);
      const text = form === 'redacted' ? 'Subject: redacted\r\n' : 'Subject: x\r\n\r\nhello\r\n';
      return {
        size: text.length,
        facts: { has8bit: false, hasUtf8Header: false, longestLine: 20 },
        body: async function* () {
          yield Buffer.from(text);
        },
      };
    },
  };
  const routes = routesOf(wish.routes?.(port) ?? []);
  const prefix = parsePrefix('127.0.0.0/8');
  if (prefix.kind === 'fault') throw new Error('no prefix');
  const settings: DeliverSettings = {
    ehloName: 'relay.example',
    routes,
    operator: { floor: 'may', enforce: true, rules: [], exceptions: [], ...wish.operator },
    discover: {
      port,
      ownNames: [],
      ownSockets: [],
      localZones: [],
      mtaSts: 'on',
      families: 'ipv4',
      allowed: [prefix.value],
    },
    resolverMode: 'validate',
  };
  cleanUp(async () => {
    pool.drain();
    await Promise.all(Object.values(sinks).map((sink) => sink.close()));
  });
  const send = ({ signal = new AbortController().signal, ...message }: Partial<Wish> = {}): Promise<Round> =>
    deliver(ports, settings, leaseOf(message, routes), signal);
  return { port, roots: given, sinks, ports, settings, notes, dials, forms, send, tlsa };
}

function routesOf(words: ReturnType<NonNullable<WorldWish['routes']>>): readonly Route[] {
  return words.map((one) => {
    const route = parseRoute(one);
    if (route.kind === 'fault') throw new Error(route.fault);
    return route.value;
  });
}

export function leaseOf(wish: Partial<Wish>, routes: readonly Route[]): Lease {
  const recipients = (wish.to ?? ['user@example.com']).map((to) => recipientOf(to));
  if (!isNonEmpty(recipients)) throw new Error('no recipients');
  const now = instant(Date.now());
  const nextHop = formatNextHop(nextHopOf(recipients[0].mailbox, routes));
  const rows = recipients.map(
    (one): RecipientRow => ({ recipient: one, nextHop, state: 'queued', attempts: 0, dueAt: now }),
  );
  return {
    token: 't',
    until: instant(now + 60_000),
    nextHop,
    recipients: rows as unknown as NonEmpty<RecipientRow>,
    message: {
      id: 'Q1' as QueueId,
      envelope: {
        reversePath: wish.from === 'null' ? 'null' : recipientOf('from@sender.example').mailbox,
        recipients,
        smtputf8: false,
        tlsTag: wish.tag ?? 'none',
      },
      receivedAt: now,
      expiresAt: instant(now + 1e9),
      size: 100,
      content: { has8bit: false, hasUtf8Header: false, longestLine: 20 },
      client: { listener: 'l', kind: 'relay', address: '127.0.0.1' as IpAddress, ehlo: 'c', trusted: true },
    },
  };
}
