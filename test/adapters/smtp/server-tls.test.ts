// STARTTLS, implicit TLS, REQUIRETLS, AUTH and client certificates on the accepting side.

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { makeSelfSigned } from '../../../src/adapters/smtp/server-certificate.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { below, Client, certificate, nobody, startWorld } from './server-world.ts';

const withTls = async () => ({ certificates: [await certificate()] });
const keywords = (ehlo: string): readonly string[] => ehlo.split('\n').map((line) => line.slice(4));

test('EXT-17 EXT-18 RTLS-1 STARTTLS is listed before TLS only, REQUIRETLS inside TLS only', async (t) => {
  const world = await startWorld(t, await withTls());
  const client = await Client.open(world.port);
  const before = keywords(await client.say('EHLO x.example'));
  assert.ok(before.includes('STARTTLS') && !before.includes('REQUIRETLS'));
  await client.startTls();
  const inside = keywords(await client.say('EHLO x.example'));
  assert.ok(!inside.includes('STARTTLS') && inside.includes('REQUIRETLS'));
  assert.match(await client.say('STARTTLS'), /^503 /);
  client.end();
});

test('EXT-17 RTLS-1 without a certificate neither is offered, and the one of the package is never shown', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  assert.ok(!keywords(await client.say('EHLO x.example')).includes('STARTTLS'));
  assert.match(await client.say('STARTTLS'), /^502 5\.5\.1 /);
  client.end();
});

test('TLS-8 after the handshake the client is a stranger again', async (t) => {
  const world = await startWorld(t, await withTls());
  const client = await Client.open(world.port);
  await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>');
  await client.startTls();
  assert.match(await client.say('RCPT TO:<c@d.example>'), /^503 /);
  assert.match(await client.say('MAIL FROM:<a@b.example>'), /^503 /);
  client.end();
});

test('TLS-8 ATK-8 commands behind STARTTLS in cleartext are dropped and the session is closed', async (t) => {
  const world = await startWorld(t, await withTls());
  for (const behind of ['MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n', 'X', 'NOOP\r\n'.repeat(5000)]) {
    const client = await Client.open(world.port);
    await client.say('EHLO x.example');
    client.write(`STARTTLS\r\n${behind}`);
    assert.match(await client.rest(), /^503 5\.5\.1 [^\n]*\r\n$/);
  }
  assert.equal(world.queue.stored.length, 0);
  assert.ok(world.events.some(({ event }) => event === 'starttls-injection'));
});

test('TLS-8 a cleartext command instead of a handshake never reaches a handler', async (t) => {
  const world = await startWorld(t, await withTls());
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  assert.match(await client.say('STARTTLS'), /^220 /);
  client.write('MAIL FROM:<a@b.example>\r\n');
  assert.doesNotMatch(await client.rest(), /250/);
});

test('RTLS-2 RTLS-10 RTLS-4 REQUIRETLS inside TLS, with the longest address, tags the message', async (t) => {
  const world = await startWorld(t, await withTls());
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  assert.match(await client.say('MAIL FROM:<a@b.example> REQUIRETLS'), /^530 5\.7\.0 /);
  await client.startTls();
  await client.say('EHLO x.example');
  assert.match(await client.say('MAIL FROM:<a@b.example> REQUIRETLS=1'), /^501 5\.5\.4 /);
  assert.match(await client.say('MAIL FROM:<a@b.example> REQUIRETLS REQUIRETLS'), /^501 5\.5\.4 /);
  const long = `${'l'.repeat(64)}@${`${'d'.repeat(60)}.`.repeat(3)}example`;
  await client.begin(`MAIL FROM:<${long}> SIZE=1 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=${'e'.repeat(100)} REQUIRETLS`);
  assert.match(await client.data('TLS-Required: No\r\n\r\nx'), /^250 /);
  assert.equal(world.queue.stored[0]?.message.envelope.tlsTag, 'requiretls');
  assert.equal(below(world.queue.stored[0]), 'TLS-Required: No\r\n\r\nx\r\n');
  client.end();
});

test('RTLS-3 MAIL with REQUIRETLS in cleartext opens no transaction', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  const replies = await client.all('EHLO x.example', 'MAIL FROM:<a@b.example> REQUIRETLS', 'RCPT TO:<c@d.example>');
  assert.deepEqual(
    replies.slice(1).map((reply) => reply.slice(0, 9)),
    ['530 5.7.0', '503 5.5.1'],
  );
  client.end();
});

test('requiretls = off: not listed, not known', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), requiretls: 'off' });
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  await client.startTls();
  assert.ok(!keywords(await client.say('EHLO x.example')).includes('REQUIRETLS'));
  assert.match(await client.say('MAIL FROM:<a@b.example> REQUIRETLS'), /^555 5\.5\.4 /);
  client.end();
});

test('TRC-3 TRC-4 TRC-5 the trace field says how the message came', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), auth: 'password', clients: nobody() });
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  await client.startTls();
  await client.say('EHLO x.example');
  const token = Buffer.from('\0ann\0secret').toString('base64');
  assert.match(await client.say(`AUTH PLAIN ${token}`), /^235 /);
  await client.begin();
  await client.data('x');
  const body = world.queue.stored[0]?.body ?? '';
  assert.match(body, /\(using TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384 \(256 bits\), client certificate none\)/);
  assert.match(body, / with ESMTPSA id /);
  assert.match(body, /\r\n\ttls TLS_AES_256_GCM_SHA384;/);
  assert.equal(world.queue.stored[0]?.message.client.user, 'ann');
  client.end();
});

test('SRV-23 TLS-25 implicit TLS: the handshake first, then the greeting', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), tls: 'implicit', kind: 'submission' });
  const client = await Client.openTls(world.port);
  const ehlo = keywords(await client.say('EHLO x.example'));
  assert.ok(!ehlo.includes('STARTTLS') && ehlo.includes('REQUIRETLS'));
  await client.begin();
  assert.match(await client.data('x'), /^250 /);
  assert.match(world.queue.stored[0]?.body ?? '', / with ESMTPS id /);
  client.end();
});

test('SRV-24 tls = required answers 530 to everything but NOOP, EHLO, STARTTLS and QUIT', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), tls: 'required' });
  const client = await Client.open(world.port);
  const replies = await client.all('NOOP', 'EHLO x.example', 'MAIL FROM:<a@b.example>', 'RSET', 'VRFY x', 'DATA');
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['250', '250', '530', '530', '530', '530'],
  );
  assert.match(replies[2] ?? '', /^530 5\.7\.0 /);
  await client.startTls();
  await client.begin();
  assert.match(await client.data('x'), /^250 /);
  assert.match(await client.say('QUIT'), /^221 /);
});

test('SRV-24 by default cleartext is taken', async (t) => {
  const world = await startWorld(t, await withTls());
  const client = await Client.open(world.port);
  await client.begin();
  assert.match(await client.data('x'), /^250 /);
  client.end();
});

test('TLS-11 TLS-12 versions 1.2 and 1.3, nothing below', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), tls: 'implicit' });
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const client = await Client.openTls(world.port, { minVersion: version, maxVersion: version });
    assert.match(await client.say('EHLO x.example'), /^250/);
    client.end();
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const socket = connectTls({
      port: world.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = await once(socket, 'error');
    assert.match(String(error), /alert protocol version/i, version);
  }
  const strict = await startWorld(t, { ...(await withTls()), tls: 'implicit', minVersion: 'TLSv1.3' });
  const old = connectTls({ port: strict.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  assert.match(String((await once(old, 'error'))[0]), /alert protocol version/i);
  const free = await Client.openTls(world.port);
  assert.equal('getProtocol' in free.socket && free.socket.getProtocol(), 'TLSv1.3');
  free.end();
});

const subject = (client: Client): string =>
  'getPeerX509Certificate' in client.socket ? (client.socket.getPeerX509Certificate()?.fingerprint256 ?? '') : '';
const print = (pem: string): string => new X509Certificate(pem).fingerprint256;

test('TLS-28 the certificate is chosen by SNI, the first one answers unknown and missing names', async (t) => {
  const [first, second] = [await certificate(), await makeSelfSigned('mx.second.example')];
  const world = await startWorld(t, { tls: 'implicit', certificates: [first, second] });
  for (const [servername, expected] of [
    ['mx.second.example', second],
    ['relay.example.org', first],
    ['unknown.example', first],
    ['', first],
  ] as const) {
    const client = await Client.openTls(world.port, { servername });
    assert.equal(subject(client), print(expected.certificate), servername);
    client.end();
  }
});

test('TLS-27 a new pair serves new sessions, open ones go on; a pair that does not fit changes nothing', async (t) => {
  const world = await startWorld(t, await withTls());
  const open = await Client.open(world.port);
  await open.begin();
  const [second, third] = [await makeSelfSigned('relay.example.org'), await makeSelfSigned('relay.example.org')];
  const mixed = { certificate: second.certificate, key: third.key };
  const refused = await world.front.reload([{ ...world.listener, certificates: [mixed] }]);
  assert.equal(refused.kind, 'fault');
  const shown = async (): Promise<string> => {
    const client = await Client.open(world.port);
    await client.say('EHLO x.example');
    await client.startTls();
    const found = subject(client);
    client.end();
    return found;
  };
  assert.equal(await shown(), print((await certificate()).certificate));
  assert.equal((await world.front.reload([{ ...world.listener, certificates: [second] }])).kind, 'ok');
  assert.equal(await shown(), print(second.certificate));
  assert.match(await open.data('x'), /^250 /);
  open.end();
});

test('EXT-14 AUTH: nothing without TLS, one code for each mishap', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), auth: 'password', clients: nobody() });
  const client = await Client.open(world.port);
  assert.ok(!keywords(await client.say('EHLO x.example')).some((word) => word.startsWith('AUTH')));
  assert.match(await client.say('AUTH PLAIN AGFubgBzZWNyZXQ='), /^504 5\.5\.4 /);
  await client.startTls();
  assert.ok(keywords(await client.say('EHLO x.example')).includes('AUTH PLAIN LOGIN'));
  assert.match(await client.say('AUTH CRAM-MD5'), /^504 5\.5\.4 /);
  assert.match(await client.say('AUTH PLAIN !!!'), /^501 5\.5\.2 /);
  assert.match(await client.say('AUTH PLAIN AAAA'), /^501 5\.5\.2 /);
  assert.match(await client.say('AUTH PLAIN'), /^334/);
  assert.match(await client.say('*'), /^501 /);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  assert.match(await client.say(`AUTH PLAIN ${base64('\0ann\0wrong')}`), /^535 5\.7\.8 /);
  assert.match(await client.say('AUTH LOGIN'), /^334 VXNlcm5hbWU6$/);
  assert.match(await client.say(base64('ann')), /^334 UGFzc3dvcmQ6$/);
  assert.match(await client.say(`AUTH PLAIN ${'A'.repeat(13_000)}`), /^500 5\.5\.6 /);
  assert.match(await client.say(`AUTH LOGIN ${base64('ann')}`), /^334/);
  assert.match(await client.say(base64('x'.repeat(3000))), /^535 /);
  await client.say('MAIL FROM:<a@b.example>');
  assert.match(await client.say('AUTH PLAIN'), /^503 /);
  await client.say('RSET');
  assert.match(await client.say(`AUTH LOGIN ${base64('ann')}`), /^334/);
  assert.match(await client.say(base64('secret')), /^235 2\.7\.0 /);
  assert.match(await client.say('AUTH PLAIN'), /^503 /);
  assert.ok(!keywords(await client.say('EHLO x.example')).some((word) => word.startsWith('AUTH')));
  const replies = await client.all('MAIL FROM:<a@b.example> AUTH=ann@b.example', 'RCPT TO:<u@far.example>');
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['250', '250'],
  );
  client.end();
});

test('OBS-4 no secret of AUTH is logged', async (t) => {
  const world = await startWorld(t, { ...(await withTls()), auth: 'password' });
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  await client.startTls();
  await client.say('EHLO x.example');
  await client.say(`AUTH PLAIN ${Buffer.from('\0ann\0secret').toString('base64')}`);
  await client.say(`AUTH PLAIN ${Buffer.from('\0ann\0other').toString('base64')}`);
  assert.doesNotMatch(JSON.stringify(world.events), /secret|other|AGFubg/);
  client.end();
});

test('SRV-15 who logs in is asked of the users of the listener that was spoken to', async (t) => {
  const asked: string[] = [];
  const authenticate = async (user: string, _password: string, listener: string): Promise<'refused'> => {
    asked.push(`${user} at ${listener}`);
    return 'refused';
  };
  const world = await startWorld(t, { ...(await withTls()), auth: 'password', ports: { authenticate } });
  const client = await Client.open(world.port);
  await client.say('EHLO x.example');
  await client.startTls();
  await client.say('EHLO x.example');
  await client.say('AUTH PLAIN AGFubgBzZWNyZXQ=');
  assert.deepEqual(asked, ['ann at test']);
  client.end();
});

test('EXT-14 an authenticator that is out of order is 454, one that hangs too', async (t) => {
  for (const authenticate of [
    async () => 'unavailable' as const,
    () => Promise.reject(new Error('down')),
    () => new Promise<never>(() => undefined),
  ]) {
    const world = await startWorld(t, {
      ...(await withTls()),
      auth: 'password',
      limits: { handler: seconds(0.05) },
      ports: { authenticate },
    });
    const client = await Client.open(world.port);
    await client.say('EHLO x.example');
    await client.startTls();
    await client.say('EHLO x.example');
    assert.match(await client.say('AUTH PLAIN AGFubgBzZWNyZXQ='), /^454 4\.7\.0 /);
    client.end();
  }
});

test('SRV-15 a pinned client key may relay, another key may not', async (t) => {
  const [ours, theirs] = [await makeSelfSigned('client.example'), await makeSelfSigned('other.example')];
  const spki = new X509Certificate(ours.certificate).publicKey.export({ type: 'spki', format: 'der' });
  const pin = createHash('sha256').update(spki).digest('hex');
  for (const tls of ['optional', 'implicit'] as const) {
    const world = await startWorld(t, {
      ...(await withTls()),
      tls,
      clients: nobody(),
      auth: 'client-certificate',
      clientSpki: [pin],
    });
    const relayed = async (pair: typeof ours | undefined): Promise<string> => {
      const options = pair && { cert: pair.certificate, key: pair.key };
      const client = tls === 'implicit' ? await Client.openTls(world.port, options) : await Client.open(world.port);
      if (tls === 'optional') {
        await client.say('EHLO x.example');
        await client.startTls(options);
      }
      const replies = await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<u@far.example>');
      if (replies[2]?.startsWith('250')) {
        await client.say('DATA');
        await client.data('x');
      }
      client.end();
      return replies[2]?.slice(0, 9) ?? '';
    };
    assert.equal(await relayed(ours), '250 2.1.5');
    assert.match(world.queue.stored[0]?.body ?? '', /client certificate verified\)/);
    assert.equal(await relayed(theirs), '550 5.7.1');
    assert.equal(await relayed(undefined), '550 5.7.1');
  }
});

test('ATK-93 a stalled handshake is closed', async (t) => {
  for (const tls of ['optional', 'implicit'] as const) {
    const world = await startWorld(t, { ...(await withTls()), tls, limits: { handshake: seconds(0.1) } });
    const client = Client.connect(world.port);
    if (tls === 'optional') {
      await client.reply();
      await client.all('EHLO x.example', 'STARTTLS');
    }
    client.write(Buffer.from([0x16, 0x03]));
    await client.rest();
    assert.ok(client.closed);
  }
});
