// A policy body and a TXT record set judged for the domain owner: what a sender would make of them, and what it would accept
// but is hardly meant (RFC 8461 §3, STS-80). Leaves out the policy host and the MX set: those need a network.

import type { DomainName } from '../base/brand.ts';
import { matchMx } from './mx-pattern.ts';
import { type PolicyFault, parsePolicy, type StsMode } from './policy.ts';
import { findStsRecord } from './record.ts';

export type PolicyLint = {
  readonly valid: boolean;
  readonly version: 'STSv1' | null;
  readonly mode: StsMode | null;
  /** Seconds. */
  readonly maxAge: number | null;
  readonly mx: readonly string[];
  readonly errors: readonly PolicyFault[];
  readonly warnings: readonly PolicyFault[];
};

/** STS-15: what is longer no sender reads. */
export const maxPolicyOctets: number = 64 * 1024;

const week = 7 * 86_400;

/** @param body as it lies in the file. */
export function lintPolicy(body: Uint8Array): PolicyLint {
  if (body.length > maxPolicyOctets) return refused('too-long', `more than ${maxPolicyOctets} octets`);
  // STS-30: a policy is text; what is none gets one sentence instead of one for each of its lines.
  if (body.includes(0)) return refused('no-text', 'the body is no text');
  const text = new TextDecoder().decode(body);
  if (text.trim() === '') return refused('empty', 'the body is empty');
  const parsed = parsePolicy(text);
  const version = /^version:[ \t]*STSv1[ \t\r]*$/m.test(text.replace(/^\ufeff/, '')) ? 'STSv1' : null;
  if (parsed.kind === 'invalid') {
    const { errors, warnings } = parsed;
    return { valid: false, version, mode: null, maxAge: null, mx: [], errors, warnings };
  }
  const { mode, maxAge, mx, warnings } = parsed;
  const further = [...shortLived(mode, maxAge), ...doubledMx(mx)];
  return { valid: true, version, mode, maxAge, mx, errors: [], warnings: [...warnings, ...further] };
}

const refused = (code: string, says: string): PolicyLint => ({
  valid: false,
  version: null,
  mode: null,
  maxAge: null,
  mx: [],
  errors: [{ line: 0, code, says }],
  warnings: [],
});

// RFC 8461 §3.2: weeks or more, else an attacker only waits until senders have forgotten.
const shortLived = (mode: StsMode, maxAge: number): readonly PolicyFault[] =>
  mode === 'enforce' && maxAge < week
    ? [
        {
          line: 0,
          code: 'max-age-short',
          says: `max_age ${maxAge} is less than a week; weeks are meant (604800 and more)`,
        },
      ]
    : [];

const doubledMx = (mx: readonly string[]): readonly PolicyFault[] =>
  [...new Set(mx.filter((pattern, index) => mx.indexOf(pattern) !== index))].map((pattern) => ({
    line: 0,
    code: 'mx-doubled',
    says: `the mx ${pattern} stands there twice`,
  }));

/** Whether a valid policy names the host (STS-60). */
export const lintMx = ({ valid, mx }: PolicyLint, host: DomainName): 'match' | 'mismatch' =>
  valid ? matchMx(host, mx as Parameters<typeof matchMx>[1]) : 'mismatch';

export type RecordLint = {
  readonly state: 'id' | 'missing' | 'invalid';
  readonly id: string | null;
  readonly says: string | null;
};

/** @param texts one for each TXT record, as a person writes it: bare, or as quoted strings of a zone file. */
export function lintRecords(texts: readonly string[]): RecordLint {
  const found = findStsRecord(texts.map((text) => stringsOf(text).map((one) => new TextEncoder().encode(one))));
  switch (found.kind) {
    case 'id':
      return { state: 'id', id: found.id, says: null };
    case 'missing':
      return { state: 'missing', id: null, says: 'no record begins with v=STSv1;' };
    case 'invalid':
      return { state: 'invalid', id: null, says: found.says };
  }
}

function stringsOf(text: string): readonly string[] {
  const quoted = /^\s*"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*\s*$/.test(text);
  return quoted
    ? [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inner]) => (inner as string).replace(/\\(.)/g, '$1'))
    : [text];
}
