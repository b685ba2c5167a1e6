// The octets that a signature covers: canonical names, canonical order, original TTL, wildcard owner (RFC 4034 §3.1.8.1,
// §6; RFC 4035 §5.3.2; RFC 6840 §5.1). Owners are lower-cased by the codec already.

import { concat } from '../base/octets.ts';
import type { ResourceRecord } from '../dns/message.ts';
import { labelCount, lastLabels, type Name, octetsOf, wildcardAt } from '../dns/name.ts';
import { lowerRdata } from '../dns/wire.ts';
import type { Rrsig } from './rdata.ts';

/** All records of one owner, type and class, in the order they came, no two the same. */
export type Rrset = {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  readonly records: readonly [ResourceRecord, ...ResourceRecord[]];
};

/** RFC 4034 §6.3. Records that repeat have been left out when the RRset was put together. */
const canonicalRdata = (rrset: Rrset): readonly Uint8Array[] =>
  rrset.records.map((record) => lowerRdata(record.rdata, rrset.type) ?? record.rdata).sort(compareOctets);

/** RFC 4034 §6.3: as left-justified unsigned octets, absent before zero. */
export function compareOctets(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    const difference = left[at]! - right[at]!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** @returns undefined if the label count does not fit the owner, so that nothing could have been signed. */
export function signedOctets(rrset: Rrset, rrsig: Rrsig): Uint8Array | undefined {
  const owner = signedOwner(rrset.owner, rrsig.labels);
  if (owner === undefined) return undefined;
  const head = concat([octetsOf(owner), fixedFields(rrset, rrsig)]);
  const parts: Uint8Array[] = [rrsig.signedPart];
  for (const rdata of canonicalRdata(rrset)) {
    parts.push(head, Uint8Array.of(rdata.length >> 8, rdata.length & 0xff), rdata);
  }
  return concat(parts);
}

/**
 * SEC-5, SEC-6: the name that was signed: the owner itself, or the wildcard it was expanded from.
 * RFC 4034 §3.1.3: a leading `*` is not counted.
 */
export function signedOwner(owner: Name, labels: number): Name | undefined {
  const own = labelCount(owner) - (owner.startsWith('\x01*') ? 1 : 0);
  if (labels > own) return undefined;
  return labels === own ? owner : wildcardAt(lastLabels(owner, labels));
}

function fixedFields(rrset: Rrset, rrsig: Rrsig): Uint8Array {
  const fields = new Uint8Array(8);
  const view = new DataView(fields.buffer);
  view.setUint16(0, rrset.type);
  view.setUint16(2, rrset.class);
  // RFC 4035 §5.3.2: the original TTL, for caches count the received one down.
  view.setUint32(4, rrsig.originalTtl);
  return fields;
}
