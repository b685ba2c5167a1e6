import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, seconds } from '../../../src/core/base/brand.ts';
import type { StsFault, StsFinding } from '../../../src/core/mtasts/policy.ts';
import { earlyFailures, policyTypes, resultTypeOf, resultTypes } from '../../../src/core/tlsrpt/result-type.ts';

const iana = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
];

test('RPT-41 only registered names', () => {
  for (const type of Object.values(resultTypes))
    assert.ok(type === 'none' || type === 'underlying' || iana.includes(type), type);
});

test('RPT-60 RPT-61 RPT-62 RPT-63 RPT-64 RPT-65 RPT-66 RPT-67 INT-6 INT-7 reasons and their types', () => {
  assert.equal(resultTypes['starttls-missing'], 'starttls-not-supported');
  assert.equal(resultTypes['cert-name'], 'certificate-host-mismatch');
  assert.equal(resultTypes['cert-expired'], 'certificate-expired');
  assert.equal(resultTypes['cert-no-tlsa-match'], 'certificate-not-trusted');
  assert.equal(resultTypes['starttls-injection'], 'validation-failure');
  assert.equal(resultTypes['tlsa-unusable'], 'tlsa-invalid');
  assert.equal(resultTypes['mx-bogus'], 'dnssec-invalid');
  assert.equal(resultTypes['dane-required'], 'dane-required');
  assert.equal(resultTypes['sts-mx-mismatch'], 'validation-failure');
  assert.equal(resultTypes['connect-failed'], 'none');
});

test('RPT-64 a connection lost in the handshake is reported, one lost elsewhere is not', () => {
  const lost = (code: string) => resultTypeOf({ because: 'conn-lost', evidence: [{ outcome: 'fail', code }] });
  assert.equal(lost('handshake-lost'), 'validation-failure');
  assert.equal(lost('conn-lost'), undefined);
});

test('RPT-61 REQUIRETLS reports what was beneath it', () => {
  const beneath = (code?: string) =>
    resultTypeOf({
      because: 'requiretls-unauthenticated',
      evidence: [
        { outcome: 'pass', code: 'cert-expired' },
        { outcome: 'fail', ...(code === undefined ? {} : { code }) },
      ],
    });
  assert.equal(beneath('cert-name'), 'certificate-host-mismatch');
  assert.equal(beneath(), undefined);
});

const policy = (mode: 'enforce' | 'none', fault?: StsFault): StsFinding => {
  const held = { mode, mx: [], maxAge: seconds(1), id: '1', fetchedAt: instant(0), body: '' };
  return fault === undefined
    ? { kind: 'policy', policy: held, freshness: 'cached' }
    : { kind: 'policy', policy: held, freshness: 'cached-refresh-failed', fault, says: '' };
};

test('RPT-68 RPT-69 RPT-70 RPT-71 STS-20 faults of the policy', () => {
  const types = (sts: StsFinding): readonly string[] =>
    earlyFailures({ dane: { kind: 'absent' }, sts, mx: 'match', floor: 'no-objection' }).map(({ type }) => type);
  assert.deepEqual(types({ kind: 'unavailable', fault: 'sts-webpki-invalid', says: '' }), ['sts-webpki-invalid']);
  assert.deepEqual(types({ kind: 'unavailable', fault: 'txt-failed', says: '' }), ['sts-policy-fetch-error']);
  assert.deepEqual(types(policy('enforce', 'sts-policy-invalid')), ['sts-policy-invalid']);
  assert.deepEqual(types(policy('enforce', 'txt-missing')), ['sts-policy-fetch-error']);
  assert.deepEqual(types(policy('enforce')), []);
  assert.deepEqual(types(policy('none', 'txt-missing')), []);
});

test('RPT-5 RPT-7 both policies are counted, and none as no-policy-found', () => {
  const unusable = {
    kind: 'unusable',
    baseDomain: 'mx.example' as never,
    ignored: [{ rdata: Uint8Array.of(), because: 'short-rdata' }],
  } as const;
  assert.deepEqual(policyTypes(unusable, policy('enforce')), ['tlsa', 'sts']);
  assert.deepEqual(policyTypes({ kind: 'insecure' }, policy('none')), ['no-policy-found']);
  assert.deepEqual(policyTypes({ kind: 'absent' }, { kind: 'unavailable', fault: 'txt-failed', says: '' }), ['sts']);
});

test('RPT-66 a bogus TLSA answer stands under what else is known', () => {
  const under = (sts: StsFinding) =>
    earlyFailures({ dane: { kind: 'failed', reason: 'bogus' }, sts, mx: 'match', floor: 'no-objection' })[0];
  assert.deepEqual(under({ kind: 'none' }), { type: 'dnssec-invalid', under: 'no-policy-found', code: 'tlsa-bogus' });
  assert.equal(under(policy('enforce'))?.under, 'sts');
});
