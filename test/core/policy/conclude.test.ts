import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conclude, openRecipients } from '../../../src/core/policy/conclude.ts';
import type {
  Attempt,
  Blocked,
  DestinationRuling,
  MessageClass,
  PeerVerdict,
  RecipientReply,
} from '../../../src/core/policy/model.ts';
import type { Reason } from '../../../src/core/policy/reasons.ts';
import type { Reply } from '../../../src/core/smtp/reply.ts';
import { attempted, reply } from './given.ts';

const one = 'a@example.com';
const two = 'b@example.com';
const tryHosts: DestinationRuling = { kind: 'try-hosts' };

const blocked = (because: Reason, status: string, temporary: boolean): { readonly verdict: Blocked } => ({
  verdict: {
    kind: 'blocked',
    because,
    status,
    temporary,
    evidence: [{ rung: 'certificate', outcome: 'fail', rule: 'R', says: `why ${because}`, code: because }],
  },
});
const accepted = (achieved: 'cleartext' | 'encrypted'): PeerVerdict => ({
  kind: 'accepted',
  achieved,
  authn: [],
  evidence: [{ rung: 'starttls', outcome: 'pass', rule: 'R', says: 'says' }],
  failures: [],
});
const answered = (
  replies: Readonly<Record<string, Reply>>,
  at: RecipientReply['at'] = 'rcpt',
  achieved: 'cleartext' | 'encrypted' = 'encrypted',
) => ({
  verdict: accepted(achieved),
  transfer: {
    kind: 'replied' as const,
    bytes: 0,
    replies: Object.entries(replies).map(([recipient, answer]) => ({
      recipient,
      reply: answer,
      ...(at === undefined ? {} : { at }),
    })) as unknown as [RecipientReply],
  },
});

function concluded(attempts: readonly Attempt[], messageClass: MessageClass = 'normal'): string {
  const [outcome] = conclude({ ruling: tryHosts, attempts, messageClass, recipients: [one] });
  return outcome.kind === 'sent' ? `sent ${outcome.host}` : `${outcome.kind} ${outcome.because} ${outcome.status}`;
}

test('DT-2 a settled destination settles every recipient', () => {
  const ruling: DestinationRuling = {
    kind: 'settled',
    because: 'null-mx',
    status: '5.1.10',
    final: 'bounce',
    evidence: [{ rung: 'mx', outcome: 'fail', rule: 'RFC 7505 §3', says: 'the domain has a null MX', code: 'null-mx' }],
  };
  const outcomes = conclude({ ruling, attempts: [], messageClass: 'normal', recipients: [one, two] });
  assert.deepEqual(
    outcomes.map(({ kind, recipient }) => [kind, recipient]),
    [
      ['bounced', one],
      ['bounced', two],
    ],
  );
});

test('SMTP-9 each recipient has the outcome of its own reply', () => {
  const attempt = attempted({}, 10, answered({ [one]: reply(250, 'ok'), [two]: reply(550, 'unknown', '5.1.1') }));
  const outcomes = conclude({
    ruling: tryHosts,
    attempts: [attempt],
    messageClass: 'normal',
    recipients: [one, two, 'c@example.com'],
  });
  assert.equal(outcomes[0].kind, 'sent');
  assert.ok(outcomes[1]?.kind === 'bounced');
  assert.deepEqual([outcomes[1].because, outcomes[1].status], ['remote-5yz', '5.1.1']);
  assert.equal(outcomes[1].says, 'The mail host said: 550 5.1.1 unknown');
  assert.equal(outcomes[2]?.kind, 'deferred');
});

test('SMTP-9 SMTP-7 4yz is deferred, 5yz is final whatever other hosts did', () => {
  assert.equal(concluded([attempted({}, 10, answered({ [one]: reply(451) }))]), 'deferred remote-4yz 4.0.0');
  assert.equal(
    concluded([
      attempted({}, 10, blocked('connect-failed', '4.4.1', true)),
      attempted({}, 20, answered({ [one]: reply(550) })),
    ]),
    'bounced remote-5yz 5.0.0',
  );
  assert.equal(
    concluded([attempted({}, 10, answered({ [one]: reply(421) })), attempted({}, 20, answered({ [one]: reply(250) }))]),
    'sent mx20.example.com',
  );
});

test('SMTP-5 552 at RCPT is temporary, at MAIL it is the size, at the final dot it is final', () => {
  const at = (phase: RecipientReply['at']): string =>
    concluded([attempted({}, 10, answered({ [one]: reply(552) }, phase))]);
  assert.equal(at('rcpt'), 'deferred remote-4yz 4.0.0');
  assert.equal(at('mail'), 'bounced size 5.3.4');
  assert.equal(at('final-dot'), 'bounced remote-5yz 5.0.0');
});

test('SMTP-8 DT-7.3 all hosts refuse in the greeting: bounce; one of them only for now: defer', () => {
  const never = (preference: number): Attempt => attempted({}, preference, blocked('remote-5yz', '5.3.2', false));
  assert.equal(concluded([never(10), never(20)]), 'bounced remote-5yz 5.3.2');
  const later = attempted({}, 20, blocked('remote-4yz', '4.3.2', true));
  assert.equal(concluded([never(10), later]), 'deferred remote-5yz 4.3.2');
});

test('DT-8.3 INT-1 RTLS-29 ATK-81 any temporary cause defers; shown is who got furthest, then the best preference', () => {
  const down = attempted({}, 10, blocked('connect-failed', '4.4.1', true));
  const name = attempted({}, 20, blocked('cert-name', '4.7.5', true));
  const missing = attempted({}, 5, blocked('starttls-missing', '4.7.4', true));
  const bogus = attempted({ tlsa: 'bogus' }, 1);
  assert.equal(concluded([bogus, missing, down, name]), 'deferred cert-name 4.7.5');
  assert.equal(concluded([bogus, missing, down]), 'deferred starttls-missing 4.7.4');
  assert.equal(concluded([bogus, down]), 'deferred connect-failed 4.4.1');
  assert.equal(concluded([bogus]), 'deferred tlsa-bogus 4.7.5');
  const better = attempted({}, 15, blocked('cert-expired', '4.7.5', true));
  assert.equal(concluded([name, better]), 'deferred cert-expired 4.7.5');
  const definitive = attempted({}, 20, blocked('requiretls-unauthenticated', '5.7.10', false));
  assert.equal(concluded([definitive, down]), 'deferred requiretls-unauthenticated 4.7.10');
});

test('RTLS-28 RTLS-26 definitive causes at every host bounce at once, with 5.7.30 where only REQUIRETLS was missing', () => {
  const unsupported = attempted({}, 20, blocked('requiretls-unsupported', '5.7.30', false));
  const unauthenticated = attempted({}, 10, blocked('requiretls-unauthenticated', '5.7.10', false));
  const noTls = attempted({}, 10, blocked('requiretls-no-tls', '5.7.10', false));
  assert.equal(concluded([unauthenticated, unsupported]), 'bounced requiretls-unsupported 5.7.30');
  assert.equal(concluded([noTls, unauthenticated]), 'bounced requiretls-unauthenticated 5.7.10');
  assert.equal(concluded([noTls]), 'bounced requiretls-no-tls 5.7.10');
  const unvalidated = attempted({ mx: 'insecure', message: 'requiretls' }, 10);
  assert.equal(concluded([unvalidated]), 'bounced requiretls-mx-unvalidated 5.7.10');
});

test('RTLS-42 a notice never bounces for want of REQUIRETLS, and shows what kept it from going without', () => {
  const unsupported = attempted({}, 10, blocked('requiretls-unsupported', '5.7.30', false));
  const down = attempted({}, 10, blocked('connect-failed', '4.4.1', true));
  assert.equal(concluded([unsupported], 'requiretls-null'), 'deferred requiretls-unsupported 4.7.30');
  assert.equal(concluded([unsupported, down], 'requiretls-null'), 'deferred connect-failed 4.4.1');
  const refused = attempted({}, 10, blocked('remote-5yz', '5.3.2', false));
  assert.equal(concluded([unsupported, refused], 'requiretls-null'), 'bounced remote-5yz 5.3.2');
});

test('RTLS-33 the parameter refused after the keyword was listed is REQUIRETLS missing at this host', () => {
  const input = { message: 'requiretls', tlsa: 'usable' };
  const refusing = attempted(input, 10, answered({ [one]: reply(555) }, 'mail'));
  assert.equal(concluded([refusing]), 'bounced requiretls-unsupported 5.7.30');
  assert.deepEqual(openRecipients([refusing], [one]), [one]);
  const sender = attempted(input, 10, answered({ [one]: reply(550) }, 'mail'));
  assert.equal(concluded([sender]), 'bounced remote-5yz 5.0.0');
});

test('DT-7.17 RTLS-52 a host that wants TLS in cleartext: the next one, and in the end 5.7.0', () => {
  const wants = attempted({}, 10, answered({ [one]: reply(530) }, 'mail', 'cleartext'));
  assert.deepEqual(openRecipients([wants], [one]), [one]);
  assert.equal(concluded([wants]), 'bounced remote-5yz 5.7.0');
  const sent = attempted({}, 20, answered({ [one]: reply(250) }));
  assert.equal(concluded([wants, sent]), 'sent mx20.example.com');
});

test('DT-1.21 no host has an address: bounce, unless one could not be asked', () => {
  const bare = attempted({}, 10);
  const empty = {
    ...bare,
    plan: { ...bare.plan, kind: 'skip', because: 'mx-no-address', status: '5.4.4', final: 'bounce' },
  } as Attempt;
  assert.equal(concluded([empty, empty]), 'bounced mx-no-address 5.4.4');
  const unknown = {
    ...empty,
    plan: { ...empty.plan, because: 'addr-lookup-error', status: '4.4.3', final: 'defer' },
  } as Attempt;
  assert.equal(concluded([empty, unknown]).split(' ')[0], 'deferred');
});

test('DT-7.16 DT-7.18 ATK-94 ATK-95 what breaks outside or inside the transaction is temporary', () => {
  assert.equal(
    concluded([attempted({}, 10, { verdict: accepted('encrypted'), because: 'remote-5yz' })]),
    'deferred remote-5yz 4.0.0',
  );
  const lost = { kind: 'lost', during: 'final-dot', afterDot: 'yes', says: 'closed' } as const;
  const torn = attempted({}, 10, { verdict: accepted('encrypted'), transfer: lost });
  assert.equal(concluded([torn]), 'deferred conn-lost 4.4.2');
  // SMTP-10: the host may have taken it.
  assert.deepEqual(openRecipients([torn], [one]), []);
  const early = attempted({}, 10, { verdict: accepted('encrypted'), transfer: { ...lost, afterDot: 'no' } });
  assert.deepEqual(openRecipients([early], [one]), [one]);
});

test('content that no host takes bounces after all of them', () => {
  const refused = { kind: 'refused-before-data', because: 'content-8bit', says: 'no 8BITMIME' } as const;
  const attempt = attempted({}, 10, { verdict: accepted('encrypted'), transfer: refused });
  assert.equal(concluded([attempt]), 'bounced content-8bit 5.6.3');
  const down = attempted({}, 20, blocked('connect-failed', '4.4.1', true));
  assert.equal(concluded([attempt, down]), 'deferred content-8bit 4.6.3');
});

test('SMTP-7 SMTP-9 who may be tried at another host', () => {
  const open = (attempt: Attempt): readonly string[] => openRecipients([attempt], [one, two]);
  assert.deepEqual(open(attempted({}, 10, answered({ [one]: reply(250), [two]: reply(550) }))), []);
  assert.deepEqual(open(attempted({}, 10, answered({ [one]: reply(450), [two]: reply(421) }))), [two]);
  assert.deepEqual(open(attempted({}, 10, blocked('cert-name', '4.7.5', true))), [one, two]);
});

test('a round without any attempt waits', () => {
  assert.equal(concluded([]), 'deferred connect-failed 4.4.1');
});

test('ATK-93 DSN-7 of a very long reply a recipient keeps the beginning', () => {
  const long: Reply = { code: 550, lines: ['no', ...Array<string>(20).fill('x'.repeat(3000))] as unknown as ['no'] };
  const round = { ruling: tryHosts, messageClass: 'normal', recipients: [one] } as const;
  const [outcome] = conclude({ ...round, attempts: [attempted({}, 10, answered({ [one]: long }))] });
  assert(outcome.kind === 'bounced');
  assert.match(outcome.says, /^The mail host said: 550 no x/);
  assert(outcome.says.length < 2100, String(outcome.says.length));
});
