// Proofs of absence from records whose signatures stand (RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4, RFC 9824). Three things
// can be denied: that a name or type exists, that anything closer than a wildcard exists, that a zone cut is signed.

import { makeBudget } from '../base/budget.ts';
import type { Name } from '../dns/name.ts';
import { type NsecRecord, nsecAbsence, nsecCut, nsecNoCloser } from './denial-nsec.ts';
import { type Nsec3Record, nsec3Absence, nsec3Cut, nsec3NoCloser, openNsec3 } from './denial-nsec3.ts';
import type { Absence, Cut, InsecureDenial, NoCloser, Unproven } from './denial-verdict.ts';
import type { ProofBudget } from './proof.ts';

/** The denial records of one answer that the zone's keys signed. */
export type DenialRecords = {
  readonly zone: Name;
  readonly nsec: readonly NsecRecord[];
  readonly nsec3: readonly Nsec3Record[];
};

export type DenialLimits = { readonly budget: ProofBudget; readonly nsec3Limit: number };

/** That `name` has no records of the type. */
export const proveAbsence = (records: DenialRecords, name: Name, type: number, limits: DenialLimits): Absence =>
  eitherWay<Absence>(
    records,
    limits,
    () => nsecAbsence(records.nsec, records.zone, name, type),
    (nsec3) => nsec3Absence(nsec3, name, type),
  );

/** SEC-19: that nothing exists between `name` and its ancestor of `labels` labels, whose wildcard was expanded. */
export const proveNoCloser = (records: DenialRecords, name: Name, labels: number, limits: DenialLimits): NoCloser =>
  eitherWay<NoCloser>(
    records,
    limits,
    () => nsecNoCloser(records.nsec, records.zone, name, labels),
    (nsec3) => nsec3NoCloser(nsec3, name, labels),
  );

/** What the denial of DS at `name` says about a cut there. */
export const proveCut = (records: DenialRecords, name: Name, limits: DenialLimits): Cut =>
  eitherWay<Cut>(
    records,
    limits,
    () => nsecCut(records.nsec, records.zone, name),
    (nsec3) => nsec3Cut(nsec3, name),
  );

function eitherWay<Outcome extends { readonly kind: string }>(
  records: DenialRecords,
  { budget, nsec3Limit }: DenialLimits,
  byNsec: () => Outcome,
  byNsec3: (nsec3: Parameters<typeof nsec3Cut>[0]) => Outcome,
): Outcome | InsecureDenial | Unproven {
  const plain = byNsec();
  if (plain.kind !== 'unproven' || records.nsec3.length === 0) return plain;
  // SEC-40: the hashes of one denial are counted apart, and in the whole.
  const hashing = makeBudget({ nsec3Hashes: budget.limits.nsec3Hashes });
  const nsec3 = openNsec3(records.nsec3, records.zone, nsec3Limit, hashing);
  if ('kind' in nsec3) return nsec3;
  const outcome = byNsec3(nsec3);
  budget.spent.nsec3Hashes += hashing.spent.nsec3Hashes;
  const passed = hashing.spent.nsec3Hashes > hashing.limits.nsec3Hashes;
  return passed ? { kind: 'unproven', because: 'budget' } : outcome;
}
