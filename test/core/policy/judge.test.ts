// Table DT-7 of decision-tables.md: what happened at a host, in each of the four columns of the table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DialPlan, judgeOffer, judgePeer, judgeState, withoutSni } from '../../../src/core/policy/judge.ts';
import type { SecurityState } from '../../../src/core/policy/model.ts';
import { resultTypeOf } from '../../../src/core/tlsrpt/result-type.ts';
import { tlsaOf } from '../dane/records.ts';
import { forge } from '../x509/forge.ts';
import { dialled, type Given, given, now, reply } from './given.ts';

const leaf = forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'] });
const records = [tlsaOf('dane-ee', 'spki', 'sha2-256', leaf)];

const opportunistic = dialled({});
const demanded: readonly DialPlan[] = [
  dialled({ records }),
  dialled({ tlsa: 'unusable' }),
  dialled({ sts: 'enforce-match' }),
  dialled({ floor: 'encrypt' }),
  dialled({ floor: 'verify' }),
];
const requiretls = dialled({ message: 'requiretls', records });
const tlsRequiredNo = dialled({ message: 'tls-required-no', records, sts: 'enforce-match' });

const encrypted: SecurityState = {
  kind: 'encrypted',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  chain: [leaf.der],
  paths: [{ kind: 'trusted', store: { kind: 'webpki' } }],
};

/** The verdict in one word, with the reason and status where it is blocked. */
function verdict(plan: DialPlan, security: SecurityState): string {
  const ruling = judgeState(plan, security, now);
  switch (ruling.kind) {
    case 'blocked':
      return `${ruling.because} ${ruling.status} ${ruling.temporary ? 'temporary' : 'definitive'}`;
    case 'redial':
      return `redial ${ruling.how}`;
    case 'accepted':
      return ruling.achieved;
    case 'undecided':
      return 'undecided';
  }
}

type Columns = {
  readonly opportunistic: string;
  readonly demanded: string;
  readonly requiretls: string;
  readonly tlsRequiredNo: string;
};

function row(security: SecurityState, columns: Columns, report?: string): void {
  assert.equal(verdict(opportunistic, security), columns.opportunistic);
  for (const plan of demanded) assert.equal(verdict(plan, security), columns.demanded);
  assert.equal(verdict(requiretls, security), columns.requiretls);
  assert.equal(verdict(tlsRequiredNo, security), columns.tlsRequiredNo);
  for (const plan of [demanded[0] as DialPlan, requiretls]) {
    const ruling = judgeState(plan, security, now);
    if (ruling.kind === 'blocked') assert.equal(resultTypeOf(ruling), report);
  }
}

const everywhere = (word: string): Columns => ({
  opportunistic: word,
  demanded: word,
  requiretls: word,
  tlsRequiredNo: word,
});

test('DT-7.1 STS-72 RPT-6 the host cannot be reached', () => {
  const lost = { kind: 'lost', during: 'connect', says: 'ECONNREFUSED' } as const;
  row(lost, everywhere('connect-failed 4.4.1 temporary'));
});

test('DT-7.2 DT-7.3 SMTP-7 SMTP-8 a greeting that refuses', () => {
  const greeting = (code: number, enhanced?: string): SecurityState => ({
    kind: 'greeting-refused',
    reply: reply(code, 'no', enhanced),
  });
  row(greeting(421), everywhere('remote-4yz 4.0.0 temporary'));
  row(greeting(450, '4.3.2'), everywhere('remote-4yz 4.3.2 temporary'));
  row(greeting(554), everywhere('remote-5yz 5.0.0 definitive'));
  row(greeting(521, '5.3.2'), everywhere('remote-5yz 5.3.2 definitive'));
});

const missing: Columns = {
  opportunistic: 'cleartext',
  demanded: 'starttls-missing 4.7.4 temporary',
  requiretls: 'requiretls-no-tls 5.7.10 definitive',
  tlsRequiredNo: 'cleartext',
};

test('DT-7.4 DT-7.5 TLS-2 TLS-3 DANE-34 STS-71 ATK-1 ATK-2 ATK-3 ATK-4 no STARTTLS', () => {
  row({ kind: 'cleartext', because: 'helo-only' }, missing, 'starttls-not-supported');
  row({ kind: 'cleartext', because: 'starttls-missing' }, missing, 'starttls-not-supported');
  row({ kind: 'cleartext', because: 'starttls-skipped' }, missing, 'starttls-not-supported');
});

test('DT-7.6 DT-7.7 TLS-4 INT-1 ATK-5 ATK-6 STARTTLS is refused', () => {
  const refused = (code: number): SecurityState => ({
    kind: 'cleartext',
    because: 'starttls-refused',
    reply: reply(code),
  });
  const temporary: Columns = {
    opportunistic: 'cleartext',
    demanded: 'starttls-refused 4.7.4 temporary',
    requiretls: 'starttls-refused 4.7.4 temporary',
    tlsRequiredNo: 'cleartext',
  };
  row(refused(454), temporary, 'starttls-not-supported');
  row(refused(250), temporary, 'starttls-not-supported');
  const lasting = { ...temporary, requiretls: 'requiretls-no-tls 5.7.10 definitive' };
  for (const code of [500, 501, 502, 503, 554]) row(refused(code), lasting, 'starttls-not-supported');
  row(refused(421), everywhere('remote-4yz 4.0.0 temporary'));
});

test('DT-7.8 TLS-5 ATK-7 bytes behind the 220', () => {
  row({ kind: 'injected' }, everywhere('starttls-injection 4.7.5 temporary'), 'validation-failure');
});

test('DT-7.9 TLS-9 TLS-11 ATK-10 ATK-11 ATK-12 ATK-17 the handshake fails', () => {
  row(
    { kind: 'handshake-failed', alert: 'handshake failure', unrecognizedName: false },
    {
      opportunistic: 'redial cleartext',
      demanded: 'tls-handshake 4.7.5 temporary',
      requiretls: 'requiretls-no-tls 5.7.10 definitive',
      tlsRequiredNo: 'redial cleartext',
    },
    'validation-failure',
  );
});

test('DT-7.10 the connection breaks in the handshake; before it there is no second connection', () => {
  row(
    { kind: 'lost', during: 'handshake', says: 'ECONNRESET' },
    {
      opportunistic: 'redial cleartext',
      demanded: 'conn-lost 4.4.2 temporary',
      requiretls: 'conn-lost 4.4.2 temporary',
      tlsRequiredNo: 'redial cleartext',
    },
    'validation-failure',
  );
  for (const during of ['greeting', 'ehlo', 'starttls'] as const)
    row({ kind: 'lost', during, says: 'closed' }, everywhere('conn-lost 4.4.2 temporary'));
});

test('TLS-20 unrecognized_name: once more without SNI where nothing is demanded', () => {
  const failed = { kind: 'handshake-failed', alert: 'unrecognized name', unrecognizedName: true } as const;
  assert.equal(verdict(opportunistic, failed), 'redial without-sni');
  assert.equal(verdict(withoutSni(opportunistic), failed), 'redial cleartext');
  assert.equal(verdict(dialled({ records }), failed), 'tls-handshake 4.7.5 temporary');
});

const strange: SecurityState = { ...encrypted, chain: [forge({ cn: 'x', dns: ['x.example'] }).der] };

test('DT-7.11 RTLS-23 RTLS-50 RTLS-57 no record matches', () => {
  assert.equal(verdict(dialled({ records }), strange), 'cert-no-tlsa-match 4.7.5 temporary');
  assert.equal(verdict(requiretls, strange), 'requiretls-unauthenticated 5.7.10 definitive');
  const ruling = judgeState(requiretls, strange, now);
  assert.equal(ruling.kind === 'blocked' && resultTypeOf(ruling), 'certificate-not-trusted');
  const relaxed = judgeState(tlsRequiredNo, strange, now);
  assert.ok(relaxed.kind === 'accepted');
  assert.deepEqual(relaxed.failures, [
    { authn: 'dane', because: 'cert-no-tlsa-match' },
    { authn: 'pkix-sts', because: 'cert-name' },
  ]);
});

test('DT-7.12 DT-7.14 names and untrusted chains: logged, refused, definitive, or passed over', () => {
  const sts = dialled({ sts: 'enforce-match' });
  assert.equal(verdict(opportunistic, strange), 'encrypted');
  assert.equal(verdict(sts, strange), 'cert-name 4.7.5 temporary');
  const untrusted: SecurityState = {
    ...encrypted,
    paths: [{ kind: 'untrusted', store: { kind: 'webpki' }, fault: 'untrusted', says: 'self-signed' }],
  };
  assert.equal(verdict(sts, untrusted), 'cert-untrusted 4.7.5 temporary');
  assert.equal(verdict(dialled({ message: 'requiretls' }), untrusted), 'requiretls-unauthenticated 5.7.10 definitive');
});

test('DT-7.12 DT-7.13 DT-7.14 in opportunistic mode a bad certificate is no failure to report', () => {
  const ruling = judgeState(opportunistic, strange, now);
  assert.ok(ruling.kind === 'accepted');
  assert.deepEqual(ruling.failures, []);
});

test('RTLS-50 RTLS-57 STS-66 a policy that does not bind counts its failure in cleartext too', () => {
  const ruling = judgeState(tlsRequiredNo, { kind: 'cleartext', because: 'starttls-missing' }, now);
  assert.ok(ruling.kind === 'accepted');
  assert.deepEqual(ruling.failures, [
    { authn: 'dane', because: 'starttls-missing' },
    { authn: 'pkix-sts', because: 'starttls-missing' },
  ]);
});

test('DT-6 INT-9 under floor verify TLS-Required: No passes by DANE or by the certificate', () => {
  const plan = dialled({ message: 'tls-required-no', floor: 'verify', records });
  assert.equal(verdict(plan, encrypted), 'authenticated');
  const publicOne = forge({ cn: 'y', dns: ['mx1.example.com'] });
  assert.equal(verdict(plan, { ...encrypted, chain: [publicOne.der] }), 'authenticated');
  assert.equal(verdict(plan, strange), 'cert-no-tlsa-match 4.7.5 temporary');
});

test('TLS-22 a session is accepted with its verdict, and only then', () => {
  const session = { security: encrypted, name: 'one' };
  const good = judgePeer(dialled({ records }), session, now);
  assert.ok('session' in good);
  assert.equal(good.session, session);
  const bad = judgePeer(dialled({ records }), { security: strange }, now);
  assert.ok(!('session' in bad));
});

test('DANE-64 the record, its place and the name are told', () => {
  const ruling = judgeState(dialled({ records }), encrypted, now);
  assert.ok(ruling.kind === 'accepted');
  assert.deepEqual(ruling.authn, [{ authn: 'dane-ee', tlsa: { record: records[0], depth: 0 } }]);
});

const offered = new Map([['REQUIRETLS', '']]);
const nothing = new Map<string, string>();

function offer(input: Given, extensions: ReadonlyMap<string, string>, security = encrypted): string {
  const plan = dialled(input);
  const judged = judgePeer(plan, { security }, now);
  assert.ok('session' in judged, JSON.stringify(judged.verdict));
  const result = judgeOffer(plan, judged.session, extensions);
  return result.kind === 'cleared' ? result.requiretls : `${result.because} ${result.status}`;
}

test('DT-7.15 RTLS-20 RTLS-31 ATK-80 REQUIRETLS must be in the EHLO after TLS', () => {
  assert.equal(offer({ message: 'requiretls', records }, offered), 'send');
  assert.equal(offer({ message: 'requiretls', records }, nothing), 'requiretls-unsupported 5.7.30');
  assert.equal(offer({ records }, offered), 'omit');
  assert.equal(offer({ message: 'tls-required-no', records }, offered), 'omit');
});

test('RTLS-42 RTLS-44 RTLS-30 a notice uses the parameter only where REQUIRETLS is met whole', () => {
  const message = 'requiretls-null';
  assert.equal(offer({ message, records }, offered), 'send');
  assert.equal(offer({ message, records }, nothing), 'omit');
  assert.equal(offer({ message, records, mx: 'insecure' }, offered), 'omit');
  assert.equal(offer({ message }, offered), 'omit');
  assert.equal(offer({ message }, offered, { kind: 'cleartext', because: 'starttls-missing' } as never), 'omit');
});

test('SMTP-17 credentials: an unauthenticated host is route-auth-unprotected, and never spoken to', () => {
  const made = given({ mx: 'relay' });
  const route = { via: '[mx1.example.com]', tls: 'starttls', credentials: 'configured' } as const;
  const nextHop = { kind: 'host', host: made.candidate.host, route } as const;
  const plan = dialled({ ...made, destination: { ...made.destination, nextHop } });
  assert.equal(verdict(plan, encrypted), 'authenticated');
  assert.equal(verdict(plan, strange), 'route-auth-unprotected 4.7.5 temporary');
  const bare: SecurityState = { kind: 'cleartext', because: 'starttls-missing' };
  assert.equal(verdict(plan, bare), 'route-auth-unprotected 4.7.5 temporary');
});

test('A5 the same session judged again by the same plan: the dates of the chain count at each instant anew', () => {
  const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
  const [start, end] = [-1000, 10_000].map((step) => Math.floor((now + step) / 1000) * 1000) as [number, number];
  const dates = { from: timeText(start), to: timeText(end) };
  const brief = forge({ cn: 'mx1.example.com', dns: ['mx1.example.com'], ...dates });
  const session: SecurityState = { ...encrypted, chain: [brief.der] };
  const plan = dialled({ sts: 'enforce-match' });
  const word = (at: number): string => {
    const ruling = judgeState(plan, session, at as typeof now);
    return ruling.kind === 'blocked' ? ruling.because : ruling.kind;
  };
  const times = [now, now + 1, end, end + 1, end + 5000, now, end + 1, end, start - 5000, now];
  assert.deepEqual(
    times.map(word),
    times.map((at) => (at > end || at < start ? 'cert-expired' : 'accepted')),
  );
  // Another plan for the same session is another question.
  const other = dialled({ records: [tlsaOf('dane-ee', 'spki', 'sha2-256', leaf)] });
  const ruled = judgeState(other, session, now);
  assert.equal(ruled.kind === 'blocked' && ruled.because, 'cert-no-tlsa-match');
  assert.equal(word(now), 'accepted');
});
