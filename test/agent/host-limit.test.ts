// Places at a host: who gets one, who waits, and who is sent away.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHostLimit, type Entered, type Offer, type Place } from '../../src/agent/host-limit.ts';
import type { PooledSession } from '../../src/agent/ports.ts';
import { instant } from '../../src/core/base/brand.ts';
import type { PoolKey } from '../../src/core/policy/model.ts';
import { manualClock } from './manual-clock.ts';

const running = new AbortController().signal;
const nothing: Offer = () => 'none';
const entry = {} as PooledSession;
const key = (text: string): PoolKey => text as PoolKey;
const turns = (): Promise<void> => new Promise(setImmediate);

function placeOf(entered: Entered): Place {
  assert.equal(entered.kind, 'place');
  return (entered as { place: Place }).place;
}

describe('places', () => {
  test('SMTP-16 the place goes to the next in line, once, and hosts do not count together', async () => {
    const limit = createHostLimit(1, manualClock(instant(0)));
    const first = placeOf(await limit.enter('a', nothing, running));
    placeOf(await limit.enter('b', nothing, running));
    const order: string[] = [];
    const second = limit.enter('a', nothing, running).then((entered) => {
      order.push('second');
      return placeOf(entered);
    });
    const third = limit.enter('a', nothing, running).then(() => order.push('third'));
    first.leave();
    first.leave();
    await second;
    await turns();
    assert.deepEqual(order, ['second']);
    (await second).leave();
    await third;
    assert.deepEqual(order, ['second', 'third']);
  });

  test('SMTP-16 who gives up leaves the line', async () => {
    const limit = createHostLimit(1, manualClock(instant(0)));
    const first = placeOf(await limit.enter('a', nothing, running));
    const control = new AbortController();
    const second = limit.enter('a', nothing, control.signal);
    const third = limit.enter('a', nothing, running);
    control.abort();
    assert.equal((await second).kind, 'aborted');
    assert.equal((await limit.enter('a', nothing, control.signal)).kind, 'aborted');
    first.leave();
    placeOf(await third);
  });

  test('SMTP-16 as many at a time as were allowed, and no more', async () => {
    const limit = createHostLimit(3, manualClock(instant(0)));
    const places = await Promise.all([1, 2, 3].map(() => limit.enter('a', nothing, running)));
    let fourth = 'waits';
    void limit.enter('a', nothing, running).then(() => {
      fourth = 'entered';
    });
    await turns();
    assert.equal(fourth, 'waits');
    placeOf(places[1] as Entered).leave();
    await turns();
    assert.equal(fourth, 'entered');
  });
});

describe('sessions handed on', () => {
  test('SMTP-16 EXT-5 the first in line takes place and session together; the giver has neither any more', async () => {
    const limit = createHostLimit(1, manualClock(instant(0)));
    const first = placeOf(await limit.enter('a', nothing, running));
    const shown: string[] = [];
    const takes: Offer = (of) => {
      shown.push(of);
      return 'taken';
    };
    assert.equal(first.passOn(key('k'), entry), 'none');
    const second = limit.enter('a', takes, running);
    const third = limit.enter('a', takes, running);
    assert.equal(first.passOn(key('k'), entry), 'taken');
    assert.deepEqual(shown, ['k']);
    assert.equal(first.passOn(key('k'), entry), 'none');
    first.leave();
    const place = placeOf(await second);
    let waited = 'waits';
    void third.then(() => {
      waited = 'entered';
    });
    await turns();
    assert.equal(waited, 'waits');
    place.leave();
    placeOf(await third);
  });

  test('SMTP-16 who waits for another kind of session is not passed over', async () => {
    const limit = createHostLimit(1, manualClock(instant(0)));
    const first = placeOf(await limit.enter('a', nothing, running));
    const second = limit.enter('a', (of) => (of === 'other' ? 'taken' : 'none'), running);
    const third = limit.enter('a', () => 'taken', running);
    assert.equal(first.passOn(key('k'), entry), 'none');
    first.leave();
    placeOf(await second).leave();
    placeOf(await third);
  });
});

describe('a host that hangs', () => {
  test('SMTP-16 QUE-4 nobody waits longer than it frees places, and who comes then does not wait at all', async () => {
    const clock = manualClock(instant(0));
    const limit = createHostLimit(1, clock);
    const first = placeOf(await limit.enter('a', nothing, running));
    const second = limit.enter('a', nothing, running);
    clock.advance(39);
    await turns();
    const third = limit.enter('a', nothing, running);
    clock.advance(2);
    assert.equal((await second).kind, 'no-room');
    assert.equal((await third).kind, 'no-room');
    assert.equal((await limit.enter('a', nothing, running)).kind, 'no-room');
    placeOf(await limit.enter('b', nothing, running));
    first.leave();
    placeOf(await limit.enter('a', nothing, running));
  });

  test('SMTP-16 a slow host that frees a place now and then keeps its line', async () => {
    const clock = manualClock(instant(0));
    const limit = createHostLimit(1, clock);
    let place = placeOf(await limit.enter('a', nothing, running));
    const line = [1, 2, 3].map(() => limit.enter('a', nothing, running));
    for (const next of line) {
      clock.advance(30);
      await turns();
      place.leave();
      place = placeOf(await next);
    }
    place.leave();
    await turns();
    assert.equal(clock.sleepers(), 0, 'nobody is watched over any more');
  });
});
