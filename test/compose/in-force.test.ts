import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdInForce, type InForce } from '../../src/compose/in-force.ts';

/** As much of a configuration as the holder touches. */
function inForce(name: string, closed: string[]): InForce {
  const outlook = { close: () => void closed.push(name) };
  return { loaded: name, materials: {}, outlook } as unknown as InForce;
}

test('what was replaced stays open for those who began with it, and is closed by the last of them', async () => {
  const closed: string[] = [];
  const holder = holdInForce(inForce('first', closed));
  const [slow, slower] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const seen: unknown[] = [];
  const work = [slow, slower].map(({ promise }) =>
    holder.use(async ({ loaded }, replaced) => {
      await promise;
      seen.push(loaded, replaced.aborted);
    }),
  );
  holder.replace(inForce('second', closed));
  assert.equal(holder.current().loaded, 'second');
  assert.deepEqual(closed, []);
  slow.resolve();
  await work[0];
  assert.deepEqual(closed, []);
  slower.resolve();
  await work[1];
  assert.deepEqual(closed, ['first']);
  assert.deepEqual(seen, ['first', true, 'first', true]);
});

test('nobody works with it: it is closed at once, and only once', () => {
  const closed: string[] = [];
  const holder = holdInForce(inForce('first', closed));
  holder.replace(inForce('second', closed));
  holder.replace(inForce('third', closed));
  assert.deepEqual(closed, ['first', 'second']);
  holder.close();
  holder.close();
  assert.deepEqual(closed, ['first', 'second', 'third']);
});

test('work that fails gives its place back', async () => {
  const closed: string[] = [];
  const holder = holdInForce(inForce('first', closed));
  await assert.rejects(
    holder.use(async () => {
      throw new Error('no');
    }),
  );
  holder.replace(inForce('second', closed));
  assert.deepEqual(closed, ['first']);
});

test('other materials under the same outlook close nothing', async () => {
  const closed: string[] = [];
  const holder = holdInForce(inForce('first', closed));
  const renewed = { queuePath: '/other' } as InForce['materials'];
  holder.amend(renewed);
  assert.equal(holder.current().materials, renewed);
  await holder.use(async ({ materials }) => assert.equal(materials, renewed));
  assert.deepEqual(closed, []);
});

test('the end closes all that is open, used or not', () => {
  const closed: string[] = [];
  const holder = holdInForce(inForce('first', closed));
  void holder.use(() => new Promise(() => undefined));
  holder.replace(inForce('second', closed));
  holder.close();
  assert.deepEqual(closed.sort(), ['first', 'second']);
});
