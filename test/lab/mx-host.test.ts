import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { type Certified, issueLeaf, pemOf } from '../../src/lab/certificates.ts';
import { type MxFault, mxFaults } from '../../src/lab/mx-behaviour.ts';
import { type MxHost, startMxHost } from '../../src/lab/mx-host.ts';
import { SmtpTalk } from './smtp-talk.ts';

let leaf: Certified;
let host: MxHost;
const identityOf = (one: Certified) => ({ chainPem: pemOf([one]), keyPem: one.keyPem });

before(async () => {
  leaf = await issueLeaf({ names: ['mx.good.test'] });
  host = await startMxHost({ name: 'mx.good.test', address: '127.0.0.1', port: 0, identity: identityOf(leaf) });
});
after(() => host.close());
beforeEach(() => host.setFaults([]));

const lastSession = () => host.sessions.at(-1)!;

/** Up to the EHLO inside TLS. */
async function inTls(): Promise<SmtpTalk> {
  const talk = SmtpTalk.to(host);
  await talk.reply();
  await talk.say('EHLO client.test');
  assert.match(await talk.say('STARTTLS'), /^220 /);
  await talk.secure({ servername: 'mx.good.test' });
  return talk;
}

test('a well-behaved host takes a message and remembers all of it', async () => {
  const talk = await inTls();
  const ehlo = await talk.say('EHLO client.test');
  assert.match(ehlo, /PIPELINING/);
  assert.doesNotMatch(ehlo, /STARTTLS|REQUIRETLS/);
  assert.match(await talk.say('MAIL FROM:<a@client.test> BODY=8BITMIME'), /^250/);
  assert.match(await talk.say('RCPT TO:<b@good.test> NOTIFY=NEVER'), /^250/);
  assert.match(await talk.say('DATA'), /^354/);
  assert.match(await talk.say('Subject: x\r\n\r\n..one dot\r\n.'), /^250/);
  assert.match(await talk.say('QUIT'), /^221/);
  const [message] = host.messages;
  assert.equal(message?.mail, '<a@client.test> BODY=8BITMIME');
  assert.deepEqual(message?.recipients, ['<b@good.test> NOTIFY=NEVER']);
  assert.equal(message?.raw.toString(), 'Subject: x\r\n\r\n.one dot\r\n');
  assert.equal(lastSession().sni, 'mx.good.test');
  assert.equal(lastSession().tls?.protocol, 'TLSv1.3');
  assert.deepEqual(
    lastSession().said.map(({ line, inTls }) => [line.split(' ')[0], inTls]),
    [
      ['EHLO', false],
      ['STARTTLS', false],
      ['EHLO', true],
      ['MAIL', true],
      ['RCPT', true],
      ['DATA', true],
      ['QUIT', true],
    ],
  );
});

test('BDAT chunks are joined, and bare newlines are noticed in DATA', async () => {
  const talk = SmtpTalk.to(host);
  await talk.reply();
  await talk.say('EHLO client.test');
  await talk.say('MAIL FROM:<>');
  await talk.say('RCPT TO:<b@good.test>');
  talk.write('BDAT 4\r\nab\r\n');
  assert.match(await talk.reply(), /^250/);
  talk.write('BDAT 2 LAST\r\n.\n');
  assert.match(await talk.reply(), /^250/);
  assert.equal(host.messages.at(-1)?.raw.toString(), 'ab\r\n.\n');
  await talk.say('MAIL FROM:<>');
  await talk.say('RCPT TO:<b@good.test>');
  await talk.say('DATA');
  assert.match(await talk.say('a\nb\r\n.'), /^250/);
  assert.equal(lastSession().bareNewline, true);
  talk.close();
});

test('what stands behind STARTTLS in the same segment is never read', async () => {
  const talk = SmtpTalk.to(host);
  await talk.reply();
  talk.write('STARTTLS\r\nMAIL FROM:<evil@client.test>\r\n');
  assert.match(await talk.reply(), /^220/);
  await talk.secure();
  assert.match(await talk.say('RCPT TO:<b@good.test>'), /^503/);
  talk.close();
});

const starttls: readonly (readonly [MxFault, RegExp, RegExp])[] = [
  ['starttls-absent', /^((?!STARTTLS).)*$/s, /^502/],
  ['starttls-stripped', /XXXXXXXX/, /^502/],
  ['starttls-454', /STARTTLS/, /^454/],
  ['starttls-502', /STARTTLS/, /^502/],
];
for (const [fault, ehlo, reply] of starttls) {
  test(`${fault}: EHLO and the reply to STARTTLS`, async () => {
    host.setFault(fault);
    const talk = SmtpTalk.to(host);
    await talk.reply();
    assert.match(await talk.say('EHLO client.test'), ehlo);
    assert.match(await talk.say('STARTTLS'), reply);
    assert.match(await talk.say('NOOP'), /^250/);
    talk.close();
  });
}

test('starttls-injection: forged lines come in the segment of the 220', async () => {
  host.setFault('starttls-injection');
  const talk = SmtpTalk.to(host);
  await talk.reply();
  await talk.say('EHLO client.test');
  assert.match(await talk.say('STARTTLS'), /^220/);
  assert.match(talk.rest, /^250-mx.good.test\r\n250-REQUIRETLS/);
  talk.close();
});

for (const fault of ['handshake-garbage', 'handshake-drop', 'tls-1.1-only', 'weak-ciphers-only'] as const) {
  test(`${fault}: the handshake fails and is remembered`, async () => {
    host.setFault(fault);
    const talk = SmtpTalk.to(host);
    await talk.reply();
    await talk.say('EHLO client.test');
    assert.match(await talk.say('STARTTLS'), /^220/);
    assert.equal(talk.rest, '');
    await assert.rejects(talk.secure({ servername: 'mx.good.test' }));
    assert.equal(lastSession().tls, undefined);
    talk.close();
  });
}

test('old versions and weak suites work for a client that stoops to them', async () => {
  const seen = async (fault: MxFault, options: object): Promise<string | undefined> => {
    host.setFaults([fault]);
    const talk = SmtpTalk.to(host);
    await talk.reply();
    await talk.say('STARTTLS');
    await talk.secure(options);
    await talk.say('NOOP');
    talk.close();
    return `${lastSession().tls?.protocol} ${lastSession().tls?.cipher}`;
  };
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
  assert.match((await seen('tls-1.1-only', old)) ?? '', /^TLSv1.1 /);
  const weak = { maxVersion: 'TLSv1.2', ciphers: 'ALL:NULL:@SECLEVEL=0' };
  assert.match((await seen('weak-ciphers-only', weak)) ?? '', /NULL|anon/);
});

test('requiretls: inside TLS, before it, or not at all', async () => {
  const offers = async (fault: MxFault | undefined): Promise<readonly boolean[]> => {
    host.setFaults(fault ? [fault] : []);
    const talk = SmtpTalk.to(host);
    await talk.reply();
    const before = await talk.say('EHLO client.test');
    await talk.say('STARTTLS');
    await talk.secure();
    const inside = await talk.say('EHLO client.test');
    talk.close();
    return [before, inside].map((ehlo) => ehlo.includes('REQUIRETLS'));
  };
  assert.deepEqual(await offers(undefined), [false, false]);
  assert.deepEqual(await offers('requiretls-offered'), [false, true]);
  assert.deepEqual(await offers('requiretls-before-tls-only'), [true, false]);
});

const replies: readonly (readonly [MxFault, readonly string[], RegExp])[] = [
  ['mail-450', ['MAIL FROM:<>'], /^450/],
  ['mail-552', ['MAIL FROM:<>'], /^552/],
  ['mail-530', ['MAIL FROM:<>'], /^530/],
  ['rcpt-451', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>'], /^451/],
  ['rcpt-550', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>'], /^550/],
  ['data-451', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA'], /^451/],
  ['dot-554', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA', 'x\r\n.'], /^554/],
  ['dot-451', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA', 'x\r\n.'], /^451/],
  ['drop-at-mail', ['MAIL FROM:<>'], /^closed/],
  ['drop-at-data', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA'], /^closed/],
  ['drop-at-dot', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA', 'x\r\n.'], /^closed/],
  ['helo-only', ['EHLO client.test'], /^502/],
  ['data-250', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA'], /^250/],
  ['dot-two-codes', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA', 'x\r\n.'], /^250-.*\r\n550/],
  ['dot-cut', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>', 'DATA', 'x\r\n.'], /^closed/],
  ['reply-escapes', ['MAIL FROM:<>', 'RCPT TO:<b@good.test>'], /^550 5\.1\.1 \x1b/],
  ['reply-two-lines-two-codes', ['MAIL FROM:<>'], /^250-2.1.0 ok\r\n550 /],
];
for (const [fault, lines, reply] of replies) {
  test(`${fault}: the last reply is ${reply.source}, and nothing is stored`, async () => {
    host.setFault(fault);
    const stored = host.messages.length;
    const talk = SmtpTalk.to(host);
    await talk.reply();
    let last = '';
    for (const line of lines) last = await talk.say(line);
    assert.match(last, reply);
    assert.equal(host.messages.length, stored);
    talk.close();
  });
}

test('greetings: 421, 554 and a closed connection', async () => {
  for (const [fault, greeting] of [
    ['greeting-421', /^421/],
    ['greeting-554', /^554/],
    ['drop-at-connect', /^closed/],
  ] as const) {
    host.setFaults([fault]);
    const talk = SmtpTalk.to(host);
    assert.match(await talk.reply(), greeting);
    talk.close();
  }
});

test('greetings that are no greeting: a line without end, octets that trickle, escapes', async () => {
  for (const [fault, start] of [
    ['greeting-endless-line', /^220 x{1000}/],
    ['greeting-drip', /^2/],
    ['greeting-escapes', /^220 mx\.test \x1b/],
  ] as const) {
    host.setFaults([fault]);
    const socket = connect({ host: host.address, port: host.port });
    const [octets] = (await once(socket, 'data')) as [Buffer];
    assert.match(octets.toString('latin1'), start);
    socket.destroy();
  }
});

test('reply-unasked: a second reply stands behind that to EHLO', async () => {
  host.setFault('reply-unasked');
  const talk = await inTls();
  await talk.say('EHLO client.test');
  assert.match(await talk.reply(), /^250 2\.0\.0 and this/);
  talk.close();
});

test('a host can be closed and opened at its port, and shows a new certificate when told', async () => {
  await host.listen('closed');
  const refused = SmtpTalk.to(host);
  assert.equal(await refused.reply(), 'closed');
  await host.listen('open');
  const other = await issueLeaf({ names: ['mx.good.test'] });
  host.present(identityOf(other));
  const talk = SmtpTalk.to(host);
  await talk.reply();
  await talk.say('STARTTLS');
  const socket = await talk.secure();
  assert.deepEqual(new Uint8Array(socket.getPeerX509Certificate()?.raw ?? []), other.der);
  talk.close();
});

test('every fault changes something', () => {
  for (const [name, change] of Object.entries(mxFaults)) assert.notDeepEqual(change, {}, name);
});
