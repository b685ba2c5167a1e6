// What a client may cost: time, rate, connections, commands, errors, unended lines; and the end of the service.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { createServer } from '../../../src/adapters/smtp/server.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { Client, certificate, nobody, startWorld } from './server-world.ts';

test('SRV-11 an idle client gets 421 4.4.2', async (t) => {
  const world = await startWorld(t, { limits: { command: seconds(0.1) } });
  const client = await Client.open(world.port);
  assert.match(await client.rest(), /^421 4\.4\.2 /);
});

test('ATK-93 a command that comes octet by octet does not stretch the time', async (t) => {
  const world = await startWorld(t, { limits: { command: seconds(0.15) } });
  const client = await Client.open(world.port);
  const dribble = setInterval(() => client.write('x'), 20);
  assert.match(await client.rest(), /^421 4\.4\.2 /);
  clearInterval(dribble);
});

test('ATK-93 data that comes too slowly is cut, and nothing is queued', async (t) => {
  const world = await startWorld(t, { limits: { dataWindow: seconds(0.1), dataRate: 1000 } });
  const client = await Client.open(world.port);
  await client.begin();
  const dribble = setInterval(() => client.write('x'), 20);
  assert.match(await client.rest(), /^421 4\.4\.2 /);
  clearInterval(dribble);
  assert.deepEqual([world.queue.stored.length, world.queue.aborted.length], [0, 1]);
});

test('ATK-93 a stranger is sent away when his session grows old, a client of ours is not', async (t) => {
  const limits = { session: seconds(0.1) };
  const strange = await startWorld(t, { clients: nobody(), limits });
  const stranger = await Client.open(strange.port);
  const noops = setInterval(() => stranger.write('NOOP\r\n'), 20);
  assert.match(await stranger.rest(), /421 4\.4\.2 /);
  clearInterval(noops);
  const world = await startWorld(t, { limits });
  const client = await Client.open(world.port);
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.match(await client.say('NOOP'), /^250 /);
  client.end();
});

test('SRV-26 connections: a limit for all, and one for each client outside the ranges', async (t) => {
  const total = await startWorld(t, { limits: { connections: 2, connectionsPerClient: 1 } });
  const held = [await Client.open(total.port), await Client.open(total.port)];
  assert.match(await Client.connect(total.port).rest(), /^421 /);
  for (const client of held) {
    await client.say('QUIT');
    client.end();
    await client.rest();
  }
  const again = await Client.open(total.port);
  assert.match(await again.say('NOOP'), /^250 /);
  again.end();
  const each = await startWorld(t, { clients: nobody(), limits: { connectionsPerClient: 1 } });
  const one = await Client.open(each.port);
  assert.match(await Client.connect(each.port).rest(), /^421 /);
  one.end();
});

test('SRV-26 connections that never begin their handshake are counted', async (t) => {
  const world = await startWorld(t, {
    tls: 'implicit',
    certificates: [await certificate()],
    limits: { connections: 1 },
  });
  const silent = Client.connect(world.port);
  await new Promise((resolve) => silent.socket.once('connect', resolve));
  const second = Client.connect(world.port);
  await second.rest();
  assert.ok(second.closed && !silent.closed);
  silent.end();
});

test('SRV-26 a place is given back after STARTTLS and after a failed handshake too', async (t) => {
  const world = await startWorld(t, { certificates: [await certificate()], limits: { connections: 1 } });
  for (const ending of ['inside TLS', 'in the handshake'] as const) {
    const client = await Client.open(world.port);
    await client.say('EHLO x.example');
    if (ending === 'inside TLS') {
      await client.startTls();
      assert.match(await client.say('QUIT'), /^221 /);
    } else {
      await client.say('STARTTLS');
      client.write('this is no handshake\r\n');
    }
    await client.rest();
    client.end();
  }
  const again = await Client.open(world.port);
  assert.match(await again.say('NOOP'), /^250 /);
  again.end();
});

test('SRV-26 commands without a message, and errors, are numbered', async (t) => {
  const world = await startWorld(t, { limits: { commands: 20 } });
  const client = await Client.open(world.port);
  client.write('NOOP\r\n'.repeat(30));
  const text = await client.rest();
  assert.equal(text.match(/^250 /gm)?.length, 20);
  assert.match(text, /421 4\.7\.0 [^\n]*\r\n$/);
  const strict = await startWorld(t, { clients: nobody(), limits: { errors: 3 } });
  const other = await Client.open(strict.port);
  await other.all('EHLO x.example', 'MAIL FROM:<a@b.example>');
  other.write('RCPT TO:<u@far.example>\r\n'.repeat(10));
  const errors = await other.rest();
  assert.equal(errors.match(/^550 /gm)?.length, 4);
  assert.match(errors, /421 4\.7\.0 [^\n]*\r\n$/);
});

test('SRV-26 many recipients and many messages do not count as too many commands', async (t) => {
  const world = await startWorld(t, { limits: { commands: 10, errors: 3 } });
  const client = await Client.open(world.port);
  for (let i = 0; i < 3; i++) {
    await client.begin();
    assert.match(await client.data('x'), /^250 /);
  }
  await client.all('MAIL FROM:<a@b.example>');
  for (let i = 0; i < 30; i++) assert.match(await client.say(`RCPT TO:<u${i}@far.example>`), /^250 /);
  client.end();
});

test('SRV-26 octets without CRLF end the session before they fill memory', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  client.write('x'.repeat(100_000));
  assert.match(await client.rest(), /^421 4\.7\.0 /);
});

test('a stranger waits for the greeting, and loses his place when he does not', async (t) => {
  const world = await startWorld(t, { clients: nobody(), limits: { greetingDelay: seconds(0.1) } });
  const early = Client.connect(world.port);
  early.write('EHLO x.example\r\n');
  assert.match(await early.rest(), /^421 /);
  const patient = await Client.open(world.port);
  assert.match(await patient.say('EHLO x.example'), /^250/);
  patient.end();
});

test('a client of ours waits for nothing', async (t) => {
  const world = await startWorld(t, { limits: { greetingDelay: seconds(60) } });
  const client = await Client.open(world.port);
  assert.match(await client.say('NOOP'), /^250 /);
  client.end();
});

test('draining: idle sessions are told 421, a transaction is finished first, nobody new comes in', async (t) => {
  const world = await startWorld(t);
  const idle = await Client.open(world.port);
  const busy = await Client.open(world.port);
  const sending = await Client.open(world.port);
  await busy.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<u@far.example>');
  await sending.begin();
  const drained = world.front.drain(seconds(5));
  assert.match(await idle.rest(), /^421 4\.3\.2 /);
  const refused = Client.connect(world.port);
  await refused.rest();
  assert.match(await sending.data('one'), /^250 2\.0\.0 /);
  assert.match(await sending.rest(), /^421 4\.3\.2 /);
  assert.match(await busy.say('DATA'), /^354 /);
  assert.match(await busy.data('two'), /^250 2\.0\.0 /);
  assert.match(await busy.rest(), /^421 4\.3\.2 /);
  for (const client of [idle, busy, sending]) client.end();
  await drained;
  assert.equal(world.queue.stored.length, 2);
});

test('draining: who is not done in time is cut off, and nothing of it is queued', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  client.write('half a mess');
  await world.front.drain(seconds(0.05));
  await client.rest();
  assert.deepEqual([world.queue.stored.length, world.queue.aborted.length], [0, 1]);
});

test('draining: a client that neither reads nor leaves does not hold it up', { timeout: 4000 }, async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.say('NOOP');
  const raw = client.socket as Socket;
  raw.allowHalfOpen = true;
  raw.pause();
  // The package alone would give it five seconds.
  await world.front.drain(seconds(0.05));
  client.end();
});

test('reload: a new listener opens, a missing one drains, an address that is taken changes nothing', async (t) => {
  const world = await startWorld(t);
  const other = { ...world.listener, name: 'other' };
  const taken = await world.front.reload([{ ...world.listener, name: 'taken', port: world.port }]);
  assert.equal(taken.kind, 'fault');
  const both = await world.front.reload([world.listener, other]);
  assert.ok(both.kind === 'ok' && both.value.length === 2);
  const second = await Client.open(both.value[1]?.port ?? 0);
  assert.match(await second.say('NOOP'), /^250 /);
  await world.front.reload([world.listener]);
  assert.match(await second.rest(), /^421 4\.3\.2 /);
  second.end();
  const first = await Client.open(world.port);
  assert.match(await first.say('NOOP'), /^250 /);
  first.end();
});

test('two servers take mail on one port where both share it, and not otherwise', async (t) => {
  const world = await startWorld(t, { sharing: 'first' });
  const second = createServer([{ ...world.listener, port: world.port, sharing: 'further' }], world.ports);
  await second.listen();
  await world.front.drain(seconds(0));
  const client = await Client.open(world.port);
  assert.match(await client.say('NOOP'), /^250 /);
  client.end();
  for (const sharing of ['none', 'first'] as const) {
    const third = createServer([{ ...world.listener, port: world.port, sharing }], world.ports);
    await assert.rejects(third.listen(), /in use/);
  }
  await second.drain(seconds(0));
});
