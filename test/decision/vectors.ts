// Lines of decision-vectors.csv to domain values, and the decision back to the words of its columns.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DomainName, instant, seconds } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import type { NonEmpty } from '../../src/core/base/result.ts';
import type { DaneFinding, TlsaRecord } from '../../src/core/dane/tlsa.ts';
import type { MxPattern, StsFinding, StsMode, StsPolicy } from '../../src/core/mtasts/policy.ts';
import type {
  Candidate,
  Destination,
  MessageClass,
  MxFinding,
  OperatorDemand,
  OperatorFloor,
  Plan,
} from '../../src/core/policy/model.ts';
import { planWith, reportsBeforeConnect, ruleDestination } from '../../src/core/policy/plan.ts';
import { type PlanRule, planRules } from '../../src/core/policy/plan-rules.ts';
import type { NextHop } from '../../src/core/routing/next-hop.ts';

export const inputs = ['mx_state', 'tlsa_state', 'sts_state', 'msg_tls', 'floor'] as const;
export const results = [
  'connect',
  'tls_required',
  'authn_required',
  'cleartext_allowed',
  'mail_requiretls',
  'sni',
  'reason',
  'status',
  'class',
  'on_tls_failure',
  'rpt_policy_types',
  'rpt_recorded_before_connect',
] as const;

export type Input = Readonly<Record<(typeof inputs)[number], string>>;
export type Result = Readonly<Record<(typeof results)[number], string>>;

export const host: DomainName = domainName('mx1.example.com');
export const domain: DomainName = domainName('example.com');
const literal = '192.0.2.1' as IpAddress;
const record: TlsaRecord = { usage: 'dane-ee', selector: 'spki', matching: 'sha2-256', data: new Uint8Array(32) };

export function readVectors(): readonly (Input & Result)[] {
  const lines = readFileSync(join(import.meta.dirname, '../vectors/decision-vectors.csv'), 'utf8')
    .trim()
    .split('\n');
  const names = (lines[0] as string).split(',');
  return lines.slice(1).map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] as string])) as Input & Result;
  });
}

export type Case = {
  readonly destination: Destination;
  readonly candidate: Candidate;
  readonly messageClass: MessageClass;
  readonly operator: OperatorDemand;
};

/** The values that discovery would have found for one line. `error` is drawn as the given failure. */
export function caseOf(line: Input, error: 'servfail' | 'bogus' = 'servfail'): Case {
  const target = line.mx_state === 'literal' ? literal : line.mx_state.startsWith('implicit') ? domain : host;
  return {
    destination: {
      nextHop: nextHopOf(line.mx_state),
      expandedNextHop: line.mx_state === 'literal' ? undefined : domain,
      mx: mxOf(line.mx_state, error),
      sts: stsOf(line.sts_state, target as DomainName),
      observedAt: instant(0),
    },
    candidate: {
      host: target,
      port: 25,
      preference: 10,
      addresses: {
        kind: 'addresses',
        status: 'secure',
        expanded: target as DomainName,
        addresses: ['192.0.2.1' as IpAddress],
      },
      dane: daneOf(line.tlsa_state, target as DomainName),
      notes: [],
    },
    messageClass: line.msg_tls as MessageClass,
    operator: operatorOf(line.floor as OperatorFloor),
  };
}

export const operatorOf = (floor: OperatorFloor): OperatorDemand => ({
  floor,
  names: [],
  ignore: [],
  requiretls: 'as-asked',
  enforce: true,
  source: 'policy.floor',
});

function nextHopOf(state: string): NextHop {
  if (state === 'literal') return { kind: 'literal', address: literal };
  return state === 'relay'
    ? { kind: 'host', host, route: { via: `[${host}]`, tls: 'starttls', credentials: 'none' } }
    : { kind: 'domain', domain };
}

function mxOf(state: string, error: 'servfail' | 'bogus'): MxFinding {
  switch (state) {
    case 'secure':
    case 'insecure':
      return { kind: 'mx', status: state, hosts: [{ host, preference: 10 }] };
    case 'implicit-secure':
      return { kind: 'implicit', status: 'secure' };
    case 'implicit-insecure':
      return { kind: 'implicit', status: 'insecure' };
    case 'error':
      return { kind: 'failed', reason: error };
    case 'relay':
    case 'literal':
    case 'null-mx':
    case 'nxdomain':
      return { kind: state };
    default:
      throw new Error(`unknown mx_state ${state}`);
  }
}

function daneOf(state: string, baseDomain: DomainName): DaneFinding {
  switch (state) {
    case 'usable':
      return { kind: 'usable', baseDomain, records: [record], ignored: [] };
    case 'unusable':
      return { kind: 'unusable', baseDomain, ignored: [{ rdata: Uint8Array.of(0, 0, 1), because: 'usage' }] };
    case 'none':
      return { kind: 'absent' };
    case 'insecure':
      return { kind: 'insecure' };
    case 'bogus':
    case 'servfail':
      return { kind: 'failed', reason: state };
    case 'n/a':
      return { kind: 'not-applicable' };
    default:
      throw new Error(`unknown tlsa_state ${state}`);
  }
}

function stsOf(state: string, target: DomainName): StsFinding {
  const policy = (mode: StsMode, pattern: string): StsPolicy => ({
    mode,
    mx: [pattern as MxPattern],
    maxAge: seconds(86_400),
    id: '1',
    fetchedAt: instant(0),
    body: '',
  });
  const fresh = (mode: StsMode, pattern: string): StsFinding => ({
    kind: 'policy',
    policy: policy(mode, pattern),
    freshness: 'fetched',
  });
  const stale = (mode: StsMode): StsFinding => ({
    kind: 'policy',
    policy: policy(mode, target),
    freshness: 'cached-refresh-failed',
    fault: 'sts-policy-fetch-error',
    says: 'HTTP status 500',
  });
  switch (state) {
    case 'none':
      return { kind: 'none' };
    case 'testing-match':
      return fresh('testing', target);
    case 'testing-mismatch':
      return fresh('testing', 'mx.elsewhere.example');
    case 'enforce-match':
      return fresh('enforce', target);
    case 'enforce-mismatch':
      return fresh('enforce', 'mx.elsewhere.example');
    case 'fail-nocache':
      return { kind: 'unavailable', fault: 'sts-policy-fetch-error', says: 'HTTP status 500' };
    case 'fail-cached-enforce':
      return stale('enforce');
    case 'fail-cached-testing':
      return stale('testing');
    default:
      throw new Error(`unknown sts_state ${state}`);
  }
}

const blank = Object.fromEntries(results.map((name) => [name, '-'])) as Result;

/** The columns as the decision has them. */
export function decide(line: Input, rules: readonly PlanRule[] = planRules): Result {
  const one = decideCase(caseOf(line, 'servfail'), rules);
  if (line.mx_state !== 'error') return one;
  // The column names both outcomes of a failed MX look-up: DT-1.1 and DT-1.2.
  const other = decideCase(caseOf(line, 'bogus'), rules);
  return { ...one, reason: `${one.reason}|${other.reason}`, status: `${one.status}|${other.status}` };
}

function decideCase(input: Case, rules: readonly PlanRule[]): Result {
  const ruling = ruleDestination(input.destination, input.messageClass, input.operator);
  if (ruling.kind === 'settled')
    return { ...blank, connect: 'none', reason: ruling.because, status: ruling.status, class: ruling.final };
  const decided = planWith(rules, input);
  const reports = reportsBeforeConnect(input, decided);
  return {
    ...columnsOf(decided),
    rpt_policy_types: reports.policies.join('+'),
    rpt_recorded_before_connect:
      reports.failures.map(({ type, code }) => (type === 'validation-failure' ? `${type}(${code})` : type)).join(';') ||
      '-',
  };
}

function columnsOf(decided: Plan): Result {
  if (decided.kind === 'skip')
    return { ...blank, connect: 'no', reason: decided.because, status: decided.status, class: decided.final };
  const { demand } = decided;
  const group = (members: NonEmpty<{ readonly by: string }>): string => members.map(({ by }) => by).join('-or-');
  const failing = {
    continue: ['-', 'continue-unauthenticated-or-cleartext'],
    defer: ['4.7.4|4.7.5', 'next-host;then-defer'],
    'bounce-if-definitive': ['5.7.10|5.7.30', 'next-host;then-bounce-if-definitive-else-defer'],
  }[demand.onFailure] as [string, string];
  return {
    ...blank,
    connect: 'yes',
    tls_required: demand.tls,
    authn_required: demand.all.map(group).join('+') || 'none',
    cleartext_allowed: demand.tls === 'opportunistic' ? 'yes' : 'no',
    mail_requiretls: demand.requiretls,
    sni: demand.sniSource === 'none' ? '-' : demand.sniSource,
    status: failing[0],
    on_tls_failure: failing[1],
  };
}
