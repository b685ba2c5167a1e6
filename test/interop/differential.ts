// The same questions to unbound, to BIND and to our validator behind each of them, over one world of random zones. What
// they say is brought into one form and compared; what is known to differ stands in `differential-known.ts`.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createResolver, type ValidatingResolver } from '../../src/adapters/dns/resolver.ts';
import type { ServerAddress } from '../../src/adapters/dns/server-address.ts';
import { createTransport, type Transport } from '../../src/adapters/dns/transport.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { toHex } from '../../src/core/dns/encodings.ts';
import {
  encodeQuery,
  type Message,
  parseMessage,
  Rcode,
  type ResourceRecord,
  RrType,
} from '../../src/core/dns/message.ts';
import { foldName, type Name, nameFromText, nameToText } from '../../src/core/dns/name.ts';
import { typeFromText } from '../../src/core/dns/presentation.ts';
import { lowerRdata, readPlainName } from '../../src/core/dns/wire.ts';
import { parseAnchors } from '../../src/core/dnssec/anchors.ts';
import { createRandom } from '../fuzz/random.ts';
import { explanationOf } from './differential-known.ts';
import { type Peer, startNamed, startNsd, startUnbound } from './peers.ts';
import { planQuestions, type Question } from './random-questions.ts';
import { buildWorld, type PlannedZone, planWorld, type WorldPlan } from './random-zones.ts';

/** "secure nodata", "insecure 7f000001", "failed": verdict, and what was answered where there is an answer. */
export type Statement = string;

export type Asked = {
  readonly question: Question;
  readonly unbound: Statement;
  readonly named: Statement;
  /** By upstream: the statement, and why. */
  readonly ours: readonly Ours[];
};

export type Ours = {
  readonly upstream: string;
  readonly statement: Statement;
  readonly because: string;
  /** Where aliases led, as texts. */
  readonly through: readonly string[];
};

export type World = {
  readonly plan: WorldPlan;
  readonly anchors: string;
  readonly ports: {
    readonly authority: number;
    readonly unbound: number;
    readonly named: number;
    readonly plain: number;
  };
  readonly transport: Transport;
  ask(question: Question): Promise<Asked>;
  stop(): Promise<void>;
};

export const worldName = (seed: string, world: number): string => `${seed}/${world}`;

/**
 * Builds, signs and serves the world of this seed, and puts the validators in front of it.
 *
 * @param kept where signed zones are kept from one run to the next; without it they are made anew.
 */
export async function startWorld(
  seed: string,
  world: number,
  folder: string,
  size: number,
  kept?: string,
): Promise<World> {
  const home = join(folder, `world${world}`);
  const plan = planWorld(createRandom(`${worldName(seed, world)} zones`), size);
  const built =
    kept === undefined
      ? buildWorld(plan, join(home, 'zones'))
      : builtOnce(plan, join(kept, `${seed}-${world}-${size}`));
  const [authority, unbound, named, plain] = (await freePorts(4)) as [number, number, number, number];
  const peers: Peer[] = [await startNsd(join(home, 'nsd'), authority, built.zones)];
  const refused = readFileSync(join(home, 'nsd/nsd.log'), 'utf8').match(/error: .*/);
  if (refused !== null) throw new Error(`nsd does not serve the world ${worldName(seed, world)}: ${refused[0]}`);
  const stubs = built.zones.map((zone) => ({ zone: zone.name, server: `127.0.0.1@${authority}` }));
  const { anchors } = built;
  peers.push(
    ...(await Promise.all([
      startUnbound(join(home, 'unbound'), { port: unbound, anchors, stubs, more: ourLimits }),
      startUnbound(join(home, 'plain'), { port: plain, anchors, stubs, more: [...ourLimits, noValidation] }),
      startNamed(join(home, 'named'), { port: named, anchors, authority }),
    ])),
  );
  const transport = createTransport();
  const resolvers = [
    ['unbound', ourValidator(unbound, anchors)],
    ['named', ourValidator(named, anchors)],
    ['plain', ourValidator(plain, anchors)],
  ] as const;
  for (const [upstream, resolver] of resolvers) {
    const exam = await resolver.examined();
    if (exam.state !== 'passed') throw new Error(`${upstream} is no upstream: ${JSON.stringify(exam)}`);
  }
  return {
    plan,
    anchors,
    ports: { authority, unbound, named, plain },
    transport,
    ask: async (question) => {
      const wire = toWire(question);
      // The peers first, while nothing about this question is in their caches unjudged.
      const [byUnbound, byNamed] = await Promise.all([
        askPeer(transport, unbound, wire),
        askPeer(transport, named, wire),
      ]);
      const ours = await Promise.all(
        resolvers.map(async ([upstream, resolver]) => ({ upstream, ...(await askOurs(resolver, wire)) })),
      );
      return { question, unbound: byUnbound, named: byNamed, ours };
    },
    stop: async () => {
      for (const [, resolver] of resolvers) resolver.close();
      transport.close();
      await Promise.all(peers.map((peer) => peer.stop()));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function builtOnce(plan: WorldPlan, folder: string): ReturnType<typeof buildWorld> {
  const file = join(folder, 'built.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof buildWorld>;
  const built = buildWorld(plan, join(folder, 'zones'));
  writeFileSync(file, JSON.stringify(built));
  return built;
}

/**
 * INT-12, SEC-29: RFC 9276 leaves the limit of iterations open, and RFC 4035 the tolerance of times. unbound is told ours,
 * so that nothing differs by choice.
 */
const ourLimits = [
  'val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"',
  'val-sig-skew-min: 0',
  'val-sig-skew-max: 0',
  'harden-algo-downgrade: no',
  'aggressive-nsec: no',
  'harden-below-nxdomain: no',
  'qname-minimisation: no',
];

const noValidation = 'module-config: "iterator"';

/** Ports of 127.0.0.1 that nobody listens on. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export type WireQuestion = { readonly name: Name; readonly type: number };

export function toWire([name, type]: Question): WireQuestion {
  const parsed = nameFromText(name);
  const number = typeFromText(type);
  if (parsed.kind === 'fault' || number === undefined) throw new Error(`no question: ${name} ${type}`);
  return { name: parsed.value, type: number };
}

// ---- our validator

/** INT-13: SHA-1 is allowed, as it is for the peers. */
export function ourValidator(port: number, anchorsText: string): ValidatingResolver {
  const anchors = parseAnchors(anchorsText, systemClock.now());
  if (anchors.kind === 'fault') throw new Error(`anchors: ${anchors.fault.says}`);
  return createResolver({
    servers: [local(port)],
    anchors: anchors.value,
    clock: systemClock,
    log: { event: () => {} },
    metrics: { count: () => {}, observe: () => {} },
    allowSha1: true,
  });
}

export const local = (port: number): ServerAddress => ({ host: '127.0.0.1', port });

export async function askOurs(
  resolver: ValidatingResolver,
  { name, type }: WireQuestion,
): Promise<Omit<Ours, 'upstream'>> {
  const { state, because, denial, records, aliases } = await resolver.lookup(name, type);
  const failed = state === 'bogus' || state === 'indeterminate';
  return {
    statement: failed ? 'failed' : `${state} ${denial ?? dataOf(records)}`,
    because: because ?? '',
    through: aliases.map(({ to }) => nameToText(to)),
  };
}

/** The set of values, whatever order and case they came in. */
const dataOf = (records: readonly ResourceRecord[]): string =>
  [...new Set(records.map(({ rdata, type }) => toHex(lowerRdata(rdata, type) ?? rdata)))].sort().join(',');

// ---- the peers

async function askPeer(transport: Transport, port: number, question: WireQuestion): Promise<Statement> {
  const query = encodeQuery({
    id: 0,
    ...question,
    recursionDesired: true,
    dnssecOk: true,
    checkingDisabled: false,
    authenticData: true,
    udpSize: 4_096,
  });
  const exchanged = await transport.exchange(local(port), query, 'udp', 20_000);
  if (exchanged.kind !== 'reply') return 'silent';
  const parsed = parseMessage(exchanged.bytes);
  if (parsed.kind === 'fault') return `malformed ${parsed.fault}`;
  return statementOf(parsed.value, question);
}

function statementOf(message: Message, { name, type }: WireQuestion): Statement {
  if (message.rcode === Rcode.SERVFAIL) return 'failed';
  if (message.rcode !== Rcode.NOERROR && message.rcode !== Rcode.NXDOMAIN) return `rcode ${message.rcode}`;
  const state = message.authenticData ? 'secure' : 'insecure';
  const end = endOfAliases(message, name, type);
  const records = message.answer.filter((record) => record.owner === end && record.type === type);
  if (records.length > 0) return `${state} ${dataOf(records)}`;
  return `${state} ${message.rcode === Rcode.NXDOMAIN ? 'nxdomain' : 'nodata'}`;
}

function endOfAliases({ answer }: Message, name: Name, type: number): Name {
  if (type === RrType.CNAME) return name;
  const seen = new Set<Name>();
  for (let end = name; ; ) {
    const alias = answer.find((record) => record.owner === end && record.type === RrType.CNAME);
    const target = alias === undefined ? undefined : readPlainName(alias.rdata, 0);
    if (target === undefined || seen.has(end)) return end;
    seen.add(end);
    end = foldName(target.wire);
  }
}

// ---- the comparison

export type Difference = {
  readonly peer: 'unbound' | 'named';
  readonly theirs: Statement;
  readonly upstream: string;
  readonly ours: Statement;
  readonly because: string;
};

/** Every pair of a peer and one of our upstreams that do not say the same. */
export const differencesIn = ({ unbound, named, ours }: Asked): readonly Difference[] =>
  ours.flatMap(({ upstream, statement, because }) =>
    (
      [
        ['unbound', unbound],
        ['named', named],
      ] as const
    )
      .filter(([, theirs]) => theirs !== statement)
      .map(([peer, theirs]) => ({ peer, theirs, upstream, ours: statement, because })),
  );

export type Tally = {
  questions: number;
  readonly verdicts: Record<string, number>;
  /** Questions by the id of what explains them. */
  readonly explained: Record<string, number>;
  readonly unexplained: string[];
};

export const newTally = (): Tally => ({ questions: 0, verdicts: {}, explained: {}, unexplained: [] });

export type Run = {
  readonly seed: string;
  readonly world: number;
  readonly folder: string;
  readonly zones: number;
  readonly questions: number;
  /** Only this one, to see it again. */
  readonly only?: Question;
  /** No more once something is found: whoever planted a fault wants no list. */
  readonly until?: 'the first';
};

/** One world: its questions asked, its differences counted. */
export async function compareWorld(world: World, run: Run, tally: Tally): Promise<readonly Asked[]> {
  const random = createRandom(`${worldName(run.seed, run.world)} questions`);
  const work = run.only === undefined ? [...planQuestions(random, world.plan, run.questions)] : [run.only];
  const all: Asked[] = [];
  const worker = async (): Promise<void> => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      const asked = await world.ask(next);
      all.push(asked);
      count(asked, world.plan, run, tally);
      if (run.until === 'the first' && tally.unexplained.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return all;
}

function count(asked: Asked, plan: WorldPlan, run: Run, tally: Tally): void {
  tally.questions += 1;
  const verdict = (asked.ours[0]?.statement ?? '').split(' ')[0] as string;
  tally.verdicts[verdict] = (tally.verdicts[verdict] ?? 0) + 1;
  const path = zonesOnTheWay(asked, plan).map(({ name, sign, ds, fault }) => {
    const iterations = sign === 'unsigned' ? 0 : (sign.nsec3?.iterations ?? 0);
    return `${name} ds=${ds} fault=${fault ?? 'none'} iterations=${iterations}`;
  });
  const grounds = differencesIn(asked).map((difference) => explanationOf(asked.question, difference, path)?.id);
  for (const id of new Set(grounds)) if (id !== undefined) tally.explained[id] = (tally.explained[id] ?? 0) + 1;
  if (grounds.includes(undefined)) tally.unexplained.push(describe(asked, plan, run));
}

/** Everything needed to see it again. */
function describe(asked: Asked, plan: WorldPlan, { seed, world }: Run): string {
  const { question, unbound, named, ours } = asked;
  const zones = zonesOnTheWay(asked, plan).map(
    ({ name, sign, ds, fault }) => `  zone ${name} ${JSON.stringify(sign)} ds=${ds} fault=${fault ?? 'none'}`,
  );
  return [
    question.join(' '),
    `  unbound: ${unbound}`,
    `  named:   ${named}`,
    ...ours.map(({ upstream, statement, because, through }) =>
      [`  we behind ${upstream}: ${statement} ${because}`, ...through].join(' → '),
    ),
    ...zones,
    `  again: SEED=${seed} WORLD=${world} QUESTION='${question.join(' ')}' npm run differential`,
  ].join('\n');
}

/** Those that hold the name or anything an alias led to, and those above. */
function zonesOnTheWay({ question, ours }: Asked, { zones }: WorldPlan): readonly PlannedZone[] {
  const names = [question[0], ...ours.flatMap(({ through }) => through)].map((name) => `.${name.toLowerCase()}`);
  return zones.filter(({ name }) => name !== '.' && names.some((each) => each.endsWith(`.${name.toLowerCase()}`)));
}
