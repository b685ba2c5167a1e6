// The dialogue in cleartext: order, replies, parameters, transactions (req-smtp.md SRV and EXT, req-dsn.md).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueueFull } from '../../../src/agent/ports.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { mailboxAt } from '../../../src/core/smtp/address.ts';
import { below, Client, nobody, startWorld } from './server-world.ts';

const code = (reply: string): string => reply.slice(0, 3);

test('SRV-18 SRV-12 TRC-1 a message is queued before the 250, which names its id', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  const reply = await client.data('Subject: hello\r\n\r\nbody\r\n');
  const [stored] = world.queue.stored;
  assert.equal(reply, `250 2.0.0 Ok: queued as ${stored?.message.id}`);
  assert.match(
    stored?.body ?? '',
    /^Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby relay\.example\.org with ESMTP id /,
  );
  assert.equal(below(stored), 'Subject: hello\r\n\r\nbody\r\n\r\n');
  assert.ok(
    world.events.some(({ event, fields }) => event === 'message-accepted' && fields.queue_id === stored?.message.id),
  );
  client.end();
});

test('SRV-1 SRV-7 EXT-16 EXT-19 the commands are there, the keywords are true, private verbs are not there', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const ehlo = await client.say('EHLO client.example');
  assert.deepEqual(ehlo.split('\n'), [
    '250-relay.example.org',
    '250-PIPELINING',
    '250-SIZE 50000000',
    '250-8BITMIME',
    '250-SMTPUTF8',
    '250-DSN',
    '250 ENHANCEDSTATUSCODES',
  ]);
  const replies = await client.all(
    'HELO client.example',
    'EHLO client.example',
    'NOOP',
    'NOOP with words',
    'VRFY postmaster',
    'MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x',
    'RCPT TO:<c@d.example> NOTIFY=NEVER ORCPT=rfc822;c@d.example',
    'RSET',
  );
  assert.deepEqual(replies.map(code), ['250', '250', '250', '250', '252', '250', '250', '250']);
  for (const verb of [
    'ETRN x',
    'ATRN',
    'TURN',
    'EXPN list',
    'XCLIENT NAME=x',
    'XFORWARD NAME=x',
    'WIZ',
    'KILL',
    'SHELL',
  ])
    assert.match(await client.say(verb), /^50[02] 5\.5\.[12] /, verb);
  assert.equal(code(await client.say('QUIT')), '221');
  await client.rest();
});

test('SRV-3 EXT-7 a pipelined group gets one reply each, in order', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.say('EHLO client.example');
  client.write(
    'MAIL FROM:<a@b.example>\r\nRCPT TO:<one@d.example>\r\nRCPT TO:<bad\r\nRCPT TO:<u@nomail.example>\r\nRCPT TO:<two@d.example>\r\nDATA\r\n',
  );
  assert.deepEqual(
    (await client.replies(6)).map((reply) => reply.slice(0, 9)),
    ['250 2.1.0', '250 2.1.5', '501 5.1.3', '556 5.1.1', '250 2.1.5', '354 End d'],
  );
  client.write('x\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<three@d.example>\r\nDATA\r\n');
  assert.deepEqual((await client.replies(4)).map(code), ['250', '250', '250', '354']);
  assert.equal(code(await client.data('y')), '250');
  assert.deepEqual(
    world.queue.stored.map(({ recipients }) => recipients.map(({ recipient }) => recipient.mailbox.text)),
    [['one@d.example', 'two@d.example'], ['three@d.example']],
  );
  client.end();
});

test('SRV-4 SRV-5 wrong order is 503 and changes nothing; RSET, EHLO and the end of data reset', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  assert.equal(code(await client.say('MAIL FROM:<a@b.example>')), '503');
  const replies = await client.all(
    'EHLO x.example',
    'RCPT TO:<c@d.example>',
    'DATA',
    'MAIL FROM:<a@b.example>',
    'DATA',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<c@d.example>',
    'EHLO x.example',
    'RCPT TO:<c@d.example>',
    'MAIL FROM:<a@b.example>',
    'RSET',
    'RCPT TO:<c@d.example>',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<c@d.example>',
    'DATA',
  );
  assert.deepEqual(replies.map(code).join(' '), '250 503 503 250 503 503 250 250 503 250 250 503 250 250 354');
  assert.equal(code(await client.data('x')), '250');
  assert.equal(code(await client.say('DATA')), '503');
  client.end();
});

test('SRV-6 the EHLO name is written down, not judged; SRV-21 every reply has one enhanced code of its class', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.say('EHLO [203.0.113.9]');
  const replies = await client.all(
    'EHLO',
    'EHLO a b',
    'EHLO somebody.else.example',
    'NOOP',
    'VRFY x',
    'VRFY',
    'HELP',
    'nonsense',
    'MAIL FROM:<a@b.example> FOO=1',
    'MAIL FROM:<a@b.example> SIZE=999999999',
    'MAIL FROM:<a@b.example> REQUIRETLS',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<u@nomail.example>',
    'RCPT TO:<root>',
    'RSET',
  );
  assert.deepEqual(replies.slice(0, 3).map(code), ['501', '501', '250']);
  for (const reply of replies.slice(3)) {
    assert.match(reply, /^([245])\d\d \1\.\d{1,3}\.\d{1,3} \S/);
    // The package would put its own code before ours.
    assert.doesNotMatch(reply, /\d\.\d+\.\d+ \d\.\d+\.\d+/);
  }
  await client.begin();
  assert.match(await client.data('x'), /^250 2\.0\.0 /);
  assert.equal(world.queue.stored[0]?.message.client.ehlo, 'client.example');
  client.end();
});

test('trap 20 CHUNKING is not offered: BDAT is no command, and its octets are no message', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  assert.doesNotMatch(await client.say('EHLO client.example'), /CHUNKING|BINARYMIME/);
  await client.all('MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>');
  assert.match(await client.say('BDAT 6 LAST'), /^50[02] /);
  assert.match(await client.say('NOOP'), /^250 /);
  assert.equal(world.queue.stored.length, 0);
  client.end();
});

test('SRV-8 SRV-9 the longest legal commands are taken, longer lines are 500', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const address = `${'l'.repeat(64)}@${`${'d'.repeat(60)}.`.repeat(3)}example`;
  const replies = await client.all(
    'EHLO client.example',
    `MAIL FROM:<${address}> SIZE=00000000000000000001 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=${'e'.repeat(100)}`,
    `RCPT TO:<${address}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;${'o'.repeat(490)}`,
    `NOOP ${'x'.repeat(500)}`,
    `NOOP ${'x'.repeat(2100)}`,
    `NOOP ${'x'.repeat(17_000)}`,
    'NOOP',
  );
  assert.deepEqual(replies.map((reply) => reply.slice(0, 9)).slice(1), [
    '250 2.1.0',
    '250 2.1.5',
    '250 2.0.0',
    '500 5.5.2',
    '500 5.5.2',
    '250 2.0.0',
  ]);
  client.end();
});

test('SRV-10 recipients above the limit get 452 4.5.3, the others stay', async (t) => {
  const world = await startWorld(t, { maxRecipients: 100 });
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  client.write(
    `MAIL FROM:<a@b.example>\r\n${Array.from({ length: 180 }, (_, i) => `RCPT TO:<u${i}@d.example>\r\n`).join('')}`,
  );
  const replies = await client.replies(181);
  assert.equal(replies.filter((reply) => reply.startsWith('250 2.1.5')).length, 100);
  assert.equal(replies.filter((reply) => reply.startsWith('452 4.5.3')).length, 80);
  assert.equal(code(await client.say('RCPT TO:<u0@d.example>')), '250');
  await client.say('DATA');
  assert.equal(code(await client.data('x')), '250');
  assert.equal(world.queue.stored[0]?.recipients.length, 100);
  client.end();
});

test('recipients that differ in case are two, the same one twice is one with its first parameters', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const replies = await client.all(
    'EHLO x.example',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<User@d.example> NOTIFY=FAILURE',
    'RCPT TO:<user@D.example> NOTIFY=NEVER',
    'RCPT TO:<User@D.EXAMPLE> NOTIFY=NEVER',
    'RCPT TO:<"a b"@d.example>',
    'RCPT TO:<"a@b"@d.example>',
    'RCPT TO:<u@xn--nxasmq6b.test>',
    'DATA',
  );
  assert.deepEqual(replies.map(code).join(' '), '250 250 250 250 250 250 250 250 354');
  await client.data('x');
  assert.deepEqual(
    world.queue.stored[0]?.recipients.map(({ recipient }) => [recipient.mailbox.text, recipient.notify]),
    [
      ['User@d.example', ['failure']],
      ['user@d.example', 'never'],
      ['"a b"@d.example', undefined],
      ['"a@b"@d.example', undefined],
      ['u@xn--nxasmq6b.test', undefined],
    ],
  );
  client.end();
});

test('SRV-15 SRV-2 a client outside the ranges reaches the postmaster and nobody else', async (t) => {
  const world = await startWorld(t, { clients: nobody() });
  const client = await Client.open(world.port);
  const replies = await client.all(
    'EHLO x.example',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<u@far.example>',
    'RCPT TO:<Postmaster>',
    'RCPT TO:<pOsTmAsTeR@relay.example.org>',
  );
  assert.deepEqual(
    replies.slice(2).map((reply) => reply.slice(0, 9)),
    ['550 5.7.1', '250 2.1.5', '250 2.1.5'],
  );
  client.end();
});

test('SRV-19 a null MX that is known is refused at RCPT', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const replies = await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<u@nomail.example>');
  assert.match(replies[2] ?? '', /^556 5\.1\.10 /);
  client.end();
});

test('DSN-13 EXT-3 EXT-11 what MAIL and RCPT asked for is in the envelope', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin(
    'MAIL FROM:<a@b.example> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159',
    'RCPT TO:<grün@bücher.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@Far.Example',
  );
  await client.data('Subject: gr\xc3\xbcn\r\n\r\n\xff');
  const [stored] = world.queue.stored;
  const { envelope, content } = stored?.message ?? {};
  assert.deepEqual(
    [envelope?.body, envelope?.smtputf8, envelope?.ret, envelope?.envid, envelope?.tlsTag],
    ['8bitmime', true, 'hdrs', 'QQ314159', 'none'],
  );
  assert.deepEqual(envelope?.recipients[0], {
    mailbox: { text: 'grün@xn--bcher-kva.example', domain: { kind: 'name', name: 'xn--bcher-kva.example' } },
    notify: ['success', 'failure'],
    orcpt: 'rfc822;Bob@Far.Example',
  });
  assert.deepEqual(content, { has8bit: true, hasUtf8Header: true, longestLine: 14 });
  assert.match(stored?.body ?? '', / with UTF8SMTP id /);
  assert.equal(below(stored), 'Subject: gr\xc3\xbcn\r\n\r\n\xff\r\n');
  client.end();
});

test('after HELO no parameter is offered', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  assert.equal(await client.say('HELO x.example'), '250 relay.example.org');
  assert.match(await client.say('MAIL FROM:<a@b.example> SIZE=1'), /^555 5\.5\.4 /);
  await client.all('MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA');
  await client.data('x');
  assert.match(world.queue.stored[0]?.body ?? '', / with SMTP id /);
  client.end();
});

test('EXT-1 a message over the limit is refused after its end, whatever SIZE said', async (t) => {
  const world = await startWorld(t, { maxMessageSize: 10_000 });
  const client = await Client.open(world.port);
  assert.match((await client.all('EHLO x.example', 'MAIL FROM:<a@b.example> SIZE=10001'))[1] ?? '', /^552 5\.3\.4 /);
  await client.begin('MAIL FROM:<a@b.example> SIZE=1');
  assert.match(await client.data('x\r\n'.repeat(5000)), /^552 5\.3\.4 /);
  assert.equal(world.queue.stored.length, 0);
  assert.equal(world.queue.aborted.length, 1);
  await client.begin('MAIL FROM:<a@b.example> SIZE=1');
  assert.match(await client.data('x\r\n'.repeat(3000)), /^250 /);
  client.end();
});

test('SRV-13 QUE-10 a full disk is 452 4.3.1, another fault of the store 451 4.3.0, never 250', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const attempt = async (fail: typeof world.queue.fail): Promise<string> => {
    world.queue.fail = fail;
    await client.begin();
    return client.data('x\r\n'.repeat(100_000));
  };
  const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' });
  assert.match(await attempt({ write: new QueueFull() }), /^452 4\.3\.1 /);
  assert.match(await attempt({ write: noSpace }), /^452 4\.3\.1 /);
  assert.match(await attempt({ commit: noSpace }), /^452 4\.3\.1 /);
  assert.match(await attempt({ write: new Error('I/O error') }), /^451 4\.3\.0 /);
  assert.match(await attempt({ commit: new Error('I/O error') }), /^451 4\.3\.0 /);
  assert.equal(world.queue.stored.length, 0);
  assert.match(await attempt({}), /^250 /);
  client.end();
});

test('SRV-13 an acceptor that throws, rejects or never answers does not hang the session', async (t) => {
  const acceptors = [
    () => {
      throw new Error('bug');
    },
    () => Promise.reject(new Error('bug')),
    () => new Promise<never>(() => undefined),
  ];
  for (const accept of acceptors) {
    const world = await startWorld(t, { limits: { handler: seconds(0.1) }, ports: { acceptor: { accept } } });
    const client = await Client.open(world.port);
    await client.begin();
    assert.match(await client.data('x\r\n'.repeat(200_000)), /^451 4\.3\.0 /);
    assert.match(await client.say('NOOP'), /^250 /);
    client.end();
  }
});

test('SRV-13 a commit that hangs is answered 451 and the session goes on', async (t) => {
  const world = await startWorld(t, { limits: { handler: seconds(0.1) } });
  world.queue.fail = { hang: 'commit' };
  const client = await Client.open(world.port);
  await client.begin();
  assert.match(await client.data('x'), /^451 4\.3\.0 /);
  world.queue.fail = {};
  await client.begin();
  assert.match(await client.data('x'), /^250 /);
  client.end();
});

test('SRV-25 a submission listener wants authentication from clients outside its ranges', async (t) => {
  const world = await startWorld(t, { kind: 'submission', clients: nobody() });
  const client = await Client.open(world.port);
  assert.match((await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>'))[1] ?? '', /^530 5\.7\.0 /);
  client.end();
});

test('SRV-17 SRV-27 a submission listener completes addresses and headers, a relay listener touches nothing', async (t) => {
  const aliases = new Map([['root', mailboxAt('ops', domainName('example.org'))]]);
  const world = await startWorld(t, { kind: 'submission', aliases });
  const client = await Client.open(world.port);
  await client.begin('MAIL FROM:<cron>', 'RCPT TO:<root>');
  await client.data('Subject: x\r\n\r\nbody');
  const [stored] = world.queue.stored;
  const { envelope, id } = stored?.message ?? {};
  assert.equal(envelope?.reversePath !== 'null' && envelope?.reversePath.text, 'cron@example.org');
  assert.equal(envelope?.recipients[0].mailbox.text, 'ops@example.org');
  assert.equal(
    below(stored),
    `Subject: x\r\nDate: ${new Date(1_790_000_000_000).toUTCString().replace('GMT', '+0000')}\r\nMessage-ID: <${id}@relay.example.org>\r\n\r\nbody\r\n`,
  );
  client.end();
  const relay = await startWorld(t);
  const other = await Client.open(relay.port);
  await other.begin();
  await other.data('no header at all\r\n\r\n..x');
  assert.equal(below(relay.queue.stored[0]), 'no header at all\r\n\r\n.x\r\n');
  other.end();
});

test('SRV-14 the reply does not wait for anything but the queue', async (t) => {
  const world = await startWorld(t, { ports: { knownNullMx: () => false } });
  const client = await Client.open(world.port);
  await client.begin('MAIL FROM:<a@b.example>', 'RCPT TO:<u@never-asked.example>');
  assert.match(await client.data('x'), /^250 /);
  assert.deepEqual(
    world.queue.stored[0]?.recipients.map(({ nextHop }) => nextHop),
    ['never-asked.example'],
  );
  client.end();
});

test('an empty message is a message', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  client.write('.\r\n');
  assert.match(await client.reply(), /^250 /);
  assert.equal(below(world.queue.stored[0]), '');
  client.end();
});
