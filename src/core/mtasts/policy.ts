// Policy text to an StsPolicy or a named fault (RFC 8461 §3.2, STS-30 to STS-35), and what is known of a domain's policy.

import type { Brand, Instant, Seconds } from '../base/brand.ts';
import { isNonEmpty, type NonEmpty } from '../base/result.ts';
import { trimEndOf } from '../base/trim.ts';
import { parseMxPattern } from './mx-pattern.ts';

/** `mx.example.com` or `*.example.com`, folded, without a final dot. */
export type MxPattern = Brand<string, 'MxPattern'>;

export type StsMode = 'enforce' | 'testing' | 'none';

export type StsPolicy = {
  readonly mode: StsMode;
  readonly mx: readonly MxPattern[];
  readonly maxAge: Seconds;
  /** The TXT id that triggered the fetch (STS-47). */
  readonly id: string;
  readonly fetchedAt: Instant;
  /** The body as fetched, for reports and people. */
  readonly body: string;
};

export type StsFault =
  | 'sts-policy-fetch-error'
  | 'sts-webpki-invalid'
  | 'sts-policy-invalid'
  | 'txt-failed'
  | 'txt-missing'
  | 'txt-invalid';

/** DT-1.40 to DT-1.44, before the host is matched. */
export type StsFinding =
  | { readonly kind: 'none' }
  | { readonly kind: 'policy'; readonly policy: StsPolicy; readonly freshness: 'fetched' | 'cached' }
  /** An unexpired cached policy stands in: TXT or fetch failed. */
  | {
      readonly kind: 'policy';
      readonly policy: StsPolicy;
      readonly freshness: 'cached-refresh-failed';
      readonly fault: StsFault;
      readonly says: string;
    }
  /** Announced, none obtainable, nothing cached. */
  | { readonly kind: 'unavailable'; readonly fault: StsFault; readonly says: string }
  /** DT-1.42a: the TXT answer is bogus and nothing is cached. */
  | { readonly kind: 'txt-bogus' };

export type PolicyFault = { readonly line: number; readonly code: string; readonly says: string };
export type ParsedPolicy =
  | {
      readonly kind: 'valid';
      readonly mode: StsMode;
      readonly mx: readonly MxPattern[];
      readonly maxAge: Seconds;
      readonly warnings: readonly PolicyFault[];
    }
  | { readonly kind: 'invalid'; readonly errors: NonEmpty<PolicyFault>; readonly warnings: readonly PolicyFault[] };

// STS-31: about one year; more is cut down to it.
const maxMaxAge = 31_557_600;
// STS-15 bounds the octets; this bounds the work on them.
const maxLines = 5000;
const maxPatterns = 1000;

/** @param body as fetched. Only version, mode, max_age and mx decide; everything else is a warning (STS-32). */
export function parsePolicy(body: string): ParsedPolicy {
  const errors: PolicyFault[] = [];
  const warnings: PolicyFault[] = [];
  const { values, patterns } = readLines(body, errors, warnings);
  const mode = readMode(values, errors);
  const maxAge = readMaxAge(values, errors, warnings);
  if (values.version === undefined) errors.push({ line: 0, code: 'version-missing', says: 'there is no version' });
  else if (values.version.text !== 'STSv1')
    errors.push({ line: values.version.line, code: 'version', says: 'the version is not STSv1' });
  // STS-31: the mx list may only be missing where nothing is asked of hosts.
  if (patterns.length === 0 && mode !== undefined && mode !== 'none')
    errors.push({ line: 0, code: 'mx-missing', says: 'there is no mx' });
  if (isNonEmpty(errors) || mode === undefined || maxAge === undefined)
    return { kind: 'invalid', errors: errors as unknown as NonEmpty<PolicyFault>, warnings };
  return { kind: 'valid', mode, mx: patterns, maxAge, warnings };
}

type Field = { readonly line: number; readonly text: string };
type Values = { version?: Field; mode?: Field; max_age?: Field };

function readLines(
  body: string,
  errors: PolicyFault[],
  warnings: PolicyFault[],
): { readonly values: Values; readonly patterns: readonly MxPattern[] } {
  const values: Values = {};
  const patterns: MxPattern[] = [];
  // STS-30: LF or CRLF, an optional BOM, empty lines.
  const lines = body.replace(/^\ufeff/, '').split('\n', maxLines + 1);
  if (lines.length > maxLines) errors.push({ line: maxLines, code: 'too-long', says: `more than ${maxLines} lines` });
  for (const [index, raw] of lines.slice(0, maxLines).entries()) {
    const line = index + 1;
    // ATK-66
    const text = trimEndOf(raw, ' \t\r');
    if (text === '') continue;
    const match = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*)$/.exec(text);
    // STS-32: a typing error must not strip the domain of its protection.
    if (match === null) {
      warnings.push({ line, code: 'no-field', says: 'the line is no "key: value"' });
      continue;
    }
    const [, key, value] = match as unknown as [string, string, string];
    if (key === 'mx') readMx({ line, text: value }, patterns, errors);
    else if (key !== 'version' && key !== 'mode' && key !== 'max_age')
      warnings.push({ line, code: 'unknown-field', says: `the field ${key} is unknown` });
    else if (values[key] !== undefined)
      warnings.push({ line, code: 'doubled', says: `of two ${key} the first counts` });
    else values[key] = { line, text: value };
  }
  return { values, patterns };
}

// STS-33
function readMx({ line, text }: Field, patterns: MxPattern[], errors: PolicyFault[]): void {
  const pattern = parseMxPattern(text);
  if (pattern === undefined) errors.push({ line, code: 'mx', says: 'an mx is neither a domain nor "*." and a domain' });
  else if (patterns.length === maxPatterns)
    errors.push({ line, code: 'too-long', says: `more than ${maxPatterns} mx` });
  else patterns.push(pattern);
}

function readMode({ mode }: Values, errors: PolicyFault[]): StsMode | undefined {
  if (mode === undefined) {
    errors.push({ line: 0, code: 'mode-missing', says: 'there is no mode' });
    return undefined;
  }
  if (mode.text === 'enforce' || mode.text === 'testing' || mode.text === 'none') return mode.text;
  errors.push({ line: mode.line, code: 'mode', says: 'the mode is none of enforce, testing, none' });
  return undefined;
}

function readMaxAge({ max_age }: Values, errors: PolicyFault[], warnings: PolicyFault[]): Seconds | undefined {
  if (max_age === undefined) {
    errors.push({ line: 0, code: 'max-age-missing', says: 'there is no max_age' });
    return undefined;
  }
  if (!/^\d{1,10}$/.test(max_age.text)) {
    errors.push({ line: max_age.line, code: 'max-age', says: 'max_age is not 1 to 10 digits' });
    return undefined;
  }
  const wanted = Number(max_age.text);
  if (wanted > maxMaxAge)
    warnings.push({ line: max_age.line, code: 'max-age-clamped', says: `max_age counts as ${maxMaxAge}` });
  return Math.min(wanted, maxMaxAge) as Seconds;
}
