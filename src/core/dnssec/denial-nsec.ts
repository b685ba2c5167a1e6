// Denial by NSEC (RFC 4035 §5.4, RFC 6840 §4, RFC 9824). Every record given here is signed by the zone, was not expanded
// from a wildcard (SEC-21), and has its next name inside the zone.

import { nxnameType, RrType } from '../dns/message.ts';
import {
  compareCanonical,
  isAtOrBelow,
  isBelow,
  labelCount,
  lastLabels,
  type Name,
  rootName,
  wildcardAt,
} from '../dns/name.ts';
import { type Absence, type Cut, incomplete, type NoCloser } from './denial-verdict.ts';

export type NsecRecord = { readonly owner: Name; readonly next: Name; readonly types: ReadonlySet<number> };

const nodata: Absence = { kind: 'absent', denial: 'nodata' };
const nxdomain: Absence = { kind: 'absent', denial: 'nxdomain' };

export function nsecAbsence(records: readonly NsecRecord[], zone: Name, name: Name, type: number): Absence {
  const match = records.find((record) => record.owner === name);
  // SEC-13, RFC 9824 §3.1: compact denial says in the bitmap that the name does not exist.
  if (match?.types.has(nxnameType) === true && !match.types.has(type)) return nxdomain;
  if (match !== undefined) return deniesType(match.types, name, type) ? nodata : incomplete;

  const cover = records.find((record) => covers(record, zone, name));
  if (cover === undefined) return incomplete;
  // SEC-15: something stands below the name, so the name exists.
  if (isBelow(cover.next, name)) return nodata;
  // SEC-14: neither may a wildcard at the closest encloser answer.
  const wildcard = wildcardAt(closestEncloser(cover, name));
  if (wildcard === undefined) return nxdomain;
  const source = records.find((record) => record.owner === wildcard);
  // SEC-20
  if (source !== undefined) return deniesType(source.types, wildcard, type) ? nodata : incomplete;
  const coverOfWildcard = records.find((record) => covers(record, zone, wildcard));
  if (coverOfWildcard === undefined) return incomplete;
  return isBelow(coverOfWildcard.next, wildcard) ? nodata : nxdomain;
}

/** Also for NSEC3, whose bitmaps say the same. */
export function deniesType(types: ReadonlySet<number>, name: Name, type: number): boolean {
  // SEC-13, RFC 6840 §4.3: a CNAME would have answered.
  if (types.has(type) || types.has(RrType.CNAME)) return false;
  // SEC-10: the child's own record says nothing about the DS that its parent holds.
  if (type === RrType.DS) return !types.has(RrType.SOA) || name === rootName;
  return !isDelegation(types);
}

/** SEC-11, RFC 6840 §4.1: the parent's record at a cut speaks for nothing but the DS there. */
export const isDelegation = (types: ReadonlySet<number>): boolean => types.has(RrType.NS) && !types.has(RrType.SOA);

export function nsecNoCloser(records: readonly NsecRecord[], zone: Name, name: Name, labels: number): NoCloser {
  const nextCloser = lastLabels(name, labels + 1);
  const cover = records.find((record) => covers(record, zone, nextCloser));
  return cover !== undefined && !isBelow(cover.next, nextCloser) ? { kind: 'no-closer' } : incomplete;
}

export function nsecCut(records: readonly NsecRecord[], zone: Name, name: Name): Cut {
  const match = records.find((record) => record.owner === name);
  if (match !== undefined) return cutBy(match.types);
  return records.some((record) => covers(record, zone, name)) ? { kind: 'no-cut' } : incomplete;
}

/** SEC-3, RFC 6840 §4.4: NS set, DS and SOA clear. Also for NSEC3. */
export function cutBy(types: ReadonlySet<number>): Cut {
  if (types.has(RrType.DS) || types.has(RrType.SOA)) return incomplete;
  return types.has(RrType.NS) ? { kind: 'unsigned-delegation' } : { kind: 'no-cut' };
}

function covers({ owner, next, types }: NsecRecord, zone: Name, name: Name): boolean {
  // SEC-11, SEC-12: below a delegation or a DNAME the zone has nothing to say.
  if (isBelow(name, owner) && (types.has(RrType.DNAME) || isDelegation(types))) return false;
  if (!isAtOrBelow(name, zone) || compareCanonical(owner, name) >= 0) return false;
  // SEC-14: the last record leads back to the apex; any other must lead onward.
  if (next === zone) return true;
  return compareCanonical(owner, next) < 0 && compareCanonical(name, next) < 0;
}

/** The longest name that exists above `name`: it, too, is above one end of the gap. */
function closestEncloser({ owner, next }: NsecRecord, name: Name): Name {
  const left = commonAncestor(name, owner);
  const right = commonAncestor(name, next);
  return labelCount(left) > labelCount(right) ? left : right;
}

function commonAncestor(name: Name, other: Name): Name {
  let labels = Math.min(labelCount(name), labelCount(other));
  while (lastLabels(name, labels) !== lastLabels(other, labels)) labels--;
  return lastLabels(name, labels);
}
