// What is known of a domain's MTA-STS policy now: TXT, cache, and a fetch where they disagree (RFC 8461 §3, §5.1). The
// decisions are core/mtasts/freshness; here stand the order, the back-off, and what is remembered.

import { type DomainName, type Instant, instant, type Seconds, seconds } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import {
  applyFetch,
  expiryOf,
  type FetchOutcome,
  type Freshness,
  judgeFreshness,
  type TxtOutcome,
} from '../core/mtasts/freshness.ts';
import { type ParsedPolicy, parsePolicy, type StsFinding, type StsPolicy } from '../core/mtasts/policy.ts';
import { findStsRecord } from '../core/mtasts/record.ts';
import type { Clock, Log, Metrics, PolicyHost, PolicyStore, Reading, Resolver } from './ports.ts';

export type PolicyPorts = {
  readonly resolver: Resolver;
  readonly policyHost: PolicyHost;
  readonly policyStore: PolicyStore;
  readonly policyMemory: PolicyMemory;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** What need not outlive the process: running fetches and recent failures. One for all callers. */
export type PolicyMemory = {
  /** `mta_sts.max_age_cap`. */
  readonly maxAgeCap: Seconds;
  /** STS-48. */
  readonly maxEntries: number;
  readonly running: Map<string, Promise<StsFinding>>;
  readonly failures: Map<string, { readonly until: Instant; readonly outcome: FetchFailure }>;
};

type FetchFailure = Extract<FetchOutcome, { kind: 'failed' }>;
type FetchRequest = Extract<Freshness, { kind: 'fetch' }>;

export const makePolicyMemory = (maxAgeCap: Seconds = seconds(31_557_600), maxEntries = 10_000): PolicyMemory => ({
  maxAgeCap,
  maxEntries,
  running: new Map(),
  failures: new Map(),
});

/** STS-16. */
const backOff = 5 * 60_000;
const maxFailures = 10_000;

/**
 * STS-42: asked on each delivery; a changed id, or none cached, leads to a fetch, and the caller waits for it (STS-19).
 * @param domain the next-hop domain as it is named, never the end of its alias chain (STS-1)
 */
export async function findPolicy(
  ports: PolicyPorts,
  domain: DomainName,
  reading: Reading = 'validated',
): Promise<StsFinding> {
  const txt = await findTxt(ports, domain, reading);
  const fresh = judgeFreshness(ports.policyStore.get(domain), txt, ports.clock.now());
  const finding = fresh.kind === 'use' ? fresh.finding : await fetchOnce(ports, domain, fresh, reading);
  const word = finding.kind === 'policy' ? finding.freshness : finding.kind;
  ports.metrics.count('sekisho_sts_lookups_total', { finding: word });
  return finding;
}

/**
 * STS-44, STS-49: fetches whatever the TXT record says, with its id where there is one (STS-47), and renews the expiry.
 * Neither record nor cached policy: there is nothing to refresh.
 */
export async function refreshPolicy(ports: PolicyPorts, domain: DomainName): Promise<StsFinding> {
  const txt = await findTxt(ports, domain, 'validated');
  const stored = ports.policyStore.get(domain);
  const id = txt.kind === 'id' ? txt.id : stored?.id;
  if (id === undefined) return findPolicy(ports, domain);
  const cached = stored && ports.clock.now() < expiryOf(stored) ? stored : undefined;
  ports.policyMemory.failures.delete(keyOf(domain, id));
  return fetchOnce(ports, domain, { kind: 'fetch', id, cached }, 'validated');
}

/** STS-49. */
export async function forgetPolicy(ports: PolicyPorts, domain: DomainName): Promise<'forgotten' | 'unknown'> {
  const policy = ports.policyStore.get(domain);
  if (!policy) return 'unknown';
  await ports.policyStore.forget(domain);
  ports.log.event('warn', 'sts-policy-forgotten', { policy_domain: domain, sts_id: policy.id, mode: policy.mode });
  return 'forgotten';
}

/** STS-2: an alias of the record is followed by the resolver. */
async function findTxt(ports: PolicyPorts, domain: DomainName, reading: Reading): Promise<TxtOutcome> {
  const name = parseDomainName(`_mta-sts.${domain}`);
  if (name.kind === 'fault') return { kind: 'missing' };
  const { answer, because } = await ports.resolver.resolve(name.value, 'TXT', reading);
  if (answer.kind === 'absent') return { kind: 'missing' };
  if (answer.kind === 'found') return findStsRecord(answer.value);
  if (answer.reason === 'bogus') return { kind: 'bogus' };
  // STS-8: the resolver has asked its other servers before it says so.
  const says = `no answer for ${name.value}: ${answer.reason}${because === undefined ? '' : ` (${because})`}`;
  return { kind: 'failed', says };
}

const keyOf = (domain: DomainName, id: string): string => `${domain} ${id}`;

/** All who want the same policy at once share one fetch; a fetch that failed is not repeated for a while (STS-16). */
function fetchOnce(
  ports: PolicyPorts,
  domain: DomainName,
  request: FetchRequest,
  reading: Reading,
): Promise<StsFinding> {
  const { running, failures } = ports.policyMemory;
  const key = keyOf(domain, request.id);
  const now = ports.clock.now();
  const failure = failures.get(key);
  if (failure && now < failure.until) return Promise.resolve(applyFetch(request, failure.outcome, now).finding);
  const shared = running.get(key) ?? fetchAndStore(ports, domain, request, reading).finally(() => running.delete(key));
  running.set(key, shared);
  return shared;
}

async function fetchAndStore(
  ports: PolicyPorts,
  domain: DomainName,
  request: FetchRequest,
  reading: Reading,
): Promise<StsFinding> {
  const { log, clock, policyMemory } = ports;
  const outcome = await fetchPolicy(ports, domain, reading);
  const now = clock.now();
  const { finding, store, lowered } = applyFetch(request, outcome, now);
  const names = { policy_domain: domain, sts_id: request.id };
  if (!store) {
    const { fault, says } = finding as Extract<StsFinding, { readonly fault: unknown }>;
    remember(policyMemory, keyOf(domain, request.id), now, { kind: 'failed', fault, says });
    ports.metrics.count('sekisho_sts_fetches_total', { outcome: fault });
    log.event('info', 'sts-fetch-failed', { ...names, fault, says });
    return finding;
  }
  ports.metrics.count('sekisho_sts_fetches_total', { outcome: 'fetched' });
  log.event('info', 'sts-fetched', { ...names, mode: store.mode, max_age: store.maxAge });
  if (lowered === 'yes') {
    const { id: old_id, mode: old_mode, maxAge: old_max_age } = request.cached as StsPolicy;
    // STS-35, ATK-67 to ATK-69: it is authoritative, but somebody should know.
    const before = { old_id, old_mode, old_max_age };
    log.event('warn', 'sts-policy-lowered', { ...names, mode: store.mode, max_age: store.maxAge, ...before });
  }
  await keep(ports, domain, store, now);
  return finding;
}

async function fetchPolicy(
  { policyHost, policyMemory }: PolicyPorts,
  domain: DomainName,
  reading: Reading,
): Promise<FetchOutcome> {
  const fetched = await policyHost.fetch(domain, reading);
  if (fetched.kind === 'failed') return fetched;
  return { kind: 'parsed', policy: capped(parsePolicy(fetched.body), policyMemory.maxAgeCap), body: fetched.body };
}

const capped = (policy: ParsedPolicy, cap: Seconds): ParsedPolicy =>
  policy.kind === 'valid' && policy.maxAge > cap ? { ...policy, maxAge: cap } : policy;

function remember({ failures }: PolicyMemory, key: string, now: Instant, outcome: FetchFailure): void {
  // The oldest failure is the one that matters least.
  if (failures.size >= maxFailures) for (const first of [...failures.keys()].slice(0, 1)) failures.delete(first);
  failures.delete(key);
  failures.set(key, { until: instant(now + backOff), outcome });
}

/** A cache that cannot be written is loud, but holds up no mail: the policy at hand is applied all the same. */
async function keep(
  { policyStore, policyMemory, log }: PolicyPorts,
  domain: DomainName,
  policy: StsPolicy,
  now: Instant,
): Promise<void> {
  try {
    await policyStore.put(domain, policy);
    await Promise.all(surplus(policyStore, policyMemory.maxEntries, domain, now).map((one) => policyStore.forget(one)));
  } catch (error) {
    log.event('error', 'sts-cache-write-failed', { policy_domain: domain, says: String(error) });
  }
}

/**
 * STS-48: who makes room: expired, then mode none, then testing, the nearest to expiry first. With only unexpired enforce
 * policies left the newcomer goes, for a flood of new domains must not wash out what protects the old ones.
 */
function surplus(store: PolicyStore, limit: number, newcomer: DomainName, now: Instant): readonly DomainName[] {
  const all = [...store.entries()];
  if (all.length <= limit) return [];
  const rank = (domain: DomainName, policy: StsPolicy): number => {
    if (expiryOf(policy) <= now) return 0;
    if (policy.mode !== 'enforce') return policy.mode === 'none' ? 1 : 2;
    return domain === newcomer ? 3 : 4;
  };
  return all
    .map(([domain, policy]) => ({ domain, rank: rank(domain, policy), expiry: expiryOf(policy) }))
    .sort((a, b) => a.rank - b.rank || a.expiry - b.expiry)
    .slice(0, all.length - limit)
    .map(({ domain }) => domain);
}
