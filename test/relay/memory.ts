// How the relay's memory grows with what it holds: the measure behind memory.test.ts and the long run.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { fill, memoryOf, sendLarge, settledMemory } from './load.ts';
import { messageOf, named, openWorld, type Running, sekisho, startOutside, until, type World } from './world.ts';

const mb = (octets: number): string => `${(octets / 1e6).toFixed(1)} MB`;

async function warm(): Promise<{ readonly world: World; readonly running: Running; readonly idle: number }> {
  const world = await openWorld(named('dane-ee', 'unreachable'));
  // Waiting mail is to wait, not to be tried all the time.
  world.configure({ in: { delivery: 'retry = ["1h"]' } });
  const running = await startOutside(world, { SEKISHO_LOG__LEVEL: 'info' });
  // A relay that has done some work of the kind, and is idle again.
  await fill(running.port, 200, 5000, () => 'a@dane-ee.test');
  await until(
    async () => (await sekisho(world, 'queue', 'list')).out.includes('the queue is empty'),
    'the first messages',
    60_000,
  );
  return { world, running, idle: await settledMemory(running.pid) };
}

/** @param bound octets that so many waiting messages of 5 KB may add to the idle relay. */
export async function holdMany(t: TestContext, messages: number, bound: number): Promise<void> {
  const { world, running, idle } = await warm();
  const began = performance.now();
  assert.equal(await fill(running.port, messages, 5000, (index) => `a${index}@unreachable.example`), messages);
  const seconds = (performance.now() - began) / 1000;
  const full = await settledMemory(running.pid);
  const { out } = await sekisho(world, 'queue', 'list', '--limit', '1');
  assert.match(out, new RegExp(`1 of ${messages} messages`));
  t.diagnostic(
    `idle ${mb(idle)}, ${messages} waiting ${mb(full)}, growth ${mb(full - idle)}, peak ${mb(memoryOf(running.pid).peak)}, taken in ${seconds.toFixed(1)} s`,
  );
  running.child.kill('SIGKILL');
  assert.ok(full - idle < bound, `${mb(full - idle)} more than idle`);
}

/** @param bound octets that the message may add at any moment, in and out. */
export async function passLarge(t: TestContext, octets: number, bound: number): Promise<void> {
  const { world, running, idle } = await warm();
  const before = memoryOf(running.pid).peak;
  const { sha256, reply } = await sendLarge(running.port, 'a@dane-ee.test', octets);
  assert.match(reply, /^250 /);
  await until(() => messageOf(world.lab, 'Subject: large') !== undefined, 'the large message', 60_000);
  const { peak } = memoryOf(running.pid);
  const raw = messageOf(world.lab, 'Subject: large')?.raw ?? Buffer.alloc(0);
  const content = raw.subarray(raw.indexOf('Subject: large'));
  assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
  t.diagnostic(`idle ${mb(idle)}, peak before ${mb(before)}, ${mb(octets)} in and out: peak ${mb(peak)}`);
  running.child.kill('SIGKILL');
  assert.ok(peak - idle < bound, `${mb(peak - idle)} more than idle`);
}
