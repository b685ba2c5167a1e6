// The rules of DT-2, one function each, in the order of the table. Each takes what is known and what was demanded so far
// and adds its own demand, or ends the matter for this host. `plan.ts` runs them; tests take single ones away.

import type { Evidence, Rung } from '../base/evidence.ts';
import type { NonEmpty } from '../base/result.ts';
import { referenceNames } from '../dane/reference-names.ts';
import { catalogue } from './catalogue.ts';
import type { Facts } from './facts.ts';
import type { Authenticator, Demand, OperatorFloor } from './model.ts';
import type { Reason } from './reasons.ts';

export type Skip = { readonly because: Reason; readonly status: string; readonly final: 'defer' | 'bounce' };

export type Draft = {
  readonly skip?: Skip;
  /** Whether the policies of the recipient bind or are only tried (rule 3). */
  readonly recipient: 'binding' | 'observed';
  readonly tls: 'opportunistic' | 'encrypted';
  readonly all: readonly NonEmpty<Authenticator>[];
  readonly observed: readonly Authenticator[];
  readonly requiretls: Demand['requiretls'];
  readonly evidence: readonly Evidence[];
};

export type PlanRule = {
  readonly id: string;
  readonly title: string;
  readonly apply: (facts: Facts, draft: Draft) => Draft;
};

export const emptyDraft: Draft = {
  recipient: 'binding',
  tls: 'opportunistic',
  all: [],
  observed: [],
  requiretls: 'no',
  evidence: [],
};

// DT-1.20, DT-1.21, DANE-5, RTE-16: without addresses that may be used there is nothing to connect to.
function addresses({ candidate, destination }: Facts, draft: Draft): Draft {
  const found = candidate.addresses;
  switch (found.kind) {
    case 'addresses':
      return draft;
    case 'none': {
      const bare = skip(draft, 'mx', 'mx-no-address', 'DANE-9', 'the host has no address');
      // RTE-14, ADR 6: the operator named it; the name of a smart host that is gone for a minute must not bounce all mail.
      return routeOf(destination.nextHop) === undefined
        ? bare
        : { ...bare, skip: { because: 'mx-no-address', status: '4.4.4', final: 'defer' } };
    }
    case 'refused':
      return skip(
        draft,
        'mx',
        'addr-refused',
        'RTE-16',
        `refused addresses only (${found.addresses.join(', ')}); delivery.allow_addresses can allow them`,
      );
    case 'failed':
      return found.reason === 'bogus'
        ? skip(draft, 'dnssec', 'addr-bogus', 'RFC 7672 §2.1.2', 'the address answer of the host is bogus')
        : skip(
            draft,
            'dnssec',
            'addr-lookup-error',
            'RFC 7672 §2.1.2',
            `no answer for the addresses of the host (${found.reason})`,
          );
  }
}

// DT-2 rule 2, DANE-22, DANE-71: floor dane-only.
function floorDaneOnly(facts: Facts, draft: Draft): Draft {
  if (facts.floor !== 'dane-only') return draft;
  if (facts.mx !== 'secure' && facts.mx !== 'implicit-secure' && facts.mx !== 'relay')
    return skip(draft, 'operator', 'dane-required', 'DANE-22', `floor dane-only, but the MX state is ${facts.mx}`);
  if (facts.dane.kind === 'failed') return skipForTlsa(facts.dane.reason, draft);
  const dane = daneOf(facts);
  if (dane === undefined)
    return skip(draft, 'operator', 'dane-required', 'DANE-71', `floor dane-only, but TLSA is ${facts.tlsa}`);
  return demand(draft, [dane], 'operator', 'DANE-71', 'floor dane-only: DANE must pass');
}

// DT-2 rule 3, RTLS-50, INT-9: the author does without the recipient's policies; they are tried and recorded.
function tlsRequiredNo({ messageClass }: Facts, draft: Draft): Draft {
  if (messageClass !== 'tls-required-no') return draft;
  return note(
    { ...draft, recipient: 'observed' },
    'operator',
    'not-applicable',
    'RFC 8689 §3',
    'TLS-Required: No: the policies of the recipient are tried, but do not bind',
  );
}

// DT-2 rule 4: DANE.
function dane(facts: Facts, draft: Draft): Draft {
  // INT-10: a TLSA question without an answer does not hold back this message.
  if (facts.dane.kind === 'failed')
    return draft.recipient === 'binding' ? skipForTlsa(facts.dane.reason, draft) : draft;
  const authenticator = daneOf(facts);
  if (authenticator !== undefined) {
    if (draft.recipient === 'observed') return observe(draft, authenticator);
    // DANE-40; under floor dane-only it is demanded already.
    return draft.all.some((group) => group.some(({ by }) => by === 'dane'))
      ? draft
      : demand(draft, [authenticator], 'tlsa', 'RFC 7672 §2.2', 'DANE must pass');
  }
  // DANE-33, DANE-34: unusable records still commit the host to TLS.
  return facts.tlsa === 'unusable' && draft.recipient === 'binding'
    ? encrypt(draft, 'tlsa', 'RFC 7672 §2.2', 'TLS is mandatory, the peer need not authenticate')
    : draft;
}

// DT-2 rule 5: MTA-STS.
function mtaSts(facts: Facts, draft: Draft): Draft {
  const { sts } = facts;
  const authenticator: Authenticator = { by: 'pkix-sts', names: facts.host === undefined ? [] : [facts.host] };
  // STS-66: testing policies are tried and recorded.
  if (sts === 'testing-match' || sts === 'fail-cached-testing') return observe(draft, authenticator);
  if (sts === 'enforce-match' || sts === 'fail-cached-enforce')
    return draft.recipient === 'observed'
      ? observe(draft, authenticator)
      : demand(draft, [authenticator], 'mta-sts', 'RFC 8461 §4.2', 'the certificate must pass for the MX host name');
  // STS-62, STS-64: not this host, but maybe the next one.
  return sts === 'enforce-mismatch' && draft.recipient === 'binding'
    ? skip(draft, 'mta-sts', 'sts-mx-mismatch', 'RFC 8461 §5', 'the enforced policy does not name this host')
    : draft;
}

// DT-2 rule 6, RTLS-20 to RTLS-25: REQUIRETLS.
function requiretls(facts: Facts, draft: Draft): Draft {
  if (facts.messageClass !== 'requiretls') return draft;
  if (facts.host === undefined)
    return skip(
      draft,
      'requiretls',
      'requiretls-unauthenticated',
      'DT-2 rule 6',
      'REQUIRETLS was asked for, and an address has no name that could be verified',
    );
  if (facts.hostName === 'unvalidated') {
    const says = 'REQUIRETLS was asked for, and the MX name is neither secure nor named by a policy';
    const refused = skip(draft, 'requiretls', 'requiretls-mx-unvalidated', 'RFC 8689 §4.2.1', says);
    // INT-1: the policy could just not be fetched, so this may pass.
    return facts.sts === 'fail-nocache'
      ? { ...refused, skip: { because: 'requiretls-mx-unvalidated', status: '4.7.5', final: 'defer' } }
      : refused;
  }
  const asked: Draft = { ...draft, requiretls: 'must' };
  // RTLS-24: what DANE or an enforced policy demands already is enough.
  const authenticated = draft.all.some((group) => group.some(({ by }) => by === 'dane' || by === 'pkix-sts'));
  return authenticated
    ? note(
        asked,
        'requiretls',
        'pass',
        'RFC 8689 §4.2.1',
        'REQUIRETLS was asked for; the name of the host is validated',
      )
    : demand(
        asked,
        [{ by: 'pkix-requiretls', names: [facts.host] }],
        'requiretls',
        'RFC 8689 §4.2.1',
        'REQUIRETLS was asked for: the certificate must pass for the host name',
      );
}

// DT-2 rule 7, RTLS-42: a bounce goes with the parameter where it can, without it rather than not at all.
const requiretlsNull = ({ messageClass }: Facts, draft: Draft): Draft =>
  messageClass === 'requiretls-null'
    ? note(
        { ...draft, requiretls: 'if-offered' },
        'requiretls',
        'not-applicable',
        'RFC 8689 §5',
        'a notice about a REQUIRETLS message: the parameter is used where it is offered',
      )
    : draft;

// DT-2 rule 8: floor encrypt.
const floorEncrypt = ({ floor }: Facts, draft: Draft): Draft =>
  floor === 'encrypt' ? encrypt(draft, 'operator', 'TLS-2', 'floor encrypt: TLS is mandatory') : draft;

// DT-2 rule 9, first half: floor verify, and secure where the name of the host is vouched for.
function floorVerify(facts: Facts, draft: Draft): Draft {
  const asks = facts.floor === 'verify' || (facts.floor === 'secure' && facts.hostName === 'validated');
  if (!asks || draft.all.length > 0) return draft;
  const floor = pkixFloor(facts, facts.floor);
  const tried = draft.observed.find(({ by }) => by === 'dane');
  // DT-6, rows verify × tls-required-no: DANE does as well as the floor's own check.
  return tried === undefined
    ? demand(draft, [floor], 'operator', 'DT-4.9', `floor ${facts.floor}: the certificate must pass`)
    : demand(draft, [tried, floor], 'operator', 'DT-4.9', `floor ${facts.floor}: DANE or the certificate must pass`);
}

// DT-2 rule 9, second half, NAME-9: nothing learned from an insecure MX answer speaks for the next hop.
function floorSecure(facts: Facts, draft: Draft): Draft {
  if (facts.floor !== 'secure' || facts.hostName === 'validated') return draft;
  return demand(
    draft,
    [pkixFloor(facts, 'secure')],
    'operator',
    'DT-4.10',
    'floor secure: the MX answer is insecure, so the certificate must pass for the next-hop domain',
  );
}

// TLS-26: implicit TLS begins with the handshake; there is no cleartext to go back to.
const routeImplicitTls = ({ destination }: Facts, draft: Draft): Draft =>
  routeOf(destination.nextHop)?.tls === 'implicit'
    ? encrypt(draft, 'operator', 'TLS-26', 'the route is implicit TLS')
    : draft;

// SMTP-17: credentials go to nobody who was not authenticated for the name of the route, whatever the floor.
function routeCredentials(facts: Facts, draft: Draft): Draft {
  if (routeOf(facts.destination.nextHop)?.credentials !== 'configured') return draft;
  const known = draft.all.length > 0 && (facts.hostName === 'validated' || facts.floor === 'secure');
  return known
    ? draft
    : demand(
        draft,
        [pkixFloor(facts, 'secure')],
        'operator',
        'SMTP-17',
        'the route has credentials: the host must be authenticated',
      );
}

// `policy.enforce = false`: the floor is tried and recorded, and binds nothing.
function rehearsedFloor(facts: Facts, draft: Draft): Draft {
  const { floor, enforce, ignore } = facts.operator;
  if (enforce || ignore.includes('floor') || (floor !== 'verify' && floor !== 'secure')) return draft;
  const unvouched = floor === 'secure' && facts.hostName === 'unvalidated';
  return draft.all.length > 0 && !unvouched ? draft : observe(draft, pkixFloor(facts, floor));
}

export const planRules: readonly PlanRule[] = [
  { id: 'DT-1.20', title: 'addresses of the host', apply: addresses },
  { id: 'DT-2.2', title: 'floor dane-only', apply: floorDaneOnly },
  { id: 'DT-2.3', title: 'TLS-Required: No', apply: tlsRequiredNo },
  { id: 'DT-2.4', title: 'DANE', apply: dane },
  { id: 'DT-2.5', title: 'MTA-STS', apply: mtaSts },
  { id: 'DT-2.6', title: 'REQUIRETLS', apply: requiretls },
  { id: 'DT-2.7', title: 'REQUIRETLS with empty reverse-path', apply: requiretlsNull },
  { id: 'DT-2.8', title: 'floor encrypt', apply: floorEncrypt },
  { id: 'DT-2.9', title: 'floor verify', apply: floorVerify },
  { id: 'DT-2.9s', title: 'floor secure, unvalidated host', apply: floorSecure },
  { id: 'TLS-26', title: 'route with implicit TLS', apply: routeImplicitTls },
  { id: 'SMTP-17', title: 'route with credentials', apply: routeCredentials },
  { id: 'rehearsal', title: 'floor that is rehearsed', apply: rehearsedFloor },
];

// ---- what the rules are made of

export const routeOf = (nextHop: Facts['destination']['nextHop']): { tls: string; credentials: string } | undefined =>
  nextHop.kind === 'literal' ? undefined : nextHop.route;

function daneOf(facts: Facts): Authenticator | undefined {
  if (facts.dane.kind !== 'usable') return undefined;
  const { baseDomain, records } = facts.dane;
  const { expandedNextHop } = facts.destination;
  return {
    by: 'dane',
    baseDomain,
    records,
    names: referenceNames({ baseDomain, origin: facts.origin, nextHop: facts.nextHop, expandedNextHop }),
  };
}

/** DT-4.9; with floor secure and an unvalidated host DT-4.10: the MX host name does not count. */
function pkixFloor(facts: Facts, floor: OperatorFloor): Authenticator {
  const host = floor === 'secure' && facts.hostName === 'unvalidated' ? undefined : facts.host;
  const names = [...new Set([host, facts.nextHop, ...facts.operator.names].filter((name) => name !== undefined))];
  return { by: 'pkix-floor', names, ...(facts.address === undefined ? {} : { address: facts.address }) };
}

function skipForTlsa(reason: string, draft: Draft): Draft {
  const rule = 'RFC 7672 §2.1.2';
  return reason === 'bogus'
    ? skip(draft, 'tlsa', 'tlsa-bogus', rule, 'the TLSA answer is bogus, so the host is not used')
    : skip(draft, 'tlsa', 'tlsa-lookup-error', rule, 'silence is not absence, so the host is not used');
}

function skip(draft: Draft, rung: Rung, because: Reason, rule: string, says: string): Draft {
  const { status, bounce } = catalogue[because];
  return {
    ...draft,
    skip: { because, status, final: bounce === 'at-expiry' ? 'defer' : 'bounce' },
    evidence: [...draft.evidence, { rung, outcome: 'fail', rule, says, code: because }],
  };
}

const note = (draft: Draft, rung: Rung, outcome: Evidence['outcome'], rule: string, says: string): Draft => ({
  ...draft,
  evidence: [...draft.evidence, { rung, outcome, rule, says }],
});

const encrypt = (draft: Draft, rung: Rung, rule: string, says: string): Draft =>
  note({ ...draft, tls: 'encrypted' }, rung, 'not-applicable', rule, says);

const observe = (draft: Draft, authenticator: Authenticator): Draft => ({
  ...draft,
  observed: [...draft.observed, authenticator],
});

const demand = (draft: Draft, group: NonEmpty<Authenticator>, rung: Rung, rule: string, says: string): Draft =>
  note({ ...draft, all: [...draft.all, group] }, rung, 'not-applicable', rule, says);
