// Several hosts of one destination: each with its own plan, one outcome (DT-8.1 to DT-8.3).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { conclude } from '../../../src/core/policy/conclude.ts';
import { judgeState } from '../../../src/core/policy/judge.ts';
import type { Attempt, MessageClass, SecurityState } from '../../../src/core/policy/model.ts';
import { plan } from '../../../src/core/policy/plan.ts';
import { tlsaOf } from '../dane/records.ts';
import { forge } from '../x509/forge.ts';
import { dialled, type Given, given, now, usable } from './given.ts';

const certificate = forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'] });
const records = [tlsaOf('dane-ee', 'spki', 'sha2-256', certificate)];

/** Two hosts of one destination: the second one has other TLSA records. */
const second = (first: ReturnType<typeof given>, given_: Given['records']): ReturnType<typeof given> => ({
  ...first,
  candidate: {
    ...first.candidate,
    host: domainName('mx2.example.com'),
    preference: 20,
    dane: given_ === undefined ? { kind: 'absent' } : usable(given_, domainName('mx2.example.com')),
  },
});

test('DT-8.1 ATK-82 DANE is per host: one without records keeps its own level', () => {
  const first = given({ records });
  assert.equal(dialled(first).demand.tls, 'authenticated');
  assert.equal(dialled(second(first, undefined)).demand.tls, 'opportunistic');
});

test('DT-8.2 ATK-83 RTLS-25 enforced policies, REQUIRETLS and floors hold for every host alike', () => {
  const both = (input: Given): readonly string[] =>
    [given(input), second(given(input), undefined)].map((one) => {
      const decided = plan(one);
      return decided.kind === 'skip' ? decided.because : decided.demand.tls;
    });
  // The policy of the vectors names the first host alone.
  assert.deepEqual(both({ sts: 'enforce-match' }), ['authenticated', 'sts-mx-mismatch']);
  assert.deepEqual(both({ message: 'requiretls', records }), ['authenticated', 'authenticated']);
  assert.deepEqual(both({ floor: 'encrypt', records }), ['authenticated', 'encrypted']);
  assert.deepEqual(both({ floor: 'dane-only', records }), ['authenticated', 'dane-required']);
});

/** One attempt at a host, judged. */
function tried(input: ReturnType<typeof given>, security: SecurityState): Attempt {
  const decided = plan(input);
  const base = { plan: decided, address: undefined, startedAt: now, endedAt: now };
  if (decided.kind === 'skip') return base;
  const verdict = judgeState(decided, security, now);
  assert.notEqual(verdict.kind, 'undecided');
  return { ...base, security, verdict: verdict as Exclude<typeof verdict, { kind: 'undecided' }> };
}

const wrong: SecurityState = {
  kind: 'encrypted',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  chain: [forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'] }).der],
  paths: [{ kind: 'trusted', store: { kind: 'webpki' } }],
};

const ended = (attempts: readonly Attempt[], messageClass: MessageClass = 'normal'): string => {
  const recipients = ['a@example.com'] as const;
  const [outcome] = conclude({ ruling: { kind: 'try-hosts' }, attempts, messageClass, recipients });
  return outcome.kind === 'sent' ? 'sent' : `${outcome.kind} ${outcome.because} ${outcome.status}`;
};

test('DANE-74 DANE-40 ATK-100 failed DANE at the last host ends in waiting, however often it is tried', () => {
  const first = given({ records });
  const states: readonly SecurityState[] = [
    wrong,
    { kind: 'cleartext', because: 'starttls-missing' },
    { kind: 'handshake-failed', alert: 'x', unrecognizedName: true },
    { kind: 'lost', during: 'handshake', says: 'x' },
    { kind: 'injected' },
  ];
  for (const state of states) {
    const attempts = [tried(first, state), tried(second(first, records), state)];
    for (const { verdict } of attempts) assert.equal(verdict?.kind, 'blocked');
    assert.match(ended(attempts), /^deferred .* 4\./);
  }
});

test('DANE-22 DANE-71 floor dane-only waits without a connection where the MX is insecure or TLSA is missing', () => {
  for (const input of [
    { floor: 'dane-only', mx: 'insecure', records },
    { floor: 'dane-only', mx: 'implicit-insecure', records },
    { floor: 'dane-only', tlsa: 'unusable' },
    { floor: 'dane-only', tlsa: 'none' },
    { floor: 'dane-only', mx: 'literal', tlsa: 'n/a' },
  ]) {
    const attempt = tried(given(input), wrong);
    assert.equal(attempt.verdict, undefined);
    assert.equal(ended([attempt]), 'deferred dane-required 4.7.4');
  }
  assert.equal(ended([tried(given({ floor: 'dane-only', tlsa: 'bogus' }), wrong)]), 'deferred tlsa-bogus 4.7.5');
});

test('STS-62 a host that the policy does not name counts as one that could not be used', () => {
  const first = given({ sts: 'enforce-mismatch', records });
  assert.equal(ended([tried(first, wrong), tried(second(first, records), wrong)]), 'deferred sts-mx-mismatch 4.7.5');
});

test('RTLS-26 RTLS-31 ATK-42 REQUIRETLS: no host is used that does not meet it', () => {
  const first = given({ message: 'requiretls', records });
  const attempts = [
    tried(first, wrong),
    tried(second(first, undefined), { kind: 'cleartext', because: 'starttls-missing' }),
  ];
  assert.equal(ended(attempts, 'requiretls'), 'bounced requiretls-unauthenticated 5.7.10');
  const unvalidated = given({ message: 'requiretls', mx: 'insecure', records });
  assert.equal(ended([tried(unvalidated, wrong)], 'requiretls'), 'bounced requiretls-mx-unvalidated 5.7.10');
});
