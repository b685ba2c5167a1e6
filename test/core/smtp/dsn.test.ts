import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Instant, instant } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import {
  headerSection,
  maxReturnedHeaders,
  type Notice,
  noticeEnvelope,
  type ReportedRecipient,
  renderNotice,
  wantsNotice,
} from '../../../src/core/smtp/dsn.ts';
import type { Envelope, EnvelopeRecipient, Mailbox } from '../../../src/core/smtp/envelope.ts';

const t0: Instant = instant(Date.UTC(2026, 4, 4, 12));
const mailbox = (text: string): Mailbox => ({ text, domain: { kind: 'name', name: domainName('x.example') } });
const octets = (text: string): Uint8Array => Buffer.from(text, 'utf8');

const original: Envelope = {
  reversePath: mailbox('Sender@origin.example'),
  recipients: [{ mailbox: mailbox('Anna@one.example') }, { mailbox: mailbox('blind@two.example') }],
  smtputf8: false,
  tlsTag: 'none',
};

const policyFailure: ReportedRecipient = {
  recipient: { mailbox: mailbox('Anna@one.example') },
  action: 'failed',
  status: '4.7.5',
  because: 'cert-no-tlsa-match',
  sentence: 'The certificate matches none of the TLSA records',
  remedy: 'The owner of the domain publishes TLSA records for the certificate in use',
  says: 'certificate aa11 (leaf) matches neither 3 1 1 bb22 nor 3 1 1 cc33',
  host: 'mx1.one.example',
  lastAttemptAt: t0,
};

const remoteFailure: ReportedRecipient = {
  ...policyFailure,
  status: '5.1.1',
  because: 'remote-5yz',
  sentence: 'The receiving host refused the message',
  reply: { code: 550, enhanced: '5.1.1', lines: ['no such user', 'see https://one.example/help'] },
};

const headers = octets(
  'Received: from a\r\n\tby b\r\nSubject: private words\r\nMessage-ID: <1@o>\r\nDate: today,\r\n now\r\nTo: x\r\n',
);

const notice = (
  recipient: Partial<ReportedRecipient> = {},
  envelope: Partial<Envelope> = {},
  more: Partial<Notice> = {},
): Notice => ({
  id: 'N1',
  at: t0,
  reportingMta: 'relay.example',
  postmaster: 'postmaster@relay.example',
  to: mailbox('Sender@origin.example'),
  original: {
    envelope: { ...original, ...envelope },
    receivedAt: instant(t0 - 3_600_000),
    ehlo: 'client.example',
    address: '192.0.2.7',
    headers,
  },
  recipients: [{ ...policyFailure, ...recipient }],
  ...more,
});

type Part = { readonly type: string; readonly encoding: string; readonly text: string };

/** A MIME reader of its own, so that the writer is not its own witness. */
function read(rendered: Uint8Array): {
  readonly fields: Map<string, string>;
  readonly parts: readonly Part[];
  readonly raw: string;
} {
  const raw = Buffer.from(rendered).toString('utf8');
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const unfolded = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const fields = new Map(
    unfolded.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const boundary = /boundary="([^"]+)"/.exec(fields.get('content-type') ?? '')?.[1];
  const body = rest.join('\r\n\r\n');
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`);
  assert.equal(pieces.at(-1), '--\r\n');
  const parts = pieces.slice(1, -1).map((piece) => {
    const end = piece.indexOf('\r\n\r\n');
    const head = piece.slice(2, end);
    const text = piece.slice(end + 4);
    const encoding = /^Content-Transfer-Encoding: (.*)$/m.exec(head)?.[1]?.trim() ?? '';
    return {
      type: /^Content-Type: (.*)$/m.exec(head)?.[1]?.trim() ?? '',
      encoding,
      text: encoding === '7bit' ? text : fromQuotedPrintable(text),
    };
  });
  return { fields, parts, raw };
}

const fromQuotedPrintable = (text: string): string => {
  const binary = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(binary, 'latin1').toString('utf8');
};

/** The groups of the machine part, unfolded. */
const groups = (rendered: Uint8Array): readonly ReadonlyMap<string, string>[] =>
  (read(rendered).parts[1]?.text ?? '')
    .replace(/\r\n[ \t]+/g, ' ')
    .trimEnd()
    .split('\r\n\r\n')
    .map(
      (group) =>
        new Map(
          group.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        ),
    );

test('DSN-4 DSN-19 a three-part report with the fields of an automatic reply', () => {
  const { fields, parts, raw } = read(renderNotice(notice()));
  assert.match(fields.get('content-type') ?? '', /^multipart\/report; report-type=delivery-status; boundary="/);
  assert.deepEqual(
    parts.map((part) => [part.type, part.encoding]),
    [
      ['text/plain; charset=us-ascii', '7bit'],
      ['message/delivery-status', '7bit'],
      ['text/rfc822-headers', '7bit'],
    ],
  );
  assert.equal(fields.get('from'), '"Mail Delivery System" <postmaster@relay.example>');
  assert.equal(fields.get('to'), '<Sender@origin.example>');
  assert.equal(fields.get('date'), 'Mon, 04 May 2026 12:00:00 +0000');
  assert.equal(fields.get('message-id'), '<N1.notice@relay.example>');
  assert.equal(fields.get('auto-submitted'), 'auto-replied');
  assert.equal(fields.get('mime-version'), '1.0');
  assert.match(raw, /^[\x20-\x7e\r\n\t]*$/);
  assert.ok(!/[^\r]\n|\r[^\n]/.test(raw));
});

test('DSN-5 the fields of the message', () => {
  const [plain] = groups(renderNotice(notice()));
  assert.deepEqual(
    [...(plain ?? [])],
    [
      ['Reporting-MTA', 'dns; relay.example'],
      ['Received-From-MTA', 'dns; client.example (192.0.2.7)'],
      ['Arrival-Date', 'Mon, 04 May 2026 11:00:00 +0000'],
    ],
  );
  const [withId] = groups(renderNotice(notice({}, { envid: 'a+2Bb+3Dc' })));
  assert.equal(withId?.get('Original-Envelope-Id'), 'a+b=c');
});

test('DSN-6 DSN-9 DSN-21 a refusal by the host: its words, its name, its status', () => {
  const recipient = { mailbox: mailbox('Anna@one.example'), orcpt: 'rfc822;Anna+2BOld@one.example' };
  const [, group] = groups(renderNotice(notice({ ...remoteFailure, recipient })));
  assert.deepEqual(
    [...(group ?? [])],
    [
      ['Original-Recipient', 'rfc822;Anna+Old@one.example'],
      ['Final-Recipient', 'rfc822; Anna@one.example'],
      ['Action', 'failed'],
      ['Status', '5.1.1'],
      ['Remote-MTA', 'dns; mx1.one.example'],
      ['Diagnostic-Code', 'smtp; 550 5.1.1 no such user see https://one.example/help'],
      ['Last-Attempt-Date', 'Mon, 04 May 2026 12:00:00 +0000'],
    ],
  );
});

test('DSN-7 DSN-9 our own verdict: private type, reason, host, plain cause, the last real status', () => {
  const [, group] = groups(renderNotice(notice()));
  assert.equal(
    group?.get('Diagnostic-Code'),
    `x-sekisho; cert-no-tlsa-match host=mx1.one.example ${policyFailure.says}`,
  );
  assert.equal(group?.get('Action'), 'failed');
  assert.equal(group?.get('Status'), '4.7.5');
  for (const absent of ['Remote-MTA', 'Original-Recipient', 'Will-Retry-Until'])
    assert.equal(group?.has(absent), false);
});

test('DSN-8 what is no status becomes 5.0.0, or 4.0.0 in a delay', () => {
  for (const [status, action, expected] of [
    ['5.1.1', 'failed', '5.1.1'],
    ['4.4.1', 'failed', '4.4.1'],
    ['2.0.0', 'failed', '5.0.0'],
    ['', 'failed', '5.0.0'],
    ['5.1', 'failed', '5.0.0'],
    ['5.1.1\r\nX: y', 'failed', '5.0.0'],
    ['4.4.1', 'delayed', '4.4.1'],
    ['5.4.1', 'delayed', '4.0.0'],
  ] as const)
    assert.equal(groups(renderNotice(notice({ status, action })))[1]?.get('Status'), expected);
});

test('DSN-15 a notice for a security reason says in plain words what is wrong, and that nothing went unprotected', () => {
  const text =
    read(renderNotice(notice({ action: 'delayed', retryUntil: instant(t0 + 86_400_000) }))).parts[0]?.text ?? '';
  for (const part of [
    policyFailure.sentence,
    policyFailure.says,
    policyFailure.remedy,
    'mx1.one.example',
    'not sent without the protection',
  ])
    assert.ok(text.includes(part), part);
  assert.ok(!(read(renderNotice(notice(remoteFailure))).parts[0]?.text ?? '').includes('without the protection'));
});

test('DSN-6 DSN-14 a delay notice says until when it is tried', () => {
  const rendered = renderNotice(notice({ action: 'delayed', retryUntil: instant(t0 + 86_400_000) }));
  assert.equal(groups(rendered)[1]?.get('Will-Retry-Until'), 'Tue, 05 May 2026 12:00:00 +0000');
  assert.equal(groups(rendered)[1]?.get('Action'), 'delayed');
  assert.match(read(rendered).fields.get('subject') ?? '', /Delayed/);
});

test('DSN-16 DSN-22 one notice, a group for each recipient that failed, and no word of the others', () => {
  const second = { ...remoteFailure, recipient: { mailbox: mailbox('bert@one.example') } };
  const rendered = renderNotice(notice({}, {}, { recipients: [policyFailure, second] }));
  assert.deepEqual(
    groups(rendered)
      .slice(1)
      .map((group) => group.get('Final-Recipient')),
    ['rfc822; Anna@one.example', 'rfc822; bert@one.example'],
  );
  assert.ok(!read(rendered).raw.includes('blind@two.example'));
});

test('DSN-17 DSN-18 RTLS-41 headers only come back, whatever RET asked', () => {
  for (const ret of ['full', 'hdrs'] as const)
    assert.equal(read(renderNotice(notice({}, { ret }))).parts[2]?.text, Buffer.from(headers).toString());
});

test('RTLS-40 RTLS-43 about a REQUIRETLS message: redacted to recipient, status, reason, Message-ID and Date', () => {
  const { parts, raw } = read(renderNotice(notice(remoteFailure, { tlsTag: 'requiretls' })));
  assert.equal(parts[2]?.text, 'Message-ID: <1@o>\r\nDate: today,\r\n now\r\n');
  for (const hidden of ['private words', 'no such user', 'one.example/help', 'mx1.one', '192.0.2.7', 'client.example'])
    assert.ok(!raw.includes(hidden), hidden);
  const [, group] = groups(renderNotice(notice(remoteFailure, { tlsTag: 'requiretls' })));
  assert.deepEqual(
    [group?.get('Final-Recipient'), group?.get('Status'), group?.get('Diagnostic-Code')],
    ['rfc822; Anna@one.example', '5.1.1', 'x-sekisho; remote-5yz'],
  );
});

test('DSN-2 DSN-18 RTLS-40 RTLS-55 the envelope of a notice', () => {
  const to = mailbox('Sender@origin.example');
  assert.deepEqual(noticeEnvelope({ ...original, ret: 'full', envid: 'x', tlsTag: 'requiretls' }, to), {
    reversePath: 'null',
    recipients: [{ mailbox: to }],
    smtputf8: false,
    body: '7bit',
    tlsTag: 'requiretls',
  });
  assert.equal(noticeEnvelope({ ...original, tlsTag: 'tls-required-no' }, to).tlsTag, 'tls-required-no');
  assert.equal(read(renderNotice(notice({}, { tlsTag: 'tls-required-no' }))).fields.get('tls-required'), 'No');
  assert.equal(read(renderNotice(notice())).fields.has('tls-required'), false);
});

test('DSN-1 DSN-3 DSN-14 who is told: NOTIFY, and never the null reverse-path', () => {
  const to = (notify?: EnvelopeRecipient['notify']): EnvelopeRecipient => ({
    mailbox: mailbox('a@one.example'),
    ...(notify && { notify }),
  });
  const cases: readonly [EnvelopeRecipient['notify'], boolean, boolean][] = [
    [undefined, true, true],
    ['never', false, false],
    [['failure'], true, false],
    [['delay'], false, true],
    [['success'], false, false],
    [['success', 'failure', 'delay'], true, true],
  ];
  for (const [notify, failed, delayed] of cases) {
    assert.equal(wantsNotice(original, to(notify), 'failed'), failed);
    assert.equal(wantsNotice(original, to(notify), 'delayed'), delayed);
    assert.equal(wantsNotice({ ...original, reversePath: 'null' }, to(notify), 'failed'), false);
  }
});

test('RTLS-45 no delay notice about a REQUIRETLS message, for it might go unprotected', () => {
  const tagged: Envelope = { ...original, tlsTag: 'requiretls' };
  assert.equal(wantsNotice(tagged, { mailbox: mailbox('a@one.example') }, 'delayed'), false);
  assert.equal(wantsNotice(tagged, { mailbox: mailbox('a@one.example') }, 'failed'), true);
});

test('DSN-20 EXT-13 addresses beyond ASCII: the types of RFC 6533, and SMTPUTF8 where the sender address needs it', () => {
  const sender = mailbox('søren@origin.example');
  const recipient = { mailbox: mailbox('änne@one.example'), orcpt: 'utf-8;\\x{E4}nne@one.example' };
  const rendered = renderNotice(notice({ recipient }, { smtputf8: true }, { to: sender }));
  const { fields, parts } = read(rendered);
  assert.match(fields.get('content-type') ?? '', /report-type=global-delivery-status;/);
  assert.deepEqual(
    parts.map((part) => part.type),
    ['text/plain; charset=utf-8', 'message/global-delivery-status', 'message/global-headers'],
  );
  assert.equal(fields.get('to'), '<søren@origin.example>');
  assert.equal(groups(rendered)[1]?.get('Final-Recipient'), 'utf-8; änne@one.example');
  assert.equal(groups(rendered)[1]?.get('Original-Recipient'), 'utf-8;\\x{E4}nne@one.example');
  assert.deepEqual(
    [noticeEnvelope(original, sender).smtputf8, noticeEnvelope(original, sender).body],
    [true, '8bitmime'],
  );
  // An ASCII sender gets 7-bit lines all the same.
  const toAscii = renderNotice(notice({ recipient }, { smtputf8: true }));
  assert.match(Buffer.from(toAscii).toString('latin1'), /^[\x20-\x7e\r\n\t]*$/);
  assert.equal(groups(toAscii)[1]?.get('Final-Recipient'), 'utf-8; änne@one.example');
});

test('DSN-4 8-bit or endless returned header lines are encoded, so that the notice stays 7-bit', () => {
  const odd = octets(`X: ${'y'.repeat(2000)}\r\nSubject: grüße =20\r\n`);
  const rendered = renderNotice(notice({}, {}, { original: { ...notice().original, headers: odd } }));
  assert.equal(read(rendered).parts[2]?.encoding, 'quoted-printable');
  assert.equal(read(rendered).parts[2]?.text, Buffer.from(odd).toString());
  assert.ok(
    Buffer.from(rendered)
      .toString('latin1')
      .split('\r\n')
      .every((line) => line.length <= 998),
  );
});

test('DSN-17 the header section ends at the empty line and at the limit, on a line', () => {
  const section = (text: string): string => Buffer.from(headerSection(octets(text))).toString();
  assert.equal(section('A: 1\r\nB: 2\r\n\r\nbody\r\n'), 'A: 1\r\nB: 2\r\n');
  assert.equal(section('A: 1\r\nB: 2\r\n'), 'A: 1\r\nB: 2\r\n');
  assert.equal(section('\r\nbody\r\n'), '');
  assert.equal(section('no line end'), '');
  const long = `${'A: 1234567\r\n'.repeat(10_000)}\r\n`;
  assert.equal(section(long), 'A: 1234567\r\n'.repeat(Math.floor(maxReturnedHeaders / 12)));
});

test('ATK-91 strangers cannot write a field, a part or a line of the notice', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('\r', '\n', '\0', ' ', ':', '-', '\t', 'a', 'é', '\r\n--notice-N1', '+0D+0A', ';'),
  });
  fc.assert(
    fc.property(nasty, nasty, nasty, (says, ehlo, text) => {
      const plain = notice();
      const one: ReportedRecipient = {
        ...remoteFailure,
        says,
        host: text,
        recipient: { mailbox: mailbox('a@one.example'), orcpt: `rfc822;${text}` },
        reply: { code: 550, lines: [says, text] },
      };
      const rendered = renderNotice({
        ...plain,
        original: { ...plain.original, ehlo, envelope: { ...original, envid: text }, headers: octets(says) },
        recipients: [one, { ...policyFailure, says }],
      });
      assert.equal(read(rendered).parts.length, 3);
      assert.match(Buffer.from(rendered).toString('latin1'), /^(?:[\x20-\x7e\t]|\r\n)*$/);
      const found = groups(rendered);
      assert.equal(found.length, 3);
      assert.equal(found[0]?.size, 4);
      assert.equal(found[1]?.size, 7);
      assert.equal(found[2]?.size, 5);
    }),
  );
});

test('OPS-64 DSN-4 DSN-7 a Japanese notice explains itself in Japanese, then in English; its machine part is the same', () => {
  const english = read(renderNotice(notice()));
  const { parts, raw } = read(renderNotice(notice({}, {}, { language: 'ja' })));
  assert.ok(raw.split('\r\n').every((line) => /^[\t\x20-\x7e]*$/.test(line) && line.length <= 998));
  assert.match(raw, /Content-Type: text\/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n/);
  const text = parts[0]?.text ?? '';
  const [first = '', second = ''] = text.split('----\r\n');
  assert.match(first, /次の宛先にメッセージを配送できませんでした。再試行は行いません。/);
  assert.match(first, /<Anna@one\.example>/);
  assert.match(first, /cert-no-tlsa-match, 4\.7\.5/);
  assert.equal(second.trim(), (english.parts[0]?.text ?? '').trim());
  assert.deepEqual(parts.slice(1), english.parts.slice(1));
});
