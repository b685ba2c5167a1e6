// The next step from one certificate to the next under TLSA records (RFC 7671 §8, RFC 7672 §4, OPS-30 to OPS-45): what was
// seen and what was remembered go in, one act and what to remember come out. Publishing, installing and looking are the
// caller's; each act may be done again after a crash without harm.

import { type Instant, instant, type Seconds, seconds } from '../base/brand.ts';
import { sameOctets } from '../base/octets.ts';
import type { NonEmpty } from '../base/result.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { PublicHalf } from '../x509/material.ts';
import { bareForm } from './forms.ts';
import { makeTlsa, names, type TlsaData, type TlsaParameters } from './make.ts';

export const phases = ['stable', 'next-published', 'waiting', 'ready', 'switched', 'cleanup'] as const;
export type Phase = (typeof phases)[number];

export type Chain = NonEmpty<Certificate>;

/** What the operator wants of one certificate and the services that present it. */
export type Lineage = {
  /** Empty: no DANE any more (OPS-44). */
  readonly parameters: readonly TlsaParameters[];
  /** Records of others at the same names, such as of a second certificate of another kind of key. */
  readonly keep: readonly TlsaData[];
  /** OPS-33: at least so long between "seen everywhere" and "live". */
  readonly confirm: Seconds;
};

/** What lies on the disk. */
export type Held = {
  readonly live: Chain;
  /** What the certificate program made last; the same as `live` when nothing is new. */
  readonly offered: Chain;
  /** OPS-45: what forbids the offered chain to go live. */
  readonly offeredFaults: readonly OfferedFault[];
  /** OPS-30: the key of the certificate after this one. */
  readonly spare: PublicHalf | undefined;
};

export type OfferedFault =
  | { readonly kind: 'key-differs' }
  | { readonly kind: 'name-missing'; readonly name: string }
  | { readonly kind: 'not-valid'; readonly from: Instant; readonly until: Instant };

/** One server's answer for one owner, proven by DNSSEC; an empty set is proven absence. */
export type View = { readonly server: string; readonly owner: string } & (
  | { readonly kind: 'records'; readonly records: readonly TlsaData[]; readonly ttl: Seconds }
  | { readonly kind: 'failed'; readonly says: string }
);

/** What one address shows to one kind of client. */
export type Shown = { readonly at: string; readonly kind: 'live' | 'other' | 'unreached'; readonly says: string };

export type Facts = { readonly views: NonEmpty<View>; readonly shown: readonly Shown[] };

/** What is kept between runs. */
export type Memory = {
  readonly phase: Phase;
  /** Bare record to when all servers were first seen to have it, without a break since. */
  readonly seen: Readonly<Record<string, Instant>>;
  /** The longest TTL seen since the last quiet time. */
  readonly ttl: Seconds;
  /** What the publish hook was last given, sorted; and when. */
  readonly handed: { readonly records: readonly string[]; readonly at: Instant } | null;
  /** OPS-44: since when no server has any record. */
  readonly goneSince: Instant | null;
  /** OPS-42: `3 1 1` of keys that are known to others. */
  readonly compromised: readonly string[];
};

export const firstMemory: Memory = {
  phase: 'stable',
  seen: {},
  ttl: seconds(0),
  handed: null,
  goneSince: null,
  compromised: [],
};

export type Act =
  /** The whole set of each owner from now on. */
  | {
      readonly kind: 'publish';
      readonly because: 'next' | 'cleanup' | 'removal' | 'compromised';
      readonly records: readonly TlsaData[];
      readonly add: readonly TlsaData[];
      readonly remove: readonly TlsaData[];
    }
  | { readonly kind: 'install'; readonly because: 'same-key' | 'waited' | 'compromised' | 'no-records' }
  /** The live files are new, the services show something else. */
  | { readonly kind: 'reload' }
  | {
      readonly kind: 'wait';
      readonly because: 'time' | 'spreading';
      readonly until: Instant | null;
      readonly where: readonly string[];
    }
  | { readonly kind: 'rest' }
  | { readonly kind: 'request' }
  | { readonly kind: 'refuse'; readonly because: Refusal; readonly where: readonly string[] }
  /** A failed look-up is no absence: nothing is done on it. */
  | { readonly kind: 'unclear'; readonly because: 'servers' | 'services'; readonly where: readonly string[] };

export type Refusal =
  | 'not-everywhere'
  | 'key-differs'
  | 'name-missing'
  | 'not-valid'
  | 'no-anchor-in-chain'
  | 'no-replacement';

export type Note =
  | { readonly kind: 'renewal-due'; readonly until: Instant }
  | { readonly kind: 'life-too-short'; readonly until: Instant }
  /** OPS-42: until when caches may hold what was dropped. */
  | { readonly kind: 'caches-until'; readonly until: Instant };

export type Step = {
  readonly act: Act;
  /** While the act is still to be done. */
  readonly before: Memory;
  /** When it is done. */
  readonly memory: Memory;
  readonly notes: readonly Note[];
};

const day = 86_400_000;

export function nextStep(lineage: Lineage, held: Held, facts: Facts, memory: Memory, now: Instant): Step {
  const failed = facts.views.filter((view) => view.kind === 'failed');
  if (failed.length > 0)
    return step(
      { kind: 'unclear', because: 'servers', where: failed.map(whereOf) },
      { before: memory, memory },
      lineage,
      held,
      now,
    );
  const published = readViews(facts.views);
  const remembered: Memory = {
    ...memory,
    // OPS-36: `ready` stands while the switch is the next act; who was cut off in it finds the files old or new.
    phase: memory.phase === 'ready' ? (isNew(held) ? 'waiting' : 'switched') : memory.phase,
    ttl: seconds(Math.max(memory.ttl, published.ttl)),
    // A record that one server lost begins its time anew.
    seen: Object.fromEntries(
      published.everywhere.map((record) => [bareForm(record), memory.seen[bareForm(record)] ?? now]),
    ),
    goneSince: published.anywhere.length === 0 ? (memory.goneSince ?? now) : null,
  };
  const around: Around = { lineage, held, facts, published, memory: remembered, now };
  const decided = isBurnt(around, held.live)
    ? replaceAtOnce(around)
    : lineage.parameters.length === 0
      ? withoutDane(around)
      : roll(around);
  const { act, change } = decided;
  const after: Memory = { ...remembered, ...change };
  return step(act, { before: beforeAct(act, remembered, after), memory: after }, lineage, held, now);
}

/** OPS-36: what is decided is no state yet, but that the switch may come now is one. */
function beforeAct({ kind }: Act, seen: Memory, after: Memory): Memory {
  if (kind === 'install') return { ...seen, phase: 'ready' };
  return kind === 'publish' || kind === 'reload' || kind === 'request' ? seen : after;
}

/** OPS-33: between "seen everywhere" and "live". */
export const holdOf = ({ confirm }: Pick<Lineage, 'confirm'>, { ttl }: Pick<Memory, 'ttl'>): number =>
  Math.max(2 * ttl, confirm) * 1000;

// ---- what is published

type Published = {
  readonly everywhere: readonly TlsaData[];
  readonly anywhere: readonly TlsaData[];
  readonly ttl: number;
};

function readViews(views: readonly View[]): Published {
  const sets = views.flatMap((view) => (view.kind === 'records' ? [view] : []));
  const anywhere = unique(sets.flatMap(({ records }) => records));
  return {
    anywhere,
    everywhere: anywhere.filter((record) => sets.every(({ records }) => has(records, record))),
    ttl: Math.max(0, ...sets.map(({ ttl, records }) => (records.length > 0 ? ttl : 0))),
  };
}

type Around = {
  readonly lineage: Lineage;
  readonly held: Held;
  readonly facts: Facts;
  readonly published: Published;
  readonly memory: Memory;
  readonly now: Instant;
};

type Decided = { readonly act: Act; readonly change: Partial<Memory> };

// ---- the ordinary way

function roll(around: Around): Decided {
  const { lineage, held, published, now } = around;
  // Before a record is added as well: it must fit what is shown (RFC 7671 §8).
  const shown = reloadOrWait(around);
  if (shown !== undefined) return shown;
  const renewing = isNew(held);
  const combinations = inForce(around);
  const chains: readonly Chain[] = renewing ? [held.live, held.offered] : [held.live];
  // A combination that the next chain cannot satisfy must go first.
  if (chains.some((chain) => possible(combinations, chain).length < combinations.length))
    return refuse('no-anchor-in-chain', combinations.map(parametersOf));
  const spare = isBurntKey(around) ? undefined : held.spare;
  const needed = recordsFor(combinations, chains, spare);
  const urgent = renewing ? recordsFor(combinations, chains, undefined) : needed;
  if (!urgent.every((record) => has(published.everywhere, record))) return announce(around, needed, renewing);
  if (renewing) return switchOver(around);
  const goal = goalOf(around);
  const wanted = unique([...recordsFor(goal, [held.live], spare), ...lineage.keep]);
  const extra = published.anywhere.filter((record) => !has(wanted, record));
  if (extra.length === 0) return settle(around, spare);
  // OPS-41: what stays has been everywhere long enough to carry the service alone.
  const until = confirmedAt(around, goal, held.live);
  if (now < until) {
    const phase = around.memory.phase === 'switched' ? 'switched' : 'waiting';
    return { act: { kind: 'wait', because: 'time', until, where: [] }, change: { phase } };
  }
  if (handedLately(around, wanted))
    return waitForServers(around, (records) => extra.every((one) => !has(records, one)), 'cleanup');
  // OPS-34: only now, with the live chain seen on every address.
  return {
    act: { kind: 'publish', because: 'cleanup', records: wanted, add: [], remove: extra },
    change: { phase: 'cleanup', handed: { records: wanted.map(bareForm), at: now } },
  };
}

const refuse = (because: Refusal, where: readonly string[]): Decided => ({
  act: { kind: 'refuse', because, where },
  change: {},
});

function waitForServers(
  { facts }: Around,
  done: (records: readonly TlsaData[]) => boolean,
  phase: Phase,
): Decided & { readonly act: { readonly where: readonly string[] } } {
  const where = facts.views.filter((view) => view.kind === 'records' && !done(view.records)).map(whereOf);
  return { act: { kind: 'wait', because: 'spreading', until: null, where }, change: { phase } };
}

/** Exactly this set went to the hook, and servers have had no time yet. */
const handedLately = ({ memory, now }: Around, records: readonly TlsaData[]): boolean =>
  memory.handed !== null &&
  sameTexts(memory.handed.records, records.map(bareForm)) &&
  now - memory.handed.at <= retryAfter(memory);

/** OPS-35, OPS-36: new records stand beside the old ones; nothing else happens in this step. */
function announce(around: Around, needed: readonly TlsaData[], renewing: boolean): Decided {
  const { published, memory, now } = around;
  const handed =
    memory.handed !== null && covers(memory.handed.records, needed) && now - memory.handed.at <= retryAfter(memory);
  if (!handed) {
    const records = unique([...published.anywhere, ...needed, ...around.lineage.keep]);
    return {
      act: {
        kind: 'publish',
        because: 'next',
        records,
        add: records.filter((record) => !has(published.everywhere, record)),
        remove: [],
      },
      change: { phase: 'next-published', handed: { records: records.map(bareForm), at: now } },
    };
  }
  const waiting = waitForServers(around, (records) => needed.every((one) => has(records, one)), 'next-published');
  // OPS-32: one server that still has the old set alone is enough to refuse.
  return renewing ? { ...refuse('not-everywhere', waiting.act.where), change: waiting.change } : waiting;
}

/** Servers need time, and hooks may be called again without harm. */
const retryAfter = ({ ttl }: Memory): number => Math.max(3600, ttl) * 1000;

function switchOver(around: Around): Decided {
  const { held, published, now } = around;
  const bad = held.offeredFaults[0];
  if (bad !== undefined) return refuse(bad.kind, held.offeredFaults.map(faultWord));
  if (isBurnt(around, held.offered)) return refuse('no-replacement', []);
  const combinations = combinationsOf(published.anywhere);
  // OPS-31, RFC 7671 §5.1: the same records match both, so caches do not matter.
  const same = combinations.every((one) =>
    published.everywhere.some((record) => isOf(record, one) && fits(record, held.live) && fits(record, held.offered)),
  );
  if (same) return { act: { kind: 'install', because: 'same-key' }, change: { phase: 'switched' } };
  // OPS-33
  const until = confirmedAt(around, combinations, held.offered);
  if (now < until) return { act: { kind: 'wait', because: 'time', until, where: [] }, change: { phase: 'waiting' } };
  return { act: { kind: 'install', because: 'waited' }, change: { phase: 'switched' } };
}

/** When each of the combinations has had a record for the chain everywhere for long enough. */
function confirmedAt(
  { lineage, published, memory, now }: Around,
  combinations: readonly TlsaParameters[],
  chain: Chain,
): Instant {
  const hold = holdOf(lineage, memory);
  const starts = combinations.map((one) => {
    const since = published.everywhere
      .filter((record) => isOf(record, one) && fits(record, chain))
      .map((record) => memory.seen[bareForm(record)] ?? now);
    return since.length === 0 ? now : Math.min(...since);
  });
  return instant(Math.max(...starts, 0) + hold);
}

/** OPS-34: on all hosts and addresses. @returns undefined when all of them show the live chain. */
function reloadOrWait({ facts }: Around): Decided | undefined {
  const other = facts.shown.filter(({ kind }) => kind === 'other');
  if (other.length > 0) return { act: { kind: 'reload' }, change: { phase: 'switched' } };
  const away = facts.shown.filter(({ kind }) => kind === 'unreached');
  return away.length === 0
    ? undefined
    : {
        act: { kind: 'unclear', because: 'services', where: away.map(({ at, says }) => `${at}: ${says}`) },
        change: {},
      };
}

/** Nothing stands that should not, and nothing is missing. */
function settle({ lineage, held, memory, now, published }: Around, spare: PublicHalf | undefined): Decided {
  const ofSpare = published.everywhere.filter(
    (record) => spare !== undefined && !fits(record, held.live) && names(record, { kind: 'key', key: spare }),
  );
  const until = Math.max(
    0,
    ...ofSpare.map((record) => (memory.seen[bareForm(record)] ?? now) + holdOf(lineage, memory)),
  );
  // OPS-30: the next certificate is asked for when the record of its key has been everywhere long enough.
  if (now < until)
    return {
      act: { kind: 'wait', because: 'time', until: instant(until), where: [] },
      change: { handed: null, phase: 'waiting' },
    };
  const due = now >= renewalAt(held.live[0]);
  return {
    act: { kind: due ? 'request' : 'rest' },
    change: { handed: null, phase: 'stable', ttl: seconds(published.ttl) },
  };
}

// ---- no DANE any more

/** OPS-44, RFC 7671 §8: records first; keys and TLS may change when no cache can hold one. */
function withoutDane(around: Around): Decided {
  const { held, published, memory, now, lineage } = around;
  if (published.anywhere.length > 0)
    return handedLately(around, [])
      ? waitForServers(around, (records) => records.length === 0, 'cleanup')
      : {
          act: { kind: 'publish', because: 'removal', records: [], add: [], remove: published.anywhere },
          change: { phase: 'cleanup', handed: { records: [], at: now } },
        };
  const until = instant((memory.goneSince ?? now) + (memory.ttl === 0 ? 0 : holdOf(lineage, memory)));
  if (now < until) return { act: { kind: 'wait', because: 'time', until, where: [] }, change: { phase: 'cleanup' } };
  const quiet: Partial<Memory> = { phase: 'stable', ttl: seconds(0), handed: null };
  if (!isNew(held)) {
    const shown = reloadOrWait(around);
    return shown ?? { act: { kind: now >= renewalAt(held.live[0]) ? 'request' : 'rest' }, change: quiet };
  }
  const bad = held.offeredFaults[0];
  if (bad !== undefined) return refuse(bad.kind, held.offeredFaults.map(faultWord));
  return { act: { kind: 'install', because: 'no-records' }, change: { phase: 'switched' } };
}

// ---- emergency

const isBurnt = ({ memory }: Around, chain: Chain): boolean => memory.compromised.includes(keyRecord(chain));

const isBurntKey = ({ memory, held: { spare } }: Around): boolean => {
  const made = spare && makeTlsa(keyParameters, { kind: 'key', key: spare });
  return made?.kind === 'ok' && memory.compromised.includes(bareForm(made.value));
};

const keyParameters = { usage: 3, selector: 1, matching: 1 } as const;

/** `3 1 1` of the leaf, by which memory names keys. */
export const keyRecord = (chain: Chain): string => bareForm(recordFor(keyParameters, chain) as TlsaData);

/** OPS-42, RFC 7671 §13: the bad record goes at once, the next certificate comes at once, and caches may fail for a while. */
function replaceAtOnce(around: Around): Decided {
  const { lineage, held, published, now } = around;
  const fresh = isNew(held) && !isBurnt(around, held.offered) && held.offeredFaults.length === 0;
  const spare = isBurntKey(around) ? undefined : held.spare;
  const wanted = fresh
    ? recordsFor(possible(lineage.parameters, held.offered), [held.offered], spare)
    : recordsFor(lineage.parameters, [], spare);
  const same = sameTexts(published.anywhere.map(bareForm), wanted.map(bareForm));
  if (!same && !handedLately(around, wanted))
    return {
      act: {
        kind: 'publish',
        because: 'compromised',
        records: wanted,
        add: wanted.filter((record) => !has(published.everywhere, record)),
        remove: published.anywhere.filter((record) => !has(wanted, record)),
      },
      change: { phase: 'next-published', handed: { records: wanted.map(bareForm), at: now } },
    };
  return fresh
    ? { act: { kind: 'install', because: 'compromised' }, change: { phase: 'switched' } }
    : refuse('no-replacement', []);
}

// ---- records

/** RFC 7671 §8.2, §8.3: what stands must be satisfied until it is gone; what is wanted is added for the key in use first. */
function inForce({ lineage, held, published }: Around): readonly TlsaParameters[] {
  const wanted = possible(lineage.parameters, held.live);
  const standing = combinationsOf(published.anywhere);
  const added = isNew(held) && standing.length > 0 ? [] : wanted;
  return uniqueParameters([...standing, ...added]);
}

/** What is to stand in the end; as long as the chain in use cannot have any of it, what stands now. */
function goalOf({ lineage, held, published }: Around): readonly TlsaParameters[] {
  const goal = possible(lineage.parameters, held.live);
  return goal.length > 0 ? goal : combinationsOf(published.anywhere);
}

/** EE to TA: without an issuer in the chain the combination waits for the next one. */
const possible = (parameters: readonly TlsaParameters[], chain: Chain): readonly TlsaParameters[] =>
  parameters.filter((one) => recordFor(one, chain) !== undefined);

export function recordFor(parameters: TlsaParameters, chain: Chain): TlsaData | undefined {
  const { usage } = parameters;
  const issuers = usage === 0 || usage === 2;
  // RFC 7671 §5.2: the anchor must be sent; a leaf alone has none.
  if (issuers && chain.length === 1) return undefined;
  const made = makeTlsa(parameters, { kind: 'chain', certificates: chain });
  return made.kind === 'ok' ? { ...parameters, data: made.value.data } : undefined;
}

function recordsFor(
  combinations: readonly TlsaParameters[],
  chains: readonly Chain[],
  spare: PublicHalf | undefined,
): readonly TlsaData[] {
  const ofChains = chains.flatMap((chain) => combinations.flatMap((one) => recordFor(one, chain) ?? []));
  // A key without a certificate has records of the kind 3 1 x alone.
  const ofSpare =
    spare === undefined
      ? []
      : combinations
          .filter(({ usage, selector }) => selector === 1 && (usage === 3 || usage === 1))
          .flatMap((one): readonly TlsaData[] => {
            const made = makeTlsa(one, { kind: 'key', key: spare });
            return made.kind === 'ok' ? [{ ...one, data: made.value.data }] : [];
          });
  return unique([...ofChains, ...ofSpare]);
}

/** Usages 1 and 3 name the leaf, 0 and 2 something above it. */
export function fits(record: TlsaData, [leaf, ...above]: Chain): boolean {
  const certificates = record.usage === 1 || record.usage === 3 ? [leaf] : above;
  const [first, ...rest] = certificates;
  return first !== undefined && names(record, { kind: 'chain', certificates: [first, ...rest] });
}

const parametersOf = ({ usage, selector, matching }: TlsaParameters): string => `${usage} ${selector} ${matching}`;
const isOf = (record: TlsaData, one: TlsaParameters): boolean => parametersOf(record) === parametersOf(one);
const uniqueParameters = (all: readonly TlsaParameters[]): readonly TlsaParameters[] => [
  ...new Map(
    all.map(({ usage, selector, matching }) => [`${usage} ${selector} ${matching}`, { usage, selector, matching }]),
  ).values(),
];
/** What nobody can make records for plays no part, and goes with the next cleaning. */
const combinationsOf = (records: readonly TlsaData[]): readonly TlsaParameters[] =>
  uniqueParameters(records.filter(({ usage, selector, matching }) => usage <= 3 && selector <= 1 && matching <= 2));
const sameRecord = (a: TlsaData, b: TlsaData): boolean => isOf(a, b) && sameOctets(a.data, b.data);
const has = (records: readonly TlsaData[], record: TlsaData): boolean => records.some((one) => sameRecord(one, record));
const unique = (records: readonly TlsaData[]): readonly TlsaData[] =>
  [...new Map(records.map((record) => [bareForm(record), record])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, record]) => record);
const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text) => b.includes(text));
const covers = (texts: readonly string[], records: readonly TlsaData[]): boolean =>
  records.every((record) => texts.includes(bareForm(record)));

// ---- around

export const isNew = ({ live, offered }: Held): boolean => !sameOctets(live[0].der, offered[0].der);

const whereOf = (view: View): string =>
  `${view.server} (${view.owner})${view.kind === 'failed' ? `: ${view.says}` : ''}`;

const faultWord = (fault: OfferedFault): string => (fault.kind === 'name-missing' ? fault.name : fault.kind);

/** OPS-39: thirty days before the end, or a third of a life shorter than ninety days. */
export const renewalAt = ({ notBefore, notAfter }: Certificate): Instant =>
  instant(notAfter - Math.min(30 * day, (notAfter - notBefore) / 3));

/** What must be left of a life beside the waiting time. */
const margin = 2 * day;

function step(
  act: Act,
  { before, memory }: Pick<Step, 'before' | 'memory'>,
  lineage: Lineage,
  held: Held,
  now: Instant,
): Step {
  const until = held.live[0].notAfter;
  const notes: Note[] = [];
  if (!isNew(held) && now >= renewalAt(held.live[0])) notes.push({ kind: 'renewal-due', until });
  if (until - now < holdOf(lineage, memory) + margin) notes.push({ kind: 'life-too-short', until });
  if (act.kind === 'publish' && act.because === 'compromised')
    notes.push({ kind: 'caches-until', until: instant(now + memory.ttl * 1000) });
  return { act, before, memory, notes };
}
