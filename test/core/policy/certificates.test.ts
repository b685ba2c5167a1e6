// Table (b) of decision-tables.md: forged chains, presented in real handshakes, judged as delivery does it: one handshake
// for each trust store that is needed, the verdicts joined.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { TlsaRecord } from '../../../src/core/dane/tlsa.ts';
import type { MxPattern } from '../../../src/core/mtasts/policy.ts';
import type { Encrypted } from '../../../src/core/policy/authenticate.ts';
import { type DialPlan, judgeState, withPaths } from '../../../src/core/policy/judge.ts';
import type { PeerVerdict } from '../../../src/core/policy/model.ts';
import type { PathVerdict, TrustStoreRef } from '../../../src/core/x509/path-verdict.ts';
import { tlsaOf } from '../dane/records.ts';
import {
  day,
  ecKeys,
  extendedKeyUsage,
  type Forged,
  type ForgeOptions,
  forge,
  nameConstraint,
  rsaKeys,
  unknownCritical,
} from '../x509/forge.ts';
import { dialled, type Given, given, now } from './given.ts';
import { shakeHands } from './handshake.ts';

type Chain = readonly [Forged, ...Forged[]];

const root = forge({ cn: 'Public Root', ca: 'yes' });
const issuing = forge({ cn: 'Public Issuing', ca: 'yes', issuer: root });
const own = forge({ cn: 'Own Root', ca: 'yes' });
const ownIssuing = forge({ cn: 'Own Issuing', ca: 'yes', issuer: own });
const other = forge({ cn: 'Other', ca: 'yes' });
const mx = (options: ForgeOptions = {}): Forged =>
  forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'], issuer: ownIssuing, ...options });
const leaf = mx();
const publicLeaf = mx({ issuer: issuing });

/** As agent/attempt does it: webpki first, then whatever is asked for, at most four handshakes. */
async function outcome(plan: DialPlan, chain: Chain): Promise<PeerVerdict> {
  let security = await shakeHands(chain, { kind: 'webpki' }, [root]);
  for (let round = 0; round < 4; round += 1) {
    const verdict = judgeState(plan, security, now);
    if (verdict.kind !== 'undecided') return verdict;
    const next: TrustStoreRef = verdict.need[0];
    security = withPaths(await shakeHands(chain, next, [root]), security) as typeof security;
  }
  throw new Error('no end of handshakes');
}

async function authenticated(given: Given, chain: Chain, authn: readonly string[]): Promise<void> {
  const verdict = await outcome(dialled(given), chain);
  assert.ok(verdict.kind === 'accepted', JSON.stringify(verdict));
  assert.equal(verdict.achieved, 'authenticated');
  assert.deepEqual(
    verdict.authn.map((fact) => fact.authn),
    authn,
  );
}

async function refused(given: Given, chain: Chain, because: string, status = '4.7.5'): Promise<void> {
  const verdict = await outcome(dialled(given), chain);
  assert.ok(verdict.kind === 'blocked', JSON.stringify(verdict));
  assert.deepEqual([verdict.because, verdict.status], [because, status]);
  assert.equal(verdict.temporary, status.startsWith('4'));
}

async function unauthenticated(given: Given, chain: Chain): Promise<void> {
  const verdict = await outcome(dialled(given), chain);
  assert.ok(verdict.kind === 'accepted');
  assert.equal(verdict.achieved, 'encrypted');
}

const ee = (selector: TlsaRecord['selector'], matching: TlsaRecord['matching'], of: Forged): Given => ({
  records: [tlsaOf('dane-ee', selector, matching, of)],
});
const ta = (selector: TlsaRecord['selector'], matching: TlsaRecord['matching'], of: Forged): Given => ({
  records: [tlsaOf('dane-ta', selector, matching, of)],
});

test('CERT-1 CERT-3 DANE-40 DANE-62 PKIX-9 DT-4.1 every form of DANE-EE; no transparency proof or revocation answer is asked for', async () => {
  for (const selector of ['cert', 'spki'] as const)
    for (const matching of ['full', 'sha2-256', 'sha2-512'] as const)
      await authenticated(ee(selector, matching, leaf), [leaf], ['dane-ee']);
});

test('CERT-2 CERT-4 a renewed certificate with the same key', async () => {
  const keys = ecKeys();
  const old = mx({ keys });
  const renewed = mx({ keys, issuer: other });
  await authenticated(ee('spki', 'sha2-256', old), [renewed], ['dane-ee']);
  await refused(ee('cert', 'sha2-256', old), [renewed], 'cert-no-tlsa-match');
});

test('CERT-5 CERT-6 CERT-7 CERT-8 DANE-44 dates, names, issuers and extensions do not count for DANE-EE', async () => {
  const odd: readonly ForgeOptions[] = [
    { from: day(-60), to: day(-30) },
    { from: day(30), to: day(60) },
    { dns: ['elsewhere.example'] },
    { cn: 'nobody', dns: [] },
    { ca: 'yes' },
    { extensions: [extendedKeyUsage(2)] },
    { extensions: [unknownCritical] },
  ];
  for (const options of odd) {
    const made = mx(options);
    await authenticated(ee('spki', 'sha2-256', made), [made], ['dane-ee']);
  }
  const selfSigned = forge({ cn: 'x' });
  await authenticated(ee('spki', 'sha2-256', selfSigned), [selfSigned], ['dane-ee']);
});

/** What no server can be made to present: the handshake is given as data. */
const shown = (chain: Chain, path: Partial<PathVerdict> = {}): Encrypted => ({
  kind: 'encrypted',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  chain: chain.map(({ der }) => der) as unknown as Encrypted['chain'],
  paths: [{ kind: 'trusted', store: { kind: 'webpki' }, ...path } as PathVerdict],
});

test('TLS-23 a DANE-EE key may be short and its digest weak, but not below 1024 bits of RSA', () => {
  const judged = (made: Forged) => judgeState(dialled(ee('spki', 'sha2-256', made)), shown([made]), now);
  assert.equal(judged(forge({ cn: 'x', keys: rsaKeys(1024), digest: 'sha1' })).kind, 'accepted');
  const broken = judged(forge({ cn: 'x', keys: rsaKeys(768) }));
  assert.equal(broken.kind === 'blocked' && broken.because, 'cert-untrusted');
});

test('TLS-23 weak keys and digests in a path that OpenSSL would let pass', () => {
  const weak: readonly ForgeOptions[] = [{ keys: rsaKeys(1024) }, { digest: 'sha1' }];
  for (const options of weak) {
    const leafOnly = shown([mx({ issuer: issuing, ...options }), issuing]);
    const weakIssuing = forge({ cn: 'Weak', ca: 'yes', issuer: root, ...options });
    const above = shown([mx({ issuer: weakIssuing }), weakIssuing]);
    for (const security of [leafOnly, above]) {
      const verdict = judgeState(dialled({ sts: 'enforce-match' }), security, now);
      assert.equal(verdict.kind === 'blocked' && verdict.because, 'cert-untrusted');
    }
  }
});

test('CERT-27 a date counts at the asked instant, and what OpenSSL refused for the machine is undetermined for another', () => {
  const plan = dialled({ sts: 'enforce-match' });
  const later = instant(now + 90 * 86_400_000);
  const expired = judgeState(plan, shown([publicLeaf, issuing]), later);
  assert.equal(expired.kind === 'blocked' && expired.because, 'cert-expired');
  const future = mx({ issuer: issuing, from: day(60), to: day(120) });
  const then = judgeState(
    plan,
    shown([future, forge({ cn: 'y', to: day(120) })], { kind: 'untrusted', fault: 'not-yet-valid', says: 'no' }),
    later,
  );
  assert.ok(then.kind === 'blocked');
  assert.equal(then.evidence.at(-1)?.outcome, 'unknown');
});

test('CERT-28 DANE-52 at the asked instant every certificate of the path counts, not the leaf alone', () => {
  const later = instant(now + 90 * 86_400_000);
  const lasting = { to: day(200) };
  const short = forge({ cn: 'Short', ca: 'yes', issuer: root });
  const long = forge({ cn: 'Long', ca: 'yes', issuer: root, ...lasting });
  const sts = dialled({ sts: 'enforce-match' });
  const because = (plan: DialPlan, security: Encrypted): string => {
    const verdict = judgeState(plan, security, later);
    return verdict.kind === 'blocked' ? verdict.because : verdict.kind;
  };
  assert.equal(because(sts, shown([mx({ issuer: short, ...lasting }), short])), 'cert-expired');
  assert.equal(because(sts, shown([mx({ issuer: long, ...lasting }), long])), 'accepted');
  const store = { kind: 'anchor', certificate: short.der } as const;
  const anchored = dialled(ta('cert', 'sha2-256', short));
  assert.equal(because(anchored, shown([mx({ issuer: short, ...lasting }), short], { store })), 'cert-expired');
});

test('CERT-20 an anchor counts only for the path that was verified against it', () => {
  const plan = dialled(ta('cert', 'sha2-256', own));
  const store = { kind: 'anchor', certificate: other.der } as const;
  const elsewhere = judgeState(plan, shown([leaf, ownIssuing, own], { store }), now);
  assert.deepEqual(elsewhere, { kind: 'undecided', need: [{ kind: 'anchor', certificate: own.der }] });
});

test('TLS-21 path verdicts are joined for byte-identical chains alone', () => {
  const plan = dialled(ta('cert', 'sha2-256', own));
  const store = { kind: 'anchor', certificate: own.der } as const;
  const earlier = shown([leaf, ownIssuing, own], { store });
  const same = withPaths(shown([leaf, ownIssuing, own]), earlier);
  assert.equal(judgeState(plan, same, now).kind, 'accepted');
  const another = withPaths(shown([mx(), ownIssuing, own]), earlier);
  assert.equal(judgeState(plan, another, now).kind, 'undecided');
});

test('PKIX-10 a chain beyond the limits proves nothing, and nothing demanded is delivered', () => {
  const long = [leaf, ...Array.from({ length: 20 }, () => own)] as unknown as Chain;
  const verdict = judgeState(dialled(ta('cert', 'sha2-256', own)), shown(long), now);
  assert.equal(verdict.kind === 'blocked' && verdict.because, 'cert-untrusted');
  assert.equal(judgeState(dialled({}), shown(long), now).kind, 'accepted');
});

test('CERT-9 CERT-10 ATK-13 DANE-EE matches the leaf or nothing', async () => {
  await refused(ee('spki', 'sha2-256', ownIssuing), [leaf, ownIssuing], 'cert-no-tlsa-match');
  await refused(ee('spki', 'sha2-256', leaf), [forge({ cn: 'mx1.example.com' }), leaf], 'cert-no-tlsa-match');
});

test('CERT-17 DANE-40 DANE-41 STS-69 ATK-14 a perfect public certificate does not rescue failed DANE', async () => {
  await refused(ee('spki', 'sha2-256', leaf), [publicLeaf, issuing], 'cert-no-tlsa-match');
  const both = { ...ee('spki', 'sha2-256', leaf), sts: 'enforce-match' };
  await refused(both, [publicLeaf, issuing], 'cert-no-tlsa-match');
});

test('CERT-20 CERT-23 DANE-50 the authority is sent and named by a record', async () => {
  for (const [selector, matching] of [
    ['cert', 'sha2-256'],
    ['cert', 'sha2-512'],
    ['spki', 'sha2-256'],
    ['spki', 'full'],
  ] as const)
    await authenticated(ta(selector, matching, own), [leaf, ownIssuing, own], ['dane-ta']);
});

test('CERT-21 DANE-57 an authority that is not sent does not count, even if a local store has it', async () => {
  await refused(ta('cert', 'sha2-256', own), [leaf, ownIssuing], 'cert-no-tlsa-match');
  await refused(ta('cert', 'sha2-256', root), [publicLeaf, issuing], 'cert-no-tlsa-match');
});

test('CERT-22 CERT-25 DANE-55 DANE-56 a whole certificate or key in DNS need not be sent', async () => {
  await authenticated(ta('cert', 'full', own), [leaf, ownIssuing], ['dane-ta']);
  await authenticated(ta('spki', 'full', own), [leaf, ownIssuing], ['dane-ta']);
  await authenticated(ta('spki', 'full', ownIssuing), [leaf], ['dane-ta']);
  await refused(ta('spki', 'full', other), [leaf, ownIssuing], 'cert-no-tlsa-match');
});

test('CERT-25 DANE-56 dates below a key from DNS count', async () => {
  const expired = mx({ from: day(-60), to: day(-30) });
  await refused(ta('spki', 'full', own), [expired, ownIssuing], 'cert-expired');
});

test('CERT-24 a cross-signed or renewed authority with the same key and name', async () => {
  const keys = ecKeys();
  const first = forge({ cn: 'Twin', ca: 'yes', keys });
  const renewed = forge({ cn: 'Twin', ca: 'yes', keys, issuer: other });
  await authenticated(ta('spki', 'sha2-256', first), [mx({ issuer: first }), renewed], ['dane-ta']);
});

test('CERT-26 DANE-51 an intermediate is the anchor, whatever is above it', async () => {
  await authenticated(ta('cert', 'sha2-256', ownIssuing), [leaf, ownIssuing], ['dane-ta']);
  const expiredRoot = forge({ cn: 'Old Root', ca: 'yes', from: day(-60), to: day(-30) });
  const below = forge({ cn: 'Below', ca: 'yes', issuer: expiredRoot });
  await authenticated(ta('cert', 'sha2-256', below), [mx({ issuer: below }), below, expiredRoot], ['dane-ta']);
});

test('CERT-27 CERT-28 CERT-29 DANE-52 DANE-53 ATK-18 dates count up to the anchor', async () => {
  const past = { from: day(-60), to: day(-30) };
  await refused(ta('cert', 'sha2-256', own), [mx(past), ownIssuing, own], 'cert-expired');
  const oldIssuing = forge({ cn: 'Old', ca: 'yes', issuer: own, ...past });
  await refused(ta('cert', 'sha2-256', own), [mx({ issuer: oldIssuing }), oldIssuing, own], 'cert-expired');
  const oldRoot = forge({ cn: 'Old Root', ca: 'yes', ...past });
  await refused(ta('cert', 'sha2-256', oldRoot), [mx({ issuer: oldRoot }), oldRoot], 'cert-expired');
});

test('CERT-30 CERT-31 CERT-32 CERT-33 DANE-58 DANE-59 ATK-16 names for DANE-TA', async () => {
  const record = ta('cert', 'sha2-256', own);
  const named = (name: string): Chain => [mx({ dns: [name] }), ownIssuing, own];
  await authenticated(record, named('mx1.example.com'), ['dane-ta']);
  await authenticated(record, named('example.com'), ['dane-ta']);
  await refused({ ...record, mx: 'insecure' }, named('example.com'), 'cert-name');
  await refused(record, named('unrelated.example'), 'cert-name');
});

test('CERT-34 CERT-35 CERT-36 NAME-5 wildcards and common names for DANE-TA', async () => {
  const record = { ...ta('cert', 'sha2-256', own), mx: 'insecure' };
  const chain = (options: ForgeOptions): Chain => [mx(options), ownIssuing, own];
  await authenticated(record, chain({ dns: ['*.example.com'] }), ['dane-ta']);
  await refused(record, chain({ dns: ['*.mx1.example.com'] }), 'cert-name');
  await refused(record, chain({ dns: ['*.com'] }), 'cert-name');
  await refused(record, chain({ dns: ['unrelated.example'] }), 'cert-name');
  await authenticated(record, chain({ dns: [] }), ['dane-ta']);
});

test('CERT-37 PKIX-7 wrong order and extra certificates', async () => {
  await authenticated(ta('cert', 'sha2-256', own), [leaf, own, ownIssuing], ['dane-ta']);
  await authenticated(ta('cert', 'sha2-256', own), [leaf, other, ownIssuing, own], ['dane-ta']);
});

test('CERT-38 PKIX-2 PKIX-3 DANE-53 path length and name constraints of the anchor', async () => {
  const short = forge({ cn: 'Short', ca: { pathLength: 0 } });
  const sub = forge({ cn: 'Sub', ca: 'yes', issuer: short });
  await refused(ta('cert', 'sha2-256', short), [mx({ issuer: sub }), sub, short], 'cert-untrusted');
  const narrow = forge({ cn: 'Narrow', ca: 'yes', extensions: [nameConstraint('example.net')] });
  await refused(ta('cert', 'sha2-256', narrow), [mx({ issuer: narrow }), narrow], 'cert-untrusted');
});

test('CERT-39 ATK-20 PKIX-2 who signs must be an authority', async () => {
  for (const ca of ['no-flag', 'no-cert-sign'] as const) {
    const false_ = forge({ cn: 'False', ca, issuer: own });
    await refused(ta('cert', 'sha2-256', own), [mx({ issuer: false_ }), false_, own], 'cert-untrusted');
    const public_ = forge({ cn: 'False', ca, issuer: root });
    await refused({ sts: 'enforce-match' }, [mx({ issuer: public_ }), public_], 'cert-untrusted');
  }
});

test('CERT-40 a self-signed leaf that the record names', async () => {
  const alone = forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'] });
  await authenticated(ta('cert', 'sha2-256', alone), [alone], ['dane-ta']);
  const expired = forge({ cn: 'x', dns: ['mx1.example.com'], from: day(-60), to: day(-30) });
  await refused(ta('cert', 'sha2-256', expired), [expired], 'cert-expired');
  const misnamed = forge({ cn: 'x', dns: ['unrelated.example'] });
  await refused(ta('cert', 'sha2-256', misnamed), [misnamed], 'cert-name');
});

test('CERT-41 the authority is only appended, the leaf is not below it', async () => {
  await refused(ta('cert', 'sha2-256', own), [mx({ issuer: other }), own], 'cert-untrusted');
});

test('CERT-42 CERT-43 DANE-61 two usages: one is enough', async () => {
  const records = [tlsaOf('dane-ta', 'cert', 'sha2-256', own), tlsaOf('dane-ee', 'spki', 'sha2-256', publicLeaf)];
  await authenticated({ records }, [publicLeaf, issuing], ['dane-ee']);
  await authenticated({ records }, [leaf, ownIssuing, own], ['dane-ta']);
});

test('CERT-50 CERT-51 CERT-52 CERT-53 CERT-54 CERT-55 DANE-33 unusable records: TLS without authentication', async () => {
  await unauthenticated({ tlsa: 'unusable' }, [forge({ cn: 'anything', from: day(-60), to: day(-30) })]);
});

test('DANE-60 PKIX-4 PKIX-5 purposes and unknown critical extensions below an anchor', async () => {
  for (const extensions of [[extendedKeyUsage(2)], [unknownCritical]]) {
    await refused(ta('cert', 'sha2-256', own), [mx({ extensions }), ownIssuing, own], 'cert-untrusted');
    await refused({ sts: 'enforce-match' }, [mx({ extensions, issuer: issuing }), issuing], 'cert-untrusted');
  }
});

test('CERT-60 CERT-65 STS-63 a public certificate for the MX host name', async () => {
  await authenticated({ sts: 'enforce-match' }, [publicLeaf, issuing], ['pkix-sts']);
  const wildcard = mx({ issuer: issuing, dns: ['*.example.com'] });
  await authenticated({ sts: 'enforce-match' }, [wildcard, issuing], ['pkix-sts']);
});

const flawed: Readonly<Record<string, readonly [Chain, string]>> = {
  expired: [[mx({ issuer: issuing, from: day(-60), to: day(-30) }), issuing], 'cert-expired'],
  future: [[mx({ issuer: issuing, from: day(30), to: day(60) }), issuing], 'cert-expired'],
  'self-signed': [[forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'] })], 'cert-untrusted'],
  'unknown authority': [[leaf, ownIssuing, own], 'cert-untrusted'],
  'missing intermediate': [[publicLeaf], 'cert-untrusted'],
  'mail domain only': [[mx({ issuer: issuing, dns: ['example.com'] }), issuing], 'cert-name'],
  'CN only': [[mx({ issuer: issuing, dns: [] }), issuing], 'cert-name'],
};

test('CERT-61 CERT-62 CERT-63 CERT-64 STS-62 PKIX-1 what an enforced policy refuses', async () => {
  for (const [chain, because] of Object.values(flawed)) await refused({ sts: 'enforce-match' }, chain, because);
});

test('CERT-66 STS-66 the same under a testing policy: delivered and recorded', async () => {
  for (const [chain, because] of Object.values(flawed)) {
    const verdict = await outcome(dialled({ sts: 'testing-match' }), chain);
    assert.ok(verdict.kind === 'accepted');
    assert.equal(verdict.achieved, 'encrypted');
    assert.deepEqual(verdict.failures, [{ authn: 'pkix-sts', because }]);
  }
});

test('ATK-15 ATK-72 what MTA-STS cannot notice: another trusted authority, another host under the wildcard', async () => {
  const rogue = forge({ cn: 'Rogue', ca: 'yes', issuer: root });
  await authenticated({ sts: 'enforce-match' }, [mx({ issuer: rogue }), rogue], ['pkix-sts']);
  const made = given({ sts: 'enforce-match' });
  const { sts } = made.destination;
  assert.ok(sts.kind === 'policy');
  const policy = { ...sts.policy, mx: ['*.example.com' as MxPattern] };
  const host = domainName('customer.example.com');
  const plan = dialled({
    ...made,
    destination: { ...made.destination, sts: { ...sts, policy } },
    candidate: { ...made.candidate, host },
  });
  const verdict = await outcome(plan, [mx({ issuer: issuing, dns: ['customer.example.com'] }), issuing]);
  assert.equal(verdict.kind, 'accepted');
});

test('CERT-67 INT-3 DANE alone does not do where an enforced policy binds too', async () => {
  const selfSigned = forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'] });
  await refused({ ...ee('spki', 'sha2-256', selfSigned), sts: 'enforce-match' }, [selfSigned], 'cert-untrusted');
  await authenticated(
    { ...ee('spki', 'sha2-256', publicLeaf), sts: 'enforce-match' },
    [publicLeaf, issuing],
    ['dane-ee', 'pkix-sts'],
  );
  await authenticated(
    { ...ta('cert', 'sha2-256', issuing), sts: 'enforce-match' },
    [publicLeaf, issuing],
    ['dane-ta', 'pkix-sts'],
  );
});

test('CERT-68 STS-67 DANE-70 without any policy everything is delivered, encrypted', async () => {
  for (const [chain] of Object.values(flawed)) await unauthenticated({}, chain);
});

test('CERT-69 RTLS-24 REQUIRETLS without records: a public certificate or nothing', async () => {
  await authenticated({ message: 'requiretls' }, [publicLeaf, issuing], ['pkix-requiretls']);
  await refused({ message: 'requiretls' }, [leaf, ownIssuing, own], 'requiretls-unauthenticated', '5.7.10');
  await refused({ message: 'requiretls', tlsa: 'unusable' }, [leaf], 'requiretls-unauthenticated', '5.7.10');
});

test('PKIX-6 an empty store means that no path ever verifies', async () => {
  const security = await shakeHands([publicLeaf, issuing], { kind: 'webpki' }, []);
  const verdict = judgeState(dialled({ sts: 'enforce-match' }), security, now);
  assert.equal(verdict.kind === 'blocked' && verdict.because, 'cert-untrusted');
});
