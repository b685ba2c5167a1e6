// The decisions of plan.ts and operator.ts, each made once for the very same inputs: what the messages of a moment to one
// destination have in common is decided once for them. Inputs are never altered, so the same objects are the same facts.

import type { DomainName, Instant } from '../base/brand.ts';
import type { PlanInput } from './facts.ts';
import type { Destination, DestinationRuling, MessageClass, OperatorDemand, Plan } from './model.ts';
import { type OperatorPolicy, operatorDemand } from './operator.ts';
import { plan, ruleDestination } from './plan.ts';

type Demands = { readonly from: Instant; readonly until: number; readonly byDomain: Map<string, OperatorDemand> };

const demands = new WeakMap<OperatorPolicy, Demands>();
/** Recipient domains whose demand is kept for a policy with rules. */
const maxDomains = 1000;

/** `operatorDemand`. INT-15: kept until the next exception ends. */
export function knownDemand(policy: OperatorPolicy, domain: DomainName | undefined, now: Instant): OperatorDemand {
  const known = demands.get(policy);
  const { byDomain } = known !== undefined && known.from <= now && now < known.until ? known : begin(policy, now);
  const key = policy.rules.length + policy.exceptions.length === 0 ? '' : (domain ?? '');
  const found = byDomain.get(key);
  if (found !== undefined) return found;
  const made = operatorDemand(policy, domain, now);
  if (byDomain.size >= maxDomains) byDomain.clear();
  byDomain.set(key, made);
  return made;
}

function begin(policy: OperatorPolicy, now: Instant): Demands {
  const ends = policy.exceptions.map(({ until }) => until).filter((until) => until > now);
  const made: Demands = { from: now, until: Math.min(...ends, Number.POSITIVE_INFINITY), byDomain: new Map() };
  demands.set(policy, made);
  return made;
}

type Ruled = {
  readonly messageClass: MessageClass;
  readonly operator: OperatorDemand;
  readonly ruling: DestinationRuling;
};

const rulings = new WeakMap<Destination, Ruled[]>();

type Planned = { readonly input: PlanInput; readonly plan: Plan };

const plans = new WeakMap<PlanInput['candidate'], Planned[]>();

/** Kept for one destination or host: message classes times demands, as a rule one or two. */
const maxKept = 8;

/** `ruleDestination`. */
export function knownRuling(
  destination: Destination,
  messageClass: MessageClass,
  operator: OperatorDemand,
): DestinationRuling {
  const kept = rulings.get(destination) ?? [];
  const found = kept.find((one) => one.messageClass === messageClass && one.operator === operator);
  if (found !== undefined) return found.ruling;
  const ruling = ruleDestination(destination, messageClass, operator);
  rulings.set(destination, [...kept.slice(1 - maxKept), { messageClass, operator, ruling }]);
  return ruling;
}

/** `plan`. @returns also the input that it was made from, the same object for the same facts. */
export function knownPlan(input: PlanInput): Planned {
  const kept = plans.get(input.candidate) ?? [];
  const found = kept.find(
    (one) =>
      one.input.destination === input.destination &&
      one.input.messageClass === input.messageClass &&
      one.input.operator === input.operator,
  );
  if (found !== undefined) return found;
  const planned: Planned = { input, plan: plan(input) };
  plans.set(input.candidate, [...kept.slice(1 - maxKept), planned]);
  return planned;
}
