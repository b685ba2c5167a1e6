// What is known to differ between validators, with who is right. Each entry is told in docs/differences.md under its id.

import type { Difference } from './differential.ts';
import type { Question } from './random-questions.ts';

export type Known = {
  readonly id: string;
  /** Of the line that `lineOf` makes: peer, theirs | upstream, ours, because | question. */
  readonly pattern: RegExp;
  readonly right: 'we' | 'they' | 'both';
  readonly by: string;
};

/**
 * The line that patterns read: peer, what it says | behind whom we ask, what we say and why | name, type | zones on the way,
 * each with its DS, its fault and the iterations of its NSEC3 records.
 */
export const lineOf = (question: Question, difference: Difference, path: readonly string[]): string => {
  const { peer, theirs, upstream, ours, because } = difference;
  return `${peer} ${theirs} | behind ${upstream} ${ours} ${because} | ${question.join(' ')} | ${path.join(', ')}`;
};

export const explanationOf = (question: Question, difference: Difference, path: readonly string[]): Known | undefined =>
  known.find(({ pattern }) => pattern.test(lineOf(question, difference, path)));

export const known: readonly Known[] = [
  {
    id: 'nsec3-iterations',
    pattern: /^named (secure \S+|failed) \| behind \w+ insecure \S+ nsec3-iterations \|/,
    right: 'both',
    by: 'RFC 9276 §3.2',
  },
  {
    id: 'sha1-beside-sha256',
    pattern: /^unbound (secure|insecure) \S+ \| behind \w+ failed ds-mismatch \|.* ds=good-sha1-bad-sha256 /,
    right: 'we',
    by: 'RFC 4509 §3',
  },
  {
    id: 'root-ds',
    pattern: /^named failed \| behind \w+ secure nodata {2}\| \. DS \|/,
    right: 'we',
    by: 'RFC 4035 §5.4',
  },
  {
    id: 'asterisk-expanded',
    pattern: /^unbound failed \| behind \w+ (secure|insecure) \S+ \S* \| \*\.\S+ \w+ \|/,
    right: 'we',
    by: 'RFC 4035 §5.3.2',
  },
  {
    id: 'signer-of-first-signature',
    pattern: /^unbound failed \| behind \w+ (secure|insecure) .* fault=signature-signer/,
    right: 'we',
    by: 'RFC 6840 §5.4',
  },
  {
    id: 'opt-out-above-ent',
    pattern: /^(unbound|named) failed \| behind \w+ insecure \S+ \S+ \| .*\.ent\d\.\S+ ds=none/,
    right: 'we',
    by: 'RFC 5155 §8.6',
  },
  {
    id: 'ds-from-negative-cache',
    pattern: /^(unbound|named) \w+ \w+ \| behind unbound failed denial-incomplete \| \S+ DS \|/,
    right: 'we',
    by: 'RFC 4035 §5.4',
  },
  {
    id: 'cname-below-dname',
    pattern: /^\w+ (failed|(secure|insecure) [0-9a-f]+) \| .* \| \S+\.tree\.\S* CNAME \|/,
    right: 'both',
    by: 'RFC 6672 §3.2',
  },
  {
    id: 'dname-below-dname',
    pattern: /^(unbound \w+( nodata)? \| .* \| \S+|named (in)?secure nodata \| .* \| \S+\.tree\.\S*) DNAME \|/,
    right: 'we',
    by: 'RFC 6672 §3.2',
  },
  {
    id: 'iterations-above-ent',
    pattern: /^unbound insecure \S+ \| behind \w+ secure \S+ {2}\| .* iterations=(5[1-9]|\d{3})\b.*\.ent\d\./,
    right: 'we',
    by: 'RFC 4035 §5.2',
  },
  {
    id: 'opt-out-denial-damaged',
    pattern: /^(unbound|named) failed \| behind \w+ insecure (nxdomain|nodata) opt-out \| .* fault=denial-/,
    right: 'both',
    by: 'RFC 5155 §9.2',
  },
  {
    id: 'wildcard-alias-before-asterisk',
    pattern: /^unbound failed \| behind \w+ secure nodata {2}\| \\000\./,
    right: 'we',
    by: 'RFC 4035 §5.3.4',
  },
  {
    id: 'signer-above-unsigned-zone',
    pattern: /^named insecure \S+ \| behind \w+ failed no-matching-key \| .* ds=none fault=signature-signer/,
    right: 'they',
    by: 'RFC 4035 §5.3.1',
  },
];
