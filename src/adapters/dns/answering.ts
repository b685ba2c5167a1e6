// What both backends share: the cache in front, identical questions joined, the typed answer behind, and silence instead
// of guesses while no server is fit (TA-7).

import type { Clock, Metrics, Reading, RecordValues, Resolved, Resolver } from '../../agent/ports.ts';
import type { DomainName } from '../../core/base/brand.ts';
import { RrType } from '../../core/dns/message.ts';
import { type Name, nameFromDomain } from '../../core/dns/name.ts';
import type { Proof, Question } from '../../core/dnssec/proof.ts';
import { type Cache, type Cached, createCache, lifetimeOf, sizeOfProof } from './cache.ts';
import { type RecordType, resolvedFrom } from './decode.ts';
import type { Examiner, ResolverExam } from './examiner.ts';
import { formatServerAddress, type ServerAddress } from './server-address.ts';

/** A proof and what it cost beyond what others had already paid. */
export type Proved = {
  readonly proof: Proof;
  readonly queries: number;
  readonly verifications: number;
  /** That gave the last answer looked at. */
  readonly server: ServerAddress | undefined;
};

/** SEC-42: for `sekisho dns` and evidence. A look-up that was in the cache cost nothing. */
export type LookupReport = Proof & {
  readonly queries: number;
  readonly verifications: number;
  readonly elapsedMs: number;
  readonly server: string | null;
};

export type ValidatingResolver = Resolver & {
  /** DNS-6: `trust-ad` is shown wherever an answer of this resolver is (`dnssec=ad`). */
  readonly mode: 'validate' | 'trust-ad';
  /** The proof itself, for any type. */
  lookup(name: Name, type: number): Promise<LookupReport>;
  /** How the servers did last time. Asks nothing. */
  exam(): ResolverExam;
  /** The same after the first server passed, or all have failed. */
  examined(): Promise<ResolverExam>;
  /** SRV-19: whether the cache knows a null MX for this domain. Asks nothing. */
  knownNullMx(domain: DomainName): boolean;
  close(): void;
};

export type Backend = {
  readonly mode: ValidatingResolver['mode'];
  readonly prove: (question: Question) => Promise<Proved>;
  /** INT-15: the same without validation. */
  readonly read: (question: Question) => Promise<Proved>;
  readonly examiner: Examiner;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly close: () => void;
};

const cacheLimits = { entries: 50_000, octets: 32 * 1024 * 1024 };

export function createAnswering(backend: Backend): ValidatingResolver {
  const { clock, metrics, examiner } = backend;
  const cache: Cache<Proved> = createCache(cacheLimits, ({ proof }) => sizeOfProof(proof));
  const underWay = new Map<string, Promise<Found>>();

  const proveOnce = async (question: Question, key: string): Promise<Found> => {
    await examiner.examined();
    if (examiner.fit().length === 0) return 'unfit';
    const proved = await backend.prove(question);
    cache.put(key, proved, lifetimeOf(proved.proof), clock.now());
    return proved;
  };

  /** From the cache, from a question that is on its way, or anew. */
  const find = async (question: Question): Promise<Found> => {
    const key = keyOf(question);
    const cached = cache.get(key, clock.now());
    if (cached !== undefined) return free(aged(cached));
    const joined = underWay.get(key);
    if (joined !== undefined) return free(await joined);
    const fresh = proveOnce(question, key).finally(() => underWay.delete(key));
    underWay.set(key, fresh);
    return fresh;
  };

  const readOnce = async (question: Question): Promise<Found> => {
    await examiner.examined();
    return examiner.fit().length === 0 ? 'unfit' : backend.read(question);
  };

  const count = (type: number, proof: Proof | undefined): void => {
    const state = proof === undefined ? 'unfit' : backend.mode === 'validate' ? proof.state : `ad-${proof.state}`;
    metrics.count('sekisho_dns_lookups_total', { type: typeNames.get(type) ?? 'other', state });
  };

  return {
    mode: backend.mode,
    resolve: async <Type extends RecordType>(
      domain: DomainName,
      type: Type,
      reading: Reading = 'validated',
    ): Promise<Resolved<RecordValues[Type]>> => {
      const question = { name: nameFromDomain(domain), type: RrType[type] };
      const found = await (reading === 'validated' ? find(question) : readOnce(question));
      count(question.type, found === 'unfit' ? undefined : found.proof);
      if (found === 'unfit') return unanswerable;
      return resolvedFrom(found.proof, type, { ...found, left: lifetimeOf(found.proof) });
    },
    lookup: async (name, type) => {
      const started = performance.now();
      const question = { name, type };
      const found = await find(question);
      count(type, found === 'unfit' ? undefined : found.proof);
      const { proof, queries, verifications, server } =
        found === 'unfit' ? { ...nobody, proof: examiner.obstacle(question) } : found;
      return {
        ...proof,
        ttl: lifetimeOf(proof),
        queries,
        verifications,
        elapsedMs: Math.round((performance.now() - started) * 10) / 10,
        server: server === undefined ? null : formatServerAddress(server),
      };
    },
    exam: examiner.report,
    examined: async () => {
      await examiner.examined();
      return examiner.report();
    },
    knownNullMx: (domain) => {
      const cached = cache.get(keyOf({ name: nameFromDomain(domain), type: RrType.MX }), clock.now());
      return cached !== undefined && isNullMx(cached.value);
    },
    close: () => {
      examiner.close();
      backend.close();
    },
  };
}

/** `unfit`: nobody was asked, for no server passed the exam. */
type Found = Proved | 'unfit';

/** TA-7: the word says that the fault is here and not at the destination, and nothing counts as insecure. */
const unanswerable = {
  answer: { kind: 'failed', reason: 'servfail' },
  aliases: [],
  because: 'resolver-unfit',
  queries: 0,
  verifications: 0,
} as const;

const nobody = { queries: 0, verifications: 0, server: undefined } as const;

/** Each RCPT asks: the answer is read once. */
const nullMx = new WeakMap<Proved, 'yes' | 'no'>();

function isNullMx(proved: Proved): boolean {
  const known = nullMx.get(proved) ?? (readsNullMx(proved) ? 'yes' : 'no');
  nullMx.set(proved, known);
  return known === 'yes';
}

/** RFC 7505 §3: the only record, with preference 0. */
function readsNullMx(proved: Proved): boolean {
  const { answer } = resolvedFrom(proved.proof, 'MX', { ...proved, left: lifetimeOf(proved.proof) });
  const only = answer.kind === 'found' && answer.value.length === 1 ? answer.value[0] : undefined;
  return only?.exchange === '.' && only.preference === 0;
}

/** What somebody else has paid for. */
const free = (found: Found): Found => (found === 'unfit' ? found : { ...found, queries: 0, verifications: 0 });

/** The remaining time in place of the original one. */
function aged({ value, age, left }: Cached<Proved>): Proved {
  const records = value.proof.records.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - age) }));
  return { ...value, proof: { ...value.proof, records, ttl: left } };
}

const keyOf = ({ name, type }: Question): string => `${type} ${name}`;

const typeNames: ReadonlyMap<number, string> = new Map(Object.entries(RrType).map(([name, type]) => [type, name]));
