// Kept sessions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool } from '../../../src/adapters/smtp/pool.ts';
import type { PooledSession, Session } from '../../../src/agent/ports.ts';
import { type Instant, instant } from '../../../src/core/base/brand.ts';
import type { Attempt, PoolKey } from '../../../src/core/policy/model.ts';
import { cleared, loopback } from './given.ts';

function given({ idle = 10, perKey = 2, total = 3 } = {}) {
  const state = { now: 1000, broken: new Set<Session>(), closed: [] as string[] };
  const names = new Map<Session, string>();
  const pool = createPool({
    clock: { now: () => instant(state.now), sleep: async () => undefined, random: () => 0 },
    isUsable: (session) => !state.broken.has(session),
    close: (session, how) => void state.closed.push(`${names.get(session)} ${how}`),
    idle,
    perKey,
    total,
  });
  const entry = (name: string, validUntil: Instant = instant(9000)): PooledSession => {
    const session: Session = {
      address: loopback,
      localAddress: undefined,
      security: { kind: 'injected' },
      greeting: name,
    };
    names.set(session, name);
    return { session: cleared(session), extensions: new Map(), attempt: {} as Attempt, validUntil, carried: 1 };
  };
  return { pool, state, entry };
}
const key = (text: string): PoolKey => text as PoolKey;

test('SMTP-13 ATK-98 a session is found under its own key only, and by one', () => {
  const { pool, entry } = given();
  pool.put(key('a'), entry('one'));
  assert.equal(pool.take(key('b')), undefined);
  assert.equal(pool.take(key('a'))?.session.greeting, 'one');
  assert.equal(pool.take(key('a')), undefined);
});

test('SMTP-13 what the host closed, or whose verdict lapsed, is not handed out', () => {
  const { pool, state, entry } = given();
  const dead = entry('dead');
  pool.put(key('a'), dead);
  state.broken.add(dead.session);
  assert.equal(pool.take(key('a')), undefined);
  pool.put(key('a'), entry('old', instant(1500)));
  state.now = 2000;
  assert.equal(pool.take(key('a')), undefined);
  pool.put(key('a'), dead);
  assert.equal(pool.take(key('a')), undefined);
  assert.deepEqual(state.closed, ['dead abort', 'old quit', 'dead abort']);
});

test('SMTP-16 the pool is bounded per key and in all; the oldest goes', () => {
  const { pool, state, entry } = given();
  for (const name of ['a1', 'a2', 'a3']) pool.put(key('a'), entry(name));
  pool.put(key('b'), entry('b1'));
  pool.put(key('c'), entry('c1'));
  assert.deepEqual(state.closed, ['a1 quit', 'a2 quit']);
  pool.drain();
  assert.deepEqual(state.closed.slice(2).sort(), ['a3 quit', 'b1 quit', 'c1 quit']);
  assert.equal(pool.take(key('b')), undefined);
});

test('SMTP-11 an idle session is left with QUIT', async () => {
  const { pool, state, entry } = given({ idle: 0.02 });
  pool.put(key('a'), entry('one'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(state.closed, ['one quit']);
  assert.equal(pool.take(key('a')), undefined);
});
