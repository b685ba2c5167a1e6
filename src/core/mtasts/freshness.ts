// Cached policy × TXT outcome × now: use it, fetch, or do without (RFC 8461 §3.3 and §5.1, DT-1.40 to DT-1.44), and what a
// fetch makes of it. Leaves out the look-up and the fetch themselves: agent/policies.

import type { Instant, Seconds } from '../base/brand.ts';
import type { ParsedPolicy, StsFault, StsFinding, StsPolicy } from './policy.ts';
import type { StsRecord } from './record.ts';

/** What the TXT question gave. `failed`: time-out or error code, after a second server was asked (STS-8). */
export type TxtOutcome = StsRecord | { readonly kind: 'bogus' } | { readonly kind: 'failed'; readonly says: string };

export type Freshness =
  /** Settled without a fetch. */
  | { readonly kind: 'use'; readonly finding: StsFinding }
  /** `cached` is what stands in if the fetch fails. */
  | { readonly kind: 'fetch'; readonly id: string; readonly cached: StsPolicy | undefined };

/** STS-40: the policy counts up to and without this instant. */
export const expiryOf = ({ fetchedAt, maxAge }: StsPolicy): Instant => (fetchedAt + maxAge * 1000) as Instant;

// STS-46: an expired policy is no policy, also if the TXT record still shows its id.
const unexpired = (cached: StsPolicy | undefined, now: Instant): StsPolicy | undefined =>
  cached !== undefined && now < expiryOf(cached) ? cached : undefined;

/** @param stored as it lies in the store, expired or not. */
export function judgeFreshness(stored: StsPolicy | undefined, txt: TxtOutcome, now: Instant): Freshness {
  const cached = unexpired(stored, now);
  if (txt.kind === 'id') {
    // STS-42, STS-43: equal ids need no fetch; a different one is only different, never older or newer.
    return cached?.id === txt.id
      ? { kind: 'use', finding: { kind: 'policy', policy: cached, freshness: 'cached' } }
      : { kind: 'fetch', id: txt.id, cached };
  }
  // STS-6, STS-7, STS-41: neither absence nor failure of the record takes a cached policy away.
  if (cached !== undefined) return { kind: 'use', finding: standIn(cached, ...faultOf(txt)) };
  switch (txt.kind) {
    case 'missing':
    case 'invalid':
      // DT-1.40
      return { kind: 'use', finding: { kind: 'none' } };
    case 'bogus':
      // DT-1.42a
      return { kind: 'use', finding: { kind: 'txt-bogus' } };
    case 'failed':
      // DT-1.42b
      return { kind: 'use', finding: { kind: 'unavailable', fault: 'txt-failed', says: txt.says } };
  }
}

export type FetchOutcome =
  | { readonly kind: 'parsed'; readonly policy: ParsedPolicy; readonly body: string }
  | { readonly kind: 'failed'; readonly fault: StsFault; readonly says: string };

export type Renewal = {
  readonly finding: StsFinding;
  /** To be stored; undefined leaves the store as it is (STS-34). */
  readonly store: StsPolicy | undefined;
  /** STS-35: the new policy protects less than the cached one. */
  readonly lowered: 'yes' | 'no';
};

/** What a fetch that `judgeFreshness` asked for comes to. STS-47: the id is the one that triggered it. */
export function applyFetch(
  request: Extract<Freshness, { kind: 'fetch' }>,
  outcome: FetchOutcome,
  now: Instant,
): Renewal {
  const failed = (fault: StsFault, says: string): Renewal => ({
    // DT-1.42, DT-1.43
    finding: request.cached === undefined ? { kind: 'unavailable', fault, says } : standIn(request.cached, fault, says),
    store: undefined,
    lowered: 'no',
  });
  if (outcome.kind === 'failed') return failed(outcome.fault, outcome.says);
  const { policy: parsed, body } = outcome;
  if (parsed.kind === 'invalid') return failed('sts-policy-invalid', parsed.errors[0].says);
  const { mode, mx, maxAge } = parsed;
  // STS-35: it counts for the attempt that fetched it, even with max_age 0.
  const policy: StsPolicy = { mode, mx, maxAge, id: request.id, fetchedAt: now, body };
  return {
    finding: { kind: 'policy', policy, freshness: 'fetched' },
    store: policy,
    lowered: lowers(request.cached, policy),
  };
}

// STS-35
function lowers(old: StsPolicy | undefined, renewed: StsPolicy): 'yes' | 'no' {
  if (old === undefined) return 'no';
  const rank = { none: 0, testing: 1, enforce: 2 } as const;
  const shorter = renewed.maxAge * 10 < old.maxAge;
  return rank[renewed.mode] < rank[old.mode] || shorter ? 'yes' : 'no';
}

const standIn = (policy: StsPolicy, fault: StsFault, says: string): StsFinding => ({
  kind: 'policy',
  policy,
  freshness: 'cached-refresh-failed',
  fault,
  says,
});

function faultOf(txt: Exclude<TxtOutcome, { kind: 'id' }>): [StsFault, string] {
  switch (txt.kind) {
    case 'missing':
      return ['txt-missing', 'the _mta-sts record is gone'];
    case 'invalid':
      return ['txt-invalid', txt.says];
    case 'bogus':
      return ['txt-failed', 'the _mta-sts answer is bogus'];
    case 'failed':
      return ['txt-failed', txt.says];
  }
}

/** STS-44: whether the policy is due for its daily refresh in the background. */
export const refreshDueAt = ({ fetchedAt, maxAge }: StsPolicy): Instant =>
  (fetchedAt + (Math.min(86_400, maxAge / 2) as Seconds) * 1000) as Instant;

/** STS-45: when repeated failures to refresh deserve a warning; never for mode none. */
export function warnDueAt(policy: StsPolicy): Instant | undefined {
  if (policy.mode === 'none') return undefined;
  const days = 2 * 86_400;
  return (policy.fetchedAt + Math.min(days, policy.maxAge / 2) * 1000) as Instant;
}
