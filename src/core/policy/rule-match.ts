// Which rule applies to a recipient domain: the exact name, then the longest `*.` pattern, then `*` (config.md, RTE-18).

import type { DomainName } from '../base/brand.ts';
import { isAtOrBelow, parseDomainName } from '../base/domain-name.ts';

/** `below` is every name under the domain, at any depth, but not the domain itself. */
export type Pattern =
  | { readonly kind: 'name'; readonly domain: DomainName }
  | { readonly kind: 'below'; readonly domain: DomainName }
  | { readonly kind: 'all' };

/** Anything with patterns; `source` names its place in the configuration. */
export type Matched = { readonly to: readonly Pattern[]; readonly source: string };

/** @param text `example.com`, `*.example.com` or `*`. */
export function parsePattern(text: string): Pattern | undefined {
  if (text === '*') return { kind: 'all' };
  const wildcard = text.startsWith('*.');
  const name = parseDomainName(wildcard ? text.slice(2) : text);
  if (name.kind === 'fault') return undefined;
  return { kind: wildcard ? 'below' : 'name', domain: name.value };
}

/** The most specific one; an address literal has no domain and only meets `*`. */
export function bestRule<R extends Matched>(rules: readonly R[], domain: DomainName | undefined): R | undefined {
  let best: R | undefined;
  let rank = -1;
  for (const rule of rules) {
    const own = Math.max(...rule.to.map((pattern) => specificity(pattern, domain)), -1);
    if (own > rank) [best, rank] = [rule, own];
  }
  return best;
}

/** -1 where it does not match. Longer patterns are more specific, the exact name is most. */
function specificity(pattern: Pattern, domain: DomainName | undefined): number {
  if (pattern.kind === 'all') return 0;
  if (domain === undefined) return -1;
  if (pattern.kind === 'name') return pattern.domain === domain ? 1000 : -1;
  return domain !== pattern.domain && isAtOrBelow(domain, pattern.domain) ? pattern.domain.length : -1;
}

/** One sentence for each pattern that stands in two rules. */
export function findTies(rules: readonly Matched[]): readonly string[] {
  const seen = new Map<string, string>();
  const ties: string[] = [];
  for (const { to, source } of rules) {
    for (const text of new Set(to.map(formatPattern))) {
      const earlier = seen.get(text);
      if (earlier !== undefined) ties.push(`${source}: "${text}" stands in ${earlier} already`);
      seen.set(text, source);
    }
  }
  return ties;
}

const formatPattern = (pattern: Pattern): string =>
  pattern.kind === 'all' ? '*' : pattern.kind === 'below' ? `*.${pattern.domain}` : pattern.domain;
