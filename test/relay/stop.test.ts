// The end of the process and the next beginning: signals, one owner of the state, bugs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { post } from './mail.ts';
import {
  bare,
  freePort,
  messageOf,
  named,
  openWorld,
  program,
  sekisho,
  startOutside,
  until,
  type World,
} from './world.ts';

let world: World;
before(async () => {
  world = await openWorld(named('dane-ee', 'greylisted', 'dane-mismatch'));
});

test('SIGTERM: idle sessions hear 421, a busy one gets its 250 first, the exit is clean, and the next start finds all', async () => {
  const running = await startOutside(world);
  const idle = SmtpTalk.to({ address: '127.0.0.1', port: running.port });
  const busy = SmtpTalk.to({ address: '127.0.0.1', port: running.port });
  for (const talk of [idle, busy]) assert.match(await talk.reply(), /^220 /);
  await idle.say('EHLO a.test');
  for (const step of ['EHLO a.test', 'MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA'])
    assert.match(await busy.say(step), /^[23]/);
  const deferred = await post(running.port, { to: 'a@greylisted.example' });
  running.child.kill('SIGTERM');
  assert.match(await idle.reply(), /^421 /);
  assert.equal(await idle.reply(), 'closed');
  const reply = await busy.say('Subject: accepted-while-draining\r\n\r\nbody\r\n.');
  const id = /^250 .*queued as (\S+)/.exec(reply)?.[1];
  assert.ok(id, reply);
  assert.match(await busy.reply(), /^421 /);
  assert.equal(await running.ended, 0);
  assert.ok(
    running.log.some(({ event }) => event === 'stopped'),
    'the last line was written',
  );

  const next = await startOutside(world);
  for (const one of [id, deferred]) assert.equal((await sekisho(world, 'explain', one)).code, 0);
  await until(() => messageOf(world.lab, 'accepted-while-draining') !== undefined, 'the delivery after the restart');
  next.child.kill('SIGINT');
  assert.equal(await next.ended, 0);
});

test('one relay per state directory: the second names the path and the process, the first goes on', async () => {
  const running = await startOutside(world);
  const second = await bare(world.env, 'run', '-c', world.config);
  assert.equal(second.code, 2);
  assert.match(second.err, new RegExp(`^sekisho: ${join(world.folder, 'relay')} is in use by process ${running.pid};`));
  assert.equal(second.err.trim().split('\n').length, 1);
  // Another queue does not make it another relay: socket and policies are shared.
  const other = { ...world.env, SEKISHO_QUEUE__URL: `sqlite:${join(world.folder, 'other.db')}` };
  const third = await bare(other, 'run', '-c', world.config);
  assert.equal(third.code, 2);
  assert.match(third.err, new RegExp(`^sekisho: ${world.folder}.*in use by process ${running.pid};`));
  // Nor does another state directory make it another queue.
  const fourth = await bare({ ...world.env, STATE_DIRECTORY: join(world.folder, 'other') }, 'run', '-c', world.config);
  assert.equal(fourth.code, 2);
  assert.match(
    fourth.err,
    new RegExp(`^sekisho: ${join(world.folder, 'queue.db')} is in use by process ${running.pid};`),
  );
  assert.equal((await sekisho(world, 'health')).code, 0);
  assert.ok(await post(running.port, { to: 'a@dane-ee.test' }));
  running.child.kill('SIGTERM');
  assert.equal(await running.ended, 0);
});

test('a state that a killed relay left behind is no obstacle, and nobody else can read it', async () => {
  const killed = await startOutside(world);
  await post(killed.port, { to: 'a@dane-mismatch.test' });
  killed.child.kill('SIGKILL');
  assert.equal(await killed.ended, 'SIGKILL');
  const running = await startOutside(world);
  const kept = readdirSync(world.folder).filter((name) => !/\.(toml|pem)$/.test(name));
  for (const name of kept) assert.equal(statSync(join(world.folder, name)).mode & 0o077, 0, name);
  running.child.kill('SIGTERM');
  assert.equal(await running.ended, 0);
});

test('a second SIGTERM does not wait', async () => {
  const running = await startOutside(world);
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: running.port });
  await talk.reply();
  for (const step of ['EHLO a.test', 'MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA'])
    await talk.say(step);
  running.child.kill('SIGTERM');
  await until(() => running.log.some(({ event }) => event === 'draining'), 'the drain');
  running.child.kill('SIGTERM');
  assert.equal(await running.ended, 1);
});

/** Throws on SIGUSR2, in the thread that is asked for. */
const bug = (where: 'main' | 'queue', what: string): Readonly<Record<string, string>> => {
  const code = `
    import { BroadcastChannel, isMainThread } from 'node:worker_threads';
    const channel = new BroadcastChannel('bug');
    channel.unref();
    if (isMainThread) process.on('SIGUSR2', () => ${where === 'main' ? `setImmediate(() => { ${what} })` : "channel.postMessage('now')"});
    else channel.onmessage = () => setImmediate(() => { ${what} });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
};

test('a bug that nobody caught ends the process with 5 and a line in the log, in the main thread and in the queue', async () => {
  const thrown = "throw new Error('made for the test')";
  const rejected = "Promise.reject(new Error('made for the test'))";
  for (const [where, what] of [
    ['main', thrown],
    ['main', rejected],
    ['queue', thrown],
  ] as const) {
    const running = await startOutside(world, bug(where, what));
    running.child.kill('SIGUSR2');
    assert.equal(await running.ended, 5, `${where} ${what}`);
    const line = running.log.find(({ event }) => event === 'internal-error');
    assert.match(String(line?.says), /made for the test/);
  }
});

test('a log that cannot be written stops no mail', async () => {
  const port = await freePort();
  world.configure({ listen: `127.0.0.1:${port}` });
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [program, 'run', '-c', world.config], {
    env: world.env,
    stdio: ['ignore', 'ignore', full],
  });
  closeSync(full);
  const ended = once(child, 'exit');
  try {
    await until(async () => (await sekisho(world, 'health', '--ready')).code === 0, 'the relay to be ready', 30_000);
    for (const word of ['unlogged-1', 'unlogged-2', 'unlogged-3']) {
      await post(port, { to: 'a@dane-ee.test', subject: word });
      await until(() => messageOf(world.lab, word) !== undefined, word);
    }
  } finally {
    child.kill('SIGTERM');
  }
  assert.deepEqual(await ended, [0, null]);
  world.configure();
});
