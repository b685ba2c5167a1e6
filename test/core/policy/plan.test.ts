// What the vectors do not reach: addresses, names, routes, exceptions, rehearsal, and the settled destinations.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import type { AddressFinding, Destination, MxFinding, OperatorDemand } from '../../../src/core/policy/model.ts';
import { plan, planningPasses, reportsBeforeConnect, ruleDestination } from '../../../src/core/policy/plan.ts';
import { type Case, domain, host, operatorOf } from '../../decision/vectors.ts';
import { dialled, type Given, given } from './given.ts';

const address = '192.0.2.1' as IpAddress;
const withOperator = (input: Given, changes: Partial<OperatorDemand>): Case => {
  const made = given(input);
  return { ...made, operator: { ...made.operator, ...changes } };
};

function skipped(made: Case): readonly string[] {
  const decided = plan(made);
  assert.ok(decided.kind === 'skip');
  return [decided.because, decided.status, decided.final];
}

test('DT-1.20 DT-1.21 DANE-5 DANE-9 RTE-16 a host without usable addresses is skipped', () => {
  const by = (addresses: AddressFinding): readonly string[] => {
    const made = given({ tlsa: 'usable' });
    return skipped({ ...made, candidate: { ...made.candidate, addresses } });
  };
  assert.deepEqual(by({ kind: 'failed', reason: 'bogus' }), ['addr-bogus', '4.7.5', 'defer']);
  assert.deepEqual(by({ kind: 'failed', reason: 'timeout' }), ['addr-lookup-error', '4.4.3', 'defer']);
  assert.deepEqual(by({ kind: 'none' }), ['mx-no-address', '5.4.4', 'bounce']);
  assert.deepEqual(by({ kind: 'refused', addresses: [address] }), ['addr-refused', '4.4.4', 'defer']);
});

test('RTE-14 a route that leads nowhere is the fault of its operator: the mail waits, and no sender hears of it', () => {
  const route = { via: 'relay.example.net', tls: 'starttls', credentials: 'none' } as const;
  const routed = given();
  const nextHop = { kind: 'domain', domain, route } as const;
  const settledBy = (mx: MxFinding) => {
    const ruling = ruleDestination({ ...routed.destination, nextHop, mx }, 'normal', routed.operator);
    assert(ruling.kind === 'settled');
    return [ruling.because, ruling.status, ruling.final];
  };
  assert.deepEqual(settledBy({ kind: 'nxdomain' }), ['mx-nxdomain', '4.1.2', 'defer']);
  assert.deepEqual(settledBy({ kind: 'null-mx' }), ['null-mx', '4.1.10', 'defer']);
  assert.deepEqual(settledBy({ kind: 'loop' }), ['mx-loop', '4.4.6', 'defer']);
  const without = { ...routed, candidate: { ...routed.candidate, addresses: { kind: 'none' } } } as const;
  const destination = { ...routed.destination, nextHop: { ...nextHop, kind: 'host', host: domain } } as const;
  assert.deepEqual(skipped({ ...without, destination }), ['mx-no-address', '4.4.4', 'defer']);
});

test('DT-1.20 INT-10 TLS-Required: No does not reach over address errors', () => {
  const made = given({ message: 'tls-required-no' });
  const addresses = { kind: 'failed', reason: 'bogus' } as const;
  assert.equal(skipped({ ...made, candidate: { ...made.candidate, addresses } })[0], 'addr-bogus');
});

const namesOf = (made: Case): readonly (readonly [string, readonly string[]])[] =>
  dialled(made).demand.all.flatMap((group) => group.map(({ by, names }) => [by, names] as const));

test('DT-4.2 DT-4.3 NAME-8 reference names of DANE', () => {
  assert.deepEqual(namesOf(given({ tlsa: 'usable' })), [['dane', [host, domain]]]);
  assert.deepEqual(namesOf(given({ tlsa: 'usable', mx: 'insecure' })), [['dane', [host]]]);
  assert.deepEqual(namesOf(given({ tlsa: 'usable', mx: 'relay' })), [['dane', [host]]]);
  assert.deepEqual(namesOf(given({ tlsa: 'usable', mx: 'implicit-secure' })), [['dane', [domain]]]);
});

test('DT-4.6 STS-61 STS-63 MTA-STS checks the MX host name alone', () => {
  assert.deepEqual(namesOf(given({ sts: 'enforce-match' })), [['pkix-sts', [host]]]);
  assert.deepEqual(namesOf(given({ sts: 'enforce-match', mx: 'implicit-insecure' })), [['pkix-sts', [domain]]]);
});

test('DT-4.7 DT-4.8 RTLS-22 names of REQUIRETLS', () => {
  assert.deepEqual(namesOf(given({ message: 'requiretls' })), [['pkix-requiretls', [host]]]);
  assert.deepEqual(namesOf(given({ message: 'requiretls', mx: 'implicit-secure' })), [['pkix-requiretls', [domain]]]);
});

test('DT-4.9 DT-4.10 NAME-9 names of the floors', () => {
  const names = [domainName('mail.bank.example')];
  assert.deepEqual(namesOf(withOperator({ floor: 'verify' }, { names })), [['pkix-floor', [host, domain, ...names]]]);
  assert.deepEqual(namesOf(withOperator({ floor: 'verify', mx: 'insecure' }, { names })), [
    ['pkix-floor', [host, domain, ...names]],
  ]);
  assert.deepEqual(namesOf(withOperator({ floor: 'secure', mx: 'insecure' }, { names })), [
    ['pkix-floor', [domain, ...names]],
  ]);
  assert.deepEqual(namesOf(given({ floor: 'secure', mx: 'insecure', sts: 'testing-match' })), [
    ['pkix-floor', [host, domain]],
  ]);
});

test('DT-4.11 TLS-19 DANE-63 INT-4 STS-70 SNI', () => {
  const base = domainName('mxbackup.example.net');
  const made = given({ tlsa: 'usable', sts: 'enforce-match' });
  const moved: Case = {
    ...made,
    candidate: { ...made.candidate, dane: { ...made.candidate.dane, baseDomain: base } as never },
  };
  assert.equal(dialled(moved).demand.sni, base);
  assert.deepEqual(namesOf(moved).at(-1), ['pkix-sts', [host]]);
  assert.equal(dialled(given({ tlsa: 'none' })).demand.sni, host);
  assert.equal(dialled(given({ mx: 'literal', tlsa: 'n/a' })).demand.sni, undefined);
});

test('NAME-7 RTE-13 DANE-21 a literal under floor verify is checked by its address', () => {
  const [group] = dialled(given({ mx: 'literal', tlsa: 'n/a', floor: 'verify' })).demand.all;
  assert.deepEqual(group, [{ by: 'pkix-floor', names: [], address }]);
});

test('OBS-3 DANE-23 ATK-40 an insecure MX never authenticates the next hop', () => {
  const authenticated = (input: Given): boolean => dialled(input).demand.nexthopAuthenticated;
  assert.equal(authenticated({ tlsa: 'usable', mx: 'insecure' }), false);
  assert.equal(authenticated({ tlsa: 'usable', mx: 'insecure', sts: 'enforce-match' }), true);
  assert.equal(authenticated({ tlsa: 'usable', mx: 'secure' }), true);
});

test('DT-1.42a STS-8 a bogus MTA-STS record settles the destination, but not for TLS-Required: No', () => {
  const made = given();
  const destination: Destination = { ...made.destination, sts: { kind: 'txt-bogus' } };
  const ruling = ruleDestination(destination, 'normal', made.operator);
  assert.ok(ruling.kind === 'settled');
  assert.deepEqual([ruling.because, ruling.status, ruling.final], ['sts-txt-bogus', '4.7.5', 'defer']);
  assert.equal(ruleDestination(destination, 'tls-required-no', made.operator).kind, 'try-hosts');
  const excepted: OperatorDemand = { ...made.operator, ignore: ['mta-sts'] };
  assert.equal(ruleDestination(destination, 'normal', excepted).kind, 'try-hosts');
});

test('RTE-8 ATK-97 a loop is settled', () => {
  const made = given();
  const ruling = ruleDestination({ ...made.destination, mx: { kind: 'loop' } }, 'normal', made.operator);
  assert.ok(ruling.kind === 'settled');
  assert.deepEqual([ruling.because, ruling.status, ruling.final], ['mx-loop', '5.4.6', 'bounce']);
});

test('DT-1.1 DT-1.2 DANE-4 ATK-39 ATK-44 no failure of the MX look-up lets any message class through', () => {
  for (const message of ['normal', 'requiretls', 'requiretls-null', 'tls-required-no'] as const)
    for (const reason of ['bogus', 'servfail', 'timeout', 'refused', 'malformed'] as const) {
      const made = given();
      const ruling = ruleDestination({ ...made.destination, mx: { kind: 'failed', reason } }, message, made.operator);
      assert.ok(ruling.kind === 'settled');
      assert.equal(ruling.because, reason === 'bogus' ? 'mx-bogus' : 'mx-lookup-error');
      assert.equal(ruling.final, 'defer');
    }
});

test('INT-15 DANE-73 a dated exception switches one mechanism off and says so', () => {
  const off = (input: Given, ignore: OperatorDemand['ignore']): Case => withOperator(input, { ignore });
  const dane = dialled(off({ tlsa: 'usable' }, ['dane']));
  assert.equal(dane.demand.tls, 'opportunistic');
  assert.equal(dane.demand.sni, host);
  assert.ok(dane.evidence.some(({ rule }) => rule === 'DANE-73'));
  assert.equal(dialled(off({ tlsa: 'bogus' }, ['dane'])).demand.tls, 'opportunistic');
  assert.equal(dialled(off({ sts: 'enforce-mismatch' }, ['mta-sts'])).demand.tls, 'opportunistic');
  assert.equal(dialled(off({ floor: 'dane-only' }, ['floor'])).demand.tls, 'opportunistic');
  // What is ignored does not take the rest along.
  assert.equal(dialled(off({ tlsa: 'usable', floor: 'dane-only' }, ['floor'])).demand.tls, 'authenticated');
  assert.equal(skipped(off({ tlsa: 'usable', floor: 'dane-only' }, ['dane']))[0], 'dane-required');
});

test('a floor that is rehearsed binds nothing and is tried', () => {
  const { demand } = dialled(withOperator({ floor: 'verify' }, { enforce: false }));
  assert.equal(demand.tls, 'opportunistic');
  assert.deepEqual(
    demand.observed.map(({ by }) => by),
    ['pkix-floor'],
  );
  const published = dialled(withOperator({ floor: 'dane-only', tlsa: 'usable' }, { enforce: false }));
  assert.deepEqual(
    published.demand.all.flat().map(({ by }) => by),
    ['dane'],
  );
});

test('a rule may ask for REQUIRETLS; RTLS-53 never for mail with TLS-Required: No', () => {
  const always = { requiretls: 'always' } as const;
  assert.equal(dialled(withOperator({}, always)).demand.requiretls, 'must');
  assert.equal(dialled(withOperator({ message: 'tls-required-no' }, always)).demand.requiretls, 'no');
  assert.equal(dialled(withOperator({ message: 'requiretls-null' }, always)).demand.requiretls, 'if-offered');
});

function routed(
  input: Given,
  route: { readonly tls: 'starttls' | 'implicit'; readonly credentials: 'none' | 'configured' },
): Case {
  const made = given(input);
  const nextHop = { kind: 'host', host, route: { via: `[${host}]`, ...route } } as const;
  return { ...made, destination: { ...made.destination, nextHop, mx: { kind: 'relay' } } };
}

test('TLS-26 implicit TLS is never given up for cleartext', () => {
  const { demand } = dialled(routed({}, { tls: 'implicit', credentials: 'none' }));
  assert.equal(demand.tls, 'encrypted');
  const relaxed = dialled(routed({ message: 'tls-required-no' }, { tls: 'implicit', credentials: 'none' }));
  assert.equal(relaxed.demand.tls, 'encrypted');
});

test('SMTP-17 credentials demand an authenticated host for the name of the route', () => {
  const route = { tls: 'starttls', credentials: 'configured' } as const;
  assert.deepEqual(namesOf(routed({}, route)), [['pkix-floor', [host]]]);
  assert.deepEqual(namesOf(routed({ message: 'tls-required-no' }, route)), [['pkix-floor', [host]]]);
  assert.deepEqual(namesOf(routed({ tlsa: 'usable' }, route)), [['dane', [host]]]);
  const made = routed({ tlsa: 'usable' }, route);
  const viaMx: Case = {
    ...made,
    destination: {
      ...made.destination,
      nextHop: { kind: 'domain', domain, route: { via: domain, ...route } },
      mx: { kind: 'mx', status: 'insecure', hosts: [{ host, preference: 10 }] },
    },
  };
  assert.deepEqual(namesOf(viaMx), [
    ['dane', [host]],
    ['pkix-floor', [domain]],
  ]);
});

test('DT-2 rule 7, RTLS-42: a notice is planned twice', () => {
  assert.deepEqual(planningPasses('requiretls-null'), ['requiretls', 'requiretls-null']);
  assert.deepEqual(planningPasses('normal'), ['normal']);
});

test('RPT-68 DT-1.44 a failed refresh and a mismatch are both counted', () => {
  const made = given({ sts: 'fail-cached-enforce' });
  const elsewhere = { ...made.candidate, host: domainName('mx9.example.com') };
  const moved: Case = { ...made, candidate: elsewhere };
  assert.equal(skipped(moved)[0], 'sts-mx-mismatch');
  const types = reportsBeforeConnect(moved, plan(moved)).failures.map(({ type }) => type);
  assert.deepEqual(types, ['sts-policy-fetch-error', 'validation-failure']);
});

test('RPT-71 STS-67 mode none is as no policy', () => {
  const made = given({ sts: 'enforce-mismatch' });
  const { sts } = made.destination;
  assert.ok(sts.kind === 'policy');
  const none: Case = {
    ...made,
    operator: operatorOf('may'),
    destination: { ...made.destination, sts: { ...sts, policy: { ...sts.policy, mode: 'none' } } },
  };
  const decided = plan(none);
  assert.equal(decided.kind === 'dial' && decided.demand.tls, 'opportunistic');
  assert.deepEqual(reportsBeforeConnect(none, decided), { policies: ['no-policy-found'], failures: [] });
});

test('DANE-24 evidence names the host as in the MX record', () => {
  const { evidence } = dialled(given({ mx: 'insecure' }));
  assert.ok(evidence.some(({ rung, says }) => rung === 'mx' && says.includes(host)));
});
