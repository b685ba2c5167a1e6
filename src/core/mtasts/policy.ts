// Policy text to an StsPolicy or a named fault (RFC 8461 §3.2, STS-30 to STS-35), and what is known of a domain's policy.

import type { Brand, Instant, Seconds } from '../base/brand.ts';
import type { NonEmpty } from '../base/result.ts';

/** `mx.example.com` or `*.example.com`, folded, without a final dot. */
export type MxPattern = Brand<string, 'MxPattern'>;

export type StsMode = 'enforce' | 'testing' | 'none';

export type StsPolicy = {
  readonly mode: StsMode;
  readonly mx: readonly MxPattern[];
  readonly maxAge: Seconds;
  /** The TXT id that triggered the fetch (STS-47). */
  readonly id: string;
  readonly fetchedAt: Instant;
  /** The body as fetched, for reports and people. */
  readonly body: string;
};

export type StsFault =
  | 'sts-policy-fetch-error'
  | 'sts-webpki-invalid'
  | 'sts-policy-invalid'
  | 'txt-failed'
  | 'txt-missing'
  | 'txt-invalid';

/** DT-1.40 to DT-1.44, before the host is matched. */
export type StsFinding =
  | { readonly kind: 'none' }
  | { readonly kind: 'policy'; readonly policy: StsPolicy; readonly freshness: 'fetched' | 'cached' }
  /** An unexpired cached policy stands in: TXT or fetch failed. */
  | {
      readonly kind: 'policy';
      readonly policy: StsPolicy;
      readonly freshness: 'cached-refresh-failed';
      readonly fault: StsFault;
      readonly says: string;
    }
  /** Announced, none obtainable, nothing cached. */
  | { readonly kind: 'unavailable'; readonly fault: StsFault; readonly says: string }
  /** DT-1.42a: the TXT answer is bogus and nothing is cached. */
  | { readonly kind: 'txt-bogus' };

export type PolicyFault = { readonly line: number; readonly code: string; readonly says: string };
export type ParsedPolicy =
  | {
      readonly kind: 'valid';
      readonly mode: StsMode;
      readonly mx: readonly MxPattern[];
      readonly maxAge: Seconds;
      readonly warnings: readonly PolicyFault[];
    }
  | { readonly kind: 'invalid'; readonly errors: NonEmpty<PolicyFault>; readonly warnings: readonly PolicyFault[] };
