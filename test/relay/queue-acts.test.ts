// What an operator does to waiting mail, through the command line against the running relay (QUE-7), and the probe.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { faultsOf } from '../schema-checker.ts';
import { post } from './mail.ts';
import {
  type Inside,
  messageOf,
  named,
  openWorld,
  type Said,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from './world.ts';

let world: World;
let inside: Inside;
before(async () => {
  world = await openWorld(
    named('dane-ee', 'dane-mismatch', 'greylisted', 'sts-starttls-stripped', 'sts-enforce', 'no-tls', 'null-mx'),
    'standing',
  );
  inside = await startInside(world);
});

const waiting = async (to: string, subject: string, from?: string): Promise<string> => {
  const id = await post(inside.port, { to, subject, ...(from && { from }) });
  await until(async () => (await stateOf(inside, id)) === 'deferred', `${id} to wait`);
  return id;
};
const queue = (...argv: readonly string[]): Promise<Said> => sekisho(world, 'queue', ...argv);
const attemptsOf = async (id: string): Promise<number> =>
  (await inside.relay.queue.story(id as never))?.recipients[0]?.attempts ?? 0;
const listed = async (...argv: readonly string[]): Promise<readonly string[]> => {
  const { out } = await queue('list', '--json', ...argv);
  const rows =
    out.trim() === ''
      ? []
      : out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { queue_id: string });
  for (const row of rows) assert.deepEqual(faultsOf('queue', row), []);
  return rows.map(({ queue_id }) => queue_id);
};

test('QUE-7 hold keeps a message from every attempt, also from flush; release lets it go', async () => {
  const id = await waiting('a@greylisted.example', 'held');
  assert.match((await queue('hold', id, '--reason', 'asked by its author')).out, /^hold: 1 recipients/);
  assert.equal(await stateOf(inside, id), 'held');
  assert.deepEqual(await listed('--state', 'held'), [id]);
  world.lab.host('mx.greylisted.example').setFaults([]);
  assert.equal((await queue('flush')).code, 0);
  world.clock.advance(7200 as never);
  const witness = await post(inside.port, { to: 'a@dane-ee.test', subject: 'witness' });
  await until(async () => (await stateOf(inside, witness)) === 'sent', 'another message');
  assert.equal(await stateOf(inside, id), 'held');
  assert.equal((await queue('release', id)).code, 0);
  await until(async () => (await stateOf(inside, id)) === 'sent', 'the released message');
  assert.match((await sekisho(world, 'explain', id)).out, /asked by its author/);
  world.lab.clearFaults();
});

test('QUE-7 retry takes what its filter names and nothing else; flush takes all', async () => {
  const [one, other] = [
    await waiting('a@sts-starttls-stripped.example', 'one'),
    await waiting('a@dane-mismatch.test', 'other'),
  ];
  assert.deepEqual([...(await listed())].sort(), [one, other].sort());
  assert.deepEqual(await listed('--because', 'cert-no-tlsa-match'), [other]);
  assert.deepEqual(await listed('--domain', 'sts-starttls-stripped.example'), [one]);
  assert.deepEqual(await listed('--to', 'nobody-like-this'), []);
  const before = await attemptsOf(one);
  assert.equal((await queue('retry', '--domain', 'dane-mismatch.test')).code, 0);
  await until(async () => (await attemptsOf(other)) === 2, 'the retry');
  assert.equal(await attemptsOf(one), before);
  world.lab.host('mx.sts-starttls-stripped.example').setFaults([]);
  assert.equal((await queue('flush', '--json')).code, 0);
  await until(async () => (await stateOf(inside, one)) === 'sent', 'the flush');
  await until(async () => (await attemptsOf(other)) === 3, 'the flush of the other');
  const none = await queue('retry', '--domain', 'nowhere.example');
  assert.equal(none.code, 1);
  world.lab.clearFaults();
  assert.equal((await queue('drop', other, '--yes')).code, 0);
});

test('QUE-7 drop says nothing to the sender and wants to be sure; the story stays', async () => {
  const id = await waiting('a@dane-mismatch.test', 'dropped', 'author@dane-ee.test');
  const asked = await queue('drop', id, '--no-input');
  assert.equal(asked.code, 2);
  assert.match(asked.err, /wants --yes/);
  assert.equal(await stateOf(inside, id), 'deferred');
  assert.equal((await queue('drop', id, '--yes', '--reason', 'sent in error')).code, 0);
  assert.equal(await stateOf(inside, id), 'dropped');
  const story = await sekisho(world, 'queue', 'show', id);
  assert.match(story.out, /dropped/);
  assert.match(story.out, /sent in error/);
  assert.deepEqual(
    world.lab.host('mx.dane-ee.test').messages.filter(({ raw }) => raw.includes(id)),
    [],
  );
});

test('QUE-7 DSN-9 bounce returns the message to its author, over DANE, with the last real reason', async () => {
  const id = await waiting('a@dane-mismatch.test', 'returned', 'author@dane-ee.test');
  assert.equal((await queue('bounce', id, '--yes')).code, 0);
  await until(async () => (await stateOf(inside, id)) === 'bounced', 'the bounce');
  const notices = (): readonly string[] =>
    world.lab
      .host('mx.dane-ee.test')
      .messages.map(({ raw }) => raw.toString())
      .filter((text) => text.includes('Action: failed'));
  await until(() => notices().length === 1, 'the notice at the author');
  assert.match(notices()[0] ?? '', /Status: 4\.7\.5/);
  assert.match(notices()[0] ?? '', /Subject: returned/);
  assert.doesNotMatch(notices()[0] ?? '', /\r\nhello\r\n/);
});

test('what fails at once comes back at once', async () => {
  const id = await post(inside.port, { to: 'a@null-mx.test', subject: 'null-mx', from: 'other-author@dane-ee.test' });
  await until(async () => (await stateOf(inside, id)) === 'bounced', 'the bounce');
  await until(
    () =>
      world.lab
        .host('mx.dane-ee.test')
        .messages.some(
          ({ raw, recipients }) =>
            raw.includes('Status: 5.1.10') && recipients.some((one) => one.includes('other-author')),
        ),
    'the notice',
  );
});

test('OPS-7 probe sends one real message and shows what protected it', async () => {
  for (const [to, shown] of [
    ['me@dane-ee.test', /authenticated dane-ee/],
    ['me@sts-enforce.example', /authenticated pkix-sts/],
    ['me@no-tls.example', /cleartext none/],
  ] as const) {
    const said = await sekisho(world, 'probe', to, '--timeout', '20s');
    assert.equal(said.code, 0, said.err);
    assert.match(said.out, shown);
    const nonce = /^probe (\w+) is queued as /.exec(said.out)?.[1];
    assert.ok(nonce !== undefined && said.out.includes(`"sekisho probe ${nonce}"`));
    assert.match(said.out, /\nreached {4}(DANE|WebPKI|cleartext)[^\n]*\n/);
    const message = messageOf(world.lab, `To: ${to}`);
    assert.ok(message?.raw.includes(`Subject: sekisho probe ${nonce}`));
    assert.match(
      message?.raw.toString() ?? '',
      /^Received: from .*\r\n(?:[ \t].*\r\n)*From: .*Subject: sekisho probe/s,
    );
  }
  const enough = await sekisho(
    world,
    'probe',
    'me@sts-enforce.example',
    '--expect',
    'webpki',
    '-q',
    '--timeout',
    '20s',
  );
  assert.deepEqual([enough.code, enough.out], [0, '']);
  const less = await sekisho(world, 'probe', 'me@no-tls.example', '--expect', 'encrypted', '--timeout', '20s');
  assert.equal(less.code, 1);
  assert.match(less.err, /cleartext is less than encrypted/);
  const refused = await sekisho(world, 'probe', 'me@dane-mismatch.test', '--timeout', '20s');
  assert.equal(refused.code, 1);
  assert.match(refused.out, /cert-no-tlsa-match/);
  assert.equal(messageOf(world.lab, 'To: me@dane-mismatch.test'), undefined);
});

test('ATK-112 an address with a line end is refused with exit 2, and nothing of it reaches a session', async () => {
  for (const to of [
    'a@b.example\r\nRCPT TO:<x@dane-ee.test>',
    'a\nb@dane-ee.test',
    'a@dane-ee.test\0',
    'two@signs@dane-ee.test x',
    '@dane-ee.test',
  ]) {
    const said = await sekisho(world, 'probe', to);
    assert.equal(said.code, 2, JSON.stringify(to));
    assert.equal(said.err.trim().split('\n').length, 1, said.err);
    assert.match(said.err, /is no mail address/);
  }
  const lines = [...world.lab.hosts.values()].flatMap(({ sessions }) => sessions.flatMap(({ said }) => said));
  assert.ok(!lines.some(({ line }) => line.includes('x@dane-ee.test')));
});
