// SIGHUP and files that change under a running relay.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { makeSelfSigned } from '../../src/adapters/smtp/server-certificate.ts';
import { startSink } from '../adapters/smtp/sink.ts';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { certificateAt, post } from './mail.ts';
import {
  bare,
  freePort,
  jsonOf,
  messageOf,
  named,
  openWorld,
  type Running,
  sekisho,
  startOutside,
  until,
  type World,
} from './world.ts';

let world: World;
let running: Running;
let first: number;
let second: number;
const files = (): { readonly pem: string; readonly key: string } => ({
  pem: join(world.folder, 'relay.pem'),
  key: join(world.folder, 'relay.key'),
});

const withCertificate = (text: string): string =>
  text.replace(
    'certificate = "self-signed"',
    `certificate = ${JSON.stringify(files().pem)}\nkey = "file:${files().key}"`,
  );

async function writePair(hostname: string): Promise<void> {
  const { certificate, key } = await makeSelfSigned(hostname);
  writeFileSync(files().pem, certificate);
  writeFileSync(files().key, key);
}

before(async () => {
  world = await openWorld(named('dane-ee', 'no-tls', 'greylisted'));
  [first, second] = [await freePort(), await freePort()];
  await writePair('first.lab.test');
  world.configure({ listen: `127.0.0.1:${first}`, edit: withCertificate });
  running = await startOutside(world);
});

const told = (event: string): number => running.log.filter((line) => line.event === event).length;

async function hangUp(expected: 'reloaded' | 'reload-refused'): Promise<void> {
  const count = told(expected);
  running.child.kill('SIGHUP');
  await until(() => told(expected) > count, expected);
}

const ready = async (): Promise<{ code: number; checks: readonly { check: string; ok: boolean; says: string }[] }> => {
  const said = await sekisho(world, 'health', '--ready', '--json');
  return { code: said.code, ...jsonOf<{ checks: readonly { check: string; ok: boolean; says: string }[] }>(said) };
};

const reasonAt = async (id: string): Promise<string | undefined> => {
  // The file of the relay is wrong at times.
  const said = await bare(world.env, 'explain', id, '--json', '-c', '/dev/null');
  return jsonOf<{ recipients: { reason: string; state: string }[] }>(said).recipients[0]?.reason ?? undefined;
};

const certificateNow = (): Promise<string> => certificateAt(first);

test('a reload takes effect at once: a further listener, a higher floor', async () => {
  await post(first, { to: 'a@no-tls.example', subject: 'under-may' });
  await until(() => messageOf(world.lab, 'under-may') !== undefined, 'cleartext delivery under floor may');
  const further = `[[listen]]\nname = "further"\naddress = "127.0.0.1:${second}"\nclients = ["127.0.0.0/8"]\ntls = "off"\n`;
  world.configure({
    listen: `127.0.0.1:${first}`,
    edit: withCertificate,
    end: `${further}\n[policy]\nfloor = "encrypt"\n`,
  });
  await hangUp('reloaded');
  assert.ok(running.log.some((line) => line.event === 'listening' && line.listener === 'further'));
  const id = await post(second, { to: 'a@no-tls.example', subject: 'under-encrypt' });
  await until(async () => (await reasonAt(id)) === 'starttls-missing', 'the floor to hold');
  assert.equal(messageOf(world.lab, 'under-encrypt'), undefined);
  assert.equal((await ready()).code, 0);
});

test('a bad configuration changes nothing, and readiness says what is wrong with it', async () => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ['[policy]\nflor = "may"\n', /flor is no setting; did you mean policy\.floor/],
    ['[[route]]\nto = ["*"]\nvia = "192.0.2.1"\n', /is no next hop/],
    ['[[listen]]\nname = "x"\naddress = "192.0.2.1:1"\n', /192\.0\.2\.1/],
  ];
  for (const [end, says] of faults) {
    world.configure({ listen: `127.0.0.1:${first}`, edit: withCertificate, end });
    await hangUp('reload-refused');
    const { code, checks } = await ready();
    assert.equal(code, 1);
    assert.match(checks.find(({ ok }) => !ok)?.says ?? '', says);
    assert.match(String(running.log.findLast(({ event }) => event === 'reload-refused')?.says), says);
    // Floor and listeners are the old ones.
    const id = await post(second, { to: 'a@no-tls.example', subject: 'still-encrypt' });
    await until(async () => (await reasonAt(id)) === 'starttls-missing', 'the old floor');
  }
  // What only shows while it is put in force: no part of it may stand.
  const remote = (text: string): string =>
    withCertificate(text)
      .replace('mode = "validate"', 'mode = "trust-ad"')
      .replace(/servers = .*/, 'servers = ["192.0.2.53"]');
  world.configure({ listen: `127.0.0.1:${first}`, edit: remote });
  await hangUp('reload-refused');
  assert.match(
    (await ready()).checks.find(({ ok }) => !ok)?.says ?? '',
    /trust-ad.*192\.0\.2\.53:53 is not on this machine/,
  );
  assert.ok(await post(second, { to: 'a@dane-ee.test', subject: 'second-listener-stands' }));
  await until(
    () => messageOf(world.lab, 'second-listener-stands') !== undefined,
    'delivery under the old configuration',
  );
});

test('a listener that is gone from the configuration ends after its sessions, the others never notice', async () => {
  const [kept, busy] = [
    SmtpTalk.to({ address: '127.0.0.1', port: first }),
    SmtpTalk.to({ address: '127.0.0.1', port: second }),
  ];
  await kept.reply();
  await busy.reply();
  for (const step of ['EHLO a.test', 'MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA'])
    await busy.say(step);
  world.configure({ listen: `127.0.0.1:${first}`, edit: withCertificate });
  await hangUp('reloaded');
  assert.equal((await ready()).code, 0);
  assert.match(await busy.say('Subject: busy-over-reload\r\n\r\nbody\r\n.'), /^250 .*queued as/);
  assert.match(await busy.reply(), /^421 /);
  assert.match(await kept.say('NOOP'), /^250 /);
  kept.close();
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        const trial = connect(second, '127.0.0.1');
        trial.once('error', () => resolve(true));
        trial.once('connect', () => resolve(!trial.destroy()));
      }),
    'the second port to close',
  );
  await until(() => messageOf(world.lab, 'busy-over-reload') !== undefined, 'the message of the removed listener');
});

test('a listener changes its ways in place; only between implicit TLS and none there is no way', async () => {
  world.configure({
    listen: `127.0.0.1:${first}`,
    edit: (text) => withCertificate(text).replace('name = "lab"', 'name = "renamed"\ntls = "required"'),
  });
  await hangUp('reloaded');
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: first });
  await talk.reply();
  await talk.say('EHLO a.test');
  assert.match(await talk.say('MAIL FROM:<s@relay.lab.test>'), /^530 5\.7\.0/);
  talk.close();
  world.configure({
    listen: `127.0.0.1:${first}`,
    edit: (text) => withCertificate(text).replace('name = "lab"', 'name = "renamed"\ntls = "implicit"'),
  });
  await hangUp('reload-refused');
  assert.match((await ready()).checks.find(({ ok }) => !ok)?.says ?? '', /begins or ends with a restart only/);
  world.configure({ listen: `127.0.0.1:${first}`, edit: withCertificate });
  await hangUp('reloaded');
  assert.equal((await ready()).code, 0);
});

test('many hang-ups at once are taken one after the other', async () => {
  const count = told('reloaded');
  for (let i = 0; i < 5; i++) running.child.kill('SIGHUP');
  await until(() => told('reloaded') > count, 'a reload');
  assert.ok(await post(first, { to: 'a@dane-ee.test', subject: 'after-many' }));
  await until(() => messageOf(world.lab, 'after-many') !== undefined, 'delivery after many reloads');
});

test('what only a start can change is said by name', async () => {
  world.configure({ listen: `127.0.0.1:${first}`, edit: withCertificate, in: { queue: 'min_free = "11MB"' } });
  await hangUp('reloaded');
  assert.deepEqual(running.log.findLast(({ event }) => event === 'restart-wanted')?.settings, ['queue.min_free']);
});

test('TLS-27 OPS-40 a certificate that changes on disk is taken without a signal, one that does not fit is not', async () => {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: first });
  await talk.reply();
  await talk.say('EHLO a.test');
  await talk.say('STARTTLS');
  const socket = await talk.secure();
  assert.equal(socket.getPeerCertificate().subject.CN, 'first.lab.test');

  await writePair('second.lab.test');
  await until(() => told('certificate-reloaded') > 0, 'the new certificate', 30_000);
  assert.equal(await certificateNow(), 'second.lab.test');
  assert.match(await talk.say('EHLO a.test'), /^250/);

  const stranger = await makeSelfSigned('third.lab.test');
  writeFileSync(files().pem, stranger.certificate);
  await until(() => told('certificate-refused') > 0, 'the refusal', 30_000);
  assert.equal(await certificateNow(), 'second.lab.test');
  const { code, checks } = await ready();
  assert.equal(code, 1);
  assert.match(checks.find(({ ok }) => !ok)?.says ?? '', /relay\.pem cannot be used/);

  writeFileSync(files().key, stranger.key);
  await until(() => told('certificate-reloaded') > 1, 'the pair that fits', 30_000);
  assert.equal(await certificateNow(), 'third.lab.test');
  assert.equal((await ready()).code, 0);
  // The session of the first certificate is still good for mail.
  for (const step of ['MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>'])
    assert.match(await talk.say(step), /^250/);
  talk.close();
});

test('OPS-3 TLS-24 one pair is shown by the listener and to a host that asks for it, a renewed one as well', async (t) => {
  const { certificate: cert, key: itsKey } = await makeSelfSigned('mx.asks.test');
  const host = await startSink({ tls: { cert, key: itsKey, requestCert: true } });
  t.after(() => host.close());
  const { pem, key } = files();
  world.configure({
    listen: `127.0.0.1:${first}`,
    edit: withCertificate,
    in: { tls: `certificate = ${JSON.stringify(pem)}\nkey = "file:${key}"` },
    end: `[[route]]\nto = "asks.test"\nvia = "[127.0.0.1]:${host.port}"`,
  });
  await hangUp('reloaded');
  const shown = async (): Promise<string | undefined> => {
    const count = host.clientCertificates.length;
    await post(first, { to: 'a@asks.test' });
    await until(() => host.clientCertificates.length > count, 'a handshake with the host');
    return host.clientCertificates.at(-1);
  };
  assert.equal(await shown(), 'CN=third.lab.test');

  const count = told('certificate-reloaded');
  await writePair('fourth.lab.test');
  await until(() => told('certificate-reloaded') > count, 'the new certificate', 30_000);
  assert.equal(await certificateNow(), 'fourth.lab.test');
  assert.equal(await shown(), 'CN=fourth.lab.test');
});

test('the log holds no key and no error of ours', () => {
  assert.doesNotMatch(running.output(), /PRIVATE KEY|internal-error|handler-failed|delivery-bug/);
});
