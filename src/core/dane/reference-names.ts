// Which names the certificate may carry for DANE-TA (RFC 7672 §3.2.2, DT-4.2 to DT-4.5). DANE-EE asks for none.

import type { DomainName } from '../base/brand.ts';
import type { NonEmpty } from '../base/result.ts';

/** How the host was learned. */
export type HostOrigin = 'secure-mx' | 'insecure-mx' | 'implicit' | 'relay';

/** @returns the reference identifiers in the order in which they are logged; any one suffices. (DANE-58, NAME-8) */
export function referenceNames(known: {
  readonly baseDomain: DomainName;
  readonly origin: HostOrigin;
  readonly nextHop: DomainName | undefined;
  /** Where the alias chain of the next-hop domain ends. */
  readonly expandedNextHop: DomainName | undefined;
}): NonEmpty<DomainName> {
  const further: (DomainName | undefined)[] = [];
  // DT-4.2: the MX answer is secure, so the next hop itself vouches for this host.
  if (known.origin === 'secure-mx') further.push(known.nextHop, known.expandedNextHop);
  // DT-4.4, DT-4.5: without MX the base domain is the next hop or the end of its own alias chain.
  if (known.origin === 'implicit') further.push(known.nextHop);
  const names = new Set(further.filter((name) => name !== undefined));
  names.delete(known.baseDomain);
  return [known.baseDomain, ...names];
}
