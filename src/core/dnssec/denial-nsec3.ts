// Denial by NSEC3 (RFC 5155 §8, RFC 6840 §4, RFC 9276). Every record given here is signed by the zone.

import { type Budget, spend } from '../base/budget.ts';
import { toBase32Hex } from '../dns/encodings.ts';
import { RrType } from '../dns/message.ts';
import { labelCount, labelsOf, lastLabels, type Name, nameToOctets, parentName, wildcardAt } from '../dns/name.ts';
import { cutBy, deniesType, isDelegation } from './denial-nsec.ts';
import {
  type Absence,
  type Cut,
  type InsecureDenial,
  incomplete,
  type NoCloser,
  type Unproven,
} from './denial-verdict.ts';
import type { Nsec3 } from './rdata.ts';
import { nsec3Hash } from './signature.ts';

export type Nsec3Record = { readonly owner: Name; readonly nsec3: Nsec3 };

type Span = {
  readonly from: string;
  readonly to: string;
  readonly optOut: boolean;
  readonly types: ReadonlySet<number>;
};

/** The records of one zone, ready to be asked about names. Hashes are in base32hex, whose order is theirs. */
export type Nsec3Set = {
  readonly zone: Name;
  readonly spans: readonly Span[];
  /** Undefined once the work limit is passed; then nothing matches any more. */
  readonly hashOf: (name: Name) => string | undefined;
};

/** Checks the parameters that all records must share (SEC-22, SEC-23). */
export function openNsec3(
  records: readonly Nsec3Record[],
  zone: Name,
  iterationLimit: number,
  hashing: Budget<'nsec3Hashes'>,
): Nsec3Set | InsecureDenial | Unproven {
  // SEC-22, RFC 5155 §8.1: as if they were not there. SEC-16: the owner is one hash below the apex.
  const known = records.filter(
    ({ owner, nsec3 }) =>
      nsec3.hashAlgorithm === 1 && nsec3.flags <= 1 && nsec3.nextHash.length === 20 && parentName(owner) === zone,
  );
  const first = known[0]?.nsec3;
  if (first === undefined) return incomplete;
  const salt = toBase32Hex(first.salt);
  if (known.some(({ nsec3 }) => nsec3.iterations !== first.iterations || toBase32Hex(nsec3.salt) !== salt)) {
    return { kind: 'unproven', because: 'nsec3-parameters-differ' };
  }
  // SEC-23, INT-12, RFC 9276 §3.2: insecure, never bogus.
  if (first.iterations > iterationLimit) return { kind: 'insecure', because: 'nsec3-iterations' };

  // SEC-40: a hash weighs more the more often it is repeated.
  const weight = 1 + Math.floor(first.iterations / 50);
  const hashes = new Map<Name, string>();
  const hashOf = (name: Name): string | undefined => {
    const before = hashes.get(name);
    if (before !== undefined) return before;
    // What is counted is what was computed: past the limit nothing is.
    if (hashing.spent.nsec3Hashes > hashing.limits.nsec3Hashes) return undefined;
    if (!spend(hashing, 'nsec3Hashes', weight)) return undefined;
    const hash = nsec3Hash(nameToOctets(name), first.salt, first.iterations);
    if (hash === undefined) return undefined;
    hashes.set(name, toBase32Hex(hash));
    return hashes.get(name);
  };
  const spans = known.map(({ owner, nsec3 }) => ({
    from: labelsOf(owner)[0] ?? '',
    to: toBase32Hex(nsec3.nextHash),
    optOut: nsec3.flags === 1,
    types: nsec3.types,
  }));
  return { zone, spans, hashOf };
}

function matching({ spans, hashOf }: Nsec3Set, name: Name): Span | undefined {
  const hash = hashOf(name);
  return hash === undefined ? undefined : spans.find(({ from }) => from === hash);
}

function covering({ spans, hashOf }: Nsec3Set, name: Name): Span | undefined {
  const hash = hashOf(name);
  if (hash === undefined) return undefined;
  // RFC 5155 §3.1.7: the last record leads back to the first.
  return spans.find(({ from, to }) =>
    from < to ? from < hash && hash < to : hash !== from && (hash > from || hash < to),
  );
}

export function nsec3Absence(set: Nsec3Set, name: Name, type: number): Absence {
  // SEC-13, RFC 5155 §8.5: an empty non-terminal has a record of its own, with no types (SEC-15).
  const match = matching(set, name);
  if (match !== undefined)
    return deniesType(match.types, name, type) ? { kind: 'absent', denial: 'nodata' } : incomplete;

  const gap = closestEncloser(set, name);
  if (gap === undefined) return incomplete;
  // SEC-17, RFC 5155 §8.6
  if (type === RrType.DS && gap.span.optOut) return { kind: 'insecure', because: 'opt-out' };
  const wildcard = wildcardAt(gap.encloser);
  const source = wildcard === undefined ? undefined : matching(set, wildcard);
  // SEC-20, RFC 5155 §8.7
  if (wildcard !== undefined && source !== undefined && !deniesType(source.types, wildcard, type)) return incomplete;
  // SEC-16, RFC 5155 §8.4
  if (wildcard !== undefined && source === undefined && covering(set, wildcard) === undefined) return incomplete;
  // SEC-18, RFC 5155 §9.2, §12.2: an unsigned delegation may lie in the span.
  if (gap.span.optOut) return { kind: 'insecure', because: 'opt-out' };
  return { kind: 'absent', denial: source === undefined ? 'nxdomain' : 'nodata' };
}

/** RFC 5155 §8.8. */
export function nsec3NoCloser(set: Nsec3Set, name: Name, labels: number): NoCloser {
  const span = covering(set, lastLabels(name, labels + 1));
  if (span === undefined) return incomplete;
  // An unsigned delegation may lie in the span, with the name below it.
  return span.optOut ? { kind: 'insecure', because: 'opt-out' } : { kind: 'no-closer' };
}

/** RFC 5155 §8.6, §8.9. */
export function nsec3Cut(set: Nsec3Set, name: Name): Cut {
  const match = matching(set, name);
  if (match !== undefined) return cutBy(match.types);
  const gap = closestEncloser(set, name);
  if (gap === undefined) return incomplete;
  return gap.span.optOut ? { kind: 'insecure', because: 'opt-out' } : { kind: 'no-cut' };
}

/**
 * RFC 5155 §8.3: an ancestor that exists, and the name one label longer that does not. Searched from the apex down, so
 * that long names cost no more than the proof needs.
 */
function closestEncloser(set: Nsec3Set, name: Name): { readonly encloser: Name; readonly span: Span } | undefined {
  for (let labels = labelCount(set.zone); labels < labelCount(name); labels++) {
    const encloser = lastLabels(name, labels);
    const match = matching(set, encloser);
    if (match === undefined) continue;
    // SEC-11, SEC-12, SEC-16: below a delegation or a DNAME the zone has nothing to say.
    if (isDelegation(match.types) || match.types.has(RrType.DNAME)) return undefined;
    const span = covering(set, lastLabels(name, labels + 1));
    if (span !== undefined) return { encloser, span };
  }
  return undefined;
}
