import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCache, lifetimeOf } from '../../../src/adapters/dns/cache.ts';
import { instant, seconds } from '../../../src/core/base/brand.ts';
import { a } from './zone-talk.ts';

const start = instant(1_000_000);
const later = (count: number): ReturnType<typeof instant> => instant(start + count * 1_000);
const plain = (limits = { entries: 10, octets: 10_000 }) => createCache<string>(limits, (value) => value.length);

test('DNS-8 DNS-9 an entry holds for its lifetime and is gone with its last second', () => {
  const cache = plain();
  cache.put('k', 'v', seconds(30), start);
  assert.deepEqual(cache.get('k', start), { value: 'v', age: 0, left: 30 });
  assert.deepEqual(cache.get('k', later(29)), { value: 'v', age: 29, left: 1 });
  assert.equal(cache.get('k', later(30)), undefined);
  assert.equal(cache.get('k', later(29)), undefined, 'came back');
});

test('DNS-9 a clock that was set back makes every entry doubtful', () => {
  const cache = plain();
  cache.put('k', 'v', seconds(30), start);
  assert.equal(cache.get('k', later(-1)), undefined);
});

test('DNS-8 a lifetime of nothing stores nothing and forgets what was there', () => {
  const cache = plain();
  cache.put('k', 'old', seconds(30), start);
  cache.put('k', 'new', seconds(0), start);
  assert.equal(cache.get('k', start), undefined);
});

test('the least recently used entry leaves first, by number and by octets', () => {
  const few = plain({ entries: 2, octets: 10_000 });
  for (const key of ['a', 'b']) few.put(key, key, seconds(30), start);
  few.get('a', start);
  few.put('c', 'c', seconds(30), start);
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => few.get(key, start)?.value),
    ['a', undefined, 'c'],
  );

  const small = plain({ entries: 100, octets: 2_000 });
  for (let at = 0; at < 50; at += 1) small.put(`k${at}`, 'x'.repeat(300), seconds(30), start);
  const held = Array.from({ length: 50 }, (_, at) => small.get(`k${at}`, start)).filter((entry) => entry !== undefined);
  assert.equal(held.length, 3);
  small.put('huge', 'x'.repeat(3_000), seconds(30), start);
  assert.equal(small.get('huge', start), undefined);
  assert.equal(small.get('k49', start)?.value.length, 300, 'something too big pushed others out');
});

test('DNS-8 positive answers hold a day at most, negative three hours, bogus a minute, errors less', () => {
  const day = seconds(1_000_000);
  const records = [a('www.example', '192.0.2.1')];
  assert.equal(lifetimeOf({ state: 'secure', records, ttl: day }), 86_400);
  assert.equal(lifetimeOf({ state: 'insecure', records, ttl: seconds(7) }), 7);
  assert.equal(lifetimeOf({ state: 'secure', records: [], ttl: day }), 10_800);
  assert.equal(lifetimeOf({ state: 'insecure', records: [], ttl: seconds(0) }), 0);
  assert.ok(lifetimeOf({ state: 'bogus', records: [], ttl: day }) <= 60);
  const error = lifetimeOf({ state: 'indeterminate', records: [], ttl: seconds(0) });
  assert.ok(error >= 5 && error <= 30);
});
