import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import { instant, type QueueId, seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import type { DaneFinding } from '../../../src/core/dane/tlsa.ts';
import type { MxPattern, StsFinding } from '../../../src/core/mtasts/policy.ts';
import { catalogue } from '../../../src/core/policy/catalogue.ts';
import { judgeState } from '../../../src/core/policy/judge.ts';
import type {
  Attempt,
  Candidate,
  Destination,
  OperatorDemand,
  RecipientReply,
  SecurityState,
} from '../../../src/core/policy/model.ts';
import { plan, ruleDestination } from '../../../src/core/policy/plan.ts';
import {
  type DeliveryRecord,
  deliveryRecord,
  type RecordContext,
  settledParts,
  wholeRecord,
} from '../../../src/core/policy/record.ts';
import type { Reply } from '../../../src/core/smtp/reply.ts';
import { type Certified, issueLeaf, makeAuthority } from '../../../src/lab/certificates.ts';
import { faultsOf } from '../../schema-checker.ts';

const mxHost = domainName('mx.example.org');
const now = instant(Date.now());
let leaf: Certified;
before(async () => {
  leaf = await issueLeaf({ names: ['mx.example.org'], issuer: await makeAuthority({ subject: 'CN=Test Root' }) });
});

const ip = '192.0.2.1' as IpAddress;
const reply = (code: number, text = 'said', enhanced?: string): Reply => ({
  code,
  lines: [text],
  ...(enhanced === undefined ? {} : { enhanced }),
});
const dane = (data = createHash('sha256').update(leaf.spki).digest()): DaneFinding => ({
  kind: 'usable',
  baseDomain: mxHost,
  records: [{ usage: 'dane-ee', selector: 'spki', matching: 'sha2-256', data }],
  ignored: [],
});
const candidate = (more: Partial<Candidate> = {}): Candidate => ({
  host: mxHost,
  port: 25,
  preference: 10,
  addresses: { kind: 'addresses', status: 'secure', expanded: mxHost, addresses: [ip] },
  dane: { kind: 'absent' },
  notes: [],
  ...more,
});
const enforce = (more: object = {}): StsFinding => ({
  kind: 'policy',
  freshness: 'cached',
  policy: {
    mode: 'enforce',
    mx: ['*.example.org' as MxPattern],
    maxAge: seconds(86_400),
    id: 'a1',
    fetchedAt: now,
    body: '',
    ...more,
  },
});
const destination = (more: Partial<Destination> = {}): Destination => ({
  nextHop: { kind: 'domain', domain: domainName('example.org') },
  expandedNextHop: domainName('example.org'),
  mx: { kind: 'mx', status: 'secure', hosts: [{ host: mxHost, preference: 10 }] },
  sts: { kind: 'none' },
  observedAt: now,
  ...more,
});
const operator = (more: Partial<OperatorDemand> = {}): OperatorDemand => ({
  floor: 'may',
  names: [],
  ignore: [],
  requiretls: 'as-asked',
  enforce: true,
  source: 'policy.floor',
  ...more,
});
const context = (more: Partial<RecordContext> = {}): RecordContext => ({
  queueId: '4kQ7m2' as QueueId,
  attemptNumber: 3,
  destination: destination(),
  messageClass: 'normal',
  operator: operator(),
  recipients: ['anna@example.org'],
  ...more,
});
const encrypted = (): SecurityState => ({
  kind: 'encrypted',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  group: 'X25519',
  chain: [leaf.der],
  paths: [{ kind: 'trusted', store: { kind: 'webpki' } }],
});
const replied = (...replies: RecipientReply[]): Attempt['transfer'] => ({
  kind: 'replied',
  replies: replies as unknown as [RecipientReply],
  bytes: 1000,
});
const took: RecipientReply = { recipient: 'anna@example.org', reply: reply(250, 'queued', '2.0.0'), at: 'final-dot' };

/** The record of an attempt that went as far as `security` and `transfer` say, judged as delivery would. */
function recordOf(
  host: Candidate,
  about: RecordContext,
  security?: SecurityState,
  transfer?: Attempt['transfer'],
  more: Partial<Attempt> = {},
): DeliveryRecord {
  const planned = plan({
    destination: about.destination,
    candidate: host,
    messageClass: about.messageClass,
    operator: about.operator,
  });
  const verdict = security && planned.kind === 'dial' ? judgeState(planned, security, now) : undefined;
  assert.notEqual(verdict?.kind, 'undecided');
  const record = deliveryRecord(
    {
      plan: planned,
      address: security ? ip : undefined,
      startedAt: now,
      endedAt: instant(now + 1500),
      ...(security ? { security } : {}),
      ...(verdict ? { verdict: verdict as NonNullable<Attempt['verdict']> } : {}),
      ...(transfer ? { transfer } : {}),
      ...more,
    },
    about,
  );
  assert.deepEqual(faultsOf('delivery-record', record), []);
  return record;
}

const listed =
  'queue_id attempt nexthop mx_state mx_host addr_name ip port tlsa_state tlsa_base tlsa_used sts_state sts_id msg_tls floor tls_required tls_achieved tls_version tls_cipher authn ref_ids sni cert_sha256 spki_sha256 reply status reason result';

test('OBS-1 DANE-64 a delivery under DANE, field by field', () => {
  const record = recordOf(candidate({ dane: dane() }), context(), encrypted(), replied(took));
  const certificate = new X509Certificate(leaf.der);
  const sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const spki = createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const fields = Object.fromEntries(listed.split(' ').map((name) => [name, record[name as keyof DeliveryRecord]]));
  assert.deepEqual(fields, {
    queue_id: '4kQ7m2',
    attempt: 3,
    nexthop: 'example.org',
    mx_state: 'secure',
    mx_host: 'mx.example.org',
    addr_name: 'mx.example.org',
    ip: '192.0.2.1',
    port: 25,
    tlsa_state: 'usable',
    tlsa_base: 'mx.example.org',
    tlsa_used: `3 1 1 ${spki.slice(0, 16)}…`,
    sts_state: 'none',
    sts_id: null,
    msg_tls: 'normal',
    floor: 'may',
    tls_required: 'authenticated',
    tls_achieved: 'authenticated',
    tls_version: 'TLSv1.3',
    tls_cipher: 'TLS_AES_256_GCM_SHA384',
    authn: 'dane-ee',
    ref_ids: ['mx.example.org', 'example.org'],
    sni: 'mx.example.org',
    cert_sha256: sha256,
    spki_sha256: spki,
    reply: '250 2.0.0 queued',
    status: '2.0.0',
    reason: null,
    result: 'sent',
  });
  assert.equal(record.depth, 0);
  assert.equal(record.at, new Date(now + 1500).toISOString());
  assert.equal(record.nexthop_authenticated, true);
  assert.ok(record.evidence.some(({ rung, outcome }) => rung === 'tlsa' && outcome === 'pass'));
});

test('OBS-3 DANE-23 an insecure MX answer vouches for no host, whatever the host proves', () => {
  const insecure = destination({ mx: { kind: 'mx', status: 'insecure', hosts: [{ host: mxHost, preference: 10 }] } });
  const record = recordOf(candidate({ dane: dane() }), context({ destination: insecure }), encrypted(), replied(took));
  assert.deepEqual([record.mx_state, record.authn, record.nexthop_authenticated], ['insecure', 'dane-ee', false]);
});

test('OBS-1 OBS-2 a host that failed its test is recorded with what it showed', () => {
  const record = recordOf(candidate({ dane: dane(Buffer.alloc(32)) }), context(), encrypted());
  assert.deepEqual(
    [record.reason, record.status, record.result, record.tls_required, record.tls_achieved, record.authn],
    ['cert-no-tlsa-match', '4.7.5', 'deferred', 'authenticated', 'encrypted', 'none'],
  );
  assert.ok(record.cert_sha256);
  assert.equal(record.nexthop_authenticated, false);
  const bounced = recordOf(
    candidate({ dane: dane(Buffer.alloc(32)) }),
    context({ outcomes: [{ kind: 'bounced' } as never] }),
    encrypted(),
  );
  assert.equal(bounced.result, 'bounced');
});

test('OBS-1 OBS-2 DANE-6 hosts that were never dialled have records too', () => {
  const skipped = (more: Partial<Candidate>): unknown[] => {
    const { reason, status, result, ip: address, tls_required, tls_achieved } = recordOf(candidate(more), context());
    return [reason, status, result, address, tls_required, tls_achieved];
  };
  const rest = [null, null, null];
  assert.deepEqual(skipped({ dane: { kind: 'failed', reason: 'bogus' } }), ['tlsa-bogus', '4.7.5', 'skipped', ...rest]);
  assert.deepEqual(skipped({ dane: { kind: 'failed', reason: 'servfail' } }), [
    'tlsa-lookup-error',
    '4.7.5',
    'skipped',
    ...rest,
  ]);
  assert.deepEqual(skipped({ addresses: { kind: 'none' } }), ['mx-no-address', '5.4.4', 'skipped', ...rest]);
  assert.deepEqual(skipped({ addresses: { kind: 'failed', reason: 'timeout' } }), [
    'addr-lookup-error',
    '4.4.3',
    'skipped',
    ...rest,
  ]);
  assert.deepEqual(skipped({ addresses: { kind: 'refused', addresses: [ip] } }), [
    'addr-refused',
    '4.4.4',
    'skipped',
    ...rest,
  ]);
});

test('OBS-1 OBS-2 DT-1.1 DT-1.3 a destination without hosts has a record', () => {
  const settled = (more: Partial<Destination>): unknown[] => {
    const about = context({ destination: destination(more) });
    const ruling = ruleDestination(about.destination, 'normal', about.operator);
    assert.ok(ruling.kind === 'settled');
    const record = wholeRecord(settledParts(ruling, about, { startedAt: now, endedAt: now }));
    assert.deepEqual(faultsOf('delivery-record', record), []);
    for (const name of listed.split(' ')) assert.ok(name in record, name);
    return [record.mx_state, record.reason, record.status, record.result, record.mx_host];
  };
  assert.deepEqual(settled({ mx: { kind: 'failed', reason: 'bogus' } }), [
    'error',
    'mx-bogus',
    '4.7.5',
    'deferred',
    null,
  ]);
  assert.deepEqual(settled({ mx: { kind: 'failed', reason: 'timeout' } }), [
    'error',
    'mx-lookup-error',
    '4.4.3',
    'deferred',
    null,
  ]);
  assert.deepEqual(settled({ mx: { kind: 'nxdomain' } }), ['nxdomain', 'mx-nxdomain', '5.1.2', 'bounced', null]);
  assert.deepEqual(settled({ mx: { kind: 'null-mx' } }), ['null-mx', 'null-mx', '5.1.10', 'bounced', null]);
  assert.equal(settled({ mx: { kind: 'loop' } })[1], 'mx-loop');
  assert.deepEqual(settled({ sts: { kind: 'txt-bogus' } }).slice(1, 4), ['sts-txt-bogus', '4.7.5', 'deferred']);
});

test('OBS-1 the replies of the host decide result, status and reason', () => {
  const about = context();
  const state: SecurityState = { kind: 'cleartext', because: 'starttls-missing' };
  const after = (...replies: RecipientReply[]): unknown[] => {
    const { result, reason, status, reply: said } = recordOf(candidate(), about, state, replied(...replies));
    return [result, reason, status, said];
  };
  const to = (code: number, at: RecipientReply['at'], enhanced?: string): RecipientReply => ({
    recipient: `r${code}@example.org`,
    reply: reply(code, 'said', enhanced),
    ...(at === undefined ? {} : { at }),
  });
  assert.deepEqual(after(to(450, 'rcpt', '4.2.0')), ['deferred', 'remote-4yz', '4.2.0', '450 4.2.0 said']);
  assert.deepEqual(after(to(550, 'rcpt', '5.1.1')), ['bounced', 'remote-5yz', '5.1.1', '550 5.1.1 said']);
  assert.deepEqual(after(to(550, 'rcpt'), to(450, 'rcpt')), ['deferred', 'remote-4yz', '4.0.0', '450 said']);
  assert.deepEqual(after(to(550, 'rcpt'), took), ['sent', null, '2.0.0', '250 2.0.0 queued']);
  // SMTP-5: too many recipients is temporary.
  assert.deepEqual(after(to(552, 'rcpt')).slice(0, 2), ['deferred', 'remote-4yz']);
  const record = recordOf(candidate(), about, state, replied(took));
  assert.deepEqual(
    [record.tls_required, record.tls_achieved, record.authn, record.sni],
    ['none', 'cleartext', 'none', null],
  );
});

test('SMTP-10 a lost reply to the final dot is marked', () => {
  const lost = (afterDot: 'yes' | 'no'): DeliveryRecord =>
    recordOf(candidate(), context(), encrypted(), { kind: 'lost', during: 'final-dot', afterDot, says: 'reset' });
  assert.deepEqual([lost('yes').possible_duplicate, lost('no').possible_duplicate], [true, false]);
  assert.deepEqual([lost('yes').result, lost('yes').reason, lost('yes').status], ['deferred', 'conn-lost', '4.4.2']);
});

test('OBS-2 TLS-29 failures of the network say where and how', () => {
  const about = context();
  const lost = recordOf(candidate(), about, { kind: 'lost', during: 'connect', says: 'ECONNREFUSED' }, undefined, {
    because: 'connect-failed',
  });
  assert.deepEqual(
    [lost.reason, lost.status, lost.detail, lost.tls_achieved],
    ['connect-failed', '4.4.1', 'connect: ECONNREFUSED', null],
  );
  const greeting = recordOf(candidate(), about, { kind: 'greeting-refused', reply: reply(554, 'no mail here') });
  assert.equal(greeting.reply, '554 no mail here');
  const alert: SecurityState = {
    kind: 'handshake-failed',
    alert: 'unsupported\r\nprotocol\x1b[31m',
    unrecognizedName: false,
  };
  const shaken = recordOf(candidate({ dane: dane() }), about, alert);
  assert.deepEqual(
    [shaken.reason, shaken.status, shaken.detail],
    ['tls-handshake', '4.7.5', 'unsupported protocol [31m'],
  );
});

test('RTLS-56 what TLS-Required: No passed over is told', () => {
  const about = context({ messageClass: 'tls-required-no', destination: destination({ sts: enforce() }) });
  const overridden = recordOf(candidate({ dane: dane(Buffer.alloc(32)) }), about, encrypted(), replied(took));
  assert.deepEqual(
    [overridden.result, overridden.policy_overridden, overridden.msg_tls],
    ['sent', true, 'tls-required-no'],
  );
  assert.ok(overridden.failures.some(({ because }) => because === 'cert-no-tlsa-match'));
  const bogus = recordOf(candidate({ dane: { kind: 'failed', reason: 'bogus' } }), about, encrypted(), replied(took));
  assert.equal(bogus.policy_overridden, true);
  const clean = recordOf(candidate({ dane: dane() }), about, encrypted(), replied(took));
  assert.equal(clean.policy_overridden, false);
});

test('OBS-1 several authenticators are named together, and the policy with its id', () => {
  const record = recordOf(
    candidate({ dane: dane() }),
    context({ destination: destination({ sts: enforce() }) }),
    encrypted(),
    replied(took),
  );
  assert.deepEqual(
    [record.authn_required, record.authn, record.sts_state, record.sts_id],
    ['dane+pkix-sts', 'dane-ee+pkix-sts', 'enforce', 'a1'],
  );
});

test('OBS-1 the words of sts_state', () => {
  const word = (sts: StsFinding): string =>
    recordOf(candidate(), context({ destination: destination({ sts }) }), encrypted()).sts_state;
  const failed = { freshness: 'cached-refresh-failed', fault: 'txt-missing', says: 'gone' } as const;
  const stands = (mode: object): StsFinding => ({ ...enforce(mode), ...failed }) as StsFinding;
  assert.equal(word({ kind: 'none' }), 'none');
  assert.equal(word(enforce()), 'enforce');
  assert.equal(word(enforce({ mode: 'testing' })), 'testing');
  assert.equal(word(enforce({ mode: 'none', mx: [] })), 'mode-none');
  assert.equal(word(stands({})), 'fail-cached-enforce');
  assert.equal(word(stands({ mode: 'testing' })), 'fail-cached-testing');
  assert.equal(word({ kind: 'unavailable', fault: 'sts-webpki-invalid', says: 'expired' }), 'fail-nocache');
});

test('DANE-73 INT-15 DNS-6 exceptions, rehearsals and trusted resolvers show in every record', () => {
  const about = context({
    operator: operator({ ignore: ['dane', 'dnssec'], source: 'policy.exception[0] until 2026-12-31: broken' }),
  });
  const record = recordOf(candidate({ dane: dane() }), about, encrypted(), replied(took));
  assert.deepEqual(
    [record.dane, record.dnssec, record.exception],
    ['off', 'ignored', 'policy.exception[0] until 2026-12-31: broken'],
  );
  const plain = recordOf(candidate(), context({ resolverMode: 'trust-ad' }), encrypted(), replied(took));
  assert.deepEqual([plain.dane, plain.dnssec, plain.exception], ['on', 'ad', null]);
  const rehearsed = recordOf(
    candidate(),
    context({ operator: operator({ floor: 'verify', enforce: false }) }),
    encrypted(),
    replied(took),
  );
  assert.deepEqual([rehearsed.floor, rehearsed.floor_enforced, rehearsed.tls_required], ['verify', false, 'none']);
});

test('OBS-2 the schema knows every reason there is', () => {
  const base = recordOf(candidate(), context(), encrypted());
  for (const reason of Object.keys(catalogue).filter((one) => one !== 'tlsa-unusable'))
    assert.deepEqual(faultsOf('delivery-record', { ...base, reason }), [], reason);
  assert.equal(faultsOf('delivery-record', { ...base, reason: 'unheard-of' }).length, 1);
  assert.equal(faultsOf('delivery-record', { ...base, reason: '' }).length, 1);
  const { ip: _, ...without } = base;
  assert.deepEqual(faultsOf('delivery-record', without), ['$ has no ip']);
});

test('ATK-112 what the peer says stays words in a record', () => {
  const shout = { ...took, reply: reply(250, `ok\r\n\x1b[31m\u2028${'x'.repeat(5000)}`) };
  const record = recordOf(candidate(), context(), encrypted(), replied(shout));
  assert.doesNotMatch(record.reply ?? '', /[\x00-\x1f\u2028]/);
  assert.ok((record.reply ?? '').length <= 512);
});
