// Readers of what mail clients and mail servers send.

import assert from 'node:assert/strict';
import { isUserName, readPlain } from '../../src/adapters/smtp/server-auth.ts';
import { parseMailbox, parsePath } from '../../src/core/smtp/address.ts';
import { type MailExtension, type Offer, parseMail, parseRcpt } from '../../src/core/smtp/envelope.ts';
import { authMechanisms, parseExtensions, sizeLimit } from '../../src/core/smtp/extensions.ts';
import { finishHeader, type HeaderScan, scanHeader, startHeaderScan } from '../../src/core/smtp/header-scan.ts';
import { quotedPrintable } from '../../src/core/smtp/quoted-printable.ts';
import {
  emptyReplyBuffer,
  formatReply,
  holdsOctets,
  maxReplyLine,
  maxReplyLines,
  type Reply,
  readReplies,
} from '../../src/core/smtp/reply.ts';
import { assertPrintable, latin1, ofText, type Target, utf8 } from './target.ts';

/** All replies of the octets in chunks of so many. */
function repliesOf(octets: Uint8Array, chunk: number): { readonly replies: readonly Reply[]; readonly end: string } {
  const replies: Reply[] = [];
  let buffer = emptyReplyBuffer;
  for (let at = 0; at < octets.length; at += chunk) {
    const step = readReplies(buffer, octets.subarray(at, at + chunk));
    replies.push(...step.replies);
    if (step.fault !== undefined) return { replies, end: step.fault };
    buffer = step.buffer;
    // SMTP-6: what waits is bounded.
    assert.ok(buffer.rest.length <= maxReplyLine && buffer.lines.length <= maxReplyLines);
  }
  return { replies, end: holdsOctets(buffer) ? 'waiting' : 'done' };
}

const replies: Target = {
  name: 'smtp-replies',
  seeds: [
    utf8('220 mx.example.org ESMTP\r\n'),
    utf8('250-mx\r\n250-SIZE 1000\r\n250 REQUIRETLS\r\n550 5.1.1 no\r\n'),
    utf8('421-4.7.0 a\r\n421 4.7.0 b\r\n'),
    utf8('250 2.0.0 ok \u00e9\u202e\r\n'),
  ],
  words: ['\r\n', '250-', '250 ', '5.7.1 ', '554'],
  read: (octets) => {
    const whole = repliesOf(octets, Math.max(octets.length, 1));
    const cut = repliesOf(octets, 1 + ((octets[0] ?? 0) % 7));
    // How the network cuts changes nothing; only which fault comes first may differ.
    if (whole.end === 'done' || whole.end === 'waiting') assert.deepEqual(cut, whole);
    for (const reply of whole.replies) {
      assert.ok(reply.code >= 200 && reply.code <= 599 && reply.lines.length <= maxReplyLines);
      if (reply.enhanced !== undefined) assert.match(reply.enhanced, /^[245]\.\d{1,3}\.\d{1,3}$/);
      assertPrintable(formatReply(reply));
    }
  },
};

const ehlo = ofText(
  'ehlo',
  ['mx.example.org\nSIZE 35882577\nSTARTTLS\nAUTH PLAIN  LOGIN\nREQUIRETLS\nX-REQUIRETLS', 'x\n8BITMIME\nsize 0'],
  (text) => {
    const [first = '', ...more] = text.split('\n');
    const extensions = parseExtensions({ code: 250, lines: [first, ...more] });
    for (const [keyword, parameters] of extensions) {
      assert.match(keyword, /^[A-Z0-9][A-Z0-9-]*$/);
      // RTLS-30: a keyword stands at the start of a line, whole.
      assert.ok(more.some((line) => line.toUpperCase().startsWith(keyword) && line.includes(parameters)));
    }
    const size = sizeLimit(extensions);
    assert.ok(size === undefined || size > 0);
    for (const mechanism of authMechanisms(extensions)) assert.ok(mechanism !== '' && !mechanism.includes(' '));
  },
  ['REQUIRETLS', 'STARTTLS', 'SIZE '],
);

const every: readonly MailExtension[] = ['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'AUTH'];
const offer: Offer = { extensions: new Set(every), requiretls: 'offered', maxSize: 1_000_000 };
const bare: Offer = { extensions: new Set(), requiretls: 'needs-tls', maxSize: 0 };

const commands = ofText(
  'commands',
  [
    'MAIL FROM:<a@example.org> SIZE=1000 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=QQ+2B314',
    'RCPT TO:<@x.example,@y.example:"a b"@[IPv6:2001:db8::1]> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@example.org',
    'RCPT TO:<ü@bücher.example> ORCPT=utf-8;\\x{FC}@x NOTIFY=NEVER',
    'MAIL FROM:<> AUTH=<>',
  ],
  (line) => {
    for (const offered of [offer, bare]) {
      const mail = parseMail(line, offered);
      if (mail.kind === 'ok') assertPrintable(`${mail.value.envid ?? ''} ${JSON.stringify(mail.value.path)}`);
      else assertRefusal(mail.fault);
      const rcpt = parseRcpt(line, offered, 'utf8');
      if (rcpt.kind === 'ok') {
        assertPrintable(`${rcpt.value.orcpt ?? ''} ${JSON.stringify(rcpt.value.path)}`);
        // ATK-91: xtext that is kept decodes to no control.
        for (const [, hex] of (rcpt.value.orcpt ?? '').matchAll(/\+([0-9A-F]{2})/g))
          assertPrintable(String.fromCharCode(Number.parseInt(hex as string, 16)));
      } else assertRefusal(rcpt.fault);
    }
  },
  ['MAIL FROM:<', 'RCPT TO:<', 'ORCPT=rfc822;', 'ENVID=', 'NOTIFY=', 'SIZE=', 'RET=FULL', '+0D', '>', '"', '@'],
);

function assertRefusal({ code, enhanced, says }: { code: number; enhanced: string; says: string }): void {
  assert.ok(code >= 400 && code <= 599);
  assert.match(enhanced, /^[45]\.\d\.\d$/);
  assertPrintable(says);
}

const addresses = ofText(
  'addresses',
  ['<a@example.org> SIZE=1', '<"a\\"b"@x.example>', 'user+tag@[192.0.2.1]', '<postmaster>', '<@a,@b:c@d.example>'],
  (text) => {
    const path = parsePath(text);
    if (path.kind === 'ok') assert.ok(text.endsWith(path.value.rest));
    const mailbox = parseMailbox(text);
    if (mailbox.kind === 'fault') return;
    assert.deepEqual(parseMailbox(mailbox.value.text), mailbox);
    const bracketed = parsePath(`<${mailbox.value.text}>`);
    assert.deepEqual(bracketed, { kind: 'ok', value: { path: { kind: 'mailbox', mailbox: mailbox.value }, rest: '' } });
  },
);

/** Whole lines, as the scanner is given them. */
const linesOf = (octets: Uint8Array): readonly Uint8Array[] =>
  (latin1(octets).match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => Buffer.from(line, 'latin1'));

const header: Target = {
  name: 'headers',
  seeds: [
    utf8('Received: from a\r\n by b\r\nTLS-Required: No\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n'),
    utf8('TLS-Required:\r\n no\r\nTLS-Required: No\r\n\r\n'),
    utf8('From nobody\r\nSubject: \u00fc\r\n'),
  ],
  words: ['TLS-Required: No\r\n', 'Received:', '\r\n\r\n', '\r\n ', 'Date:'],
  read: (octets) => {
    const whole = startHeaderScan();
    const end = scanHeader(whole, octets);
    if (end === undefined) finishHeader(whole);
    const byLine = startHeaderScan();
    let at = 0;
    for (const line of linesOf(octets)) {
      const stop = scanHeader(byLine, line);
      if (stop !== undefined) {
        assert.equal(at + stop.at, end?.at);
        break;
      }
      at += line.length;
    }
    if (end === undefined) finishHeader(byLine);
    assert.deepEqual(byLine, whole);
    assert.ok(whole.octets <= octets.length);
    assertBounded(whole);
  },
};

/** SMUG-12: nothing of a stranger's length is kept. */
const assertBounded = (scan: HeaderScan): void => assert.ok((scan.openValue ?? '').length <= 256);

const login = ofText('auth-plain', ['AGEAYg==', Buffer.from('\0user\0pass').toString('base64'), '='], (text) => {
  const read = readPlain(text);
  if (read.kind === 'ok' && isUserName(read.value.user)) assertPrintable(read.value.user);
});

const encoded: Target = {
  name: 'quoted-printable',
  seeds: [utf8('a=b \r\nüü\t\r\n'), utf8('x'.repeat(200))],
  read: (octets) => {
    // Text lines end with CRLF; a lone CR or LF is content.
    const text = quotedPrintable(octets);
    for (const line of text.split('\r\n')) assert.ok(line.length <= 76 && /^[\x20-\x7e\t]*$/.test(line));
    assert.equal(decode(text), latin1(octets));
  },
};

/** RFC 2045 §6.7. */
const decode = (text: string): string =>
  text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

export const smtpTargets: readonly Target[] = [replies, ehlo, commands, addresses, header, login, encoded];
