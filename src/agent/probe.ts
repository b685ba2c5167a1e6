// What would happen to mail for this destination now, and why: discovery, plan and dialogue of a delivery, ended before
// MAIL FROM (OPS-10, OPS-17). It uses what delivery uses, so it cannot disagree with it (OBS-5).

import type { DomainName, QueueId } from '../core/base/brand.ts';
import { looksLikeAddress, parseDomainName } from '../core/base/domain-name.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { StsPolicy } from '../core/mtasts/policy.ts';
import { catalogue } from '../core/policy/catalogue.ts';
import { conclude } from '../core/policy/conclude.ts';
import type {
  Attempt,
  Candidate,
  Destination,
  DestinationRuling,
  OperatorDemand,
  OperatorFloor,
  Plan,
} from '../core/policy/model.ts';
import { narrate } from '../core/policy/narrate.ts';
import { type OperatorPolicy, operatorDemand } from '../core/policy/operator.ts';
import { plan, ruleDestination } from '../core/policy/plan.ts';
import type { Reason } from '../core/policy/reasons.ts';
import type { RecordContext } from '../core/policy/record.ts';
import { isIpAddress } from '../core/routing/ip-address.ts';
import { type Addressed, formatVia, type NextHop, nextHopOf, parseVia, type Route } from '../core/routing/next-hop.ts';
import { look, type SendPorts } from './attempt.ts';
import { type CheckedHost, type CheckReport, hostRow, type Level, levelOf, mxPart, stsPart } from './check-report.ts';
import { type DiscoverOptions, type DiscoverPorts, discover } from './discover.ts';
import { findReporting } from './find-reporting.ts';

export type { AuthorityRow, CheckedHost, CheckReport } from './check-report.ts';

export type ProbePorts = DiscoverPorts & SendPorts;

export type ProbeOptions = {
  readonly routes: readonly Route[];
  readonly operator: OperatorPolicy;
  readonly discover: Omit<DiscoverOptions, 'reading'>;
  readonly resolverMode: 'validate' | 'trust-ad';
  readonly ehloName: string;
  /** `--no-connect` ends after the plan. */
  readonly connect: 'yes' | 'no';
  /** `--requiretls`: as for a message with the tag. */
  readonly requiretls: 'yes' | 'no';
  /** `--all`: every host and address, and the worst of them is the verdict (OPS-14). Else as delivery does. */
  readonly all: 'yes' | 'no';
  /** `--floor`: instead of the configured one. */
  readonly floor?: OperatorFloor;
  /** `--as`: the rules of another sender instead of the configured ones (OPS-16). */
  readonly sender?: Sender;
  /** Judge as if the domain published this one (STS-80). */
  readonly assumedPolicy?: StsPolicy;
  /** `--mx`: this host only. */
  readonly mx?: DomainName;
  readonly signal: AbortSignal;
};

/** OPS-16: what other senders look at: TLSA alone, policies alone, both with REQUIRETLS, nothing. */
export type Sender = 'dane' | 'mta-sts' | 'requiretls' | 'opportunistic';

/** A domain, an address `user@domain`, a literal `[192.0.2.1]`, or one server without MX look-up (OPS-11). */
export type Subject = string | { readonly host: string; readonly port: number; readonly starttls: 'smtp' | 'none' };

/** @returns the report, or a sentence that says what is wrong with the question. */
export async function probe(
  ports: ProbePorts,
  subject: Subject,
  options: ProbeOptions,
): Promise<Result<CheckReport, string>> {
  const aim = aimOf(subject, options.routes);
  if (aim.kind === 'fault') return aim;
  const at = ports.clock.now();
  const { nextHop, domain, label } = aim.value;
  const operator = demandOf(options, operatorDemand(options.operator, domain, at));
  const reading = operator.ignore.includes('dnssec') ? 'unvalidated' : 'validated';
  const [{ destination: found, candidates }, tlsrpt] = await Promise.all([
    discover(ports, nextHop, { ...options.discover, reading }),
    nextHop.kind === 'domain' ? findReporting(ports.resolver, nextHop.domain, reading) : undefined,
  ]);
  const destination = supposed(found, options);
  const chosen = options.mx === undefined ? candidates : candidates.filter(({ host }) => host === options.mx);
  if (options.mx !== undefined && chosen.length === 0 && candidates.length > 0)
    return fault(`${options.mx} is no MX host of ${label}`);
  const messageClass = options.requiretls === 'yes' || options.sender === 'requiretls' ? 'requiretls' : 'normal';
  const ruling = ruleDestination(destination, messageClass, operator);
  const context: RecordContext = {
    queueId: 'check' as QueueId,
    attemptNumber: 1,
    destination,
    messageClass,
    operator,
    resolverMode: options.resolverMode,
  };
  const tried = ruling.kind === 'settled' ? [] : await tryHosts(ports, chosen, context, options);
  const sum = summed(ruling, tried, context, options);
  return ok({
    domain: label,
    at: new Date(at).toISOString(),
    verdict: sum.verdict,
    level: sum.level,
    reason: sum.reason,
    mx: mxPart(destination, candidates),
    sts: stsPart(destination, operator),
    tlsrpt: tlsrpt ?? null,
    hosts: tried.map(({ row }) => row),
    lapsed: [],
    renewed: null,
    evidence: sum.evidence,
    explain: sentences(sum),
  });
}

type Aim = { readonly nextHop: NextHop; readonly domain: DomainName | undefined; readonly label: string };

function aimOf(subject: Subject, routes: readonly Route[]): Result<Aim, string> {
  if (typeof subject !== 'string') return aimAtHost(subject);
  const text = subject.slice(subject.lastIndexOf('@') + 1);
  const mailbox = addressed(text);
  if (!mailbox) return fault(`${JSON.stringify(subject)} is no domain, mail address or address literal`);
  const domain = mailbox.domain.kind === 'name' ? mailbox.domain.name : undefined;
  return ok({ nextHop: nextHopOf(mailbox, routes), domain, label: domain ?? text });
}

function aimAtHost({ host, port, starttls }: Exclude<Subject, string>): Result<Aim, string> {
  const via = parseVia(host.startsWith('[') ? host : `[${host}]`);
  if (via.kind === 'fault' || via.value.kind !== 'host') return fault(`${JSON.stringify(host)} is no host`);
  const place = { ...via.value, port };
  const tls = starttls === 'none' ? 'implicit' : 'starttls';
  const route = { via: formatVia(place), tls, credentials: 'none' } as const;
  const name = parseDomainName(host);
  return ok({
    nextHop: { ...place, route },
    domain: name.kind === 'ok' ? name.value : undefined,
    label: place.host,
  });
}

function addressed(text: string): Addressed | undefined {
  if (text.startsWith('[')) {
    const via = parseVia(text);
    if (via.kind === 'fault' || via.value.port !== undefined) return undefined;
    return via.value.kind === 'host' && isIpAddress(via.value.host)
      ? { domain: { kind: 'literal', address: via.value.host } }
      : undefined;
  }
  const name = parseDomainName(text);
  return name.kind === 'ok' && !looksLikeAddress(text) ? { domain: { kind: 'name', name: name.value } } : undefined;
}

function demandOf({ floor, sender }: ProbeOptions, configured: OperatorDemand): OperatorDemand {
  const demand: OperatorDemand =
    sender === undefined
      ? configured
      : { floor: 'may', names: [], ignore: ignoredBy[sender], requiretls: 'as-asked', enforce: true, source: '--as' };
  return floor === undefined ? demand : { ...demand, floor, enforce: true, source: '--floor' };
}

const ignoredBy: Readonly<Record<Sender, OperatorDemand['ignore']>> = {
  dane: ['mta-sts'],
  'mta-sts': ['dane'],
  requiretls: [],
  opportunistic: ['dane', 'mta-sts'],
};

const supposed = (destination: Destination, { assumedPolicy }: ProbeOptions): Destination =>
  assumedPolicy === undefined
    ? destination
    : { ...destination, sts: { kind: 'policy', policy: assumedPolicy, freshness: 'fetched' } };

type Standing = 'cleared' | 'blocked' | 'undetermined' | 'not-tried';
type Tried = { readonly standing: Standing; readonly attempts: readonly Attempt[]; readonly row: CheckedHost };

async function tryHosts(
  ports: ProbePorts,
  candidates: readonly Candidate[],
  context: RecordContext,
  options: ProbeOptions,
): Promise<readonly Tried[]> {
  const { destination, messageClass, operator } = context;
  const tried: Tried[] = [];
  for (const candidate of candidates) {
    const planned = plan({ destination, candidate, messageClass, operator });
    const over = options.all === 'no' && tried.some(({ standing }) => standing === 'cleared');
    const connect = over || options.connect === 'no' ? 'no' : 'yes';
    const attempts = await attemptsAt(ports, planned, destination.nextHop, { ...options, connect });
    // The worst is shown where all were tried, else the last: it decided.
    const shown = options.all === 'yes' ? worst(attempts) : attempts.at(-1);
    const standing = shown === undefined ? 'not-tried' : standingOf(shown);
    tried.push({ standing, attempts, row: hostRow(planned, shown, attempts, context) });
  }
  return tried;
}

/** RTE-9: one address after the other, until one was judged; all of them with `--all`. */
async function attemptsAt(
  ports: ProbePorts,
  planned: Plan,
  nextHop: NextHop,
  { all, connect, ehloName, signal }: ProbeOptions,
): Promise<readonly Attempt[]> {
  const now = ports.clock.now();
  if (planned.kind === 'skip')
    return [{ plan: planned, address: undefined, startedAt: now, endedAt: now, because: planned.because }];
  const { addresses } = planned.candidate;
  if (connect === 'no' || addresses.kind !== 'addresses') return [];
  const route = nextHop.kind === 'literal' ? undefined : nextHop.route;
  const attempts: Attempt[] = [];
  for (const address of addresses.addresses) {
    if (signal.aborted) break;
    const attempt = await look(ports, { plan: planned, address, ehloName, route }, signal);
    attempts.push(attempt);
    if (all === 'no' && standingOf(attempt) !== 'undetermined') break;
  }
  return attempts;
}

// cli.md, exit status 3: what could not be asked is no negative answer.
const unanswered: ReadonlySet<Reason> = new Set<Reason>([
  'mx-lookup-error',
  'mx-bogus',
  'addr-lookup-error',
  'addr-bogus',
  'tlsa-lookup-error',
  'tlsa-bogus',
  'sts-txt-bogus',
  'connect-failed',
  'conn-lost',
  'remote-4yz',
]);

const standingOfReason = (because: Reason): Standing => (unanswered.has(because) ? 'undetermined' : 'blocked');

function standingOf({ verdict, because, plan: planned }: Attempt): Standing {
  if (verdict?.kind === 'accepted' && because === undefined) return 'cleared';
  if (because !== undefined) return standingOfReason(because);
  if (verdict?.kind === 'blocked') return standingOfReason(verdict.because);
  return planned.kind === 'skip' ? standingOfReason(planned.because) : 'undetermined';
}

const badness: readonly Standing[] = ['blocked', 'undetermined', 'not-tried', 'cleared'];

const worst = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.toSorted((a, b) => badness.indexOf(standingOf(a)) - badness.indexOf(standingOf(b)))[0];

type Sum = {
  readonly verdict: CheckReport['verdict'];
  readonly level: Level | null;
  readonly reason: Reason | null;
  readonly evidence: readonly Evidence[];
};

function summed(
  ruling: DestinationRuling,
  tried: readonly Tried[],
  context: RecordContext,
  { all }: ProbeOptions,
): Sum {
  const notes = context.destination.notes ?? [];
  const cleared = tried.filter(({ standing }) => standing === 'cleared');
  const good = all === 'yes' ? cleared.length > 0 && cleared.length === tried.length : cleared.length > 0;
  if (good) {
    const levels = cleared.map(({ row }) => levelOf(row));
    // The weakest of what was shown; without --all there is but one.
    const level = (['cleartext', 'encrypted', 'webpki', 'dane'] as const).find((one) => levels.includes(one));
    return { verdict: 'cleared', level: level ?? null, reason: null, evidence: cleared[0]?.row.evidence ?? [] };
  }
  // With --all the hosts that passed are no excuse for the others.
  const rest = tried.filter(({ standing }) => standing !== 'cleared');
  const attempts = rest.flatMap((one) => one.attempts);
  if (ruling.kind === 'try-hosts' && attempts.length === 0)
    return {
      verdict: 'undetermined',
      level: null,
      reason: null,
      evidence: [...(rest[0]?.row.evidence ?? []), ...notes],
    };
  const [outcome] = conclude({ ruling, attempts, messageClass: context.messageClass, recipients: [''] });
  const reason = outcome.kind === 'sent' ? null : outcome.because;
  const notTried = rest.some(({ standing }) => standing === 'not-tried');
  const standings = ruling.kind === 'settled' && reason ? [standingOfReason(reason)] : rest.map((one) => one.standing);
  // A host that could not be asked, or was not, might have taken the message.
  const open = all === 'no' && (notTried || standings.includes('undetermined'));
  const blocked = standings.includes('blocked') && !open;
  return {
    verdict: blocked ? 'blocked' : 'undetermined',
    level: null,
    reason,
    evidence: [...outcome.evidence, ...notes],
  };
}

function sentences({ reason, evidence }: Sum): readonly string[] {
  const lines = narrate(evidence).map(({ text, rule }) => `${text} (${rule})`);
  if (reason === null) return lines;
  const { sentence, cause, remedy } = catalogue[reason];
  return [sentence, cause, remedy, ...lines];
}
