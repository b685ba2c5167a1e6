// The three-way DNS answer. A failed lookup carries no value, so it cannot be mistaken for absence (RFC 7672 §2.1.1).

import type { Brand, Seconds } from './brand.ts';

/** `bogus` is no status but a failure: whoever holds data holds secure or insecure data. */
export type DnssecStatus = 'secure' | 'insecure';

export type LookupFailure = 'bogus' | 'servfail' | 'timeout' | 'refused' | 'malformed';

export type Lookup<T> =
  | { readonly kind: 'found'; readonly status: DnssecStatus; readonly value: T; readonly ttl: Seconds }
  | {
      readonly kind: 'absent';
      readonly status: DnssecStatus;
      readonly reason: 'nxdomain' | 'nodata';
      readonly ttl: Seconds;
    }
  | { readonly kind: 'failed'; readonly reason: LookupFailure };

/** DNS-11: one insecure part makes the whole insecure. */
export const weakest = (...states: readonly DnssecStatus[]): DnssecStatus =>
  states.includes('insecure') ? 'insecure' : 'secure';

/** Text form of an IP address as `net.isIP` accepts it, without zone or brackets. */
export type IpAddress = Brand<string, 'IpAddress'>;
