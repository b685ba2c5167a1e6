// A small signed hierarchy behind fake servers, and the resolver over it. The faults are the test's own.

import type { ValidatingResolver } from '../../../src/adapters/dns/answering.ts';
import { createResolver, type ResolverOptions } from '../../../src/adapters/dns/resolver.ts';
import { encodeMessage, type Message, RrType } from '../../../src/core/dns/message.ts';
import { nameToText } from '../../../src/core/dns/name.ts';
import { type Anchors, parseAnchors } from '../../../src/core/dnssec/anchors.ts';
import { makeAuthority } from '../../../src/lab/dns/authority.ts';
import { anchorLine } from '../../../src/lab/dns/export.ts';
import { delegate, makeZone, type Signing, type Zone } from '../../../src/lab/dns/zone.ts';
import { type Asked, type FakeServer, type Reaction, startFakeServer } from './fake-server.ts';
import { type FakeClock, fakeClock, fakeLog, fakeMetrics } from './fakes.ts';
import { readQuery, say } from './zone-talk.ts';

const signed: Signing = { algorithm: 13 };

const zones = ((): Record<'root' | 'tld' | 'example' | 'unsigned' | 'optout', Zone> => {
  const root = makeZone({ apex: '.', signing: signed, lines: ['@ TXT root'] });
  const tld = makeZone({ apex: 'test.', signing: signed, lines: [] });
  const example = makeZone({
    apex: 'example.test.',
    signing: signed,
    lines: [
      '@ MX 10 mx',
      '@ 30 TXT "v=one"',
      'mx A 192.0.2.1',
      '_25._tcp.mx TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000',
      'null MX 0 .',
      'alias CNAME mx',
      'away CNAME host.unsigned.test.',
      'gone CNAME nothere.example.test.',
    ],
  });
  const unsigned = makeZone({ apex: 'unsigned.test.', lines: ['host A 192.0.2.2', '@ MX 10 host'] });
  const optout = makeZone({
    apex: 'optout.',
    signing: { algorithm: 13, denial: { iterations: 0, salt: '', optOut: 'yes' } },
    lines: ['www A 192.0.2.3'],
  });
  delegate(root, tld);
  delegate(root, optout);
  delegate(tld, example);
  delegate(tld, unsigned);
  return { root, tld, example, unsigned, optout };
})();

const authority = makeAuthority(Object.values(zones));

export const startAt: number = Date.UTC(2026, 10, 21);

const anchorsFrom = (text: string): Anchors => {
  const parsed = parseAnchors(text, fakeClock(startAt).now());
  if (parsed.kind === 'fault') throw new Error(parsed.fault.says);
  return parsed.value;
};
export const anchors: Anchors = anchorsFrom(anchorLine(zones.root));
export const foreignAnchors: Anchors = anchorsFrom(anchorLine(makeZone({ apex: '.', signing: signed, lines: [] })));
/** An anchor for one zone only, none for the root. */
export const islandAnchors: Anchors = anchorsFrom(anchorLine(zones.example));

/** The honest answer as the servers give it with CD set. */
export function honest(asked: Asked, clock: FakeClock): Message {
  const query = readQuery(asked);
  const [question] = query.questions;
  const { rcode, answer, authority: proofs } = authority.answer(question!.name, question!.type, clock.now() / 1_000);
  return { ...query, response: true, recursionAvailable: true, rcode, answer, authority: proofs, additional: [] };
}

/** How a server twists an honest answer; a `Reaction` replaces it altogether. */
export type Twist = (message: Message, asked: Asked) => Message | Reaction;

const isReaction = (twisted: Message | Reaction): twisted is Reaction => !('rcode' in twisted);

export const keyOf = (message: Message): string =>
  message.questions.map(({ name, type }) => `${nameToText(name)} ${typeName(type)}`).join();
const typeName = (type: number): string =>
  Object.entries(RrType).find(([, number]) => number === type)?.[0] ?? `${type}`;

export const withoutSignatures = (message: Message): Message => ({
  ...message,
  answer: message.answer.filter(({ type }) => type !== RrType.RRSIG),
  authority: message.authority.filter(({ type }) => type !== RrType.RRSIG),
});

export type World = {
  readonly resolver: ValidatingResolver;
  readonly servers: readonly FakeServer[];
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof fakeLog>;
  readonly metrics: ReturnType<typeof fakeMetrics>;
  /** Questions to one server since the exam, as `name TYPE channel`. */
  readonly asked: (server?: number) => readonly string[];
  readonly close: () => Promise<void>;
};

/** One server for each twist. Waits for the exam. */
export async function startWorld(twists: readonly Twist[], options: Partial<ResolverOptions> = {}): Promise<World> {
  const clock = fakeClock(startAt);
  const [log, metrics] = [fakeLog(), fakeMetrics()];
  const servers = await Promise.all(
    twists.map((twist) =>
      startFakeServer((asked) => {
        const twisted = twist(honest(asked, clock), asked);
        if (isReaction(twisted)) return twisted;
        return { send: [encodeMessage(twisted, asked.channel === 'udp' ? 1_232 : undefined)] };
      }),
    ),
  );
  const resolver = createResolver({
    servers: servers.map(({ address }) => address),
    anchors,
    clock,
    log,
    metrics,
    patience: { tries: 2, firstTry: 800, total: 3000, deadFor: 0 },
    ...options,
  });
  await resolver.examined();
  const examined = servers.map(({ asked }) => asked.length);
  return {
    resolver,
    servers,
    clock,
    log,
    metrics,
    asked: (server = 0) =>
      servers[server]!.asked.slice(examined[server]).map(
        (one) => `${keyOf(readQuery(one))}${one.channel === 'tcp' ? ' tcp' : ''}`,
      ),
    close: async () => {
      resolver.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

export const straight: Twist = (message) => message;
export const silence: Twist = () => ({});
export const coded =
  (rcode: number): Twist =>
  (_, asked) => ({ send: [say(asked, { rcode, edns: undefined })] });

/** Drops NSEC and NSEC3 with their signatures. */
export const withoutDenials = (message: Message): Message => ({
  ...message,
  authority: message.authority.filter(({ type, rdata }) => {
    const about = type === RrType.RRSIG ? (rdata[0]! << 8) | rdata[1]! : type;
    return about !== RrType.NSEC && about !== RrType.NSEC3;
  }),
});
