// TLSA rdata to a record, or to the reason SMTP may not use it (RFC 7672 §3.1, DANE-30 to DANE-38).

import type { DomainName } from '../base/brand.ts';
import type { LookupFailure } from '../base/lookup.ts';
import type { NonEmpty } from '../base/result.ts';

export type TlsaRecord = {
  readonly usage: 'dane-ta' | 'dane-ee';
  readonly selector: 'cert' | 'spki';
  readonly matching: 'full' | 'sha2-256' | 'sha2-512';
  readonly data: Uint8Array;
};

export type UnusableTlsa = {
  readonly rdata: Uint8Array;
  readonly because: 'usage' | 'selector' | 'matching-type' | 'length' | 'not-der' | 'short-rdata';
};

/** The log word `tlsa_state`: usable, unusable, none, insecure, bogus or servfail, n/a. */
export type DaneFinding =
  | {
      readonly kind: 'usable';
      readonly baseDomain: DomainName;
      readonly records: NonEmpty<TlsaRecord>;
      readonly ignored: readonly UnusableTlsa[];
    }
  | { readonly kind: 'unusable'; readonly baseDomain: DomainName; readonly ignored: NonEmpty<UnusableTlsa> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'insecure'; readonly because?: 'nsec3-iterations' }
  | { readonly kind: 'failed'; readonly reason: LookupFailure }
  /** Address literals, local names, or addresses that could not be had: nothing was asked. */
  | { readonly kind: 'not-applicable' };
