// Does an MX host match a pattern of the policy: exactly, or exactly one label under a wildcard (RFC 8461 §4.1).

import type { DomainName } from '../base/brand.ts';
import { isOneLabelBelow, looksLikeAddress, parseDomainName } from '../base/domain-name.ts';
import type { MxPattern } from './policy.ts';

/** STS-33: a domain, or `*.` and a domain; folded, without a final dot. @returns undefined for anything else. */
export function parseMxPattern(text: string): MxPattern | undefined {
  const wildcard = text.startsWith('*.');
  const name = parseDomainName(wildcard ? text.slice(2) : text);
  if (name.kind === 'fault' || looksLikeAddress(name.value)) return undefined;
  return (wildcard ? `*.${name.value}` : name.value) as string as MxPattern;
}

/** STS-60, STS-61: `host` is the name of the MX record, before any alias. */
export const matchMx = (host: DomainName, patterns: readonly MxPattern[]): 'match' | 'mismatch' =>
  patterns.some((pattern) => fits(host, pattern)) ? 'match' : 'mismatch';

const fits = (host: DomainName, pattern: string): boolean =>
  pattern.startsWith('*.') ? isOneLabelBelow(host, pattern.slice(2) as DomainName) : host === pattern;
