// The end of a message's life: one more try, with everything looked up afresh, before anything bounces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { post } from './mail.ts';
import { named, openWorld, startInside, stateOf, until } from './world.ts';

test('STS-65 a new id is found by the last try, though the cached policy has days to live: it delivers, nothing bounces', async () => {
  const world = await openWorld(named('sts-host-mismatch'), 'standing');
  world.configure({ edit: (text) => text.replace('[delivery]\n', '[delivery]\nexpire_after = "1d"\n') });
  const inside = await startInside(world);
  const id = await post(inside.port, { to: 'a@sts-host-mismatch.example', subject: 'mend-sts-late' });
  await until(async () => (await stateOf(inside, id)) === 'deferred', 'the first try');
  const before = await inside.relay.queue.story(id as never);
  assert.equal(before?.recipients[0]?.last?.because, 'sts-mx-mismatch');
  // No try falls between: the clock goes to the end of the message's life at once.
  world.lab.publishPolicy('sts-host-mismatch.example', { mode: 'enforce', mx: ['mx.sts-host-mismatch.example'] });
  world.clock.advance((25 * 3600) as never);
  await until(async () => {
    // A runner that looked just before the clock was moved sleeps its minute, and nobody else moves it.
    world.clock.advance(61 as never);
    return ['sent', 'bounced'].includes((await stateOf(inside, id)) ?? '');
  }, 'the last try');
  assert.equal(await stateOf(inside, id), 'sent');
  const story = await inside.relay.queue.story(id as never);
  assert.ok(story !== undefined && Date.parse(String(story.records.at(-1)?.at)) >= story.message.expiresAt);
  assert.equal(story.recipients[0]?.attempts, 2);
});
