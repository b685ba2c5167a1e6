// Reason or finding to the result type of a TLS report (RFC 8460 §4.3; names as registered at IANA, RPT-60 to RPT-71),
// and what is known before any connection. Leaves out counting: tally.ts.

import type { DaneFinding } from '../dane/tlsa.ts';
import type { StsFault, StsFinding } from '../mtasts/policy.ts';
import type { Reason } from '../policy/reasons.ts';

export type ResultType =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'
  | 'tlsa-invalid'
  | 'dnssec-invalid'
  | 'dane-required'
  | 'sts-policy-fetch-error'
  | 'sts-policy-invalid'
  | 'sts-webpki-invalid';

export type PolicyType = 'tlsa' | 'sts' | 'no-policy-found';

/** What is reported for a reason; `underlying`: the type of the failure beneath it; `none`: nothing. (requirements.md §5) */
export const resultTypes: Readonly<Record<Reason, ResultType | 'underlying' | 'none'>> = {
  'mx-nxdomain': 'none',
  'null-mx': 'none',
  'mx-loop': 'none',
  'mx-no-address': 'none',
  'mx-lookup-error': 'none',
  // RPT-66: bogus answers for MX, addresses or TLSA, and TLSA that cannot be had in a signed zone.
  'mx-bogus': 'dnssec-invalid',
  'addr-lookup-error': 'none',
  'addr-bogus': 'dnssec-invalid',
  'addr-refused': 'none',
  'tlsa-lookup-error': 'dnssec-invalid',
  'tlsa-bogus': 'dnssec-invalid',
  // RPT-6: TCP failures and time-outs before TLS are not reported.
  'connect-failed': 'none',
  'conn-lost': 'none',
  // RPT-60
  'starttls-missing': 'starttls-not-supported',
  'starttls-refused': 'starttls-not-supported',
  // RPT-64
  'starttls-injection': 'validation-failure',
  'tls-handshake': 'validation-failure',
  // RPT-63, INT-6: no record matches. `tlsa-invalid` is kept for record sets that are bad themselves.
  'cert-no-tlsa-match': 'certificate-not-trusted',
  // RPT-61
  'cert-name': 'certificate-host-mismatch',
  // RPT-62
  'cert-expired': 'certificate-expired',
  'cert-untrusted': 'certificate-not-trusted',
  // INT-7
  'sts-mx-mismatch': 'validation-failure',
  'sts-txt-bogus': 'dnssec-invalid',
  // RPT-65
  'tlsa-unusable': 'tlsa-invalid',
  // RPT-67
  'dane-required': 'dane-required',
  'floor-verify': 'underlying',
  'route-auth-unprotected': 'none',
  'requiretls-unsupported': 'none',
  'requiretls-no-tls': 'underlying',
  'requiretls-unauthenticated': 'underlying',
  'requiretls-mx-unvalidated': 'none',
  'remote-4yz': 'none',
  'remote-5yz': 'none',
  'loop-received': 'none',
  size: 'none',
  'content-8bit': 'none',
  'content-utf8': 'none',
  'content-binary': 'none',
  'queue-expired': 'none',
};

/**
 * The type to report for a blocked session, or nothing. The codes of its evidence name the failure beneath a reason of
 * REQUIRETLS or a floor, and `handshake-lost` a connection that broke inside the handshake.
 */
export function resultTypeOf(failure: {
  readonly because: Reason;
  readonly evidence: readonly { readonly outcome: string; readonly code?: string }[];
}): ResultType | undefined {
  const codes = failure.evidence.flatMap(({ outcome, code }) =>
    outcome !== 'pass' && code !== undefined ? [code] : [],
  );
  // requirements.md §5: conn-lost during the handshake is a validation failure.
  if (codes.includes('handshake-lost')) return 'validation-failure';
  const own = resultTypes[failure.because];
  if (own === 'none') return undefined;
  if (own !== 'underlying') return own;
  for (const code of codes) {
    const beneath = code === failure.because ? undefined : resultTypes[code as Reason];
    if (beneath !== undefined && beneath !== 'none' && beneath !== 'underlying') return beneath;
  }
  return undefined;
}

/** RPT-5, RPT-7: which policies of the destination a session of this host is counted under. */
export function policyTypes(dane: DaneFinding, sts: StsFinding): readonly PolicyType[] {
  const tlsa = dane.kind === 'usable' || dane.kind === 'unusable';
  const types: PolicyType[] = [];
  if (tlsa) types.push('tlsa');
  if (hasPolicy(sts)) types.push('sts');
  return types.length > 0 ? types : ['no-policy-found'];
}

// RFC 8461 §6, RPT-71: a policy of mode none is as if there were none.
const hasPolicy = (sts: StsFinding): boolean =>
  sts.kind === 'policy' ? sts.policy.mode !== 'none' : sts.kind !== 'none';

export type EarlyFailure = {
  readonly type: ResultType;
  readonly under: PolicyType;
  /** `failure-reason-code` where one is due (RPT-48). */
  readonly code?: string;
};

/** Failures that stand before a connection is made: they are counted whether the mail goes on or not (RTLS-57). */
export function earlyFailures(known: {
  readonly dane: DaneFinding;
  readonly sts: StsFinding;
  /** Whether the MX host fits the patterns of the policy, if there is one. */
  readonly mx: 'match' | 'mismatch' | 'no-policy';
  readonly floor: 'dane-required' | 'no-objection';
}): readonly EarlyFailure[] {
  const failures: EarlyFailure[] = [];
  const [first = 'no-policy-found'] = policyTypes({ kind: 'absent' }, known.sts);
  if (known.dane.kind === 'unusable') failures.push({ type: 'tlsa-invalid', under: 'tlsa', code: 'tlsa-unusable' });
  // RPT-66: no TLSA is known, so the entry belongs to what else is known.
  if (known.dane.kind === 'failed')
    failures.push({
      type: 'dnssec-invalid',
      under: first,
      code: known.dane.reason === 'bogus' ? 'tlsa-bogus' : 'tlsa-lookup-error',
    });
  const fetch = fetchFailure(known.sts);
  if (fetch !== undefined) failures.push({ type: fetch, under: 'sts' });
  if (known.mx === 'mismatch') failures.push({ type: 'validation-failure', under: 'sts', code: 'sts-mx-mismatch' });
  if (known.floor === 'dane-required') failures.push({ type: 'dane-required', under: first });
  return failures;
}

/** STS-20, RPT-68 to RPT-70. A TXT record that failed while a policy is cached is a failed refresh too. */
function fetchFailure(sts: StsFinding): ResultType | undefined {
  if (sts.kind === 'unavailable') return ofFault(sts.fault);
  if (sts.kind === 'txt-bogus') return 'dnssec-invalid';
  return sts.kind === 'policy' && sts.freshness === 'cached-refresh-failed' && sts.policy.mode !== 'none'
    ? ofFault(sts.fault)
    : undefined;
}

const ofFault = (fault: StsFault): ResultType =>
  fault === 'sts-webpki-invalid' || fault === 'sts-policy-invalid' ? fault : 'sts-policy-fetch-error';
