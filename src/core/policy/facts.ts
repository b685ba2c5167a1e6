// What was discovered, in the state words of requirements.md §3, as one host sees it. Input of the rules in plan-rules.ts.

import type { DomainName } from '../base/brand.ts';
import type { Evidence } from '../base/evidence.ts';
import type { IpAddress } from '../base/lookup.ts';
import type { HostOrigin } from '../dane/reference-names.ts';
import type { DaneFinding } from '../dane/tlsa.ts';
import { matchMx } from '../mtasts/mx-pattern.ts';
import type { StsFinding } from '../mtasts/policy.ts';
import { isIpAddress } from '../routing/ip-address.ts';
import { nextHopDomain } from '../routing/next-hop.ts';
import type {
  Candidate,
  Destination,
  MessageClass,
  MxFinding,
  MxState,
  OperatorDemand,
  OperatorFloor,
} from './model.ts';

export type TlsaState = 'usable' | 'unusable' | 'none' | 'insecure' | 'bogus' | 'servfail' | 'n/a';

/** DT-1.40 to DT-1.44, with the host matched. */
export type StsState =
  | 'none'
  | 'mode-none'
  | 'testing-match'
  | 'testing-mismatch'
  | 'enforce-match'
  | 'enforce-mismatch'
  | 'fail-nocache'
  | 'fail-cached-enforce'
  | 'fail-cached-testing';

export type PlanInput = {
  readonly destination: Destination;
  readonly candidate: Candidate;
  readonly messageClass: MessageClass;
  readonly operator: OperatorDemand;
};

export type Facts = PlanInput & {
  readonly mx: MxState;
  /** What counts after the operator's exceptions. */
  readonly dane: DaneFinding;
  readonly tlsa: TlsaState;
  readonly sts: StsState;
  /** The floor that binds: `may` while it is rehearsed or excepted. */
  readonly floor: OperatorFloor;
  readonly messageClass: MessageClass;
  /** The name the host was found under; undefined for addresses. */
  readonly host: DomainName | undefined;
  readonly address: IpAddress | undefined;
  readonly nextHop: DomainName | undefined;
  /** Whether the host name is vouched for: by DNSSEC, by a policy, or since no MX record was needed (DT-2 rule 6). */
  readonly hostName: 'validated' | 'unvalidated';
  readonly origin: HostOrigin;
};

export function factsOf(input: PlanInput): Facts {
  const { destination, candidate, operator } = input;
  const mx = mxState(destination.mx);
  const dane: DaneFinding = operator.ignore.includes('dane') ? { kind: 'absent' } : candidate.dane;
  const address = isIpAddress(candidate.host) ? candidate.host : undefined;
  const host = address === undefined ? (candidate.host as DomainName) : undefined;
  const sts = stsState(operator.ignore.includes('mta-sts') ? { kind: 'none' } : destination.sts, host);
  return {
    ...input,
    mx,
    dane,
    tlsa: tlsaState(dane),
    sts,
    floor: bindingFloor(operator),
    messageClass: messageClassOf(input),
    host,
    address,
    nextHop: nextHopDomain(destination.nextHop),
    // RTLS-21, INT-5: any policy but one of mode none validates the name.
    hostName: mx !== 'insecure' || policyMatches(sts) ? 'validated' : 'unvalidated',
    origin: originOf(mx),
  };
}

/** The floor of the operator that binds; INT-15 exceptions and rehearsal (`policy.enforce = false`) take it away. */
export const bindingFloor = (operator: OperatorDemand): OperatorFloor =>
  operator.enforce && !operator.ignore.includes('floor') ? operator.floor : 'may';

/** `requiretls = "always"` of a rule raises ordinary mail. RTLS-53: never mail whose author asked for `TLS-Required: No`. */
const messageClassOf = ({ messageClass, operator }: PlanInput): MessageClass =>
  operator.requiretls === 'always' && messageClass === 'normal' ? 'requiretls' : messageClass;

export function mxState(mx: MxFinding): MxState {
  switch (mx.kind) {
    case 'mx':
      return mx.status;
    case 'implicit':
      return mx.status === 'secure' ? 'implicit-secure' : 'implicit-insecure';
    case 'failed':
      return 'error';
    // RTE-8: no host is left to have a state; the weakest word claims nothing.
    case 'loop':
      return 'insecure';
    default:
      return mx.kind;
  }
}

export function tlsaState(dane: DaneFinding): TlsaState {
  switch (dane.kind) {
    case 'usable':
    case 'unusable':
    case 'insecure':
      return dane.kind;
    case 'absent':
      return 'none';
    case 'failed':
      return dane.reason === 'bogus' ? 'bogus' : 'servfail';
    case 'not-applicable':
      return 'n/a';
  }
}

/** `host` is the name of the MX record, unexpanded (STS-61). Addresses have no policy (RTE-13). */
export function stsState(sts: StsFinding, host: DomainName | undefined): StsState {
  if (host === undefined || sts.kind === 'none') return 'none';
  // DT-1.42a settles the destination; where that was overridden the policy is one that could not be had.
  if (sts.kind === 'unavailable' || sts.kind === 'txt-bogus') return 'fail-nocache';
  const { mode } = sts.policy;
  if (mode === 'none') return 'mode-none';
  const matched = matchMx(host, sts.policy.mx);
  // DT-1.44: whoever does not match is judged the same, whatever came of the refresh.
  if (matched === 'mismatch') return mode === 'enforce' ? 'enforce-mismatch' : 'testing-mismatch';
  if (sts.freshness === 'cached-refresh-failed')
    return mode === 'enforce' ? 'fail-cached-enforce' : 'fail-cached-testing';
  return mode === 'enforce' ? 'enforce-match' : 'testing-match';
}

const policyMatches = (sts: StsState): boolean =>
  sts === 'enforce-match' || sts === 'testing-match' || sts === 'fail-cached-enforce' || sts === 'fail-cached-testing';

function originOf(mx: MxState): HostOrigin {
  if (mx === 'secure') return 'secure-mx';
  if (mx === 'relay') return 'relay';
  return mx === 'implicit-secure' || mx === 'implicit-insecure' ? 'implicit' : 'insecure-mx';
}

/** The rungs of the ladder that stand before any connection. */
export function discoveryEvidence(facts: Facts): readonly Evidence[] {
  return [
    mxEvidence(facts),
    stsEvidence(facts),
    tlsaEvidence(facts),
    ...operatorEvidence(facts.operator),
    ...facts.candidate.notes,
  ];
}

function mxEvidence({ mx, host }: Facts): Evidence {
  const name = host ?? 'the address';
  const base = { rung: 'mx', rule: 'RFC 7672 §2.2.1' } as const;
  switch (mx) {
    case 'secure':
      return { ...base, outcome: 'pass', says: `the MX answer that names ${name} is secure` };
    case 'implicit-secure':
      return { ...base, outcome: 'pass', says: `it is securely proven that there is no MX, so ${name} takes the mail` };
    case 'relay':
      return { ...base, outcome: 'pass', rule: 'DANE-20', says: `${name} is named by a route of the operator` };
    case 'literal':
      return { ...base, outcome: 'not-applicable', rule: 'RTE-13', says: 'the recipient names an address' };
    case 'implicit-insecure':
      return { ...base, outcome: 'unknown', says: `there is no MX, without proof; ${name} takes the mail` };
    default:
      return { ...base, outcome: 'unknown', says: `the MX answer that names ${name} is insecure` };
  }
}

function stsEvidence({ sts, destination }: Facts): Evidence {
  const base = { rung: 'mta-sts', rule: 'RFC 8461 §5' } as const;
  const fault = 'says' in destination.sts ? `: ${destination.sts.says}` : '';
  switch (sts) {
    case 'none':
      return { ...base, outcome: 'not-applicable', says: 'no MTA-STS policy applies' };
    case 'mode-none':
      return { ...base, outcome: 'not-applicable', says: 'the MTA-STS policy has mode none' };
    case 'fail-nocache':
      return {
        ...base,
        outcome: 'unknown',
        rule: 'RFC 8461 §3.3',
        says: `an MTA-STS policy is announced, but could not be had${fault}`,
      };
    case 'enforce-mismatch':
    case 'testing-mismatch':
      return {
        ...base,
        outcome: 'fail',
        rule: 'RFC 8461 §4.1',
        code: 'sts-mx-mismatch',
        says: `the MTA-STS policy (${sts === 'enforce-mismatch' ? 'enforce' : 'testing'}) does not name this host`,
      };
    case 'fail-cached-enforce':
    case 'fail-cached-testing':
      return {
        ...base,
        outcome: 'pass',
        rule: 'RFC 8461 §3.3',
        says: `the cached MTA-STS policy (${sts.slice('fail-cached-'.length)}) stands in and names this host${fault}`,
      };
    case 'enforce-match':
    case 'testing-match':
      return { ...base, outcome: 'pass', says: `the MTA-STS policy (${sts.replace('-match', '')}) names this host` };
  }
}

function tlsaEvidence({ dane, operator }: Facts): Evidence {
  const base = { rung: 'tlsa', rule: 'RFC 7672 §2.2' } as const;
  if (operator.ignore.includes('dane'))
    return { ...base, outcome: 'not-applicable', rule: 'DANE-73', says: 'DANE is switched off by an exception' };
  switch (dane.kind) {
    case 'usable': {
      const count = dane.records.length === 1 ? '1 usable TLSA record' : `${dane.records.length} usable TLSA records`;
      return { ...base, outcome: 'pass', says: `${count} at ${dane.baseDomain}` };
    }
    case 'unusable':
      return {
        ...base,
        outcome: 'fail',
        rule: 'RFC 7672 §3.1.3',
        code: 'tlsa-unusable',
        says: `the TLSA records at ${dane.baseDomain} are secure, but none is usable`,
      };
    case 'absent':
      return { ...base, outcome: 'not-applicable', says: 'it is proven that there are no TLSA records' };
    case 'insecure':
      return {
        ...base,
        outcome: 'not-applicable',
        says: 'the zone of the host is not signed, so TLSA records mean nothing',
        ...(dane.because === undefined ? {} : { code: dane.because }),
      };
    case 'failed':
      return {
        ...base,
        outcome: dane.reason === 'bogus' ? 'fail' : 'unknown',
        rule: 'RFC 7672 §2.1.2',
        code: dane.reason === 'bogus' ? 'tlsa-bogus' : 'tlsa-lookup-error',
        says: dane.reason === 'bogus' ? 'the TLSA answer is bogus' : `the TLSA question got no answer (${dane.reason})`,
      };
    case 'not-applicable':
      return { ...base, outcome: 'not-applicable', says: 'DANE does not apply to addresses and local names' };
  }
}

function operatorEvidence(operator: OperatorDemand): readonly Evidence[] {
  const lines: Evidence[] = [];
  if (operator.floor !== 'may') {
    const binds = bindingFloor(operator) === operator.floor;
    const how = binds ? '' : operator.enforce ? ', excepted' : ', rehearsed only';
    lines.push({
      rung: 'operator',
      outcome: binds ? 'pass' : 'not-applicable',
      rule: 'RTE-18',
      says: `floor ${operator.floor} (${operator.source}${how})`,
    });
  }
  if (operator.ignore.length > 0)
    lines.push({
      rung: 'operator',
      outcome: 'not-applicable',
      rule: 'INT-15',
      code: 'exception',
      says: `${operator.ignore.join(', ')} ignored (${operator.source})`,
    });
  return lines;
}
