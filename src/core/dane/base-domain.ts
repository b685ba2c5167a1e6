// Which names to ask for TLSA, given the address answer and its alias chain (RFC 7672 §2.2.2, §2.2.3, RFC 7671 §7,
// DT-1.22 to DT-1.25). Leaves out the asking: agent/find-tlsa.

import type { DomainName } from '../base/brand.ts';
import type { DnssecStatus } from '../base/lookup.ts';

/** @returns candidates in the order of asking; none where DANE does not apply to the host. */
export function tlsaCandidates(found: {
  readonly host: DomainName;
  /** Where the alias chain of the host ends; the host itself without one. */
  readonly expanded: DomainName;
  /** The weakest state on the way to the addresses, aliases included (DANE-13). */
  readonly addresses: DnssecStatus;
  /** State of the first alias; undefined if the host is none. */
  readonly firstAlias: DnssecStatus | undefined;
}): readonly DomainName[] {
  const { host, expanded, addresses, firstAlias } = found;
  // DT-1.22, DT-1.23, DANE-8, DANE-10
  if (firstAlias === undefined || expanded === host) return addresses === 'secure' ? [host] : [];
  // DANE-12: an insecure first step may lead anywhere.
  if (firstAlias === 'insecure') return [];
  // DT-1.24, DT-1.25, DANE-11: the end of the chain first, then the start; never a name in between.
  return addresses === 'secure' ? [expanded, host] : [host];
}
