// The cached policies of the running relay for its operator (STS-49): what lies in the store, and the two acts on it.

import type { CachedPolicy, PolicyDesk, RefreshedPolicy } from '../admin/api.ts';
import { forgetPolicy, type PolicyPorts, refreshPolicy } from '../agent/policies.ts';
import type { Clock } from '../agent/ports.ts';
import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { expiryOf } from '../core/mtasts/freshness.ts';
import type { StsFinding, StsPolicy } from '../core/mtasts/policy.ts';

/** @param ports as they are in force at the moment of the question. */
export function makePolicyDesk(ports: () => PolicyPorts, clock: Clock): PolicyDesk {
  const view = (domain: DomainName, policy: StsPolicy): CachedPolicy => viewOf(domain, policy, clock.now());
  const stored = (text: string): readonly [DomainName, StsPolicy] | undefined => {
    const domain = parseDomainName(text);
    const policy = domain.kind === 'ok' ? ports().policyStore.get(domain.value) : undefined;
    return domain.kind === 'ok' && policy !== undefined ? [domain.value, policy] : undefined;
  };
  return {
    list: () =>
      [...ports().policyStore.entries()]
        .map(([domain, policy]) => view(domain, policy))
        .sort((a, b) => (a.domain < b.domain ? -1 : 1)),
    show: (text) => {
      const found = stored(text);
      return found && view(...found);
    },
    refresh: async (text) => {
      const domain = parseDomainName(text);
      if (domain.kind === 'fault') return { outcome: 'failed', says: 'this is no domain', policy: null };
      const finding = await refreshPolicy(ports(), domain.value);
      return refreshed(finding, finding.kind === 'policy' ? view(domain.value, finding.policy) : null);
    },
    forget: async (text) => {
      const found = stored(text);
      if (found === undefined) return undefined;
      await forgetPolicy(ports(), found[0]);
      return view(...found);
    },
  };
}

const rfc3339 = (at: number): string => new Date(at).toISOString();

const viewOf = (domain: DomainName, policy: StsPolicy, now: number): CachedPolicy => ({
  domain,
  id: policy.id,
  mode: policy.mode,
  maxAge: policy.maxAge,
  mx: policy.mx,
  fetchedAt: rfc3339(policy.fetchedAt),
  expiresAt: rfc3339(expiryOf(policy)),
  // STS-46
  state: expiryOf(policy) <= now ? 'expired' : 'in-force',
  body: policy.body,
});

function refreshed(finding: StsFinding, policy: CachedPolicy | null): RefreshedPolicy {
  switch (finding.kind) {
    case 'policy':
      return finding.freshness === 'cached-refresh-failed'
        ? { outcome: 'kept', says: finding.says, policy }
        : { outcome: finding.freshness, says: null, policy };
    case 'none':
      return { outcome: 'none', says: null, policy };
    case 'unavailable':
      return { outcome: 'failed', says: finding.says, policy };
    case 'txt-bogus':
      return { outcome: 'failed', says: 'the _mta-sts answer is bogus', policy };
  }
}
