// The relay in several threads over one queue.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { makeSelfSigned } from '../../src/adapters/smtp/server-certificate.ts';
import { certificateAt, post } from './mail.ts';
import { freePort, messageOf, named, openWorld, type Running, startOutside, until, type World } from './world.ts';

const threads = 3;
let world: World;
let running: Running;
let port: number;

before(async () => {
  world = await openWorld(named('dane-ee', 'sts-enforce', 'dane-mismatch'));
  port = await freePort();
  await writePair('first.lab.test');
  const file = join(world.folder, 'relay.pem');
  world.configure({
    listen: `127.0.0.1:${port}`,
    edit: (text) => text.replace('certificate = "self-signed"', `certificate = ${JSON.stringify(file)}`),
  });
  running = await startOutside(world, { SEKISHO_WORKERS: String(threads) });
});

async function writePair(hostname: string): Promise<void> {
  const { certificate, key } = await makeSelfSigned(hostname);
  writeFileSync(join(world.folder, 'relay.pem'), certificate + key);
}

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${running.adminPort}/metrics`)).text();
  const values = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

/** The names of the certificates that a handful of connections meet. */
async function subjects(): Promise<readonly string[]> {
  return [...new Set(await Promise.all(Array.from({ length: 24 }, () => certificateAt(port))))];
}

test('each thread listens at the one address, and all of them run', async () => {
  const listening = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`));
  assert.equal(listening.length, threads);
  assert.equal(await metric('sekisho_workers'), threads);
});

test('what comes in through any thread is delivered, told and counted once', async () => {
  const words = Array.from({ length: 30 }, (_, n) => `many ${n}`);
  await Promise.all(
    words.map((subject, n) => post(port, { to: n % 2 ? 'a@dane-ee.test' : 'a@sts-enforce.example', subject })),
  );
  await until(() => words.every((word) => messageOf(world.lab, word) !== undefined), 'all messages');
  assert.equal(world.lab.messages().length, words.length);
  const sent = (): number =>
    running.log.filter(({ event, result }) => event === 'delivery' && result === 'sent').length;
  await until(() => sent() === words.length, 'a line for each');
  for (let left = 100; left > 0 && (await metric('sekisho_delivered_protection_total')) < words.length; left--)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await metric('sekisho_delivered_protection_total'), words.length);
});

test('a certificate that was renewed, and a reload, reach every thread', async () => {
  assert.deepEqual(await subjects(), ['first.lab.test']);
  await writePair('second.lab.test');
  running.child.kill('SIGHUP');
  await until(() => running.log.some(({ event }) => event === 'reloaded'), 'the reload');
  assert.deepEqual(await subjects(), ['second.lab.test']);
  assert.equal(await metric('sekisho_workers'), threads);
});

test('a second relay at the same address is refused, though threads share it', async () => {
  const other = await openWorld(named('dane-ee'));
  other.configure({ listen: `127.0.0.1:${port}` });
  await assert.rejects(startOutside(other, { SEKISHO_WORKERS: String(threads) }), /the address is in use/);
});

test('SIGTERM ends them all, and what was not sent is there for the next start', async () => {
  await post(port, { to: 'a@dane-mismatch.test', subject: 'stays' });
  running.child.kill('SIGTERM');
  assert.equal(await running.ended, 0);
  running = await startOutside(world, { SEKISHO_WORKERS: '1' });
  assert.equal(await metric('sekisho_queue_messages'), 1);
});
