// The way down for one message alone (QUE-7), as the command line gives it to the running relay.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { post } from './mail.ts';
import { type Inside, messageOf, named, openWorld, sekisho, startInside, stateOf, until, type World } from './world.ts';

let world: World;
let inside: Inside;
before(async () => {
  world = await openWorld(named('dane-mismatch'), 'standing');
  inside = await startInside(world);
});

const waiting = async (subject: string): Promise<string> => {
  const id = await post(inside.port, { to: 'a@dane-mismatch.test', subject });
  await until(async () => (await stateOf(inside, id)) === 'deferred', `${id} to wait`);
  return id;
};
const override = (...argv: readonly string[]): ReturnType<typeof sekisho> =>
  sekisho(world, 'queue', 'override', ...argv);

test('QUE-7 an override lets one message go, with the operator words in evidence, history and log', async () => {
  const [one, other] = [await waiting('overridden'), await waiting('as usual')];
  const said = await override(one, '--ignore', 'dane', '--reason', 'told by telephone, case 17', '--yes', '--json');
  assert.equal(said.code, 0, said.err);
  assert.deepEqual(JSON.parse(said.out), {
    schema: 'sekisho.queue/1',
    act: 'override',
    queue_id: one,
    ignore: ['dane'],
    recipients: 1,
  });
  await until(async () => (await stateOf(inside, one)) === 'sent', 'the overridden message');
  assert.ok(messageOf(world.lab, 'Subject: overridden'));
  assert.equal((await sekisho(world, 'queue', 'retry', other)).code, 0);
  await until(
    async () => ((await inside.relay.queue.story(other as never))?.recipients[0]?.attempts ?? 0) > 1,
    'another attempt for the other message',
  );
  assert.equal(await stateOf(inside, other), 'deferred');
  assert.equal(messageOf(world.lab, 'Subject: as usual'), undefined);

  const story = JSON.parse((await sekisho(world, 'explain', one, '--json')).out) as {
    readonly attempts: readonly Readonly<Record<string, unknown>>[];
    readonly events: readonly { readonly says: string }[];
  };
  const record = story.attempts.at(-1);
  assert.deepEqual([record?.result, record?.dane], ['sent', 'off']);
  assert.equal(record?.exception, 'override of this message: told by telephone, case 17');
  assert.match(
    JSON.stringify(record?.evidence),
    /dane ignored \(override of this message: told by telephone, case 17\)/,
  );
  assert.ok(story.events.some(({ says }) => says.includes('dane ignored for this message: told by telephone')));
  const line = inside.log.find(({ event }) => event === 'policy-override');
  assert.deepEqual([line?.level, line?.queue_id, line?.says], ['warn', one, 'told by telephone, case 17']);
});

test('QUE-7 an override wants ids, what to ignore, a reason and a yes; an unknown message is told', async () => {
  const id = await waiting('asked wrongly');
  for (const [argv, says] of [
    [['--ignore', 'dane', '--reason', 'x', '--yes'], /wants queue ids/],
    [[id, '--reason', 'x', '--yes'], /--ignore wants some of/],
    [[id, '--ignore', 'requiretls', '--reason', 'x', '--yes'], /not "requiretls"/],
    [[id, '--ignore', 'dane', '--reason', ' ', '--yes'], /wants --reason/],
    [[id, '--ignore', 'dane', '--reason', 'x', '--no-input'], /wants --yes/],
  ] as const) {
    const said = await override(...argv);
    assert.equal(said.code, 2);
    assert.match(said.err, says);
  }
  const unknown = await override('nosuch', '--ignore', 'dane', '--reason', 'x', '--yes');
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /no waiting message "nosuch"/);
  assert.equal(await stateOf(inside, id), 'deferred');
});
