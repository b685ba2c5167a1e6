// Peers that are gone without a word: their machine lost its power in the middle of a message that it sent us, and of one that
// it was being sent. A network of its own holds relay, laboratory and cable, so that nothing of this machine is touched.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { messageOf, named, openWorld, sekisho, startOutside, until } from '../relay/world.ts';
import { type Bench, benchOf, type Counters } from './bench.ts';
import { type FarMachine, far, near, plugIn } from './far-machine.ts';

/** Deadlines of the relay: as they are, or a tenth of it. */
export type Pace = 'whole' | 'tenth';

const clients = 20;
const alone = ['--net', '--mount', '--fork', '--kill-child'];

/** @throws Error with what was said inside. */
export async function lostPeers(pace: Pace): Promise<Counters> {
  const again = [process.execPath, import.meta.filename, pace];
  const child = spawn('unshare', [...alone, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...again], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (octets: Buffer) => {
    out += octets;
  });
  child.stderr.on('data', (octets: Buffer) => {
    err += octets;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ended with ${code}\n${out}\n${err}`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Counters;
}

// ---- there: the programs of the far machine

/** Begins messages and leaves off in their middle. */
function beginMessages(port: number): void {
  let inside = 0;
  for (let i = 0; i < clients; i++) {
    const socket = connect(port, near);
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.write('EHLO a\r\nMAIL FROM:<s@relay.lab.test>\r\nRCPT TO:<a@dane-ee.test>\r\nDATA\r\n'),
    );
    socket.on('data', (octets) => {
      if (!octets.includes('354')) return;
      socket.write('Subject: half\r\n\r\nhal');
      if (++inside === clients) console.log('all inside');
    });
  }
}

/** An MX host: what comes in goes to the laboratory's own through a socket in the file system, so many octets at most. */
function beHost(port: number, path: string, most: number): void {
  createServer((relay) => {
    const host = connect(path);
    let octets = 0;
    for (const one of [relay, host]) one.on('error', () => one.destroy());
    host.pipe(relay);
    relay.on('data', (chunk) => {
      octets += chunk.length;
      if (octets < most) return void host.write(chunk);
      relay.pause();
      console.log('in the middle');
    });
    relay.on('close', () => host.destroy());
  }).listen(port, far, () => console.log('listening'));
}

// ---- here

/** Open connections of the relay with the far machine, as this network's kernel has them. */
const open = (): number =>
  readFileSync('/proc/self/net/tcp', 'latin1')
    .split('\n')
    .filter((line) => line.split(/\s+/)[3]?.startsWith('021912C6:') && line.split(/\s+/)[4] === '01').length;

async function startBench(pace: Pace): Promise<Bench> {
  const world = await openWorld(named('dane-ee', 'plain'));
  world.configure({
    listen: '0.0.0.0:0',
    edit: (text) => text.replaceAll('"127.0.0.0/8", ', `"127.0.0.0/8", "${near}/30", `),
  });
  const sooner = pace === 'tenth' ? { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'tenth.ts')}` } : {};
  return benchOf(world, await startOutside(world, { SEKISHO_LOG__LEVEL: 'info', ...sooner }));
}

/** Resolves when the program has said it. */
async function hear(machine: FarMachine, words: string, args: readonly string[]): Promise<void> {
  const child = machine.spawn(process.execPath, [import.meta.filename, ...args]);
  let said = '';
  child.stdout?.on('data', (octets: Buffer) => {
    said += octets;
  });
  await until(() => said.includes(words), words, 30_000);
}

async function loseThem(pace: Pace): Promise<Counters> {
  const bench = await startBench(pace);
  const { lab } = bench.world;
  const machine = await plugIn();
  const host = lab.host('mx.plain.example');
  const path = join(bench.world.folder, 'host.sock');
  const behind = createServer((from: Socket) => {
    const to = connect(host.port, host.address);
    for (const one of [from, to])
      one.on('error', () => one.destroy()).on('close', () => [from, to].map((s) => s.destroy()));
    from.pipe(to).pipe(from);
  }).listen(path);
  try {
    lab.setRecords(host.name, 'A', [far]);
    const inTheMiddle = hear(machine, 'in the middle', ['host', String(host.port), path, '200000']);
    await hear(machine, 'all inside', ['clients', String(bench.running.port)]);
    await bench.send(1, { to: 'a@plain.example', lines: 130_000 });
    await inTheMiddle;
    machine.cutOff();
    const since = performance.now();
    await bench.send(30);
    await until(() => lab.host('mx.dane-ee.test').messages.length >= 30, 'others to get theirs', 15_000);
    const held = open();
    assert.equal(held, clients + 1, 'the lost ones are held, and nobody has told the relay');
    await until(() => open() === 0, 'all of them to be let go', pace === 'tenth' ? 60_000 : 400_000);
    const seconds = Math.round((performance.now() - since) / 1000);
    const waits = (await sekisho(bench.world, 'queue', 'list', '--json')).out;
    assert.match(waits, /"deferred"/);
    assert.equal(host.messages.length, 0);
    await machine.comeBack();
    await hear(machine, 'listening', ['host', String(host.port), path, String(1e9)]);
    const flushing = setInterval(() => void sekisho(bench.world, 'queue', 'flush'), 2000);
    const counters = await bench.recovered().finally(() => clearInterval(flushing));
    assert.equal(messageOf(lab, 'Subject: half'), undefined);
    assert.equal(host.messages.length, 1);
    bench.running.child.kill('SIGTERM');
    await bench.running.ended;
    return { ...counters, 'connections lost': held, 'let go after s': seconds };
  } finally {
    machine.close();
    behind.close();
  }
}

if (import.meta.main) {
  const [role = '', port = '', path = '', most = ''] = process.argv.slice(2);
  if (role === 'clients') beginMessages(Number(port));
  else if (role === 'host') beHost(Number(port), path, Number(most));
  else {
    console.log(JSON.stringify(await loseThem(role as Pace)));
    // The world is closed by the end of a test file, and this is none.
    process.exit(0);
  }
}
