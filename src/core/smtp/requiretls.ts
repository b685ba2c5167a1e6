// What the sender asked of TLS: the REQUIRETLS parameter, the header field `TLS-Required: No`, or neither (RFC 8689 §3 and
// §4.1). Settled once, at acceptance; nobody reads the header for it again.

import type { Envelope } from './envelope.ts';

/** What the header section holds. */
export type TlsRequiredFinding = 'absent' | 'no' | 'unknown-value' | 'repeated';

/** @param value the unfolded field body. */
export const judgeTlsRequired = (value: string): 'no' | 'unknown-value' =>
  // RTLS-7: RFC 8689 §3: `[FWS] "No" [FWS]`, a literal without case; comments are not part of it.
  /^[ \t]*no[ \t]*$/i.test(value) ? 'no' : 'unknown-value';

/** A field was found: `finding` is what the header held so far. */
export const addTlsRequired = (finding: TlsRequiredFinding, value: string): TlsRequiredFinding =>
  // RTLS-8: twice is malformed, and malformed must not lower anything.
  finding === 'absent' ? judgeTlsRequired(value) : 'repeated';

/** RTLS-4 to RTLS-8. */
export function settleTlsTag(requiretls: 'asked' | 'not-asked', finding: TlsRequiredFinding): Envelope['tlsTag'] {
  // RTLS-6: RFC 8689 §4.1: with the parameter the field is ignored.
  if (requiretls === 'asked') return 'requiretls';
  return finding === 'no' ? 'tls-required-no' : 'none';
}
