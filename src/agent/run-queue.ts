// The loop over the queue: claims what is due within its limits, has it delivered under a lease that is kept alive, settles
// what came of it, and drains on shutdown. How a message is delivered is not its concern, nor does it change with age.

import { type Instant, instant, type Seconds, seconds } from '../core/base/brand.ts';
import { isNonEmpty, type NonEmpty } from '../core/base/result.ts';
import type { RecipientOutcome } from '../core/policy/model.ts';
import { headerSection, maxReturnedHeaders } from '../core/smtp/dsn.ts';
import { makeQueueId } from '../core/smtp/queue-id.ts';
import { maxJitter, nextStep, type Schedule } from '../core/smtp/schedule.ts';
import type { Round } from './deliver.ts';
import { createDestinationWindows } from './destination-window.ts';
import type { Clock, Lease, Log, Metrics, QueueStore, RecipientRow, Settlement } from './ports.ts';
import {
  type Judged,
  judgeRound,
  type NoticeIdentity,
  noticeFor,
  returned,
  toReport,
  unexplained,
} from './settle-round.ts';

export type RunQueuePorts = {
  readonly queue: Pick<QueueStore, 'claim' | 'renew' | 'settle' | 'release' | 'rest' | 'act' | 'nextDue' | 'openBody'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** STS-65, QUE-5: looks everything up afresh each time, so the round before a bounce was made with the newest policy. */
  readonly deliver: (lease: Lease, signal: AbortSignal) => Promise<Round>;
};

export type RunQueueSettings = {
  /** Stands in the leases. */
  readonly worker: string;
  /** Deliveries at a time in all, and to one next hop. */
  readonly parallel: number;
  readonly perDestination: number;
  readonly leaseFor: Seconds;
  readonly schedule: Schedule;
  readonly identity: NoticeIdentity;
};

export type Runner = {
  /** Resolves when the signal has aborted and the last delivery has ended, or `drain` has given up on it. */
  run(signal: AbortSignal): Promise<void>;
  /** Something new may be due: a message came, an operator acted. */
  wake(): void;
  /** Waits for the deliveries under way; those that outlast the time are broken off and their leases released. */
  drain(within: Seconds): Promise<void>;
};

/** Without a call of `wake` the queue is looked at this often. */
const idlePoll = 60;
const afterFault = seconds(5);
/** What a broken-off delivery gets to end its sessions. */
const breakOff = seconds(5);

/** Milliseconds that a clock may go back without being noticed. */
const setBack = 300_000;

/** Milliseconds; what waits longer than this was put off under another clock. */
const furthestOf = ({ retry }: Schedule): number =>
  Math.max(...retry.map((wait) => wait * (1 + maxJitter)), 3600) * 1000;

/** @param settings read for each claim and each settlement, so that a reload takes effect at once. */
export function createRunner(ports: RunQueuePorts, settings: () => RunQueueSettings): Runner {
  const { queue, clock, log } = ports;
  const windows = createDestinationWindows();
  const active = new Map<Promise<void>, AbortController>();
  const bell = createBell(clock);
  const abandoned = new AbortController();
  const keeper = createLeaseKeeper(ports, settings);
  let latest = clock.now();
  /** Whether all hands were full when something was due: then what was left is looked for once a quarter is free again. */
  let hands: 'full' | 'free' = 'free';

  const begin = (lease: Lease): void => {
    const breaking = new AbortController();
    windows.begin(lease.nextHop);
    const over = keeper.keep(lease, breaking);
    const work = carryOut(ports, settings, lease, breaking.signal)
      .catch((error: unknown): Went => {
        // The lease runs out by itself and the message comes back. The queue of those given up may be closed by now.
        if (abandoned.signal.aborted) return 'unreachable';
        log.event('error', 'settling-failed', {
          queue_id: lease.message.id,
          nexthop: lease.nextHop,
          says: String(error),
        });
        return 'unreachable';
      })
      .then((went) => {
        over();
        active.delete(work);
        const next = windows.end(lease.nextHop, went === 'unreachable' ? 'unreachable' : 'reached');
        const isRoom = hands === 'full' && active.size <= settings().parallel * 0.75;
        if (next === 'look' || isRoom || went !== 'finished') bell.ring();
      });
    active.set(work, breaking);
  };
  /** @returns how long to wait before the next look; undefined when work was found. */
  const lookOnce = async (signal: AbortSignal): Promise<Seconds | undefined> => {
    const { worker, parallel, perDestination, leaseFor, schedule } = settings();
    const limit = parallel - active.size;
    hands = 'full';
    if (limit <= 0) return seconds(idlePoll);
    const now = clock.now();
    // A clock that leapt ahead would make our own leases look run out.
    await keeper.renewDue();
    if (now < latest - setBack) await retryAll(now);
    latest = now;
    const [leases, nextDue] = await Promise.all([
      queue.claim({ worker, now, limit, leaseFor, ...windows.survey(perDestination) }),
      queue.nextDue(),
    ]);
    if (signal.aborted) {
      // The claim was under way when the stop came: a delivery begun now would outlive `drain`, and be made again.
      await Promise.all(leases.map((lease) => queue.release(lease, now)));
      return undefined;
    }
    if (leases.length < limit) hands = 'free';
    for (const lease of leases) begin(lease);
    const due = nextDue ?? Number.POSITIVE_INFINITY;
    if (due !== Number.POSITIVE_INFINITY && due > now + furthestOf(schedule) && (await retryAll(now)) > 0)
      return undefined;
    // What is due already waits for a destination without room; the bell rings when there is some.
    return seconds(Math.min(Math.max((due - clock.now()) / 1000, 1), idlePoll));
  };
  /** QUE-2: with the clock set back, what waits would wait for as much longer. Once too often is better than hours late. */
  const retryAll = async (now: Instant): Promise<number> => {
    log.event('warn', 'clock-set-back', { says: 'the clock was set back; all that waits is tried now' });
    return queue.act('retry', {}, now, 'the clock was set back');
  };
  const allEnded = async (): Promise<void> => {
    while (active.size > 0) await Promise.race(active.keys());
  };

  return {
    wake: bell.ring,
    async run(signal) {
      signal.addEventListener('abort', bell.ring);
      while (!signal.aborted) {
        bell.silence();
        const wait = await lookOnce(signal).catch((error: unknown) => {
          log.event('error', 'claiming-failed', { says: String(error) });
          return afterFault;
        });
        if (wait !== undefined) await bell.wait(wait);
      }
      signal.removeEventListener('abort', bell.ring);
      bell.close();
      await Promise.race([allEnded(), aborted(abandoned.signal)]);
      keeper.close();
    },
    async drain(within) {
      await atMost(clock, within, allEnded());
      for (const breaking of active.values()) breaking.abort();
      await atMost(clock, breakOff, allEnded());
      if (active.size > 0) log.event('warn', 'deliveries-abandoned', { count: active.size });
      abandoned.abort();
    },
  };
}

/** `finished`: nothing of it is left to do. */
type Went = 'finished' | 'reached' | 'unreachable';

/** One lease from delivery to settlement. @throws when the settlement could not be stored. */
async function carryOut(
  ports: RunQueuePorts,
  settings: () => RunQueueSettings,
  lease: Lease,
  signal: AbortSignal,
): Promise<Went> {
  const round = await attemptRound(ports, lease, signal);
  await finish(ports, settings(), lease, round, signal);
  if (round.kind !== 'round') return 'reached';
  if (round.outcomes.every(isUnreachable)) return 'unreachable';
  return round.outcomes.every(({ kind }) => kind === 'sent') ? 'finished' : 'reached';
}

const isUnreachable = (outcome: RecipientOutcome): boolean =>
  outcome.kind === 'deferred' && outcome.because === 'connect-failed';

type RoundEnd =
  | { readonly kind: 'round'; readonly outcomes: readonly RecipientOutcome[]; readonly of: Round | undefined }
  /** Shutdown, or the lease was lost: what was not finished goes back untouched. */
  | { readonly kind: 'broken-off' }
  | { readonly kind: 'bug' };

async function attemptRound(ports: RunQueuePorts, lease: Lease, signal: AbortSignal): Promise<RoundEnd> {
  const given = lease.recipients.filter((row) => row.returnedAt !== undefined);
  const tried = lease.recipients.filter((row) => row.returnedAt === undefined);
  const outcomes: RecipientOutcome[] = given.map(returned);
  if (!isNonEmpty(tried)) return { kind: 'round', outcomes, of: undefined };
  try {
    const round = await ports.deliver({ ...lease, recipients: tried }, signal);
    const nothingFinal = outcomes.length === 0 && round.outcomes.every(({ kind }) => kind === 'deferred');
    if (signal.aborted && nothingFinal) return { kind: 'broken-off' };
    reportForgotten(ports.log, lease, tried, round);
    return { kind: 'round', outcomes: [...outcomes, ...round.outcomes], of: round };
  } catch (error) {
    if (signal.aborted) return { kind: 'broken-off' };
    const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
    ports.log.event('error', 'delivery-bug', { queue_id: lease.message.id, nexthop: lease.nextHop, says });
    return { kind: 'bug' };
  }
}

function reportForgotten(log: Log, lease: Lease, tried: NonEmpty<RecipientRow>, round: Round): void {
  const told = new Set(round.outcomes.map(({ recipient }) => recipient));
  const forgotten = tried.filter((row) => !told.has(row.recipient.mailbox.text)).length;
  if (forgotten > 0)
    log.event('error', 'delivery-bug', { queue_id: lease.message.id, says: `${forgotten} recipients without outcome` });
}

async function finish(
  ports: RunQueuePorts,
  settings: RunQueueSettings,
  lease: Lease,
  end: RoundEnd,
  signal: AbortSignal,
): Promise<void> {
  const { queue, clock } = ports;
  const at = clock.now();
  if (end.kind === 'broken-off') return await queue.release(lease, at);
  const { schedule } = settings;
  if (end.kind === 'bug') {
    // A bug defers and the message stays (architecture §3), but not beyond its life: then the sender must hear of it.
    const failed = lease.recipients[0].attempts + 1;
    const step = nextStep(schedule, { failed, at, expiresAt: lease.message.expiresAt, random: clock.random() });
    if (step.kind === 'retry') return await queue.release(lease, step.dueAt);
  }
  const outcomes = end.kind === 'round' ? end.outcomes : lease.recipients.map(unexplained);
  const round = end.kind === 'round' ? end.of : undefined;
  const crowded = crowdedFor(round);
  // SMTP-16: nothing was tried, so nothing failed; only the last try of a message counts in any case.
  if (crowded !== undefined && at < lease.message.expiresAt && outcomes.length === round?.outcomes.length)
    return await queue.release(lease, instant(Math.min(at + crowded * 1000, lease.message.expiresAt)));
  const retryAfter = wishOf(round);
  if (retryAfter !== undefined && outcomes.every(isUnreachable)) await restAll(ports, lease, outcomes, at, retryAfter);
  const judged = judgeRound(lease, outcomes, { schedule, at, random: clock.random(), retryAfter });
  const notice = await makeNotice(ports, settings, lease, judged, at);
  const recipients = judged.map(({ settled }) => settled) as unknown as Settlement['recipients'];
  const settlement: Settlement = { lease, at, recipients, records: round?.records ?? [], ...(notice && { notice }) };
  tell(ports, settlement, await settleFirmly(ports, settlement, signal));
}

/** QUE-4: the messages behind this one need not each be taken up to hear the same. */
async function restAll(
  { queue, log }: RunQueuePorts,
  { nextHop }: Lease,
  [first]: readonly RecipientOutcome[],
  at: Instant,
  wait: Seconds,
): Promise<void> {
  if (first?.kind !== 'deferred') return;
  const { because, status, says } = first;
  await queue
    .rest({ nextHop, at, until: instant(at + wait * 1000), because, status, says })
    .catch((error: unknown) => log.event('error', 'resting-failed', { nexthop: nextHop, says: String(error) }));
}

/** What was delivered must not be sent again for a disk that is full just now: the lease is kept, the settlement repeated. */
async function settleFirmly(
  { queue, clock, log }: RunQueuePorts,
  settlement: Settlement,
  signal: AbortSignal,
): Promise<'settled' | 'stale'> {
  for (;;) {
    try {
      return await queue.settle(settlement);
    } catch (error) {
      if (signal.aborted) throw error;
      log.event('error', 'settling-repeated', { queue_id: settlement.lease.message.id, says: String(error) });
      await clock.sleep(afterFault, signal);
    }
  }
}

/** Hosts that are left alone for a while: nothing is gained before the first of them may be tried again. */
function wishOf(round: Round | undefined): Seconds | undefined {
  const waits = round?.trials.map(({ attempt }) => attempt.retryAfter) ?? [];
  const known = waits.filter((wait) => wait !== undefined);
  return known.length > 0 && known.length === waits.length ? seconds(Math.min(...known)) : undefined;
}

/** Every host has all the sessions it may have: when to come back. */
function crowdedFor(round: Round | undefined): Seconds | undefined {
  const waits = round?.trials.map(({ attempt }) => attempt.crowded) ?? [];
  const known = waits.filter((wait) => wait !== undefined);
  return known.length > 0 && known.length === waits.length ? seconds(Math.min(...known)) : undefined;
}

async function makeNotice(
  ports: RunQueuePorts,
  { identity, schedule }: RunQueueSettings,
  lease: Lease,
  judged: readonly Judged[],
  at: Instant,
): Promise<Settlement['notice']> {
  const reports = toReport(lease, judged);
  if (reports.length === 0) return undefined;
  const headers = await readHeaders(ports.queue, lease);
  return noticeFor(lease, reports, { identity, schedule, at, headers, id: makeQueueId(at, ports.clock.random) });
}

/** The start of the stored message. Without it the notice still goes out: the failure matters more. */
async function readHeaders(queue: RunQueuePorts['queue'], lease: Lease): Promise<Uint8Array> {
  const start = new Uint8Array(maxReturnedHeaders + 2);
  let length = 0;
  try {
    for await (const chunk of queue.openBody(lease.message.id)) {
      const part = chunk.subarray(0, start.length - length);
      start.set(part, length);
      length += part.length;
      if (length === start.length) break;
    }
  } catch {
    // The store has reported it.
  }
  return headerSection(start.subarray(0, length));
}

function tell(
  { log, metrics }: RunQueuePorts,
  { lease, recipients, notice }: Settlement,
  result: 'settled' | 'stale',
): void {
  const facts = { queue_id: lease.message.id, nexthop: lease.nextHop };
  if (result === 'stale') {
    // QUE-8: another worker has it by now; what was handed over here may arrive twice.
    const sent = recipients.filter(({ outcome }) => outcome.kind === 'sent').length;
    log.event('warn', 'lease-lost', { ...facts, possible_duplicate: sent > 0 });
    return;
  }
  for (const { outcome } of recipients) {
    if (outcome.kind !== 'deferred') metrics.count('sekisho_messages_completed_total', { outcome: outcome.kind });
    if (outcome.kind === 'bounced')
      log.event('warn', 'recipient-bounced', {
        ...facts,
        to: outcome.recipient,
        reason: outcome.because,
        status: outcome.status,
        notice: notice?.message.id,
      });
  }
  // DSN-3: nobody else would hear of it.
  const failed = recipients.filter(({ outcome }) => outcome.kind === 'bounced').map(({ outcome }) => outcome.recipient);
  if (failed.length > 0 && lease.message.envelope.reversePath === 'null')
    log.event('warn', 'double-bounce', { ...facts, recipients: failed });
}

type LeaseKeeper = {
  /** Renews at half of the lease's time; aborts `lost` when somebody else holds the work. @returns how to end it. */
  keep(lease: Lease, lost: AbortController): () => void;
  /** Those that are at half of their time, now. */
  renewDue(): Promise<void>;
  close(): void;
};

/** One timer for all leases, for hardly a delivery takes as long as half of one. */
function createLeaseKeeper(ports: RunQueuePorts, settings: () => RunQueueSettings): LeaseKeeper {
  const { queue, clock, log } = ports;
  type Kept = { readonly lease: Lease; readonly lost: AbortController; renewAt: number };
  const kept = new Set<Kept>();
  let watching: AbortController | undefined;
  const half = (): number => (settings().leaseFor * 1000) / 2;

  const renew = async (one: Kept): Promise<void> => {
    const { lease, lost } = one;
    one.renewAt = clock.now() + half();
    try {
      const renewed = await queue.renew(lease, instant(clock.now() + 2 * half()));
      if (renewed === 'held' || !kept.has(one)) return;
      log.event('warn', 'lease-lost', { queue_id: lease.message.id, nexthop: lease.nextHop });
      kept.delete(one);
      lost.abort();
    } catch (error) {
      log.event('error', 'renewing-failed', { queue_id: lease.message.id, says: String(error) });
    }
  };
  const renewDue = async (): Promise<void> => {
    const now = clock.now();
    // A clock that was set back must not let them run out.
    const latest = now + half();
    const due: Promise<void>[] = [];
    for (const one of kept) if (one.renewAt <= now || one.renewAt > latest) due.push(renew(one));
    if (due.length > 0) await Promise.all(due);
  };
  const watch = async (over: AbortController): Promise<void> => {
    while (kept.size > 0 && !over.signal.aborted) {
      const next = Math.min(...[...kept].map(({ renewAt }) => renewAt));
      await clock.sleep(seconds(Math.max(0, next - clock.now()) / 1000), over.signal);
      if (over.signal.aborted) return;
      await renewDue();
    }
    if (watching === over) watching = undefined;
  };
  return {
    keep(lease, lost) {
      // From its own end: the clock may have leapt since it was granted.
      const one: Kept = { lease, lost, renewAt: lease.until - half() };
      kept.add(one);
      if (watching === undefined) {
        watching = new AbortController();
        void watch(watching);
      }
      return () => void kept.delete(one);
    },
    renewDue,
    close() {
      kept.clear();
      watching?.abort();
    },
  };
}

type Bell = {
  ring(): void;
  silence(): void;
  /** Until the next ring, at most this long; at once when it rang since it was silenced. */
  wait(duration: Seconds): Promise<void>;
  close(): void;
};

/** Rings often and waits seldom to the end: a timer that runs is kept for the next wait, unless that one is shorter. */
function createBell(clock: Clock): Bell {
  let state: 'silent' | 'rung' = 'silent';
  let wake: (() => void) | undefined;
  let alarm: { readonly at: number; readonly off: AbortController } | undefined;
  const ring = (): void => {
    state = 'rung';
    wake?.();
  };
  const setAlarm = async (duration: Seconds): Promise<void> => {
    const mine = { at: clock.now() + duration * 1000, off: new AbortController() };
    alarm?.off.abort();
    alarm = mine;
    await clock.sleep(duration, mine.off.signal);
    if (alarm !== mine) return;
    alarm = undefined;
    ring();
  };
  return {
    ring,
    silence: () => {
      state = 'silent';
    },
    wait(duration) {
      if (state === 'rung') return Promise.resolve();
      const now = clock.now();
      // One that rings much later was set before the clock was set back.
      if (alarm === undefined || alarm.at > now + duration * 1000) void setAlarm(duration);
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    close: () => alarm?.off.abort(),
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function atMost(clock: Clock, duration: Seconds, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, clock.sleep(duration, over.signal)]);
  over.abort();
}
