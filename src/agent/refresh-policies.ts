// Re-reads cached MTA-STS policies about once a day, before they lapse (RFC 8461 §3.3, §10.2), and warns early when that
// fails. What is never refreshed: policies that have expired, for an expired policy is none (STS-46).

import { type DomainName, type Instant, instant, seconds } from '../core/base/brand.ts';
import { expiryOf, refreshDueAt, warnDueAt } from '../core/mtasts/freshness.ts';
import type { StsPolicy } from '../core/mtasts/policy.ts';
import { mapLimited } from './map-limited.ts';
import { type PolicyPorts, refreshPolicy } from './policies.ts';

/** When each policy is to be tried next; `fetchedAt` tells which policy the plan was made for. */
export type RefreshPlan = Map<DomainName, { readonly fetchedAt: Instant; readonly dueAt: Instant }>;

const pause = 10 * 60;
const fetchesAtOnce = 4;
const minute = 60_000;
const day = 24 * 60 * minute;

/** Runs until the signal aborts. */
export async function refreshPolicies(ports: PolicyPorts, signal: AbortSignal): Promise<void> {
  const plan: RefreshPlan = new Map();
  while (!signal.aborted) {
    await refreshDue(ports, plan);
    await ports.clock.sleep(seconds(pause * (0.5 + ports.clock.random())), signal);
  }
}

/** One round: every policy that is due is fetched again, whatever its TXT record says (STS-44). */
export async function refreshDue(ports: PolicyPorts, plan: RefreshPlan): Promise<void> {
  const now = ports.clock.now();
  const entries = [...ports.policyStore.entries()];
  const known = new Set(entries.map(([domain]) => domain));
  for (const domain of plan.keys()) if (!known.has(domain)) plan.delete(domain);
  const due: (readonly [DomainName, StsPolicy])[] = [];
  for (const [domain, policy] of entries) {
    if (expiryOf(policy) <= now) await dropExpired(ports, domain, policy);
    else if (dueAt(ports, plan, domain, policy) <= now) due.push([domain, policy]);
  }
  await mapLimited(due, fetchesAtOnce, ([domain, policy]) => refreshOne(ports, plan, domain, policy));
}

/** Drawn once per policy, a little early, so that policies fetched together are not refreshed together. */
function dueAt(ports: PolicyPorts, plan: RefreshPlan, domain: DomainName, policy: StsPolicy): Instant {
  const { fetchedAt } = policy;
  const planned = plan.get(domain);
  const now = ports.clock.now();
  if (planned?.fetchedAt === fetchedAt && planned.dueAt <= now + 1.1 * day) return planned.dueAt;
  const whole = refreshDueAt(policy) - fetchedAt;
  // What was fetched in the future was fetched before the clock was set back, and would never be due.
  const drawn = fetchedAt > now ? now : instant(fetchedAt + whole * (0.75 + 0.25 * ports.clock.random()));
  plan.set(domain, { fetchedAt, dueAt: drawn });
  return drawn;
}

async function refreshOne(ports: PolicyPorts, plan: RefreshPlan, domain: DomainName, policy: StsPolicy): Promise<void> {
  const finding = await refreshPolicy(ports, domain);
  if (finding.kind === 'policy' && finding.freshness === 'fetched') return;
  const now = ports.clock.now();
  // STS-16 sets the floor; the nearer the end, the more often it is tried.
  const wait = Math.min(day, Math.max(5 * minute, (expiryOf(policy) - now) / 2)) * (1 + 0.1 * ports.clock.random());
  plan.set(domain, { fetchedAt: policy.fetchedAt, dueAt: instant(now + wait) });
  const warnAt = warnDueAt(policy);
  // STS-45, ATK-70: said again with every failure from then on.
  if (warnAt !== undefined && warnAt <= now)
    ports.log.event('warn', 'sts-refresh-failing', {
      ...namesOf(domain, policy),
      last_fetched_at: new Date(policy.fetchedAt).toISOString(),
      expires_at: new Date(expiryOf(policy)).toISOString(),
      says: 'says' in finding ? finding.says : undefined,
    });
}

async function dropExpired(ports: PolicyPorts, domain: DomainName, policy: StsPolicy): Promise<void> {
  ports.log.event(policy.mode === 'enforce' ? 'warn' : 'info', 'sts-policy-expired', namesOf(domain, policy));
  await ports.policyStore.forget(domain);
}

const namesOf = (domain: DomainName, { id, mode }: StsPolicy): Readonly<Record<string, string>> => ({
  policy_domain: domain,
  sts_id: id,
  mode,
});
