// From the trust anchor to the keys of one zone (RFC 4035 §5.2), or to the proof that there is no signed zone.

import { type Instant, seconds } from '../base/brand.ts';
import { RrType } from '../dns/message.ts';
import { type Name, rootName } from '../dns/name.ts';
import { type Anchors, anchorsAt, anchorZone } from './anchors.ts';
import { findDelegation } from './delegation.ts';
import { type Keyed, proveKeys, usableDs } from './keys.ts';
import { defaultRules } from './limits.ts';
import type { Fact, Need, ProofBudget, ProofRules, ZoneProof } from './proof.ts';
import { anchorOf, ask, type NotSecure, noAnchor, type Run, type Step, startRun } from './run.ts';

/**
 * Where the zone at `apex` stands. Asks only for zones above it, so that zone needs never wait for one another in a
 * circle. SEC-40 counts the work for a question in all, so the budget should be that of the question which needed it.
 */
export function* proveZone(
  apex: Name,
  anchors: Anchors,
  now: Instant,
  budget: ProofBudget,
  rules: ProofRules = defaultRules,
): Generator<readonly Need[], ZoneProof, readonly Fact[]> {
  const run = startRun(anchors, now, budget, rules, apex);
  const conclude = (finding: ZoneFinding): ZoneProof => ({ apex, chain: run.chain, ...finding });
  const nearest = anchorZone(anchors, apex, now);
  if (nearest === undefined) return conclude(asZone(noAnchor));
  if (nearest !== apex) return conclude(yield* proveByDs(run, apex));

  const byAnchor = yield* proveByAnchor(run, apex);
  // SEC-32: an outdated anchor of an island may be made good by the chain from above, but only to secure.
  if (byAnchor.kind === 'secure' || apex === rootName) return conclude(byAnchor);
  if (anchorOf(run, apex, RrType.DS) === undefined) return conclude(byAnchor);
  const fromAbove = yield* proveByDs(run, apex);
  return conclude(fromAbove.kind === 'secure' ? fromAbove : byAnchor);
}

type WithoutFrame<Any> = Any extends unknown ? Omit<Any, 'apex' | 'chain'> : never;
type ZoneFinding = WithoutFrame<ZoneProof>;

const asZone = (finding: Keyed | NotSecure): ZoneFinding => {
  switch (finding.kind) {
    case 'keys':
      return { ...finding, kind: 'secure' };
    case 'insecure':
      return finding;
    case 'bogus':
      return { kind: 'bogus', because: finding.because, ttl: seconds(0) };
    case 'indeterminate':
      return { ...finding, ttl: seconds(0) };
  }
};

// TA-1, TA-6: any one of the anchors may fit; TA-7: if none does, nothing below can be proven.
function* proveByAnchor(run: Run, apex: Name): Step<ZoneFinding> {
  const usable = usableDs(anchorsAt(run.anchors, apex, run.now), run.rules.sha1);
  const answer = yield* ask(run, apex, RrType.DNSKEY);
  return asZone(yield* proveKeys(run, apex, usable.kind === 'ds' ? usable.ds : [], 'anchor', answer));
}

function* proveByDs(run: Run, apex: Name): Step<ZoneFinding> {
  const delegation = yield* findDelegation(run, apex);
  if (delegation.kind === 'inside') return delegation;
  if (delegation.kind !== 'signed') return asZone(delegation);
  const usable = usableDs(delegation.ds, run.rules.sha1);
  if (usable.kind === 'unsupported') {
    const [first] = delegation.ds;
    const { keyTag = null, algorithm = null } = first ?? {};
    run.chain.push({ zone: apex, what: 'ds', keyTag, algorithm, outcome: usable.because });
    return { kind: 'insecure', because: usable.because, ttl: delegation.ttl };
  }
  // SEC-40
  const cuts = run.chain.filter((step) => step.what === 'ds' && step.outcome === 'secure').length + 1;
  run.budget.spent.zoneCuts = Math.max(run.budget.spent.zoneCuts, cuts);
  if (cuts > run.budget.limits.zoneCuts) return asZone({ kind: 'bogus', because: 'budget', at: 'zone' });
  const answer = delegation.dnskey ?? (yield* ask(run, apex, RrType.DNSKEY));
  const finding = asZone(yield* proveKeys(run, apex, usable.ds, 'ds', answer));
  return { ...finding, ttl: seconds(Math.min(finding.ttl, delegation.ttl)) };
}
