// The page, the probes and the metrics of a relay that runs, and what its log holds and must not hold.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { definitions } from '../../src/adapters/metrics/registry.ts';
import { makeSelfSigned } from '../../src/adapters/smtp/server-certificate.ts';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { faultsOf } from '../schema-checker.ts';
import { post } from './mail.ts';
import {
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

const password = 'correct-horse-battery';
const bodySecret = 'the-body-nobody-may-log';
const routePassword = 'route-password-4711';

let world: World;
let running: Running;
let privateKey: string;

before(async () => {
  world = await openWorld(named('dane-ee', 'dane-mismatch', 'sts-enforce', 'plain'));
  const { certificate, key } = await makeSelfSigned('relay.lab.test');
  privateKey = key;
  writeFileSync(join(world.folder, 'relay.pem'), certificate + key);
  writeFileSync(join(world.folder, 'users'), `clerk:sha256:${createHash('sha256').update(password).digest('hex')}\n`);
  writeFileSync(join(world.folder, 'route'), `us:${routePassword}\n`);
  world.configure({
    edit: (text) =>
      text.replace(
        'certificate = "self-signed"',
        `certificate = "${join(world.folder, 'relay.pem')}"\nauth = "password"\nusers = "file:${join(world.folder, 'users')}"`,
      ),
    end: `[[route]]\nto = ["routed.example"]\nvia = "[mx.dane-ee.test]:${world.lab.ports.smtp}"\ncredentials = "file:${join(world.folder, 'route')}"\n`,
  });
  running = await startOutside(world);
});

const get = async (
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string; type: string }> => {
  const response = await fetch(`http://127.0.0.1:${running.adminPort}${path}`, { headers });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') ?? '' };
};

/** A message with AUTH inside TLS, as a client with a password sends it. */
async function submit(to: string, subject: string): Promise<string> {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: running.port });
  await talk.reply();
  await talk.say('EHLO client.test');
  await talk.say('STARTTLS');
  await talk.secure();
  await talk.say('EHLO client.test');
  const wrong = Buffer.from('\0clerk\0wrong-guess-99').toString('base64');
  assert.match(await talk.say(`AUTH PLAIN ${wrong}`), /^535 /);
  assert.match(await talk.say(`AUTH PLAIN ${Buffer.from(`\0clerk\0${password}`).toString('base64')}`), /^235 /);
  for (const step of ['MAIL FROM:<author@relay.lab.test>', `RCPT TO:<${to}>`, 'DATA'])
    assert.match(await talk.say(step), /^[23]/);
  const reply = await talk.say(`Subject: ${subject}\r\n\r\n${bodySecret}\r\n.`);
  talk.close();
  return /queued as (\S+)/.exec(reply)?.[1] ?? assert.fail(reply);
}

test('OPS-67 health, readiness, page and metrics answer on the loopback port of the running relay', async () => {
  assert.deepEqual(JSON.parse((await get('/livez')).text), { live: true });
  await until(async () => (await get('/readyz')).status === 200, 'readiness');
  const ready = JSON.parse((await get('/readyz')).text) as { checks: readonly { check: string; ok: boolean }[] };
  assert.deepEqual(ready.checks.map(({ check }) => check).sort(), [
    'configuration',
    'disk',
    'enforcement',
    'listeners',
    'queue',
    'resolver',
  ]);
  const id = await submit('a@dane-mismatch.test', 'waits');
  await until(async () => (await get('/')).text.includes('cert-no-tlsa-match'), 'the message on the page');
  const page = await get('/');
  assert.match(page.text, /enforcement<\/td><td>DANE and MTA-STS are enforced on sending/);
  assert.equal(page.status, 200);
  assert.match(page.type, /text\/html/);
  assert.ok(page.text.includes(id) && page.text.includes('relay.lab.test'));
  assert.ok(!page.text.includes(bodySecret));
  // The listener's address is at the page's disposal for whoever has nothing waiting yet.
  assert.equal((await get('/no-such-page')).status, 404);
  const foreign = await new Promise<number>((resolve) => {
    const socket = connect(running.adminPort, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n'),
    );
    socket.once('data', (octets) => {
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(String(octets))?.[1]));
      socket.destroy();
    });
  });
  assert.equal(foreign, 401);
  const act = await fetch(`http://127.0.0.1:${running.adminPort}/api/v1/flush`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(act.status, 403);
});

test('OBS-6 metrics have the names and labels of docs/metrics.md, and count what happened', async () => {
  await post(running.port, { to: 'a@sts-enforce.example' });
  await post(running.port, { to: 'a@plain.example' });
  await submit('a@dane-ee.test', 'counted');
  await until(
    async () =>
      /sekisho_delivered_protection_total\{level="authenticated",authn="pkix-sts"\} 1/.test(
        (await get('/metrics')).text,
      ),
    'counters',
  );
  await until(async () => /^sekisho_queue_messages 1$/m.test((await get('/metrics')).text), 'the queue to hold one');
  const { text, type } = await get('/metrics');
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  const documented = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  const names = new Set(
    [...text.matchAll(/^(sekisho_\w+?)(?:_bucket|_sum|_count)?(?:\{| )/gm)].map((match) => match[1] as string),
  );
  for (const name of names) assert.ok(documented.includes(`\`${name}`), `${name} is not documented`);
  for (const name of Object.keys(definitions)) assert.ok(documented.includes(`\`${name}\``), name);
  for (const wanted of [
    /^sekisho_messages_received_total\{listener="lab",outcome="accepted"\} [1-9]/m,
    /^sekisho_attempts_total\{reason="cert-no-tlsa-match"\} [1-9]/m,
    /^sekisho_attempts_total\{reason="none"\} [1-9]/m,
    /^sekisho_dns_lookups_total\{type="TLSA",state="secure"\} [1-9]/m,
    /^sekisho_dns_lookups_total\{type="MX",state="insecure"\} [1-9]/m,
    /^sekisho_sts_fetches_total\{outcome="\w+"\} [1-9]/m,
    /^sekisho_queue_messages 1$/m,
    /^sekisho_queue_recipients\{state="deferred"\} 1$/m,
    /^sekisho_resolver_validating 1$/m,
    /^sekisho_build_info\{version="[\d.]+",node="24/m,
  ])
    assert.match(text, wanted);
  // No label holds a domain, an address or an id.
  assert.doesNotMatch(text, /\.example|@|\.test/);
});

test('OPS-6 Received field and log say how mail was protected: version, cipher with its bits, what was verified', async () => {
  const id = await submit('a@dane-ee.test', 'how-protected');
  const lineOf = (event: string): Readonly<Record<string, unknown>> =>
    running.log.find((line) => line.event === event && line.queue_id === id) ?? {};
  await until(() => lineOf('delivery').result === 'sent', 'the delivery');
  const taken = lineOf('message-accepted');
  assert.deepEqual(
    [taken.tls_version, taken.tls_cipher, taken.tls_bits, taken.client_certificate],
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', 256, 'none'],
  );
  const trace = messageOf(world.lab, 'how-protected')?.raw.toString('latin1') ?? '';
  assert.match(
    trace,
    /^Received: .*\r\n\t\(using TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384 \(256 bits\), client certificate none\)\r\n/,
  );
  const sent = lineOf('delivery');
  assert.deepEqual(
    [sent.tls_version, sent.tls_cipher, sent.tls_achieved, sent.authn],
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', 'authenticated', 'dane-ee'],
  );
  const clear = await post(running.port, { to: 'a@plain.example', subject: 'in clear' });
  const told = (): (typeof running.log)[number] | undefined =>
    running.log.find(({ event, queue_id }) => event === 'message-accepted' && queue_id === clear);
  await until(() => told() !== undefined, 'the line of the other');
  assert.deepEqual([told()?.tls_version, told()?.tls_cipher, told()?.client_certificate], [null, null, null]);
});

test('OBS-1 one log line per attempt, field by field as the record that explain shows', async () => {
  const id = await submit('a@dane-ee.test', 'field-by-field');
  await until(() => running.log.some(({ event, queue_id }) => event === 'delivery' && queue_id === id), 'the attempt');
  const line = running.log.find(({ event, queue_id }) => event === 'delivery' && queue_id === id) ?? {};
  const { event, level, time, recipients, ...fields } = line as Record<string, unknown>;
  assert.deepEqual([event, level], ['delivery', 'info']);
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  const { attempts } = jsonOf<{ attempts: readonly Record<string, unknown>[] }>(
    await sekisho(world, 'explain', id, '--json'),
  );
  const { recipients: named, ...stored } = attempts[0] ?? {};
  assert.deepEqual(fields, stored);
  assert.deepEqual(named, ['a@dane-ee.test']);
  // OBS-4: who is redacted in the log; the domain stays.
  assert.match(String(recipients), /^~[0-9a-f]{8}@dane-ee\.test$/);
  assert.deepEqual(faultsOf('delivery-record', { ...fields, recipients }), []);
  const [hash, key] = [String(fields.cert_sha256), String(fields.spki_sha256)];
  assert.match(hash, /^[0-9a-f]{64}$/);
  const wanted: Readonly<Record<string, unknown>> = {
    queue_id: id,
    attempt: 1,
    nexthop: 'dane-ee.test',
    mx_state: 'secure',
    mx_host: 'mx.dane-ee.test',
    addr_name: 'mx.dane-ee.test',
    port: world.lab.ports.smtp,
    tlsa_state: 'usable',
    tlsa_base: 'mx.dane-ee.test',
    tlsa_used: `3 1 1 ${key.slice(0, 16)}…`,
    sts_state: 'none',
    sts_id: null,
    msg_tls: 'normal',
    floor: 'may',
    tls_required: 'authenticated',
    tls_achieved: 'authenticated',
    tls_version: 'TLSv1.3',
    authn: 'dane-ee',
    sni: 'mx.dane-ee.test',
    status: '2.0.0',
    reason: null,
    result: 'sent',
    nexthop_authenticated: true,
  };
  for (const [name, value] of Object.entries(wanted)) assert.deepEqual(fields[name], value, name);
  assert.match(String(fields.ip), /^127\.25\./);
  assert.match(String(fields.tls_cipher), /^TLS_/);
  assert.match(String(fields.reply), /^250 2\.0\.0 stored/);
  assert.ok(Array.isArray(fields.ref_ids));
});

test('OBS-4 no password, key, credential or body is in the log, and no guess at a password either', async () => {
  await post(running.port, { to: 'a@routed.example', body: bodySecret });
  const id = await submit('a@dane-ee.test', 'last');
  await until(() => messageOf(world.lab, 'Subject: last') !== undefined, 'the last message');
  await until(() => running.log.some(({ event, queue_id }) => event === 'delivery' && queue_id === id), 'its log line');
  const text = running.output();
  const base64 = (secret: string): string => Buffer.from(`\0clerk\0${secret}`).toString('base64');
  for (const secret of [
    password,
    'wrong-guess-99',
    bodySecret,
    routePassword,
    base64(password),
    base64('wrong-guess-99'),
    'PRIVATE KEY',
    privateKey.split('\n')[1] as string,
  ])
    assert.ok(!text.includes(secret), secret.slice(0, 20));
  assert.doesNotMatch(text, /author@relay\.lab\.test/);
  // That they tried to log in is told, and how it ended.
  assert.ok(running.log.some(({ event, outcome }) => event === 'auth' && outcome === 'refused'));
  assert.ok(running.log.some(({ event, outcome }) => event === 'auth' && outcome === 'accepted'));
});

test('a token guards the page and all but the probes, and the verbs use the same one', async () => {
  running.child.kill('SIGTERM');
  assert.equal(await running.ended, 0);
  writeFileSync(join(world.folder, 'token'), 's3cret-token\n');
  world.configure({ in: { admin: `token = "file:${join(world.folder, 'token')}"\nactions = true` } });
  running = await startOutside(world);
  assert.equal((await get('/')).status, 401);
  assert.equal((await get('/livez')).status, 200);
  assert.equal((await get('/metrics')).status, 401);
  assert.equal((await get('/metrics', { authorization: 'Bearer s3cret-token' })).status, 200);
  const url = `http://127.0.0.1:${running.adminPort}`;
  assert.equal((await sekisho(world, 'queue', 'list', '--url', url)).code, 0);
  assert.equal((await sekisho(world, 'queue', 'flush', '--url', url)).code, 0);
  writeFileSync(join(world.folder, 'token'), 'another\n');
  const refused = await sekisho(world, 'queue', 'list', '--url', url);
  assert.equal(refused.code, 4);
  assert.match(refused.err, /refused/);
  assert.ok(!running.output().includes('s3cret-token'));
});
