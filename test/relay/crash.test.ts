// The relay is killed while it accepts and delivers, again and again. Whatever got a 250 arrives at least once, octet for
// octet; what arrives twice is counted.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { type Letter, rawOf } from './mail.ts';
import { named, openWorld, type Running, sekisho, startOutside, until, type World } from './world.ts';

const kills = 20;
const clients = 6;

let world: World;
before(async () => {
  world = await openWorld(named('dane-ee', 'sts-enforce', 'plain', 'both'));
});

const domains = ['dane-ee.test', 'sts-enforce.example', 'plain.example', 'both.test'];

/** What was sent under each number; the far end prepends a trace field, so that hashes are taken behind it. */
const letters = new Map<number, string>();
const accepted = new Set<number>();
let count = 0;

function nextLetter(): { readonly number: number; readonly letter: Letter } {
  const number = count++;
  // Every ninth is too large for a row of the queue.
  const lines = number % 9 === 0 ? 1200 : 5 + (number % 40);
  const body = `${createHash('sha256').update(String(number)).digest('hex')}\r\n`.repeat(lines);
  const letter = { to: `a@${domains[number % domains.length]}`, subject: `crash ${number}`, body: body.trimEnd() };
  letters.set(number, createHash('sha256').update(rawOf(letter)).digest('hex'));
  return { number, letter };
}

/** Several messages in one session until the relay is gone. */
async function sendUntilGone(port: number): Promise<void> {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port });
  if (!(await talk.reply()).startsWith('220')) return;
  await talk.say('EHLO client.test');
  for (;;) {
    const { number, letter } = nextLetter();
    for (const step of ['MAIL FROM:<sender@relay.lab.test>', `RCPT TO:<${letter.to}>`, 'DATA'])
      if (!/^[23]/.test(await talk.say(step))) return talk.close();
    const reply = await talk.say(`${rawOf(letter)}.`);
    if (!reply.startsWith('250')) return talk.close();
    accepted.add(number);
  }
}

async function killUnderLoad(running: Running, round: number): Promise<void> {
  const sending = Array.from({ length: clients }, () => sendUntilGone(running.port));
  const before = accepted.size;
  // Twenty different moments: in the first milliseconds of a load and deep in it.
  await until(() => accepted.size > before || round === 0, 'the load to begin');
  await pause(round * 17 + Math.random() * 17);
  running.child.kill('SIGKILL');
  await running.ended;
  await Promise.all(sending);
}

test('SRV-12 QUE-1 QUE-8 killed at twenty moments under load: every 250 is delivered, whole', async (t) => {
  for (let round = 0; round < kills; round++)
    await killUnderLoad(await startOutside(world, round % 4 === 3 ? { SEKISHO_WORKERS: '2' } : {}), round);
  const last = await startOutside(world);
  const numberOf = (raw: Buffer): number => Number(/^Subject: crash (\d+)\r$/m.exec(raw.toString('latin1'))?.[1] ?? -1);
  const seen = (): ReadonlySet<number> => new Set(world.lab.messages().map(({ raw }) => numberOf(raw)));
  // A lease of the killed process is not waited for: its owner is known to be gone.
  await until(
    () => {
      const there = seen();
      return [...accepted].every((number) => there.has(number));
    },
    'every accepted message',
    60_000,
  );
  let whole = 0;
  const copies = new Map<number, number>();
  for (const { raw } of world.lab.messages()) {
    const number = numberOf(raw);
    const text = raw.subarray(raw.indexOf('\r\nFrom: ') + 2);
    assert.equal(createHash('sha256').update(text).digest('hex'), letters.get(number), `message ${number}`);
    whole++;
    copies.set(number, (copies.get(number) ?? 0) + 1);
  }
  const twice = [...copies.values()].filter((times) => times > 1).length;
  t.diagnostic(`${accepted.size} accepted, ${whole} arrived, ${twice} more than once, in ${kills} kills`);
  assert.ok(accepted.size > kills * 3, `${accepted.size} were accepted`);
  // Those in flight at a kill may come twice; nothing else may.
  assert.ok(twice <= kills * 20, `${twice} duplicates`);
  await until(
    async () => (await sekisho(world, 'queue', 'list')).out.includes('the queue is empty'),
    'the queue to be empty',
    30_000,
  );
  assert.ok(!last.log.some(({ event }) => event === 'queue-body-missing'));
});
