// One round for one message and one next hop (architecture §4): discover, plan each host in order, try its addresses, and
// conclude for every recipient. When to come back, and what to tell the sender, is run-queue's.

import type { Instant } from '../core/base/brand.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { isNonEmpty, type NonEmpty } from '../core/base/result.ts';
import { conclude, openRecipients } from '../core/policy/conclude.ts';
import type { PlanInput } from '../core/policy/facts.ts';
import { knownDemand, knownPlan, knownRuling } from '../core/policy/known.ts';
import type {
  Attempt,
  Candidate,
  DestinationRuling,
  MessageClass,
  OperatorDemand,
  Plan,
  RecipientOutcome,
} from '../core/policy/model.ts';
import { type MessageOverride, type OperatorPolicy, withOverride } from '../core/policy/operator.ts';
import { planningPasses } from '../core/policy/plan.ts';
import { type RecordContext, type RecordParts, recordParts, settledParts } from '../core/policy/record.ts';
import { formatNextHop, type NextHop, nextHopOf, parseNextHop, type Route } from '../core/routing/next-hop.ts';
import type { Envelope } from '../core/smtp/envelope.ts';
import { attempt, type SendPorts } from './attempt.ts';
import { type Discovered, type DiscoverOptions, type DiscoverPorts, discover } from './discover.ts';
import { type DiscoveryMemory, discoverOnce } from './discovery-memory.ts';
import type { ContentFacts, Lease, Log, Metrics, OutgoingMessage, QueuedMessage, RecipientRow } from './ports.ts';

/** The octets of a message as they are to be sent. */
export type Content = {
  readonly size: number;
  readonly facts: ContentFacts;
  readonly body: () => AsyncIterable<Uint8Array>;
};

export type DeliverPorts = SendPorts &
  DiscoverPorts & {
    /**
     * `redacted` is asked for a notice about a REQUIRETLS message that leaves without the parameter (RTLS-43). Only notices
     * of our own making are altered; what others bounced comes back as it was stored (RTLS-44).
     */
    readonly content: (message: QueuedMessage, form: 'as-stored' | 'redacted') => Promise<Content>;
    /** Where there is one, messages of a moment share what was discovered. */
    readonly memory?: DiscoveryMemory;
    readonly log: Log;
    readonly metrics: Metrics;
  };

/** Read once per round, so that a reload takes effect between rounds and never within one. */
export type DeliverSettings = {
  readonly ehloName: string;
  readonly routes: readonly Route[];
  readonly operator: OperatorPolicy;
  /** QUE-7: what an operator allowed for this message alone. */
  readonly override?: MessageOverride | undefined;
  readonly discover: Omit<DiscoverOptions, 'reading'>;
  readonly resolverMode: 'validate' | 'trust-ad';
};

/** One try, or one host passed over, with what it was planned from: what TLS reports are counted from. */
export type Trial = { readonly attempt: Attempt; readonly input: PlanInput };

export type Round = {
  readonly outcomes: NonEmpty<RecipientOutcome>;
  readonly records: readonly RecordParts[];
  readonly trials: readonly Trial[];
};

/** Never rejects: a fault of ours defers (architecture §3). */
export async function deliver(
  ports: DeliverPorts,
  settings: DeliverSettings,
  lease: Lease,
  signal: AbortSignal,
): Promise<Round> {
  const rounds: Round[] = [];
  const discovered = new Map<string, Promise<Discovered>>();
  for (const group of groupsOf(lease, settings, ports.clock.now())) {
    const part = deliverGroup(ports, settings, { lease, group, discovered, signal });
    rounds.push(await part.catch((error: unknown) => deferredByBug(ports, lease, group, error)));
  }
  return {
    outcomes: rounds.flatMap(({ outcomes }) => outcomes) as unknown as NonEmpty<RecipientOutcome>,
    records: rounds.flatMap(({ records }) => records),
    trials: rounds.flatMap(({ trials }) => trials),
  };
}

/** DT-2, rows "msg_tls": what the message asks of TLS. */
export function messageClassOf(envelope: Envelope): MessageClass {
  if (envelope.tlsTag === 'none') return 'normal';
  if (envelope.tlsTag === 'tls-required-no') return 'tls-required-no';
  return envelope.reversePath === 'null' ? 'requiretls-null' : 'requiretls';
}

// ---- who is delivered together

/** RTE-18: recipients for whom the operator demands different things do not share a decision, nor a session. */
type Group = { readonly nextHop: NextHop; readonly operator: OperatorDemand; readonly rows: NonEmpty<RecipientRow> };

function groupsOf(lease: Lease, settings: DeliverSettings, now: Instant): readonly Group[] {
  const groups = new Map<string, { nextHop: NextHop; operator: OperatorDemand; rows: RecipientRow[] }>();
  const stored = parseNextHop(lease.nextHop, settings.routes);
  const [only, ...others] = lease.recipients;
  for (const row of lease.recipients) {
    const { mailbox } = row.recipient;
    const domain = mailbox.domain.kind === 'name' ? mailbox.domain.name : undefined;
    const operator = withOverride(knownDemand(settings.operator, domain, now), settings.override, now);
    // The route may be gone since the message was queued.
    const nextHop = stored.kind === 'ok' ? stored.value : nextHopOf(mailbox, settings.routes);
    if (others.length === 0) return [{ nextHop, operator, rows: [only] }];
    const key = JSON.stringify([formatNextHop(nextHop), operator]);
    const group = groups.get(key) ?? { nextHop, operator, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()] as unknown as readonly Group[];
}

// ---- one group

type Task = {
  readonly lease: Lease;
  readonly group: Group;
  readonly discovered: Map<string, Promise<Discovered>>;
  readonly signal: AbortSignal;
};

async function deliverGroup(ports: DeliverPorts, settings: DeliverSettings, task: Task): Promise<Round> {
  const { lease, group } = task;
  const startedAt = ports.clock.now();
  const found = await discoverGroup(ports, settings, task);
  const messageClass = messageClassOf(lease.message.envelope);
  const ruling = knownRuling(found.destination, messageClass, group.operator);
  const trials = ruling.kind === 'settled' ? [] : await tryHosts(ports, settings, task, found);
  const recipients = namesOf(group.rows);
  const attempts = decisive(trials.map((trial) => trial.attempt));
  const outcomes = conclude({ ruling, attempts, messageClass, recipients });
  const context: RecordContext = {
    queueId: lease.message.id,
    attemptNumber: Math.max(...group.rows.map((row) => row.attempts)) + 1,
    destination: found.destination,
    messageClass,
    operator: group.operator,
    recipients,
    outcomes,
    resolverMode: settings.resolverMode,
  };
  try {
    const records = recordsOf(ruling, trials, context, { startedAt, endedAt: ports.clock.now() });
    for (const record of records) note(ports, record);
    return { outcomes, records, trials };
  } catch (error) {
    // What was taken stays taken: a record that cannot be made is no reason to send it again.
    reportBug(ports, lease, error);
    return { outcomes, records: [], trials };
  }
}

function discoverGroup(
  ports: DeliverPorts,
  settings: DeliverSettings,
  { group, discovered }: Task,
): Promise<Discovered> {
  const reading = group.operator.ignore.includes('dnssec') ? 'unvalidated' : 'validated';
  const key = `${reading} ${formatNextHop(group.nextHop)}`;
  const options = { ...settings.discover, reading } as const;
  const found =
    discovered.get(key) ??
    (ports.memory === undefined
      ? discover(ports, group.nextHop, options)
      : discoverOnce(ports, ports.memory, group.nextHop, options));
  discovered.set(key, found);
  return found;
}

async function tryHosts(
  ports: DeliverPorts,
  settings: DeliverSettings,
  task: Task,
  { destination, candidates }: Discovered,
): Promise<readonly Trial[]> {
  const { group, lease, signal } = task;
  const trials: Trial[] = [];
  // RTLS-42: a notice looks at all hosts for REQUIRETLS before any gets it without.
  for (const messageClass of planningPasses(messageClassOf(lease.message.envelope))) {
    for (const candidate of candidates) {
      const { input, plan } = knownPlan({ destination, candidate, messageClass, operator: group.operator });
      for (const part of transactionsOf(group.rows, trials)) {
        if (signal.aborted) return trials;
        const attempts = await tryHost(ports, settings, { ...task, rows: part }, input, plan);
        trials.push(...attempts.map((one) => ({ attempt: one, input })));
      }
    }
  }
  return trials;
}

// SMTP-4: one copy for all recipients that share the host, up to this many in a transaction.
const perTransaction = 100;

function transactionsOf(rows: readonly RecipientRow[], trials: readonly Trial[]): readonly NonEmpty<RecipientRow>[] {
  const open = new Set(
    openRecipients(
      trials.map((trial) => trial.attempt),
      namesOf(rows),
    ),
  );
  const left = rows.filter((row) => open.has(nameOf(row)));
  const parts: NonEmpty<RecipientRow>[] = [];
  for (let from = 0; from < left.length; from += perTransaction) {
    const part = left.slice(from, from + perTransaction);
    if (isNonEmpty(part)) parts.push(part);
  }
  return parts;
}

// RTE-9: two at least; more than this for one host would hold up the other hosts.
const addressesPerHost = 4;

type HostTask = Task & { readonly rows: NonEmpty<RecipientRow> };

async function tryHost(
  ports: DeliverPorts,
  settings: DeliverSettings,
  task: HostTask,
  input: PlanInput,
  planned: Plan,
): Promise<readonly Attempt[]> {
  const now = ports.clock.now();
  if (planned.kind === 'skip')
    return [{ plan: planned, address: undefined, startedAt: now, endedAt: now, because: planned.because }];
  const { nextHop } = task.group;
  const errand = {
    plan: planned,
    ehloName: settings.ehloName,
    route: nextHop.kind === 'literal' ? undefined : nextHop.route,
    messageClass: input.messageClass,
    compose: (requiretls: 'send' | 'omit') => compose(ports, task, requiretls),
  };
  const attempts: Attempt[] = [];
  let tries = 0;
  for (const address of addressesOf(input.candidate)) {
    if (tries === addressesPerHost || task.signal.aborted) break;
    const made = await attempt(ports, { ...errand, address }, task.signal);
    attempts.push(...made);
    if (!costsNothing(made)) tries += 1;
    if (openRecipients(made, namesOf(task.rows)).length < task.rows.length) break;
  }
  return attempts;
}

const addressesOf = ({ addresses }: Candidate): readonly IpAddress[] =>
  addresses.kind === 'addresses' ? interleaved(addresses.addresses) : [];

/** RTE-9: the families take turns, the resolver's order within each; IPv6 first. */
function interleaved(addresses: readonly IpAddress[]): readonly IpAddress[] {
  const six = addresses.filter((address) => address.includes(':'));
  const four = addresses.filter((address) => !address.includes(':'));
  return Array.from({ length: Math.max(six.length, four.length) }, (_, index) => [six[index], four[index]])
    .flat()
    .filter((address) => address !== undefined);
}

/** RTE-9: without a route to it nothing was tried. */
const costsNothing = (made: readonly Attempt[]): boolean =>
  made.every(({ security }) => security?.kind === 'lost' && security.noRoute === true);

async function compose(
  ports: DeliverPorts,
  { lease, rows }: HostTask,
  requiretls: 'send' | 'omit',
): Promise<OutgoingMessage> {
  const { message } = lease;
  const redact = messageClassOf(message.envelope) === 'requiretls-null' && requiretls === 'omit';
  const content = await ports.content(message, redact ? 'redacted' : 'as-stored');
  const [first, ...others] = rows;
  return {
    queueId: message.id,
    envelope: message.envelope,
    recipients: [first.recipient, ...others.map((row) => row.recipient)],
    size: content.size,
    content: content.facts,
    requiretls,
    body: content.body,
  };
}

const nameOf = (row: RecipientRow): string => row.recipient.mailbox.text;

const namesOf = (rows: readonly RecipientRow[]): NonEmpty<string> => rows.map(nameOf) as unknown as NonEmpty<string>;

// ---- what is concluded from

/**
 * INT-1: a host that was reached at one address did not fail for being out of reach at another; and a connection that was
 * given up for a second one (DT-7.9) is answered for by the second.
 */
function decisive(attempts: readonly Attempt[]): readonly Attempt[] {
  const reached = new Set(attempts.filter((one) => one.because !== 'connect-failed').map((one) => one.plan.candidate));
  return attempts.filter(
    (one) => one.verdict?.kind !== 'redial' && !(one.because === 'connect-failed' && reached.has(one.plan.candidate)),
  );
}

// ---- what is written down

function recordsOf(
  ruling: DestinationRuling,
  trials: readonly Trial[],
  context: RecordContext,
  round: { readonly startedAt: Instant; readonly endedAt: Instant },
): readonly RecordParts[] {
  if (ruling.kind === 'settled') return [settledParts(ruling, context, round)];
  return trials.map((trial) => recordParts(trial.attempt, context));
}

function note(ports: DeliverPorts, { own, shared }: RecordParts): void {
  // RTLS-56: an override is a warning, however well the delivery went.
  ports.log.event(shared.policy_overridden ? 'warn' : 'info', 'delivery', own, shared);
  ports.metrics.count('sekisho_attempts_total', { reason: own.reason ?? 'none' });
  ports.metrics.observe('sekisho_attempt_duration_seconds', own.duration_ms / 1000);
  if (shared.msg_tls.startsWith('requiretls')) ports.metrics.count('sekisho_requiretls_total', { outcome: own.result });
  if (own.result === 'sent')
    ports.metrics.count('sekisho_delivered_protection_total', {
      level: shared.tls_achieved ?? 'cleartext',
      authn: shared.authn,
    });
}

/** Exceptions are bugs; the message stays. */
function deferredByBug(ports: DeliverPorts, lease: Lease, group: Group, error: unknown): Round {
  const says = reportBug(ports, lease, error);
  const [first, ...others] = namesOf(group.rows);
  const deferred = (recipient: string): RecipientOutcome => ({
    kind: 'deferred',
    recipient,
    because: 'conn-lost',
    status: '4.3.0',
    says: `A fault of this relay stopped the attempt: ${says}`,
    evidence: [],
  });
  return { outcomes: [deferred(first), ...others.map(deferred)], records: [], trials: [] };
}

/** @returns what it says. */
function reportBug(ports: DeliverPorts, lease: Lease, error: unknown): string {
  const says = error instanceof Error ? error.message : 'unknown fault';
  const stack = error instanceof Error ? error.stack : undefined;
  ports.log.event('error', 'bug', { queue_id: lease.message.id, nexthop: lease.nextHop, says, stack });
  return says;
}
