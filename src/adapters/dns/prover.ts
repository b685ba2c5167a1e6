// Drives the proofs of `core/dnssec`: serves what they ask for, several questions at a time, runs each zone once for
// everybody, and gives the event loop its turns (SEC-41). Everything a stranger's zone can cost is bounded here in time.

import type { Clock } from '../../agent/ports.ts';
import { type Instant, seconds } from '../../core/base/brand.ts';
import { makeBudget } from '../../core/base/budget.ts';
import { isBelow, type Name } from '../../core/dns/name.ts';
import { proofLimits } from '../../core/dnssec/limits.ts';
import type { Fact, Need, Proof, ProofBudget, ProofRules, Question, ZoneProof } from '../../core/dnssec/proof.ts';
import { proveZone, readUnvalidated } from '../../core/dnssec/prove.ts';
import type { Proved } from './answering.ts';
import { bogusLifetime, type Cache, createCache, errorLifetime, positiveLimit } from './cache.ts';
import { nothing } from './plain.ts';
import type { ServerAddress } from './server-address.ts';
import type { Answered, Ask } from './upstream.ts';

type Steps<Outcome> = Generator<readonly Need[], Outcome, readonly Fact[]>;

/** `prove` and `proveZone` of `core/dnssec/prove`, bound to their anchors and rules. */
export type Proving = {
  readonly prove: (question: Question, now: Instant, budget: ProofBudget) => Steps<Proof>;
  readonly proveZone: (apex: Name, now: Instant, budget: ProofBudget) => Steps<ZoneProof>;
};

/** INT-15: what the servers have, whatever it is worth, all of it insecure. Needs no zones. */
export const readingOnly = (rules: ProofRules): Proving => ({
  prove: (question, now, budget) => readUnvalidated(question, now, budget, rules),
  proveZone: (apex, now, budget) => proveZone(apex, [], now, budget, rules),
});

export type ProverContext = {
  readonly proving: Proving;
  readonly ask: (ask: Ask) => Promise<Answered>;
  readonly clock: Clock;
  readonly limits?: TimeLimits;
};

/** In milliseconds: computing (SEC-40), and waiting and computing together. */
export type TimeLimits = { readonly computing: number; readonly whole: number };

const defaultLimits: TimeLimits = { computing: 5_000, whole: 30_000 };

const zoneCacheLimits = { entries: 20_000, octets: 32 * 1024 * 1024 };

export type Prover = (question: Question) => Promise<Proved>;

/** What one look-up has cost, zones that it was the first to need included. */
type Meter = {
  queries: number;
  verifications: number;
  failedVerifications: number;
  computing: number;
  server: ServerAddress | undefined;
};

type Run = {
  readonly meter: Meter;
  readonly until: number;
  readonly answeredBy: Map<string, ServerAddress | undefined>;
};

export function createProver({ proving, ask, clock, limits = defaultLimits }: ProverContext): Prover {
  const zones: Cache<ZoneProof> = createCache(zoneCacheLimits, sizeOfZone);
  const zonesUnderWay = new Map<Name, Promise<ZoneProof>>();
  const asksUnderWay = new Map<string, Promise<Answered>>();

  const drive = async <Outcome>(
    steps: Steps<Outcome>,
    run: Run,
    serve: (need: Need) => Promise<Fact>,
  ): Promise<Outcome | 'over-budget'> => {
    let facts: readonly Fact[] = [];
    for (;;) {
      const started = performance.now();
      const step = steps.next(facts);
      run.meter.computing += performance.now() - started;
      if (step.done) return step.value;
      // SEC-40: the proof counts its steps, this the time they take.
      if (isOver(run.meter, limits)) return 'over-budget';
      // SEC-41: an empty list asks for nothing but this.
      if (step.value.length === 0) await new Promise((turn) => setImmediate(turn));
      facts = await Promise.all(step.value.map(serve));
    }
  };

  const serveAsk = async (need: Extract<Need, { kind: 'ask' }>, run: Run): Promise<Fact> => {
    if (performance.now() > run.until) return { kind: 'unanswered', because: 'timeout' };
    const key = `${need.type} ${need.name}`;
    // SEC-34: another way to the same data: TCP, without CD, and by another server where there is one.
    const way: Pick<Ask, 'asking' | 'channel' | 'avoid'> = need.again
      ? { asking: 'recheck', channel: 'tcp', avoid: run.answeredBy.get(key) }
      : { asking: 'validate', channel: 'udp' };
    const joined = need.again ? undefined : asksUnderWay.get(key);
    const pending = joined ?? ask({ name: need.name, type: need.type, ...way });
    if (joined === undefined && !need.again) {
      asksUnderWay.set(key, pending);
      const forget = (): unknown => asksUnderWay.delete(key);
      pending.then(forget, forget);
    }
    const answered = await pending;
    if (joined === undefined) run.meter.queries += answered.queries;
    run.meter.server = answered.server;
    run.answeredBy.set(key, answered.server);
    return answered.kind === 'message'
      ? { kind: 'message', message: answered.message }
      : { kind: 'unanswered', because: answered.because };
  };

  const zone = (apex: Name, meter: Meter): Promise<ZoneProof> => {
    const cached = zones.get(apex, clock.now());
    if (cached !== undefined) return Promise.resolve(cached.value);
    const joined = zonesUnderWay.get(apex);
    if (joined !== undefined) return joined;
    const fresh = runZone(apex, meter).finally(() => zonesUnderWay.delete(apex));
    zonesUnderWay.set(apex, fresh);
    return fresh;
  };

  const runZone = async (apex: Name, caller: Meter): Promise<ZoneProof> => {
    // A budget of its own: what one hostile name has spent must not spoil a zone for everybody.
    const budget: ProofBudget = makeBudget(proofLimits);
    const run = newRun(limits);
    const outcome = await drive(proving.proveZone(apex, clock.now(), budget), run, (need) => {
      if (need.kind === 'ask') return serveAsk(need, run);
      // A zone rests on zones above it; anything else would wait for itself.
      if (!isBelow(apex, need.apex)) return Promise.resolve({ kind: 'zone', proof: unprovable(need.apex) });
      return zone(need.apex, run.meter).then((proof) => ({ kind: 'zone', proof }));
    });
    const proof: ZoneProof =
      outcome === 'over-budget' ? { apex, chain: [], ttl: seconds(0), kind: 'bogus', because: 'budget' } : outcome;
    addWork(run.meter, budget);
    addMeter(caller, run.meter);
    zones.put(apex, proof, zoneLifetime(proof), clock.now());
    return proof;
  };

  return async (question) => {
    const budget: ProofBudget = makeBudget(proofLimits);
    const run = newRun(limits);
    const outcome = await drive(proving.prove(question, clock.now(), budget), run, (need) =>
      need.kind === 'ask' ? serveAsk(need, run) : zone(need.apex, run.meter).then((proof) => ({ kind: 'zone', proof })),
    );
    addWork(run.meter, budget);
    const proof = outcome === 'over-budget' ? overBudget(question, budget) : outcome;
    const { queries, verifications, server } = run.meter;
    return { proof, queries, verifications, server };
  };
}

const newRun = (limits: TimeLimits): Run => ({
  meter: { queries: 0, verifications: 0, failedVerifications: 0, computing: 0, server: undefined },
  until: performance.now() + limits.whole,
  answeredBy: new Map(),
});

/** SEC-40 over the question and all zones that were proven for it. */
const isOver = (meter: Meter, limits: TimeLimits): boolean =>
  meter.computing > limits.computing ||
  meter.queries > proofLimits.queries ||
  meter.verifications > proofLimits.verifications ||
  meter.failedVerifications > proofLimits.failedVerifications;

function addWork(meter: Meter, budget: ProofBudget): void {
  meter.verifications += budget.spent.verifications;
  meter.failedVerifications += budget.spent.failedVerifications;
}

function addMeter(to: Meter, from: Meter): void {
  to.queries += from.queries;
  to.verifications += from.verifications;
  to.failedVerifications += from.failedVerifications;
  to.computing += from.computing;
}

const unprovable = (apex: Name): ZoneProof => ({
  apex,
  chain: [],
  ttl: seconds(0),
  kind: 'indeterminate',
  because: 'malformed',
});

const overBudget = (question: Question, budget: ProofBudget): Proof => ({
  ...nothing(question),
  state: 'bogus',
  rcode: null,
  because: 'budget',
  work: { ...budget.spent },
});

function zoneLifetime(proof: ZoneProof): ReturnType<typeof seconds> {
  if (proof.kind === 'bogus') return bogusLifetime;
  if (proof.kind === 'indeterminate') return errorLifetime;
  return seconds(Math.min(proof.ttl, positiveLimit));
}

/** With what is remembered of signatures under its keys. */
const sizeOfZone = (proof: ZoneProof): number =>
  200 + 150 * proof.chain.length + (proof.kind === 'secure' ? 4_000 + 2_000 * proof.keys.length : 0);
