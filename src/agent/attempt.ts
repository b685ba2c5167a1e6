// One address of one host: dial, have the peer judged in the silence after the handshake, open, have the offer judged, and
// only then transfer (architecture §4, DT-7.1 to DT-7.18). `reach` is the same way without the last step, so that a probe cannot disagree.

import { type Instant, instant, seconds } from '../core/base/brand.ts';
import type { Evidence } from '../core/base/evidence.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import type { NonEmpty } from '../core/base/result.ts';
import { type DialPlan, judgeOffer, judgePeer, judgeState, withoutSni, withPaths } from '../core/policy/judge.ts';
import type {
  Accepted,
  Attempt,
  Blocked,
  Cleared,
  MessageClass,
  PeerVerdict,
  PoolKey,
  SecurityState,
  TransferOutcome,
} from '../core/policy/model.ts';
import { poolKey } from '../core/policy/pool-key.ts';
import type { Reason } from '../core/policy/reasons.ts';
import type { RouteRef } from '../core/routing/next-hop.ts';
import { classifyReply } from '../core/smtp/classify.ts';
import type { Extensions } from '../core/smtp/extensions.ts';
import type { Reply } from '../core/smtp/reply.ts';
import type { AnchorMemory } from './anchor-memory.ts';
import type { HostLimit, Offer, Place } from './host-limit.ts';
import type { HostMemory } from './host-memory.ts';
import type { Clock, DialCall, Dialed, Dialer, OutgoingMessage, PooledSession, Session, SessionPool } from './ports.ts';

export type SendPorts = {
  readonly dialer: Dialer;
  readonly pool: SessionPool;
  readonly hosts: HostMemory;
  readonly hostLimit: HostLimit;
  readonly anchors: AnchorMemory;
  readonly clock: Clock;
};

/** Where to, and what must be proven there. */
export type Approach = {
  readonly plan: DialPlan;
  readonly address: IpAddress;
  readonly ehloName: string;
  readonly route: RouteRef | undefined;
};

/** `earlier`: connections that were given up for another one (DT-7.9, TLS-20); `attempt` is that of the session. */
export type Reached =
  | {
      readonly kind: 'cleared';
      readonly session: Cleared<Session>;
      readonly extensions: Extensions;
      readonly requiretls: 'send' | 'omit';
      readonly attempt: Attempt;
      readonly earlier: readonly Attempt[];
    }
  | { readonly kind: 'failed'; readonly attempts: NonEmpty<Attempt> };

export type Errand = Approach & {
  readonly messageClass: MessageClass;
  /** Called once the host is known to get REQUIRETLS or not (RTLS-43). */
  readonly compose: (requiretls: 'send' | 'omit') => Promise<OutgoingMessage>;
};

/** @returns the tries in order, the last one being the result. */
export async function attempt(ports: SendPorts, errand: Errand, signal: AbortSignal): Promise<NonEmpty<Attempt>> {
  const { host, port } = errand.plan.candidate;
  const startedAt = ports.clock.now();
  const key = keyOf(errand);
  let offered: Ready | undefined;
  const offer: Offer = (offeredKey, entry) => {
    offered = offeredKey === key ? judgeAgain(errand.plan, entry, ports.clock.now()) : undefined;
    return offered === undefined ? 'none' : 'taken';
  };
  const entered = await ports.hostLimit.enter(`${host} ${port}`, offer, signal);
  if (entered.kind === 'aborted') return [unreached(ports, errand, startedAt, 'aborted')];
  if (entered.kind === 'no-room') return [crowdedOut(ports, errand, startedAt)];
  const { place } = entered;
  const errandHere: ErrandHere = { ...errand, key, place };
  try {
    const ridden = await ride(ports, errandHere, offered, signal);
    if (ridden !== undefined) return [ridden];
    const reached = await reach(ports, errand, signal);
    if (reached.kind === 'failed') return reached.attempts;
    const done = await send(ports, errandHere, reached, signal);
    return [...reached.earlier, done] as unknown as NonEmpty<Attempt>;
  } finally {
    place.leave();
  }
}

/** SMTP-16: so that a host which hangs does not hold everybody. */
function crowdedOut(ports: SendPorts, errand: Errand, startedAt: Instant): Attempt {
  const says = 'every session that this host may have has been taken for a while';
  return { ...unreached(ports, errand, startedAt, says), crowded: crowdedFor };
}

const crowdedFor = seconds(60);

/** Up to the verdict on the offer; the caller closes the session. Credentials are not shown. */
export async function reach(ports: SendPorts, approach: Approach, signal: AbortSignal): Promise<Reached> {
  const { address, plan } = approach;
  const startedAt = ports.clock.now();
  const rest = ports.hosts.restOf(address, plan.candidate.port, startedAt);
  if (rest !== undefined) {
    // QUE-4
    const attempt = unreached(ports, approach, startedAt, 'could not be reached a moment ago');
    return { kind: 'failed', attempts: [{ ...attempt, retryAfter: rest }] };
  }
  const earlier: Attempt[] = [];
  const met = await meet(ports, approach, earlier, signal);
  if (met.kind === 'failed')
    return { kind: 'failed', attempts: [...earlier, met.attempt] as unknown as NonEmpty<Attempt> };
  const offered = await hearOffer(ports, met);
  return offered.kind === 'failed'
    ? { kind: 'failed', attempts: [...earlier, offered.attempt] as unknown as NonEmpty<Attempt> }
    : { ...offered, earlier };
}

/** For a probe: `reach`, then QUIT. @returns the attempt that decided. */
export async function look(ports: SendPorts, approach: Approach, signal: AbortSignal): Promise<Attempt> {
  const reached = await reach(ports, approach, signal);
  if (reached.kind === 'failed') return reached.attempts.at(-1) ?? reached.attempts[0];
  ports.dialer.close(reached.session, 'quit');
  return reached.attempt;
}

// ---- the peer

type Met = {
  readonly kind: 'met';
  readonly plan: DialPlan;
  readonly session: Accepted<Session>;
  readonly attempt: Attempt & { readonly verdict: Extract<PeerVerdict, { kind: 'accepted' }> };
};
type Failed = { readonly kind: 'failed'; readonly attempt: Attempt };

// One handshake per trust store that has a say, and one each without SNI and without TLS.
const maxDials = 8;

async function meet(
  ports: SendPorts,
  approach: Approach,
  earlier: Attempt[],
  signal: AbortSignal,
): Promise<Met | Failed> {
  let { plan } = approach;
  let call = callOf(ports, approach);
  let known: SecurityState | undefined;
  for (let dials = 0; dials < maxDials; dials += 1) {
    const startedAt = ports.clock.now();
    const dialed = await ports.dialer.dial(call, signal);
    if (!signal.aborted) noteReachability(ports, call, dialed);
    const judging = async (): Promise<Judged> => judge(plan, dialed, known, ports.clock.now());
    const judged = await (dialed.kind === 'session' ? orClosed(ports, dialed.session, judging) : judging());
    if ('session' in judged) {
      const { security, verdict } = judged;
      rememberAnchors(ports, plan, security, verdict);
      return {
        kind: 'met',
        plan,
        session: judged.session,
        attempt: { ...facts(ports, plan, call, startedAt), security, verdict, ...greetingOf(judged.session) },
      };
    }
    const { security, verdict } = judged;
    if (dialed.kind === 'session') ports.dialer.close(dialed.session, 'abort');
    if (verdict.kind === 'undecided') {
      // A5: the same peer once more, verified against the store that is missing.
      known = security;
      call = { ...call, store: verdict.need[0] };
      continue;
    }
    const attempt: Attempt = {
      ...facts(ports, plan, call, startedAt),
      security,
      verdict,
      because: reasonOf(verdict, security),
    };
    if (verdict.kind === 'blocked') return { kind: 'failed', attempt };
    earlier.push(attempt);
    // DT-7.9, TLS-20: at most one of each; the second time the verdict cannot ask for it again.
    if (verdict.how === 'cleartext') call = { ...call, mode: 'cleartext' };
    else {
      plan = withoutSni(plan);
      call = { ...call, sni: undefined };
    }
  }
  return { kind: 'failed', attempt: inconstant(ports, plan, call) };
}

function callOf(ports: SendPorts, { plan, address, ehloName, route }: Approach): DialCall {
  const { candidate, demand } = plan;
  return {
    host: candidate.host,
    address,
    port: candidate.port,
    ehloName,
    mode: route?.tls === 'implicit' ? 'implicit' : 'starttls',
    sni: demand.sni,
    store: ports.anchors.storeFor(demand),
  };
}

const greetingOf = ({ greeting }: Session): Pick<Attempt, 'greeting'> => (greeting === undefined ? {} : { greeting });

type Judged = { readonly security: SecurityState } & (
  | { readonly verdict: Extract<PeerVerdict, { kind: 'accepted' }>; readonly session: Accepted<Session> }
  | { readonly verdict: Exclude<PeerVerdict, { kind: 'accepted' }> }
);

function judge(plan: DialPlan, dialed: Dialed, known: SecurityState | undefined, at: Instant): Judged {
  if (dialed.kind === 'no-session') {
    const { security } = dialed;
    const verdict = judgeState(plan, security, at);
    if (verdict.kind === 'accepted') throw new Error('a peer without a session was accepted');
    return { security, verdict };
  }
  const security = known === undefined ? dialed.session.security : withPaths(dialed.session.security, known);
  return { security, ...judgePeer(plan, { ...dialed.session, security }, at) };
}

/** SMTP-15: reachability alone is noted, nothing of what was said. */
function noteReachability(ports: SendPorts, { address, port }: DialCall, dialed: Dialed): void {
  const lost = dialed.kind === 'no-session' && dialed.security.kind === 'lost' ? dialed.security : undefined;
  if (lost?.noRoute) return;
  if (lost?.during === 'connect' || lost?.during === 'greeting') ports.hosts.failed(address, port, ports.clock.now());
  else ports.hosts.reached(address, port);
}

function rememberAnchors(
  ports: SendPorts,
  plan: DialPlan,
  security: SecurityState,
  verdict: Extract<PeerVerdict, { kind: 'accepted' }>,
): void {
  if (security.kind !== 'encrypted' || !verdict.authn.some(({ authn }) => authn === 'dane-ta')) return;
  const trusted = security.paths.find((path) => path.kind === 'trusted' && path.store.kind === 'anchor');
  if (trusted !== undefined) ports.anchors.remember(plan.demand, trusted.store);
}

/** A host that shows another chain each time is never fully verified. */
function inconstant(ports: SendPorts, plan: DialPlan, call: DialCall): Attempt {
  const evidence: Evidence = {
    rung: 'certificate',
    outcome: 'fail',
    rule: 'RFC 7672 §3.1',
    says: 'the host shows another chain on each connection',
    code: 'cert-untrusted',
  };
  const verdict: Blocked = {
    kind: 'blocked',
    because: 'cert-untrusted',
    status: '4.7.5',
    temporary: true,
    evidence: [evidence],
  };
  return { ...facts(ports, plan, call, ports.clock.now()), verdict, because: 'cert-untrusted' };
}

// ---- the offer

type Offered = Extract<Reached, { kind: 'cleared' }>;

async function hearOffer(
  ports: SendPorts,
  { plan, session, attempt }: Met,
): Promise<Omit<Offered, 'earlier'> | Failed> {
  const opened = await orClosed(ports, session, () => ports.dialer.open(session));
  const endedAt = ports.clock.now();
  if (opened.kind !== 'ready') {
    ports.dialer.close(session, opened.kind === 'refused' ? 'quit' : 'abort');
    // DT-7.16
    const because = opened.kind === 'refused' ? reasonOfReply(opened.reply) : 'conn-lost';
    const says =
      opened.kind === 'refused' ? `EHLO was refused: ${opened.reply.code} ${opened.reply.lines[0]}` : opened.says;
    return { kind: 'failed', attempt: { ...withEvidence(attempt, [spoke(because, says)]), endedAt, because } };
  }
  const { extensions } = opened;
  const offer = judgeOffer(plan, session, extensions);
  if (offer.kind === 'blocked') {
    // RTLS-26, SMTP-12
    ports.dialer.close(session, 'quit');
    const verdict: Blocked = { ...offer, evidence: [...offer.evidence, ...attempt.verdict.evidence] };
    return { kind: 'failed', attempt: { ...attempt, endedAt, extensions, verdict, because: offer.because } };
  }
  const { requiretls } = offer;
  return {
    kind: 'cleared',
    session: offer.session,
    extensions,
    requiretls,
    attempt: { ...withEvidence(attempt, offer.evidence), endedAt, extensions },
  };
}

// ---- the message

type ErrandHere = Errand & { readonly key: PoolKey; readonly place: Place };

type Ready = Omit<Offered, 'kind' | 'earlier'> & {
  /** Of a ridden session: it is not prolonged by being used. */
  readonly ridden?: Pick<PooledSession, 'validUntil' | 'carried'>;
};

async function send(ports: SendPorts, errand: ErrandHere, ready: Ready, signal: AbortSignal): Promise<Attempt> {
  const stopped = await showCredentials(ports, errand, ready);
  if (stopped !== undefined) return stopped;
  return hand(ports, errand, ready, signal);
}

/** AUTH where the route has credentials. @returns the failed attempt, or undefined when the way is free. */
async function showCredentials(ports: SendPorts, { plan, route }: Errand, ready: Ready): Promise<Attempt | undefined> {
  if (plan.demand.credentials === 'none' || route === undefined) return undefined;
  const { attempt, session } = ready;
  const fail = (because: Reason, says: string): Attempt => {
    ports.dialer.close(session, 'quit');
    return { ...withEvidence(attempt, [spoke(because, says)]), endedAt: ports.clock.now(), because };
  };
  // SMTP-17: whatever the plan demanded, an unauthenticated peer hears no secret.
  if (attempt.verdict?.kind !== 'accepted' || attempt.verdict.achieved !== 'authenticated')
    return fail('route-auth-unprotected', 'credentials are configured, and the host is not authenticated');
  const authenticate = () => ports.dialer.authenticate(session as unknown as Accepted<Session>, route.via);
  const answer = await orClosed(ports, session, authenticate);
  if (answer.kind === 'done') return undefined;
  return answer.kind === 'refused'
    ? fail(reasonOfReply(answer.reply), `AUTH was refused: ${answer.reply.code} ${answer.reply.lines[0]}`)
    : fail('conn-lost', answer.says);
}

async function hand(ports: SendPorts, errand: ErrandHere, ready: Ready, signal: AbortSignal): Promise<Attempt> {
  const { session, requiretls, attempt } = ready;
  const kept = keepable(ready);
  let passedOn: 'taken' | 'none' = 'none';
  // RFC 2920 §3.1: the envelope of the next message goes behind the final dot of this one.
  const onFinalDot = (): 'taken' | 'none' => {
    if (kept !== undefined && isFresh(kept, ports.clock.now())) passedOn = errand.place.passOn(errand.key, kept);
    return passedOn;
  };
  const transfer = await orClosed(ports, session, async () =>
    ports.dialer.transfer(session, await errand.compose(requiretls), signal, onFinalDot),
  );
  const done: Attempt = { ...attempt, endedAt: ports.clock.now(), transfer };
  // Otherwise it is for who rides it to end it or to keep it.
  if (passedOn === 'none') {
    if (transfer.kind === 'lost') ports.dialer.close(session, 'abort');
    else if (kept === undefined || !endsTransaction(transfer) || !isFresh(kept, done.endedAt))
      ports.dialer.close(session, 'quit');
    else ports.pool.put(errand.key, kept);
  }
  return transfer.kind === 'replied'
    ? done
    : { ...done, because: transfer.kind === 'lost' ? 'conn-lost' : transfer.because };
}

// A session older than this is not ridden again: certificates and records are looked at anew.
const reusableFor = 5 * 60_000;
/** And none carries more messages than this: a host that counts them ends it in its own time. */
const maxCarried = 1000;

/** What the next message may ride; undefined for a session that no other one may. */
function keepable({ session, extensions, attempt, ridden }: Ready): PooledSession | undefined {
  if (!mayBeKept(session)) return undefined;
  const validUntil = ridden?.validUntil ?? instant(attempt.startedAt + reusableFor);
  return { session, extensions, attempt, validUntil, carried: (ridden?.carried ?? 0) + 1 };
}

const isFresh = ({ validUntil, carried }: PooledSession, now: Instant): boolean =>
  validUntil > now && carried < maxCarried;

/** SMTP-15: where TLS failed once it is tried again for the next message. */
const mayBeKept = ({ security }: Session): boolean =>
  security.kind === 'encrypted' ||
  (security.kind === 'cleartext' && (security.because === 'starttls-missing' || security.because === 'helo-only'));

/**
 * RFC 5321 §4.1.4: a transaction whose recipients or DATA were refused is still open at the host, and the next message
 * would be refused for it. Only the answer to the final dot ends one; before MAIL there is none.
 */
const endsTransaction = (transfer: Exclude<TransferOutcome, { kind: 'lost' }>): boolean =>
  transfer.kind === 'refused-before-data' || transfer.replies.some(({ at }) => at === 'final-dot');

/** SMTP-17: who is logged in for one route must not send for another one that leads to the same host. */
function keyOf({ plan, messageClass, route }: Errand): PoolKey {
  const key = poolKey(plan, messageClass);
  return plan.demand.credentials === 'none' ? key : (`${key} ${route?.via}` as PoolKey);
}

/** SMTP-13, A8: an open session of the same key, judged again by this message's own plan. */
async function ride(
  ports: SendPorts,
  errand: ErrandHere,
  offered: Ready | undefined,
  signal: AbortSignal,
): Promise<Attempt | undefined> {
  const ready = offered ?? (await fromPool(ports, errand));
  if (ready === undefined) return undefined;
  const done = await hand(ports, errand, ready, signal);
  return isStale(done.transfer) && !signal.aborted ? undefined : done;
}

async function fromPool(ports: SendPorts, { plan, key }: ErrandHere): Promise<Ready | undefined> {
  const entry = ports.pool.take(key);
  if (entry === undefined) return undefined;
  const ready = await orClosed(ports, entry.session, async () => judgeAgain(plan, entry, ports.clock.now()));
  if (ready === undefined) ports.dialer.close(entry.session, 'quit');
  return ready;
}

/**
 * The host hung up or lost the thread while the session was idle, or has had enough messages on it: that is no answer to
 * this message, and a fresh session is asked.
 */
function isStale(transfer: TransferOutcome | undefined): boolean {
  if (transfer?.kind === 'lost') return transfer.during === 'mail';
  return (
    transfer?.kind === 'replied' &&
    transfer.replies.every(({ reply, at }) => at === 'mail' && (reply.code === 503 || reply.code < 500))
  );
}

function judgeAgain(plan: DialPlan, entry: PooledSession, startedAt: Instant): Ready | undefined {
  const { addresses } = plan.candidate;
  // RTE-16, RTE-17: the same name may lead elsewhere for another destination, or by now.
  if (addresses.kind !== 'addresses' || !addresses.addresses.includes(entry.session.address)) return undefined;
  const judged = judgePeer(plan, entry.session as Session, startedAt);
  if (judged.verdict.kind !== 'accepted' || !('session' in judged)) return undefined;
  const { extensions } = entry;
  const offer = judgeOffer(plan, judged.session, extensions);
  if (offer.kind === 'blocked') return undefined;
  const { address, security } = judged.session;
  const attempt: Attempt = {
    plan,
    address,
    startedAt,
    endedAt: startedAt,
    security,
    extensions,
    verdict: judged.verdict,
  };
  const { requiretls } = offer;
  const noted = withEvidence(attempt, offer.evidence);
  return { session: offer.session, extensions, requiretls, attempt: noted, ridden: entry };
}

// ---- parts

type Facts = Pick<Attempt, 'plan' | 'address' | 'startedAt' | 'endedAt'>;

const facts = (
  ports: SendPorts,
  plan: DialPlan,
  { address }: { readonly address: IpAddress },
  startedAt: Instant,
): Facts => ({
  plan,
  address,
  startedAt,
  endedAt: ports.clock.now(),
});

/** A fault of ours leaves no connection behind. */
async function orClosed<T>(ports: SendPorts, session: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    ports.dialer.close(session, 'abort');
    throw error;
  }
}

/** An attempt without a connection. */
function unreached(ports: SendPorts, { plan, address }: Approach, startedAt: Instant, says: string): Attempt {
  const security: SecurityState = { kind: 'lost', during: 'connect', says };
  const verdict = judgeState(plan, security, startedAt);
  if (verdict.kind !== 'blocked') throw new Error('a missing connection was not blocked');
  return { ...facts(ports, plan, { address }, startedAt), security, verdict, because: verdict.because };
}

function withEvidence<A extends Attempt>(attempt: A, more: readonly Evidence[]): A {
  const { verdict } = attempt;
  return verdict === undefined || more.length === 0
    ? attempt
    : { ...attempt, verdict: { ...verdict, evidence: [...verdict.evidence, ...more] } };
}

const spoke = (code: Reason, says: string): Evidence => ({
  rung: 'starttls',
  outcome: 'fail',
  rule: 'DT-7.16',
  says,
  code,
});

/** A connection that was given up for another one failed for what happened to it. */
function reasonOf(verdict: Extract<PeerVerdict, { kind: 'blocked' | 'redial' }>, security: SecurityState): Reason {
  if (verdict.kind === 'blocked') return verdict.because;
  return security.kind === 'handshake-failed' ? 'tls-handshake' : 'conn-lost';
}

const reasonOfReply = (reply: Reply): Reason => (classifyReply(reply) === 'permanent' ? 'remote-5yz' : 'remote-4yz');
