// The faults of a machine and of peers, one after the other, each at a relay in a process of its own: it goes on working or
// refuses with 4yz, and when the fault is over it takes and delivers mail again without a hand.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { type Instant, seconds } from '../../src/core/base/brand.ts';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { post } from '../relay/mail.ts';
import { messageOf, named, openWorld, sekisho, startInside, startOutside, stateOf, until } from '../relay/world.ts';
import { type Bench, benchOf, type Counters } from './bench.ts';
import { setCeiling } from './ceiling.ts';
import { lostPeers, type Pace } from './lost-peers.ts';
import { startMiddleman } from './middleman.ts';

export type Fault = { readonly name: string; readonly does: string; readonly run: (pace: Pace) => Promise<Counters> };

type Start = { readonly settings?: string; readonly env?: Readonly<Record<string, string>> };

async function begin({ settings = '', env = {} }: Start = {}): Promise<Bench> {
  const world = await openWorld(named('dane-ee', 'plain', 'greylisted'));
  if (settings !== '') world.configure({ in: { delivery: settings } });
  return benchOf(world, await startOutside(world, { SEKISHO_LOG__LEVEL: 'info', ...env }));
}

/** Ends the relay as its owner would. */
async function end({ running }: Bench): Promise<void> {
  running.child.kill('SIGTERM');
  await running.ended;
}

async function diskFull(): Promise<Counters> {
  const world = await openWorld(named('dane-ee', 'greylisted'));
  const state = join(world.folder, 'small');
  execFileSync('mkdir', ['-p', state]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'sekisho-test', state]);
  try {
    writeFileSync(join(state, 'ballast'), Buffer.alloc(2e6));
    world.configure({
      in: { queue: 'min_free = "0b"' },
      edit: (text) => text.replaceAll(join(world.folder, 'queue.db'), join(state, 'queue.db')),
    });
    const running = await startOutside(world, { STATE_DIRECTORY: state, SEKISHO_LOG__LEVEL: 'info' });
    const bench = benchOf(world, running);
    // Waits in the queue, and so fills the disk.
    for (let tries = 0; tries < 20 && bench.tally.refused < 6; tries++) {
      await bench.send(6, { to: 'a@greylisted.example', lines: tries % 2 === 0 ? 4000 : 400 });
    }
    assert.ok(bench.tally.refused > 0, 'the disk was filled');
    world.lab.host('mx.greylisted.example').setFaults([]);
    rmSync(join(state, 'ballast'));
    await sekisho({ ...world, env: { ...world.env, STATE_DIRECTORY: state } }, 'queue', 'flush');
    const counters = await bench.recovered();
    await end(bench);
    return counters;
  } finally {
    execFileSync('umount', ['-l', state]);
  }
}

async function slowDisk(): Promise<Counters> {
  const bench = await begin();
  const calls = 'fsync,fdatasync';
  const args = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:delay_enter=400000`];
  const slower: ChildProcess = spawn('strace', [...args, '-p', String(bench.running.pid)], { stdio: 'ignore' });
  const tracerOf = (): string => execFileSync('grep', ['TracerPid', `/proc/${bench.running.pid}/status`]).toString();
  await until(() => !/\t0\n/.test(tracerOf()), 'strace to slow the disk down');
  const began = performance.now();
  await bench.send(30);
  const took = (performance.now() - began) / 1000;
  slower.kill('SIGINT');
  await new Promise((resolve) => slower.once('close', resolve));
  const counters = await bench.recovered();
  await end(bench);
  return { ...counters, seconds: Math.round(took) };
}

async function busy(): Promise<Counters> {
  const bench = await begin();
  await bench.send(6);
  const other = new DatabaseSync(join(bench.world.folder, 'queue.db'));
  other.exec('BEGIN IMMEDIATE');
  // Longer than the relay waits for its own database.
  const release = setTimeout(() => other.exec('COMMIT'), 12_000);
  await bench.send(12);
  clearTimeout(release);
  if (other.isTransaction) other.exec('COMMIT');
  other.close();
  const counters = await bench.recovered();
  await end(bench);
  return counters;
}

async function resolverDead(): Promise<Counters> {
  const world = await openWorld(named('dane-ee', 'plain', 'greylisted'));
  const middleman = await startMiddleman(world.lab.resolver);
  world.configure({
    in: { delivery: 'retry = ["2s"]' },
    edit: (text) => text.replace(world.lab.resolver, middleman.address),
  });
  const bench = benchOf(world, await startOutside(world, { SEKISHO_LOG__LEVEL: 'info' }));
  await bench.send(3);
  middleman.die();
  await bench.send(20, { to: 'a@plain.example' });
  await pause(3000);
  const early = world.lab.host('mx.plain.example').messages.length;
  middleman.revive();
  const counters = await bench.recovered();
  await end(bench);
  await middleman.close();
  return { ...counters, 'delivered meanwhile': early };
}

/** Connections from many addresses of this machine, which say so much and nothing more. */
async function crowd(port: number, size: number, says: (socket: Socket) => void): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: size }, (_, index) => {
    const localAddress = `127.1.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => {});
    socket.once('data', () => says(socket));
    return socket;
  });
  await pause(1500);
  return sockets;
}

const still = (sockets: readonly Socket[]): number =>
  sockets.filter(({ destroyed, readable }) => !destroyed && readable).length;

async function halfOpen(): Promise<Counters> {
  const bench = await begin();
  // In the middle of a message on our side; between 220 and handshake on theirs.
  const gone = await crowd(bench.running.port, 200, (socket) => {
    socket.on('data', (octets) => octets.includes('354') && socket.write('Subject: half\r\n\r\nhal'));
    socket.write('EHLO a\r\nMAIL FROM:<s@relay.lab.test>\r\nRCPT TO:<a@dane-ee.test>\r\nDATA\r\n');
  });
  bench.world.lab.setFault('mx:handshake-silence', 'mx.plain.example');
  await bench.send(10, { to: 'a@plain.example' });
  await bench.send(20);
  const held = still(gone);
  for (const socket of gone) socket.destroy();
  bench.world.lab.host('mx.plain.example').setFaults([]);
  // The connections to the silent host end by their own clock, which nobody waits for here.
  const counters = await untilFlushed(bench);
  assert.equal(messageOf(bench.world.lab, 'Subject: half'), undefined);
  await end(bench);
  return { ...counters, 'half-open clients held': held };
}

/** What waits is tried again as soon as it may be. */
async function untilFlushed(bench: Bench): Promise<Counters> {
  const flushing = setInterval(() => void sekisho(bench.world, 'queue', 'flush'), 2000);
  try {
    return await bench.recovered();
  } finally {
    clearInterval(flushing);
  }
}

async function slowLoris(): Promise<Counters> {
  const bench = await begin();
  const drops: NodeJS.Timeout[] = [];
  const clients = await crowd(bench.running.port, 500, (socket) => {
    const words = 'EHLO ever.so.slow.example\r\n';
    let at = 0;
    drops.push(setInterval(() => socket.writable && socket.write(words.charAt(at++ % words.length)), 1000));
  });
  await bench.send(30);
  const held = still(clients);
  for (const drop of drops) clearInterval(drop);
  for (const socket of clients) socket.destroy();
  const counters = await bench.recovered();
  await end(bench);
  return { ...counters, 'slow clients held': held };
}

async function noDescriptors(): Promise<Counters> {
  const bench = await begin();
  await bench.send(6);
  const { pid } = bench.running;
  const inUse = readdirSync(`/proc/${pid}/fd`).length;
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${inUse + 24}:${inUse + 24}`]);
  const clients = await crowd(bench.running.port, 200, () => {});
  const sending = bench.send(12);
  await Promise.race([sending, pause(5000)]);
  const held = still(clients);
  for (const socket of clients) socket.destroy();
  await sending;
  // The limit stays: mail comes and goes again within it.
  const counters = await untilFlushed(bench);
  await end(bench);
  return { ...counters, 'clients held': held, 'descriptors left': 24 };
}

/** @returns the recipients that were put off. */
async function sendTo(bench: Bench, recipients: readonly string[]): Promise<readonly string[]> {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: bench.running.port });
  await talk.reply();
  await talk.say('EHLO client.test');
  talk.write(`MAIL FROM:<sender@relay.lab.test>\r\n${recipients.map((to) => `RCPT TO:<${to}>\r\n`).join('')}`);
  assert.match(await talk.reply(), /^250/);
  const later: string[] = [];
  for (const to of recipients) {
    const reply = await talk.reply();
    assert.match(reply, /^(250|452 4\.5\.3)/);
    if (reply.startsWith('452')) later.push(to);
  }
  assert.match(await talk.say('DATA'), /^354/);
  assert.match(await talk.say('Subject: to all of them\r\n\r\nhello\r\n.'), /^250/);
  talk.close();
  return later;
}

/** @returns what it took. */
async function sendToAll(bench: Bench): Promise<Counters> {
  const wanted = new Set(Array.from({ length: 10_000 }, (_, index) => `r${index}@dane-ee.test`));
  let transactions = 0;
  let later = 0;
  // Ten more each time than one transaction takes: who is told 452 comes again with the rest (RFC 5321 §4.5.3.1.10).
  for (let left = [...wanted]; left.length > 0; transactions++) {
    const asked = left.slice(0, 1010);
    const put = await sendTo(bench, asked);
    later += put.length;
    left = [...put, ...left.slice(asked.length)];
  }
  const reached = (): ReadonlySet<string> =>
    new Set(
      bench.world.lab
        .messages()
        .flatMap(({ recipients }) => recipients.map((to) => /<(.*?)>/.exec(to)?.[1] ?? to))
        .filter((to) => wanted.has(to)),
    );
  await until(() => reached().size === wanted.size, 'all recipients', 120_000);
  return { recipients: reached().size, transactions, 'put off with 452': later };
}

async function manyRecipients(): Promise<Counters> {
  const bench = await begin();
  const sent = await sendToAll(bench);
  const counters = await bench.recovered();
  await end(bench);
  return { ...counters, ...sent };
}

async function memoryCeiling(): Promise<Counters> {
  const bench = await begin({ env: { NODE_OPTIONS: '--max-old-space-size=64' } });
  // 10 MB each, a dozen at a time; then many small ones.
  await bench.send(24, { lines: 130_000, atOnce: 12 });
  await bench.send(300, { atOnce: 30 });
  const counters = await bench.recovered();
  await end(bench);
  return { ...counters, 'heap MB at most': 64 };
}

/** Octets of all that the relay, and the kernel for it, may hold. */
const ceilingOctets = 200e6;

async function memoryMax(): Promise<Counters> {
  const ceiling = setCeiling(ceilingOctets);
  if (typeof ceiling === 'string') throw new Error(ceiling);
  const world = await openWorld(named('dane-ee', 'plain', 'greylisted'));
  const running = await startOutside(world, { SEKISHO_LOG__LEVEL: 'info' }, ceiling.under);
  const bench = benchOf(world, running);
  await bench.send(24, { lines: 130_000, atOnce: 12 });
  await bench.send(300, { atOnce: 30 });
  const { recipients } = await sendToAll(bench);
  const counters = await bench.recovered();
  const kills = ceiling.kills();
  assert.equal(kills, 0);
  const peak = Math.round(ceiling.peak() / 1e6);
  await end(bench);
  ceiling.remove();
  return { ...counters, recipients: recipients ?? 0, 'group peak MB': peak, 'killed by the kernel': kills };
}

async function clockJumps(): Promise<Counters> {
  const world = await openWorld(named('dane-ee', 'greylisted'));
  world.configure({ in: { delivery: 'retry = ["10m"]' } });
  const inside = await startInside(world);
  const start = world.clock.now();
  const hours = (count: number): Instant => (start + count * 3_600_000) as Instant;
  const waiting: string[] = [];
  let jumps = 0;
  for (const to of [hours(6), hours(-6), hours(12), hours(-1), hours(0)]) {
    waiting.push(await post(inside.port, { to: 'a@greylisted.example', subject: `jump ${jumps}` }));
    await until(async () => (await stateOf(inside, waiting.at(-1) ?? '')) === 'deferred', 'a deferral');
    world.clock.set(to);
    await post(inside.port, { to: 'a@dane-ee.test', subject: `straight ${jumps}` });
    await until(() => messageOf(world.lab, `Subject: straight ${jumps}\r\n`) !== undefined, `jump ${jumps}`, 30_000);
    jumps++;
  }
  world.lab.host('mx.greylisted.example').setFaults([]);
  // By their own schedule: whatever the clock was when they were put off, they are due within a day.
  for (let hour = 0; hour < 24; hour++) {
    world.clock.advance(seconds(3600));
    await pause(50);
  }
  for (const id of waiting) await until(async () => (await stateOf(inside, id)) === 'sent', `${id} to be sent`, 30_000);
  await inside.relay.stop(1);
  return { jumps, accepted: 2 * jumps, lost: 0 };
}

export const faults: readonly Fault[] = [
  { name: 'disk full', does: 'a disk of 4 MB runs full, and gets 2 MB back', run: diskFull },
  { name: 'slow disk', does: 'each fsync takes 0.4 s more', run: slowDisk },
  { name: 'SQLITE_BUSY', does: 'another process holds the write lock of the queue for 12 s', run: busy },
  { name: 'resolver dead', does: 'the resolver answers nothing, by UDP and TCP, and comes back', run: resolverDead },
  {
    name: 'half-open peers',
    does: '200 clients fall silent in the middle of a message, a host after its 220 to STARTTLS',
    run: halfOpen,
  },
  { name: 'clock jumps', does: '+6 h, -12 h, +18 h, -13 h, +1 h, mail waiting', run: clockJumps },
  { name: 'no descriptors', does: '24 file descriptors left, 200 clients', run: noDescriptors },
  { name: 'slow-loris', does: '500 clients that say an octet a second', run: slowLoris },
  { name: '10,000 recipients', does: 'one message for 10,000 recipients', run: manyRecipients },
  {
    name: 'memory ceiling',
    does: 'a heap of 64 MB, 24 messages of 10 MB, 12 at a time, then 300 small ones',
    run: memoryCeiling,
  },
  {
    name: 'memory max',
    does: 'a control group of 200 MB, as MemoryMax of systemd sets it; the loads of both',
    run: memoryMax,
  },
  {
    name: 'lost peers',
    does: 'the machine of 20 clients amid DATA, and of a host amid a message of 10 MB, is gone without FIN or RST',
    run: lostPeers,
  },
];
