// Mail that will not do, and a disk that will not hold: a clear reply each, and nothing that was accepted is lost.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { post, transact } from './mail.ts';
import {
  type Inside,
  jsonOf,
  messageOf,
  named,
  openWorld,
  sekisho,
  startInside,
  startOutside,
  stateOf,
  until,
  type World,
} from './world.ts';

let world: World;
let inside: Inside;
before(async () => {
  world = await openWorld(named('dane-ee', 'greylisted'));
  world.configure({
    edit: (text) =>
      text.replace('certificate = "self-signed"', 'certificate = "self-signed"\nmax_message_size = "12MB"'),
  });
  inside = await startInside(world);
});

const open = async (): Promise<SmtpTalk> => {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: inside.port });
  await talk.reply();
  assert.match(await talk.say('EHLO client.test'), /SIZE 12000000/);
  return talk;
};

/** The session is still good, and so is the mail that was queued before. */
async function goesOn(talk: SmtpTalk, word: string): Promise<void> {
  for (const step of ['MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA'])
    assert.match(await talk.say(step), /^[23]/, step);
  assert.match(await talk.say(`Subject: ${word}\r\n\r\nbody\r\n.`), /^250 /);
  await until(() => messageOf(world.lab, `Subject: ${word}\r\n`) !== undefined, word);
  talk.close();
}

test('SMUG-3 ATK-91 an address with a bare line end is an error, and no second command', async () => {
  const talk = await open();
  assert.match(await talk.say('MAIL FROM:<s@relay.lab.test>'), /^250 /);
  assert.match(await talk.say('RCPT TO:<a\nRCPT TO:<x@dane-ee.test>@dane-ee.test>'), /^50[01] 5\.5\.2/);
  assert.match(await talk.say('RCPT TO:<"a\rb"@dane-ee.test>'), /^50[01] 5\.5\.2/);
  assert.match(await talk.say('RCPT TO:<a\0b@dane-ee.test>'), /^50[01] 5\.5\.2/);
  assert.match(await talk.say('DATA'), /^5\d\d 5\.5\.1/);
  assert.match(await talk.say('RSET'), /^250 /);
  await goesOn(talk, 'after-line-ends');
});

test('EXT-1 a message above the size is refused at MAIL where it is announced, at its end where it is not', async () => {
  const talk = await open();
  assert.match(await talk.say('MAIL FROM:<s@relay.lab.test> SIZE=12000001'), /^552 5\.3\.4/);
  for (const step of ['MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA']) await talk.say(step);
  const line = `${'x'.repeat(998)}\r\n`;
  talk.write('Subject: too-large\r\n\r\n');
  for (let sent = 0; sent < 13; sent++) talk.write(line.repeat(1000));
  assert.match(await talk.say('.'), /^552 5\.3\.4/);
  await goesOn(talk, 'after-too-large');
  assert.equal(messageOf(world.lab, 'Subject: too-large\r\n'), undefined);
});

test('ATK-93 a header of ten megabytes is refused in bounded memory', async () => {
  const talk = await open();
  for (const step of ['MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA']) await talk.say(step);
  const fields = `X-Filler: ${'y'.repeat(900)}\r\n`.repeat(1000);
  const before = process.memoryUsage().arrayBuffers;
  for (let sent = 0; sent < 11; sent++) talk.write(fields);
  assert.match(await talk.say('\r\nbody\r\n.'), /^55[24] 5\.\d\.\d .*(too large|size)/i);
  assert.ok(process.memoryUsage().arrayBuffers - before < 64e6);
  await goesOn(talk, 'after-header');
  assert.equal((await inside.relay.queue.stats()).messages, 0);
});

test('TRC-7 SMUG-11 loops and NULs are told from one another', async () => {
  const talk = await open();
  for (const [text, reply] of [
    [`${'Received: from a\r\n'.repeat(101)}\r\nbody`, /^554 5\.4\.6/],
    ['Subject: x\r\n\r\na\0b', /^554 5\.6\.0/],
  ] as const) {
    for (const step of ['MAIL FROM:<s@relay.lab.test>', 'RCPT TO:<a@dane-ee.test>', 'DATA']) await talk.say(step);
    assert.match(await talk.say(`${text}\r\n.`), reply);
  }
  await goesOn(talk, 'after-loops');
});

test('QUE-10 EXT-1 below the floor of free space: 452, said by /readyz and doctor, and what is queued goes out', async () => {
  const waiting = await post(inside.port, { to: 'a@greylisted.example', subject: 'queued-before-the-shortage' });
  await until(async () => (await stateOf(inside, waiting)) === 'deferred', 'the deferral');
  await inside.relay.stop(1);
  world.configure({ in: { queue: 'min_free = "900000GB"' } });
  const short = await startInside(world);
  const talk = SmtpTalk.to({ address: '127.0.0.1', port: short.port });
  assert.match(await transact(talk, { to: 'a@dane-ee.test' }), /^452 4\.3\.1/);
  talk.close();
  const ready = await sekisho(world, 'health', '--ready', '--json');
  assert.equal(ready.code, 1);
  const { checks } = jsonOf<{ checks: readonly { check: string; ok: boolean; says: string }[] }>(ready);
  assert.match(checks.find(({ ok }) => !ok)?.says ?? '', /below queue\.min_free: mail is refused with 452/);
  const doctor = await sekisho(world, 'doctor', '--json');
  assert.match(doctor.out, /"subject":"disk","outcome":"fail"/);
  assert.ok(
    short.log.some(({ event, says }) => event === 'message-not-stored' && String(says).includes('the floor is')),
  );
  world.lab.host('mx.greylisted.example').setFaults([]);
  assert.equal((await sekisho(world, 'queue', 'retry', waiting)).code, 0);
  await until(async () => (await stateOf(short, waiting)) === 'sent', 'delivery on a full disk');
  await short.relay.stop(1);
  world.configure();
});

/** A disk of three megabytes, where one may be mounted. */
function smallDisk(folder: string): 'mounted' | 'not-here' {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'sekisho-test', folder]);
  if (status !== 0) return 'not-here';
  after(() => void spawnSync('umount', ['-l', folder]));
  return 'mounted';
}

test('SRV-13 QUE-10 a disk that is really full: 452 or 451, never 250, and all that got 250 arrive', async () => {
  const state = join(world.folder, 'small');
  const kind = smallDisk(state);
  // What others keep there, and will take away again. Where nothing can be mounted the floor stands in for the end.
  writeFileSync(join(state, 'ballast'), Buffer.alloc(1e6));
  const floor = kind === 'mounted' ? '0b' : '900000GB';
  world.configure({
    in: { queue: `min_free = "${floor}"` },
    edit: (text) => text.replaceAll(join(world.folder, 'queue.db'), join(state, 'queue.db')),
  });
  const env = { ...world.env, STATE_DIRECTORY: state };
  world.lab.host('mx.greylisted.example').setFault('rcpt-451');
  const full = await startOutside(world, env);
  const replies: string[] = [];
  const accepted: string[] = [];
  for (let count = 0; count < 40 && replies.length < 4; count++) {
    const talk = SmtpTalk.to({ address: '127.0.0.1', port: full.port });
    // In rows and in files: both kinds of body meet the end of the disk.
    const body = `${'z'.repeat(70)}\r\n`.repeat(count % 2 === 0 ? 4000 : 400);
    const reply = await transact(talk, { to: `a${count}@greylisted.example`, subject: `full-${count}`, body });
    talk.close();
    if (reply.startsWith('250')) accepted.push(`full-${count}`);
    else replies.push(reply);
  }
  assert.ok(replies.length > 0, 'the disk was filled');
  for (const reply of replies) assert.match(reply, /^45[12] 4\.3\.[01]/);
  assert.equal((await fetch(`http://127.0.0.1:${full.adminPort}/livez`)).status, 200);
  world.lab.host('mx.greylisted.example').setFaults([]);
  rmSync(join(state, 'ballast'));
  const flushed = await sekisho({ ...world, env }, 'queue', 'flush');
  assert.equal(flushed.code, 0, flushed.err);
  for (const word of accepted)
    await until(() => messageOf(world.lab, `Subject: ${word}\r\n`) !== undefined, word, 30_000);
  full.child.kill('SIGTERM');
  assert.equal(await full.ended, 0);
  assert.ok(kind === 'not-here' || accepted.length > 2, `${accepted.length} fitted`);
});
