// CNAME and DNAME in an answer (RFC 1034 §3.6.2, RFC 6672): what stands there, and where it leads.

import { type Message, RrType } from '../dns/message.ts';
import { foldName, labelCount, labelsOf, type Name, nameFromLabels, parentName } from '../dns/name.ts';
import { readPlainName } from '../dns/wire.ts';
import { findRrset, type SignedRrset } from './rrset.ts';

export type FoundAlias = {
  readonly by: 'CNAME' | 'DNAME';
  /** The set to be judged. */
  readonly set: SignedRrset;
  /** The synthesized CNAME, where one came with the DNAME. */
  readonly synthesized?: SignedRrset;
};

/**
 * The alias that applies to `name`. An unsigned CNAME below a DNAME is taken as its synthesis, never as a record of its
 * own (SEC-24).
 */
export function findAlias(answer: Message['answer'], name: Name): FoundAlias | undefined {
  const cname = findRrset(answer, name, RrType.CNAME);
  if (cname !== undefined && cname.signatures.length > 0) return { by: 'CNAME', set: cname };
  for (let above = parentName(name); above !== undefined; above = parentName(above)) {
    const dname = findRrset(answer, above, RrType.DNAME);
    if (dname !== undefined) return { by: 'DNAME', set: dname, ...(cname === undefined ? {} : { synthesized: cname }) };
  }
  return cname && { by: 'CNAME', set: cname };
}

export type AliasTarget =
  | { readonly kind: 'to'; readonly to: Name }
  | { readonly kind: 'fault'; readonly because: 'malformed' | 'alias-name-too-long' | 'dname-synthesis' };

export function targetOf({ by, set, synthesized }: FoundAlias, name: Name): AliasTarget {
  const written = singleName(set);
  if (written === undefined) return { kind: 'fault', because: 'malformed' };
  if (by === 'CNAME') return { kind: 'to', to: written };
  // RFC 6672 §2.2: the labels below the DNAME's owner go on top of its target.
  const own = labelsOf(name).slice(0, labelCount(name) - labelCount(set.rrset.owner));
  const target = nameFromLabels([...own, ...labelsOf(written)]);
  if (target.kind === 'fault') return { kind: 'fault', because: 'alias-name-too-long' };
  // SEC-24, RFC 6672 §5.3.1
  if (synthesized !== undefined && singleName(synthesized) !== target.value) {
    return { kind: 'fault', because: 'dname-synthesis' };
  }
  return { kind: 'to', to: target.value };
}

/** RFC 2181 §10.1: one owner has one CNAME; the same holds for DNAME. */
function singleName({ rrset }: SignedRrset): Name | undefined {
  if (rrset.records.length !== 1) return undefined;
  const read = readPlainName(rrset.records[0].rdata, 0);
  return read && foldName(read.wire);
}
