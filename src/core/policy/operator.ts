// The operator's floors, rules and dated exceptions (config.md [policy]), and what they come to for one recipient domain.
// Rules can only raise; the exception is the only way down, and it ends by itself (RTE-18, INT-15).

import { type DomainName, type Instant, instant } from '../base/brand.ts';
import { parseDomainName } from '../base/domain-name.ts';
import { fault, isNonEmpty, type NonEmpty, ok, type Result } from '../base/result.ts';
import type { OperatorDemand, OperatorFloor } from './model.ts';
import { bestRule, findTies, type Matched, type Pattern, parsePattern } from './rule-match.ts';

export type OperatorRule = Matched & {
  readonly floor: OperatorFloor | undefined;
  readonly names: readonly DomainName[];
  readonly requiretls: 'as-asked' | 'always';
};

export type OperatorException = Matched & {
  readonly ignore: readonly ('floor' | 'dane' | 'mta-sts' | 'dnssec')[];
  /** In force before this instant. */
  readonly until: Instant;
  readonly reason: string;
};

export type OperatorPolicy = {
  readonly floor: OperatorFloor;
  readonly enforce: boolean;
  readonly rules: readonly OperatorRule[];
  readonly exceptions: readonly OperatorException[];
};

const strength: readonly OperatorFloor[] = ['may', 'encrypt', 'verify', 'secure', 'dane-only'];

/** RTE-18: the recipient's domain decides, whatever the next hop is; undefined for address literals. */
export function operatorDemand(
  policy: OperatorPolicy,
  recipientDomain: DomainName | undefined,
  now: Instant,
): OperatorDemand {
  const rule = bestRule(policy.rules, recipientDomain);
  // INT-15: nothing is left of an exception when its day is over.
  const exception = bestRule(
    policy.exceptions.filter(({ until }) => now < until),
    recipientDomain,
  );
  const raised = rule?.floor !== undefined && strength.indexOf(rule.floor) > strength.indexOf(policy.floor);
  const source = rule === undefined ? 'policy.floor' : rule.source;
  return {
    floor: raised ? (rule.floor as OperatorFloor) : policy.floor,
    names: rule?.names ?? [],
    ignore: exception?.ignore ?? [],
    requiretls: rule?.requiretls ?? 'as-asked',
    enforce: policy.enforce,
    source:
      exception === undefined ? source : `${exception.source} until ${lastDay(exception.until)}: ${exception.reason}`,
  };
}

/** QUE-7: a way down for one message alone, as an operator gave it. It ends with the message. */
export type MessageOverride = {
  readonly ignore: OperatorException['ignore'];
  /** In force before this instant. */
  readonly until: Instant;
  /** The operator's own words. */
  readonly reason: string;
};

const ignorable: readonly string[] = ['floor', 'dane', 'mta-sts', 'dnssec'] satisfies OperatorException['ignore'];

/** REQUIRETLS is not among them: nobody but its sender can take that back (RTLS-31). */
export const isIgnorable = (word: unknown): word is OperatorException['ignore'][number] =>
  typeof word === 'string' && ignorable.includes(word);

/** What is stored, or came from outside, is one. */
export function isOverride(value: unknown): value is MessageOverride {
  if (typeof value !== 'object' || value === null) return false;
  const { ignore, until, reason } = value as Record<keyof MessageOverride, unknown>;
  return (
    Array.isArray(ignore) &&
    ignore.length > 0 &&
    ignore.every(isIgnorable) &&
    Number.isSafeInteger(until) &&
    typeof reason === 'string' &&
    reason.trim() !== ''
  );
}

/** QUE-7: what is demanded for this message. The operator's words stand in its evidence and in each delivery record. */
export function withOverride(
  demand: OperatorDemand,
  override: MessageOverride | undefined,
  now: Instant,
): OperatorDemand {
  if (override === undefined || now >= override.until) return demand;
  const source = `override of this message: ${override.reason}`;
  return {
    ...demand,
    ignore: [...new Set([...demand.ignore, ...override.ignore])],
    source: demand.ignore.length === 0 ? source : `${demand.source}; ${source}`,
  };
}

/** The words of the configuration, structurally. */
export type OperatorWords = {
  readonly floor: OperatorFloor;
  readonly enforce: boolean;
  readonly rules: readonly {
    readonly to: readonly string[];
    readonly floor: OperatorFloor | undefined;
    readonly names: readonly string[];
    readonly requiretls: 'as-asked' | 'always';
    readonly source: string;
  }[];
  readonly exceptions: readonly {
    readonly to: readonly string[];
    readonly ignore: OperatorException['ignore'];
    /** Last day in UTC, "2026-12-31". */
    readonly until: string;
    readonly reason: string;
    readonly source: string;
  }[];
};

/** @returns the policy, or one sentence for each mistake. Two rules for one pattern are a mistake: neither is the better. */
export function parseOperatorPolicy(words: OperatorWords): Result<OperatorPolicy, NonEmpty<string>> {
  const faults: string[] = [];
  const patternsOf = ({ to, source }: { readonly to: readonly string[]; readonly source: string }): Pattern[] => {
    if (to.length === 0) faults.push(`${source}: "to" names no domain`);
    return to.flatMap((text) => {
      const pattern = parsePattern(text);
      if (pattern === undefined) faults.push(`${source}: "${text}" is no domain, "*.domain" or "*"`);
      return pattern === undefined ? [] : [pattern];
    });
  };
  const rules = words.rules.map(({ floor, names, requiretls, source, to }): OperatorRule => {
    const parsed = names.map((name) => ({ name, domain: parseDomainName(name) }));
    const wrong = parsed.filter(({ domain }) => domain.kind === 'fault');
    faults.push(...wrong.map(({ name }) => `${source}: "${name}" is no domain name`));
    const good = parsed.flatMap(({ domain }) => (domain.kind === 'ok' ? [domain.value] : []));
    return { to: patternsOf({ to, source }), floor, names: good, requiretls, source };
  });
  const exceptions = words.exceptions.map(({ ignore, until, reason, source, to }): OperatorException => {
    const end = endOf(until);
    if (end === undefined) faults.push(`${source}: "until" is no date such as 2026-12-31`);
    if (reason.trim() === '') faults.push(`${source}: an exception needs a reason`);
    return { to: patternsOf({ to, source }), ignore, until: end ?? instant(0), reason, source };
  });
  faults.push(...findTies(rules), ...findTies(exceptions));
  return isNonEmpty(faults) ? fault(faults) : ok({ floor: words.floor, enforce: words.enforce, rules, exceptions });
}

const day = 86_400_000;

/** The instant after the last day, in UTC. */
function endOf(until: string): Instant | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(until);
  const start = match === null ? Number.NaN : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  // Date.UTC carries the 31st of June over into July.
  return Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== until ? undefined : instant(start + day);
}

const lastDay = (until: Instant): string => new Date(until - day).toISOString().slice(0, 10);
