// REQUIRETLS between real programs: a raw client, two sekishos in a row and a receiver; and Debian's Exim, which knows
// nothing of it, as the hop where such a message must not go on.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type MxHost, startMxHost } from '../../src/lab/mx-host.ts';
import { type MailPeer, skipPeers, startExim, until } from './peers.ts';
import { traceOf, unixLines } from './samples.ts';
import type { Sekisho, Story } from './sekisho.ts';
import { handIn, openClient } from './smtp-client.ts';
import { eximAt, keysWithRecord, mailZone, mxPort, relayName, secondAt, startWorld, type World } from './world.ts';

const finalAt = '127.0.4.4';
const folder = mkdtempSync(join(tmpdir(), 'sekisho-requiretls-'));
let world: World;
let second: Sekisho;
let final: MxHost;
let exim: MailPeer;
const limits = { skip: skipPeers, timeout: 120_000 };

before(async () => {
  if (skipPeers) return;
  const keys = {
    second: keysWithRecord('mx.next.test'),
    final: keysWithRecord('mx.final.test'),
    exim: keysWithRecord('mx.exim.test'),
  };
  world = await startWorld([
    mailZone('next.test', secondAt, [keys.second.tlsa]),
    mailZone('dead.test', secondAt, [keys.second.tlsa]),
    mailZone('unsigned.test', secondAt, [], { sign: 'unsigned' }),
    mailZone('final.test', finalAt, [keys.final.tlsa]),
    mailZone('exim.test', eximAt, [keys.exim.tlsa]),
  ]);
  const pair = { certificate: join(folder, 'next.crt'), key: join(folder, 'next.key') };
  writeFileSync(pair.certificate, keys.second.keys.certificate);
  writeFileSync(pair.key, keys.second.keys.key, { mode: 0o600 });
  second = await world.another({
    hostname: 'mx.next.test',
    address: `${secondAt}:${mxPort}`,
    certificate: pair,
    more: [
      '[[route]]',
      'to = ["next.test"]',
      `via = "[mx.final.test]:${mxPort}"`,
      '[[route]]',
      'to = ["dead.test"]',
      `via = "[mx.exim.test]:${mxPort}"`,
    ].join('\n'),
  });
  final = await startMxHost({
    name: 'mx.final.test',
    address: finalAt,
    port: mxPort,
    identity: { chainPem: keys.final.keys.certificate, keyPem: keys.final.keys.key },
    behaviour: { requiretls: 'in-tls' },
  });
  exim = await startExim({ address: eximAt, port: mxPort, keys: keys.exim.keys, domains: ['exim.test', 'dead.test'] });
});
after(async () => {
  await final?.close();
  await exim?.stop();
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const message = (name: string): Buffer =>
  Buffer.from(`Message-ID: <${name}@sender.test>\r\nSubject: secret subject of ${name}\r\n\r\nbody of ${name}\r\n`);

const at = (name: string) => () => final.messages.find(({ raw }) => raw.includes(`body of ${name}`));
const outcome = ({ recipients: [one] }: Story): readonly unknown[] => [one?.state, one?.reason, one?.status];

/** What the second relay made of the message that the first one called so. */
async function atSecond(stored: Buffer): Promise<Story> {
  const id = / id (\S+)/.exec(traceOf(stored, 'mx.next.test').field)?.[1] as string;
  return second.explain(id);
}

test('RTLS-1 RTLS-2 RTLS-3 EXT-17 EXT-18 the extension is there within TLS and nowhere else', limits, async () => {
  const client = await openClient(world.relay.host, world.relay.port);
  const listed = async (): Promise<readonly string[]> =>
    (await client.say('EHLO client.interop.test')).lines.map((line) => line.slice(4));
  const before = await listed();
  assert.ok(before.includes('STARTTLS') && !before.includes('REQUIRETLS'));
  const refused = await client.say('MAIL FROM:<sender@sender.test> REQUIRETLS');
  assert.match(refused.lines.join(), /^530 5\.7\.0/);
  assert.equal((await client.say('RCPT TO:<friend@next.test>')).code, 503);
  await client.startTls();
  const within = await listed();
  assert.ok(within.includes('REQUIRETLS') && !within.includes('STARTTLS'));
  assert.match((await client.say('MAIL FROM:<sender@sender.test> REQUIRETLS=yes')).lines.join(), /^501 5\.5\.4/);
  assert.equal((await client.say('MAIL FROM:<sender@sender.test> REQUIRETLS')).code, 250);
  client.close();
});

test(
  'RTLS-4 RTLS-20 RTLS-22 the demand goes through two relays to the receiver, the message unchanged',
  limits,
  async () => {
    const mail = { from: 'sender@sender.test', to: ['friend@next.test'], message: message('demand') };
    const id = await handIn(world.relay, { ...mail, how: 'requiretls' });
    await until('it arrives', () => at('demand')() !== undefined);
    const seen = at('demand')();
    assert.match(seen?.mail ?? '', /^<sender@sender\.test>.* REQUIRETLS\b/);
    assert.notEqual(seen?.session.tls, undefined);

    const first = await world.relay.tried(id);
    assert.equal(first.tls_tag, 'requiretls');
    assert.deepEqual(outcome(first), ['sent', 'sent', '2.0.0']);
    assert.equal(first.attempts[0]?.authn, 'dane-ee');
    const stored = unixLines(seen?.raw ?? Buffer.alloc(0));
    const story = await atSecond(stored);
    assert.equal(story.tls_tag, 'requiretls');
    assert.equal(story.client.ehlo, relayName);
    assert.equal(story.attempts[0]?.authn, 'dane-ee');
    assert.match(traceOf(stored, 'mx.next.test').field, /^Received: from relay\.interop\.test .* with ESMTPS /);
    assert.deepEqual(traceOf(stored, relayName).below, unixLines(mail.message));
  },
);

test('RTLS-20 a message without the demand takes the same way without the parameter', limits, async () => {
  const mail = { from: 'sender@sender.test', to: ['friend@next.test'], message: message('ordinary') };
  await handIn(world.relay, { ...mail, how: 'starttls' });
  await until('it arrives', () => at('ordinary')() !== undefined);
  assert.doesNotMatch(at('ordinary')()?.mail ?? '', /REQUIRETLS/);
  assert.equal((await atSecond(unixLines(at('ordinary')()?.raw ?? Buffer.alloc(0)))).tls_tag, 'none');
});

test(
  'RTLS-26 RTLS-28 RTLS-40 RTLS-41 DSN-18 Exim does not get it; the notice goes home as safely as the message came',
  limits,
  async () => {
    const mail = { from: 'sender@next.test', to: ['friend@exim.test'], message: message('homeward') };
    const id = await handIn(world.relay, { ...mail, how: 'requiretls', parameters: ['RET=FULL', 'ENVID=tag-1'] });
    assert.deepEqual(outcome(await world.relay.tried(id)), ['bounced', 'requiretls-unsupported', '5.7.30']);
    const notice = () => final.messages.find(({ raw }) => raw.includes('homeward@sender.test'));
    await until('the notice arrives', () => notice() !== undefined);
    assert.match(notice()?.mail ?? '', /^<> .*REQUIRETLS\b/);
    const text = notice()?.raw.toString('latin1') ?? '';
    assert.match(text, /^Status: 5\.7\.30\r$/m);
    assert.doesNotMatch(text, /secret subject|body of homeward/);
    assert.equal(exim.messages().length, 0);
    assert.doesNotMatch(exim.log(), /sender@next\.test/);
  },
);

test(
  'RTLS-26 RTLS-28 RTLS-42 RTLS-43 the second relay turns it back too; a sender at Exim learns it, and little else',
  limits,
  async () => {
    const mail = { from: 'sender@exim.test', to: ['friend@dead.test'], message: message('redacted') };
    const id = await handIn(world.relay, { ...mail, how: 'requiretls' });
    assert.deepEqual(outcome(await world.relay.tried(id)), ['sent', 'sent', '2.0.0']);
    await until('the notice arrives', () => exim.messages().length > 0);
    const [notice = Buffer.alloc(0)] = exim.messages();
    const text = notice.toString('latin1');
    assert.match(text, /^Return-path: <>$/m);
    assert.match(text, /^Reporting-MTA: dns; ?mx\.next\.test$/m);
    assert.match(text, /^Final-Recipient: rfc822; ?friend@dead\.test$/m);
    assert.match(text, /^Status: 5\.7\.30$/m);
    assert.match(text, /^Message-ID: <redacted@sender\.test>$/m);
    assert.doesNotMatch(text, /secret subject|body of redacted/);
    assert.equal(exim.messages().length, 1);
  },
);

test('RTLS-21 a name that nobody vouches for gets no such message', limits, async () => {
  const mail = { from: 'sender@next.test', to: ['friend@unsigned.test'], message: message('unsigned') };
  const id = await handIn(world.relay, { ...mail, how: 'requiretls' });
  const story = await world.relay.tried(id);
  assert.equal(story.recipients[0]?.reason, 'requiretls-mx-unvalidated');
  assert.equal(story.recipients[0]?.state, 'bounced');
});
