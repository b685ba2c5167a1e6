// What must this host prove before mail may flow: the rules of DT-2 over what was discovered. Pure; the answer carries
// its evidence. Whether a session proved it is the question of judge.ts.

import type { Evidence } from '../base/evidence.ts';
import { isNonEmpty, type NonEmpty } from '../base/result.ts';
import { matchMx } from '../mtasts/mx-pattern.ts';
import { type EarlyFailure, earlyFailures, type PolicyType, policyTypes } from '../tlsrpt/result-type.ts';
import { catalogue } from './catalogue.ts';
import { discoveryEvidence, type Facts, factsOf, type PlanInput } from './facts.ts';
import type { Demand, Destination, DestinationRuling, MessageClass, OperatorDemand, Plan } from './model.ts';
import { type Draft, emptyDraft, type PlanRule, planRules, routeOf } from './plan-rules.ts';
import type { Reason } from './reasons.ts';

/** DT-2 rule 1: what ends the matter for the whole destination, before any host is looked at. */
export function ruleDestination(
  destination: Destination,
  messageClass: MessageClass,
  operator: OperatorDemand,
): DestinationRuling {
  const { mx, sts } = destination;
  // RTE-14, ADR 6: where a route leads is the operator's word, so a dead end is no fault of the address.
  const dead = routeOf(destination.nextHop) === undefined ? settled : waiting;
  switch (mx.kind) {
    case 'failed':
      // DT-1.1, DT-1.2, DANE-4
      return mx.reason === 'bogus'
        ? settled('mx-bogus', 'dnssec', 'RFC 7672 §2.1.2', 'the MX answer is bogus')
        : settled('mx-lookup-error', 'mx', 'RFC 7672 §2.1.2', `the MX question got no answer (${mx.reason})`);
    case 'nxdomain':
      // DT-1.3, RTE-4
      return dead('mx-nxdomain', 'mx', 'RFC 5321 §5.1', 'the domain does not exist');
    case 'null-mx':
      // DT-1.4, RTE-5
      return dead('null-mx', 'mx', 'RFC 7505 §3', 'the domain has a null MX');
    case 'loop':
      // RTE-8
      return dead('mx-loop', 'mx', 'RFC 5321 §5.1', 'the best MX is this relay');
    default:
  }
  // DT-1.42a, STS-8; rule 3 and the operator's exception take MTA-STS away as a whole.
  const stsBinds = messageClass !== 'tls-required-no' && !operator.ignore.includes('mta-sts');
  return sts.kind === 'txt-bogus' && stsBinds
    ? settled('sts-txt-bogus', 'mta-sts', 'RFC 8461 §3.3', 'the MTA-STS record is bogus, and no policy is cached')
    : { kind: 'try-hosts' };
}

/** What the host must prove, or why it is not used. */
export const plan = (input: PlanInput): Plan => planWith(planRules, input);

/** `plan` by other rules than the full list: for tests that take single ones away. */
export function planWith(rules: readonly PlanRule[], input: PlanInput): Plan {
  const facts = factsOf(input);
  let draft = emptyDraft;
  for (const rule of rules) {
    draft = rule.apply(facts, draft);
    if (draft.skip !== undefined) break;
  }
  const found = [...discoveryEvidence(facts), ...draft.evidence] as readonly Evidence[] as NonEmpty<Evidence>;
  return draft.skip === undefined
    ? { kind: 'dial', candidate: input.candidate, demand: demandOf(facts, draft), evidence: found }
    : { kind: 'skip', candidate: input.candidate, ...draft.skip, evidence: found };
}

/**
 * RTLS-42: the classes under which the hosts of one round are planned, one full pass after the other. A notice about a
 * REQUIRETLS message first looks for hosts that meet REQUIRETLS whole.
 */
export const planningPasses = (messageClass: MessageClass): NonEmpty<MessageClass> =>
  messageClass === 'requiretls-null' ? ['requiretls', 'requiretls-null'] : [messageClass];

function demandOf(facts: Facts, draft: Draft): Demand {
  // DT-2 rule 10
  const tls = isNonEmpty(draft.all) ? 'authenticated' : draft.tls;
  return {
    tls,
    all: draft.all,
    observed: draft.observed,
    requiretls: draft.requiretls,
    ...sniOf(facts),
    // OBS-3
    nexthopAuthenticated: facts.hostName === 'validated',
    // DT-2 rule 11, RTLS-28
    onFailure: draft.requiretls === 'must' ? 'bounce-if-definitive' : tls === 'opportunistic' ? 'continue' : 'defer',
    credentials: routeOf(facts.destination.nextHop)?.credentials === 'configured' ? 'configured' : 'none',
  };
}

// TLS-19, INT-4, DANE-63: the base domain where secure TLSA records exist, else the host; never an address.
function sniOf({ dane, host }: Facts): Pick<Demand, 'sni' | 'sniSource'> {
  if (dane.kind === 'usable' || dane.kind === 'unusable') return { sni: dane.baseDomain, sniSource: 'tlsa-base' };
  return host === undefined ? { sni: undefined, sniSource: 'none' } : { sni: host, sniSource: 'mx-host' };
}

function settled(because: Reason, rung: Evidence['rung'], rule: string, says: string): DestinationRuling {
  const { status, bounce } = catalogue[because];
  return {
    kind: 'settled',
    because,
    status,
    final: bounce === 'at-expiry' ? 'defer' : 'bounce',
    evidence: [{ rung, outcome: 'fail', rule, says, code: because }],
  };
}

const waiting: typeof settled = (because, rung, rule, says) => {
  const status = `4${catalogue[because].status.slice(1)}`;
  const evidence: Evidence = {
    rung,
    outcome: 'fail',
    rule,
    says: `of the route of this relay, ${says}`,
    code: because,
  };
  return { kind: 'settled', because, status, final: 'defer', evidence: [evidence] };
};

/** What TLS reports say of this host before any connection: the policies it is counted under, and failures already known. */
export function reportsBeforeConnect(
  input: PlanInput,
  decided: Plan,
): { readonly policies: readonly PolicyType[]; readonly failures: readonly EarlyFailure[] } {
  const { dane, host, sts } = factsOf(input);
  const finding = sts === 'none' ? ({ kind: 'none' } as const) : input.destination.sts;
  const mx =
    finding.kind !== 'policy' || finding.policy.mode === 'none' || host === undefined
      ? 'no-policy'
      : matchMx(host, finding.policy.mx);
  const floor = decided.kind === 'skip' && decided.because === 'dane-required' ? 'dane-required' : 'no-objection';
  return { policies: policyTypes(dane, finding), failures: earlyFailures({ dane, sts: finding, mx, floor }) };
}
