// Attacks on the listener, each over a socket: smuggling, early talk, endless input (decision-tables.md ATK-8, ATK-88 to ATK-93).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, Client, nobody, startWorld } from './server-world.ts';

const attacks = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\n',
  '\r.\r\n',
  '\r\n.\r',
  '\r\n\0.\r\n',
  '\r\r\n.\r\r\n',
  '\n\n.\r\n',
];

test('SMUG-1 SMUG-2 SMUG-11 ATK-88 a smuggled end never ends the message: strangers are refused, ours are mended', async (t) => {
  for (const [kind, clients] of [
    ['stranger', nobody()],
    ['ours', undefined],
  ] as const) {
    const world = await startWorld(t, clients ? { clients } : {});
    for (const attack of attacks) {
      const client = await Client.open(world.port);
      await client.begin('MAIL FROM:<a@b.example>', 'RCPT TO:<postmaster@relay.example.org>');
      const before = world.queue.stored.length;
      const reply = await client.data(
        `one${attack}MAIL FROM:<evil@x.example>\r\nRCPT TO:<u@d.example>\r\nDATA\r\nsmuggled`,
      );
      const stored = world.queue.stored.slice(before);
      const expected = attack.includes('\0') ? /^554 5\.6\.0 / : kind === 'ours' ? /^250 / : /^550 5\.5\.2 /;
      assert.match(reply, expected, `${kind} ${JSON.stringify(attack)}`);
      assert.equal(stored.length, kind === 'ours' && !attack.includes('\0') ? 1 : 0);
      assert.doesNotMatch(below(stored[0]), /\r(?!\n)|(?<!\r)\n|\0/);
      // One reply for one message: nothing of it was run as a command.
      assert.match(await client.say('NOOP'), /^250 2\.0\.0 /);
      client.end();
    }
  }
});

test('SMUG-2 bare_newline = refuse refuses our own clients too, and mended messages are counted', async (t) => {
  const strict = await startWorld(t, { bareNewline: 'refuse' });
  const one = await Client.open(strict.port);
  await one.begin();
  assert.match(await one.data('a\nb'), /^550 5\.5\.2 /);
  one.end();
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  assert.match(await client.data('Subject: x\n\na\n.\nb\rc'), /^250 /);
  assert.equal(below(world.queue.stored[0]), 'Subject: x\r\n\r\na\r\n.\r\nb c\r\n');
  assert.ok(world.counts.includes('sekisho_bare_newlines_total test'));
  client.end();
});

test('SMUG-8 SRV-28 octets above 127, dots and long lines arrive unchanged', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const body = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i % 200) + 14));
  await client.begin();
  client.write(Buffer.concat([Buffer.from('A: b\r\n\r\n...\r\n..x\r\n'), body, Buffer.from('\r\n..\r\n.\r\n')]));
  assert.match(await client.reply(), /^250 /);
  assert.equal(below(world.queue.stored[0]), `A: b\r\n\r\n..\r\n.x\r\n${body.toString('latin1')}\r\n.\r\n`);
  client.end();
});

test('SMUG-3 command lines end in CRLF only', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  for (const line of ['NOOP\nNOOP', 'EHLO a\nMAIL FROM:<a@b.example>', 'NOOP\rNOOP', 'NOOP\0', 'NOOP\r\r', '\nNOOP'])
    assert.match(await client.say(line), /^500 5\.5\.2 /, JSON.stringify(line));
  assert.match(await client.say('NOOP'), /^250 /);
  client.write('NOOP\n');
  client.write('NOOP\r');
  client.write('\n');
  assert.match(await client.reply(), /^500 5\.5\.2 /);
  assert.match(await client.say('NOOP'), /^250 /);
  client.end();
});

test('SMUG-3 a command that no CRLF ended is not run when the client hangs up', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>');
  client.socket.end('DATA');
  assert.equal(await client.rest(), '');
});

test('SMUG-4 ATK-92 data behind DATA in one packet is not taken, and the session ends', async (t) => {
  const world = await startWorld(t);
  for (const behind of ['Subject: x\r\n\r\nbody\r\n.\r\n', 'RSET\r\n', 'x']) {
    const client = await Client.open(world.port);
    await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>');
    client.write(`DATA\r\n${behind}`);
    assert.match(await client.rest(), /^503 5\.5\.1 [^\n]*\r\n$/);
  }
  assert.equal(world.queue.stored.length, 0);
});

test('ATK-91 controls in addresses, EHLO and parameters are refused', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  assert.match(await client.say('EHLO a\tb'), /^501 /);
  await client.say('EHLO x.example');
  for (const line of [
    'MAIL FROM:<"a\tb"@c.example>',
    'MAIL FROM:<a\u0085@c.example> SMTPUTF8',
    'MAIL FROM:<a\u2028b@c.example> SMTPUTF8',
    'MAIL FROM:<a@b.example> ENVID=ab+0D+0Acd',
    'MAIL FROM:<a@b.example> ENVID=ab\u0007',
  ])
    assert.match(await client.say(line), /^501 /, JSON.stringify(line));
  client.write(Buffer.from('MAIL FROM:<\xff@b.example> SMTPUTF8\r\n', 'latin1'));
  assert.match(await client.reply(), /^500 5\.5\.2 /);
  await client.say('MAIL FROM:<a@b.example>');
  assert.match(await client.say('RCPT TO:<c@d.example> ORCPT=rfc822;a+0D+0Ab'), /^501 5\.5\.4 /);
  client.end();
});

test('SMUG-10 ATK-93 lines up to 64 KiB pass unchanged and are noted, longer ones are refused', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  assert.match(await client.data('x'.repeat(1001)), /^250 /);
  assert.equal(below(world.queue.stored[0]), `${'x'.repeat(1001)}\r\n`);
  assert.ok(world.events.some(({ event, fields }) => event === 'long-line' && fields.octets === 1001));
  await client.begin();
  assert.match(await client.data('x'.repeat(70 * 1024)), /^554 5\.6\.0 /);
  assert.match(await client.say('NOOP'), /^250 /);
  client.end();
});

test('TRC-7 101 Received fields are a loop, 100 are not; TRC-8 their syntax does not matter', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  assert.match(await client.data('Received: garbage;;\r\n'.repeat(101)), /^554 5\.4\.6 /);
  await client.begin();
  assert.match(
    await client.data(`${'Received: garbage;;\r\n'.repeat(100)}\r\n${'Received: x\r\n'.repeat(50)}`),
    /^250 /,
  );
  assert.equal(world.queue.stored.length, 1);
  client.end();
});

test('ATK-93 a header section without end is refused, whatever its size', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  const line = `X: ${'y'.repeat(900)}\r\n`;
  assert.match(await client.data(line.repeat(11_000)), /^554 5\.6\.0 /);
  assert.ok(world.queue.octets < 1_200_000);
  assert.match(await client.say('NOOP'), /^250 /);
  client.end();
});

test('ATK-93 replies that nobody reads stop the reading', async (t) => {
  const world = await startWorld(t, { limits: { commands: 10_000_000 } });
  const client = await Client.open(world.port);
  client.socket.pause();
  const flood = Buffer.from('NOOP\r\n'.repeat(100_000));
  for (let i = 0; i < 30; i++) client.write(flood);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const left = client.socket.writableLength;
  assert.ok(left > 1_000_000, `the server took all but ${left} octets`);
  client.end();
});

test('ATK-93 a message that nobody stores does not fill memory', async (t) => {
  let release: (() => void) | undefined;
  const world = await startWorld(t);
  const begin = world.queue.begin;
  world.queue.begin = (id) => ({
    ...begin(id),
    write: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  });
  const client = await Client.open(world.port);
  await client.begin();
  client.write(Buffer.alloc(30_000_000, 'x\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(client.socket.writableLength > 20_000_000);
  client.end();
  release?.();
});

test('ATK-93 two megabytes of stuffed dots are no more pieces than plain lines', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  assert.match(await client.data('..\r\n'.repeat(500_000)), /^250 /);
  assert.equal(below(world.queue.stored[0]).length, 1_500_002);
  assert.ok(world.queue.writes < 1000, `${world.queue.writes} writes`);
  client.end();
});

test('a client that leaves in the middle of a message leaves nothing', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  client.write('Subject: x\r\n\r\nhalf');
  client.end();
  for (let i = 0; i < 400 && world.queue.aborted.length === 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([world.queue.stored.length, world.queue.aborted.length], [0, 1]);
});

test("HTTP in a browser's mouth ends the session", async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  client.write('POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n');
  assert.match(await client.rest(), /^421 [^\n]*\r\n$/);
});
