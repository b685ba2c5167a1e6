// A resolver on whose word nothing can be proven: the relay says so loudly, takes mail and keeps it, sends none, and goes on
// by itself once the resolver is right again.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { DnsFault } from '../../src/lab/dns/faults.ts';
import { post } from './mail.ts';
import {
  type Inside,
  jsonOf,
  messageOf,
  named,
  openWorld,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from './world.ts';

let world: World;
before(async () => {
  world = await openWorld(named('dane-ee', 'plain', 'no-tls', 'sts-enforce'), 'standing');
});

type Checks = { readonly ready: boolean; readonly checks: readonly { check: string; ok: boolean; says: string }[] };

const readiness = async (): Promise<Checks & { code: number }> => {
  const said = await sekisho(world, 'health', '--ready', '--json');
  return { code: said.code, ...jsonOf<Checks>(said) };
};

const exam = async (inside: Inside, state: boolean): Promise<void> => {
  const passed = async (): Promise<boolean> =>
    (await readiness()).checks.find(({ check }) => check === 'resolver')?.ok === state;
  await until(passed, `the exam to be ${state ? 'passed' : 'failed'}: ${inside.log.at(-1)?.event}`, 30_000);
};

/** Mail for a host with DANE, for one with a policy, and for two that ask for nothing. */
const everyKind = ['a@dane-ee.test', 'a@sts-enforce.example', 'a@plain.example', 'a@no-tls.example'];

async function nothingIsSent(inside: Inside, word: string): Promise<readonly string[]> {
  const before = world.lab.messages().length;
  const ids: string[] = [];
  for (const to of everyKind) ids.push(await post(inside.port, { to, subject: word }));
  for (const id of ids)
    await until(async () => (await stateOf(inside, id)) === 'deferred', `${id} to be deferred`, 30_000);
  for (const id of ids) {
    const story = await inside.relay.queue.story(id as never);
    assert.match(story?.recipients[0]?.last?.because ?? '', /^(mx-lookup-error|mx-bogus)$/);
  }
  assert.equal(world.lab.messages().length, before);
  return ids;
}

test('DNS-7 TA-7 a resolver that strips DNSSEC: loud, accepts and queues, delivers nothing, recovers by itself', async () => {
  for (const fault of ['strip-rrsig', 'servfail', 'strip-proof'] as readonly DnsFault[]) {
    world.lab.setFault(`dns:${fault}`, '*..');
    const inside = await startInside(world);
    await exam(inside, false);
    const ids = await nothingIsSent(inside, `under-${fault}`);

    const { code, ready, checks } = await readiness();
    assert.deepEqual([code, ready], [1, false]);
    assert.match(
      checks.find(({ check }) => check === 'resolver')?.says ?? '',
      /cannot carry DNSSEC, nothing is delivered: 127\.0\.0\.1/,
    );
    assert.ok(inside.log.some(({ level, event }) => level === 'error' && event === 'resolver-unfit'));
    const doctor = jsonOf<{ findings: readonly { subject: string; outcome: string; remedy?: string }[] }>(
      await sekisho(world, 'doctor', '--json', '--timeout', '2s'),
    );
    const found = doctor.findings.find(({ subject }) => subject === 'resolver');
    assert.equal(found?.outcome, 'fail');
    assert.match(found?.remedy ?? '', /a resolver that passes DNSSEC on/);

    world.lab.clearFaults();
    world.clock.advance(61 as never);
    await exam(inside, true);
    assert.equal((await readiness()).code, 0);
    assert.ok(inside.log.some(({ event }) => event === 'resolver-fit'));
    // The waiting mail goes by its own schedule, as it is demanded: no operator, no lower security.
    world.clock.advance(400 as never);
    for (const id of ids) await until(async () => (await stateOf(inside, id)) === 'sent', `${id} to be sent`, 30_000);
    const levels = await Promise.all(
      ids.map(async (id) => (await inside.relay.queue.story(id as never))?.records.at(-1)?.tls_achieved),
    );
    assert.deepEqual(levels, ['authenticated', 'authenticated', 'encrypted', 'cleartext']);
    await inside.relay.stop(1);
  }
});

test('TA-7 a resolver that goes bad while the relay runs, mail in hand', async () => {
  const inside = await startInside(world);
  await exam(inside, true);
  await post(inside.port, { to: 'a@dane-ee.test', subject: 'while-good' });
  await until(() => messageOf(world.lab, 'while-good') !== undefined, 'delivery');
  world.lab.setFault('dns:strip-rrsig', '*..');
  world.clock.advance(3600 as never);
  await exam(inside, false);
  await nothingIsSent(inside, 'gone-bad');
  world.lab.clearFaults();
  world.clock.advance(61 as never);
  await exam(inside, true);
  await inside.relay.stop(1);
});

test('TA-5 trust anchors of another root: everything waits, and the message says whose fault it is', async () => {
  const wrong = `. IN DS 4711 13 2 ${'ab'.repeat(32)}\n`;
  writeFileSync(join(world.folder, 'wrong.ds'), wrong);
  world.configure({
    edit: (text) =>
      text.replace(/trust_anchors = .*/, `trust_anchors = ${JSON.stringify(join(world.folder, 'wrong.ds'))}`),
  });
  const inside = await startInside(world);
  await exam(inside, false);
  await nothingIsSent(inside, 'wrong-anchor');
  const { checks } = await readiness();
  assert.match(checks.find(({ check }) => check === 'resolver')?.says ?? '', /its keys fit no trust anchor/);
  await inside.relay.stop(1);
  world.configure();
});

test('TA-7 an unknown port at which nobody answers is as loud', async () => {
  world.configure({ edit: (text) => text.replace(/servers = .*/, 'servers = ["127.0.0.1:9"]') });
  const inside = await startInside(world);
  await exam(inside, false);
  await nothingIsSent(inside, 'nobody-answers');
  await inside.relay.stop(1);
  world.configure();
});
