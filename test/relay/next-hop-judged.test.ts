// A next hop that the operator names in place of the destination is a destination of its own (RTE-15, ADR 0009).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settings } from '../../src/config/schema.ts';
import { post } from './mail.ts';
import { messageOf, named, openWorld, startInside, stateOf, until } from './world.ts';

test('RTE-15 ATK-99 a next hop named for a destination gets its own DANE: with a TLSA mismatch it is not used', async () => {
  const world = await openWorld(named('dane-ee', 'dane-mismatch'), 'standing');
  world.configure({ end: '[[route]]\nto = "*"\nvia = "dane-mismatch.test"\n' });
  const inside = await startInside(world);
  // The recipient's own host would do, and is not asked either: the route is all there is.
  const id = await post(inside.port, { to: 'a@dane-ee.test', subject: 'by the route' });
  await until(async () => (await stateOf(inside, id)) === 'deferred', 'the attempt');
  const story = await inside.relay.queue.story(id as never);
  assert.equal(story?.recipients[0]?.last?.because, 'cert-no-tlsa-match');
  assert.equal(messageOf(world.lab, 'Subject: by the route'), undefined);
  const said = world.lab
    .host('mx.dane-mismatch.test')
    .sessions.flatMap((session) => session.said.map(({ line }) => line));
  assert.ok(said.length > 0);
  assert.ok(!said.some((line) => /^MAIL/i.test(line)));
});

test('RTE-15 no setting names a second next hop that would be taken when the first fails', () => {
  const routes = settings.map(({ path }) => path).filter((path) => path.startsWith('route[].'));
  assert.deepEqual(routes.sort(), ['route[].credentials', 'route[].tls', 'route[].to', 'route[].via']);
  assert.ok(!settings.some(({ path }) => /fallback/.test(path)));
});
