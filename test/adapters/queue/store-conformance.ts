// What every QueueStore must do, whatever it is built on. Called with a factory by the tests of each adapter.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Lease, QueueStore } from '../../../src/agent/ports.ts';
import {
  bounced,
  claim,
  collect,
  deferred,
  enqueue,
  later,
  mailbox,
  message,
  newId,
  octets,
  recipient,
  sent,
  settlement,
  t0,
} from './messages.ts';

export type StoreUnderTest = {
  readonly queue: QueueStore;
  /** Closes and opens it again on the same data. */
  restart(): Promise<QueueStore>;
  remove(): Promise<void>;
};

export function storeConformance(name: string, create: () => Promise<StoreUnderTest>): void {
  const using =
    (body: (queue: QueueStore, store: StoreUnderTest) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const store = await create();
      try {
        await body(store.queue, store);
      } finally {
        await store.remove();
      }
    };

  describe(`${name}: keeping`, () => {
    test(
      'QUE-1 RTLS-4 a restart keeps envelope, parameters, tags, states and body',
      using(async (queue, store) => {
        const one = message(
          [
            recipient('a@one.example', { notify: ['success', 'delay'], orcpt: 'rfc822;A+2B@one.example' }),
            'b@two.example',
          ],
          { tlsTag: 'requiretls', body: '8bitmime', smtputf8: true, ret: 'full', envid: 'x+2By' },
        );
        const two = message(['c@one.example'], { reversePath: 'null', tlsTag: 'tls-required-no' });
        const body = randomBytes(5000);
        await enqueue(queue, one, body);
        await enqueue(queue, two);
        const again = await store.restart();
        const story = await again.story(one.id);
        assert.deepEqual(story?.message, one);
        assert.deepEqual(
          story?.recipients.map((row) => [row.recipient, row.nextHop, row.state, row.attempts, row.dueAt]),
          one.envelope.recipients.map((to, n) => [to, ['one.example', 'two.example'][n], 'queued', 0, t0]),
        );
        assert.deepEqual((await again.story(two.id))?.message, two);
        assert.deepEqual(await collect(again.openBody(one.id)), body);
        const leases = await claim(again, t0, { room: new Map([['one.example', 5]]) });
        assert.deepEqual(leases.map((lease) => lease.message.envelope.tlsTag).sort(), [
          'requiretls',
          'requiretls',
          'tls-required-no',
        ]);
      }),
    );

    for (const [what, size] of [
      ['empty', 0],
      ['at the row limit', 262_144],
      ['one octet above the row limit', 262_145],
      ['large', 1_000_003],
    ] as const)
      test(
        `QUE-1 SMTP-14 a body comes back octet for octet: ${what}`,
        using(async (queue, store) => {
          const body = randomBytes(size);
          const one = message(['a@one.example']);
          const writer = queue.begin(one.id);
          for (let at = 0; at < size; at += 10_007) {
            const chunk = Buffer.from(body.subarray(at, at + 10_007));
            await writer.write(chunk);
            chunk.fill(0);
          }
          await writer.commit(one, [{ recipient: recipient('a@one.example'), nextHop: 'one.example' }]);
          assert.deepEqual(await collect(queue.openBody(one.id)), body);
          assert.deepEqual(await collect((await store.restart()).openBody(one.id)), body);
        }),
      );

    test(
      'SRV-12 nothing exists before the commit, and an aborted body leaves nothing',
      using(async (queue) => {
        for (const size of [10, 300_000]) {
          const id = newId();
          const writer = queue.begin(id);
          await writer.write(randomBytes(size));
          assert.equal(await queue.story(id), undefined);
          await writer.abort();
          await assert.rejects(writer.write(octets('x')));
          assert.equal(await queue.story(id), undefined);
        }
        assert.equal((await queue.stats()).messages, 0);
      }),
    );

    test(
      'SRV-18 an id is taken once; the second acceptance fails and the first stays',
      using(async (queue) => {
        const one = message(['a@one.example']);
        await enqueue(queue, one, octets('first'));
        const others = [message(['a@one.example']), message(['b@one.example'])];
        const results = await Promise.allSettled([
          enqueue(queue, one, octets('second')),
          ...others.map((m) => enqueue(queue, m)),
        ]);
        assert.deepEqual(
          results.map((result) => result.status),
          ['rejected', 'fulfilled', 'fulfilled'],
        );
        assert.equal(String(await collect(queue.openBody(one.id))), 'first');
      }),
    );
  });

  describe(`${name}: leases`, () => {
    test(
      'QUE-8 what is leased is claimed by nobody else until the lease ends, then by itself again',
      using(async (queue) => {
        await enqueue(queue, message(['a@one.example']));
        const [lease] = (await claim(queue, t0)) as [Lease];
        assert.equal(lease.until, later(t0, 600));
        assert.deepEqual(await claim(queue, later(t0, 599), { worker: 'w2' }), []);
        const [second] = (await claim(queue, later(t0, 600), { worker: 'w2' })) as [Lease];
        assert.notEqual(second.token, lease.token);
        assert.equal(second.recipients[0].attempts, 0);
      }),
    );

    test(
      'QUE-8 fencing: the holder of a lost lease can neither settle, renew nor release',
      using(async (queue) => {
        const one = message(['a@one.example']);
        await enqueue(queue, one);
        const [lost] = (await claim(queue, t0)) as [Lease];
        const [held] = (await claim(queue, later(t0, 601), { worker: 'w2' })) as [Lease];
        const notice = {
          message: message(['sender@origin.example'], { reversePath: 'null' }),
          nextHop: 'origin.example',
          body: octets('n'),
        };
        assert.equal(await queue.settle(settlement(lost, later(t0, 602), bounced, { notice })), 'stale');
        assert.equal(await queue.renew(lost, later(t0, 9999)), 'lost');
        await queue.release(lost, t0);
        assert.deepEqual(await claim(queue, later(t0, 603)), []);
        assert.equal((await queue.story(one.id))?.recipients[0]?.state, 'queued');
        assert.equal(await queue.story(notice.message.id), undefined);
        assert.equal(await queue.settle(settlement(held, later(t0, 604), sent)), 'settled');
      }),
    );

    test(
      'QUE-8 settling twice is harmless',
      using(async (queue) => {
        const one = message(['a@one.example']);
        await enqueue(queue, one);
        const [lease] = (await claim(queue, t0)) as [Lease];
        const due = later(t0, 300);
        assert.equal(await queue.settle(settlement(lease, t0, (to) => deferred(to, due))), 'settled');
        assert.equal(await queue.settle(settlement(lease, t0, (to) => deferred(to, due))), 'stale');
        assert.equal((await queue.story(one.id))?.recipients[0]?.attempts, 1);
      }),
    );

    test(
      'QUE-8 a renewed lease is held beyond its first end',
      using(async (queue) => {
        await enqueue(queue, message(['a@one.example']));
        const [lease] = (await claim(queue, t0)) as [Lease];
        assert.equal(await queue.renew(lease, later(t0, 1200)), 'held');
        assert.deepEqual(await claim(queue, later(t0, 900)), []);
        assert.equal((await claim(queue, later(t0, 1200))).length, 1);
      }),
    );

    test(
      'QUE-8 released work is untouched and due at the instant named',
      using(async (queue) => {
        await enqueue(queue, message(['a@one.example']));
        const [lease] = (await claim(queue, t0)) as [Lease];
        await queue.release(lease, later(t0, 50));
        assert.deepEqual(await claim(queue, later(t0, 49)), []);
        const [again] = (await claim(queue, later(t0, 50))) as [Lease];
        assert.deepEqual([again.recipients[0].state, again.recipients[0].attempts], ['queued', 0]);
      }),
    );

    test(
      'QUE-8 after a restart of its only process no lease is in force',
      using(async (queue, store) => {
        await enqueue(queue, message(['a@one.example']));
        const [lease] = (await claim(queue, t0)) as [Lease];
        const again = await store.restart();
        assert.equal((await claim(again, t0)).length, 1);
        assert.equal(await again.settle(settlement(lease, t0, sent)), 'stale');
      }),
    );
  });

  describe(`${name}: settling`, () => {
    test(
      'QUE-9 finished recipients are removed one by one, the rest stays with its reason',
      using(async (queue) => {
        const one = message(['a@one.example', 'b@one.example', 'c@two.example']);
        await enqueue(queue, one, octets('the body'));
        const leases = await claim(queue, t0);
        assert.deepEqual(leases.map((lease) => [lease.nextHop, lease.recipients.length]).sort(), [
          ['one.example', 2],
          ['two.example', 1],
        ]);
        const [first, second] = leases as [Lease, Lease];
        const due = later(t0, 300);
        const split = (to: string) => (to === 'a@one.example' ? sent(to) : deferred(to, due));
        await queue.settle(settlement(first, later(t0, 1), split));
        await queue.settle(settlement(second, later(t0, 2), bounced));
        const story = await queue.story(one.id);
        assert.deepEqual(
          story?.recipients.map((row) => [row.state, row.attempts, row.last?.because, row.last?.status]),
          [
            ['sent', 1, 'sent', '2.0.0'],
            ['deferred', 1, 'connect-failed', '4.4.1'],
            ['bounced', 1, 'null-mx', '5.1.10'],
          ],
        );
        const [again, ...others] = await claim(queue, due);
        assert.deepEqual(others, []);
        assert.deepEqual(
          again?.recipients.map((row) => row.recipient.mailbox.text),
          ['b@one.example'],
        );
        assert.deepEqual(again?.recipients[0].last, {
          because: 'connect-failed',
          status: '4.4.1',
          says: 'connection refused',
          at: later(t0, 1),
        });
        assert.equal(String(await collect(queue.openBody(one.id))), 'the body');
        await queue.settle(settlement(again as Lease, due, sent));
        await assert.rejects(collect(queue.openBody(one.id)));
        assert.equal((await queue.stats()).messages, 0);
        assert.deepEqual(
          (await queue.story(one.id))?.recipients.map((row) => row.state),
          ['sent', 'sent', 'bounced'],
        );
      }),
    );

    test(
      'QUE-2 recipients of one next hop fall due by their own times',
      using(async (queue) => {
        await enqueue(queue, message(['a@one.example', 'b@one.example']));
        const [lease] = (await claim(queue, t0)) as [Lease];
        await queue.settle(settlement(lease, t0, (to) => deferred(to, later(t0, to.startsWith('a') ? 300 : 900))));
        assert.equal(await queue.nextDue(), later(t0, 300));
        const [first] = (await claim(queue, later(t0, 300))) as [Lease];
        assert.deepEqual(
          first.recipients.map((row) => row.recipient.mailbox.text),
          ['a@one.example'],
        );
        assert.deepEqual(await claim(queue, later(t0, 899)), []);
        await queue.settle(settlement(first, later(t0, 900), sent));
        const [second] = (await claim(queue, later(t0, 900))) as [Lease];
        assert.deepEqual(
          second.recipients.map((row) => row.recipient.mailbox.text),
          ['b@one.example'],
        );
      }),
    );

    test(
      'DSN-1 a notice is committed together with what it reports',
      using(async (queue, store) => {
        for (const size of [50, 300_000]) {
          await enqueue(queue, message(['a@one.example']));
          const [lease] = (await claim(queue, t0)) as [Lease];
          const body = randomBytes(size);
          const notice = {
            message: message(['sender@origin.example'], { reversePath: 'null' }),
            nextHop: 'origin.example',
            body,
          };
          assert.equal(await queue.settle(settlement(lease, t0, bounced, { notice })), 'settled');
          const [found] = (await claim(queue, t0)) as [Lease];
          assert.deepEqual(found.message, notice.message);
          assert.equal(found.nextHop, 'origin.example');
          assert.deepEqual(await collect(queue.openBody(found.message.id)), body);
          await queue.settle(settlement(found, t0, sent));
        }
        assert.equal((await (await store.restart()).stats()).messages, 0);
      }),
    );

    test(
      'QUE-7 records of attempts are kept with the message, the newest ones',
      using(async (queue) => {
        const one = message(['a@one.example']);
        await enqueue(queue, one);
        const says = 'a…é\u{1f512}"';
        let at = t0;
        for (let round = 0; round < 10; round += 1) {
          const [lease] = (await claim(queue, at)) as [Lease];
          const records = Array.from({ length: 10 }, (_, n) => ({
            queue_id: one.id,
            at: 'x',
            result: 'deferred',
            n: round * 10 + n,
          }));
          const now = at;
          at = later(at, 300);
          await queue.settle(
            settlement(lease, now, (to) => deferred(to, at), {
              records: records.map((own) => ({ own, shared: { says } })),
            }),
          );
        }
        const records = (await queue.story(one.id))?.records;
        assert.equal(records?.at(-1)?.says, says);
        const numbers = records?.map((record) => record.n);
        assert.deepEqual(
          numbers,
          Array.from({ length: 64 }, (_, n) => 36 + n),
        );
      }),
    );
  });

  describe(`${name}: choosing`, () => {
    test(
      'QUE-2 oldest due first, and nothing that is not due',
      using(async (queue) => {
        for (const [n, seconds] of [30, 10, 20, 4000].entries())
          await enqueue(queue, message([`a@d${n}.example`], {}, { receivedAt: later(t0, seconds) }));
        assert.equal(await queue.nextDue(), later(t0, 10));
        const hops = (await claim(queue, later(t0, 100))).map((lease) => lease.nextHop);
        assert.deepEqual(hops, ['d1.example', 'd2.example', 'd0.example']);
      }),
    );

    test(
      'SMTP-16 QUE-4 one destination with a long backlog leaves room for others, and busy ones are passed over',
      using(async (queue) => {
        await Promise.all(Array.from({ length: 300 }, () => enqueue(queue, message(['a@dead.example']))));
        for (const n of [1, 2, 3])
          await enqueue(queue, message([`a@live${n}.example`], {}, { receivedAt: later(t0, n) }));
        const room = new Map([['dead.example', 50]]);
        const first = await claim(queue, later(t0, 10), { limit: 10, room });
        const counts = Map.groupBy(first, (lease) => lease.nextHop);
        assert.deepEqual(
          [...counts].map(([hop, leases]) => [hop, leases.length]),
          [
            ['dead.example', 7],
            ['live1.example', 1],
            ['live2.example', 1],
            ['live3.example', 1],
          ],
        );
        await enqueue(queue, message(['b@live1.example'], {}, { receivedAt: later(t0, 9) }));
        const second = await claim(queue, later(t0, 10), { limit: 10, busy: ['dead.example'], room });
        assert.deepEqual(
          second.map((lease) => lease.nextHop),
          ['live1.example'],
        );
        assert.equal(
          (await claim(queue, later(t0, 10), { limit: 1000, room: new Map([['dead.example', 1000]]) })).length,
          293,
        );
      }),
    );

    test(
      'QUE-8 two claims at the same time share nothing',
      using(async (queue) => {
        await Promise.all(Array.from({ length: 40 }, (_, n) => enqueue(queue, message([`a@d${n}.example`]))));
        const claims = await Promise.all(
          Array.from({ length: 8 }, (_, n) => claim(queue, t0, { worker: `w${n}`, limit: 7 })),
        );
        const ids = claims.flat().map((lease) => lease.message.id);
        assert.equal(ids.length, 40);
        assert.equal(new Set(ids).size, 40);
      }),
    );
  });

  describe(`${name}: operators`, () => {
    const three = async (queue: QueueStore) => {
      const list = [
        message(['a@one.example', 'b@two.example']),
        message(['c@two.example'], { reversePath: mailbox('Other@origin.example') }, { receivedAt: later(t0, 10) }),
        message(['d@three.example'], { reversePath: 'null' }, { receivedAt: later(t0, 20) }),
      ];
      for (const one of list) await enqueue(queue, one);
      return list.map((one) => one.id);
    };

    test(
      'QUE-7 list by every filter',
      using(async (queue) => {
        const [a, b, c] = await three(queue);
        const [lease] = (await claim(queue, t0, { busy: ['two.example'] })) as [Lease];
        await queue.settle(settlement(lease, t0, (to) => deferred(to, later(t0, 300))));
        const ids = async (filter: Parameters<QueueStore['list']>[0]) =>
          (await queue.list(filter)).map((story) => story.message.id);
        assert.deepEqual(await ids({}), [a, b, c]);
        assert.deepEqual(await ids({ limit: 2 }), [a, b]);
        assert.deepEqual(await ids({ domain: 'TWO.example' }), [a, b]);
        assert.deepEqual(await ids({ domain: 'two.example', limit: 1 }), [a]);
        assert.deepEqual(await ids({ from: 'other@ORIGIN.example' }), [b]);
        assert.deepEqual(await ids({ to: 'D@three.example' }), [c]);
        assert.deepEqual(await ids({ newerThan: later(t0, 5), olderThan: later(t0, 15) }), [b]);
        assert.deepEqual(await ids({ because: 'connect-failed' }), [a]);
        assert.deepEqual(await ids({ because: 'null-mx' }), []);
        assert.deepEqual(await ids({ state: 'deferred' }), [a]);
        assert.deepEqual(await ids({ state: 'queued', domain: 'one.example' }), []);
        assert.deepEqual(await ids({ state: 'sent' }), []);
        assert.deepEqual(await ids({ ids: [c as string, 'nobody'] }), [c]);
      }),
    );

    test(
      'QUE-7 hold, release and retry, with the text of the operator in the story',
      using(async (queue) => {
        const [a, , c] = await three(queue);
        assert.equal(await queue.act('hold', { domain: 'two.example' }, t0, 'looking into it'), 2);
        assert.deepEqual(
          (await claim(queue, later(t0, 60))).map((lease) => lease.nextHop),
          ['one.example', 'three.example'],
        );
        assert.deepEqual((await queue.stats()).recipients, { queued: 2, deferred: 0, held: 2 });
        assert.equal(await queue.act('release', { ids: [a as string] }, later(t0, 100), ''), 1);
        assert.deepEqual((await queue.story(a as never))?.events, [
          { at: t0, says: 'held: looking into it' },
          { at: later(t0, 100), says: 'released' },
        ]);
        const [lease] = (await claim(queue, later(t0, 100))) as [Lease];
        assert.deepEqual(
          lease.recipients.map((row) => row.recipient.mailbox.text),
          ['b@two.example'],
        );
        await queue.settle(settlement(lease, later(t0, 101), (to) => deferred(to, later(t0, 9000))));
        assert.equal(await queue.act('retry', { domain: 'two.example' }, later(t0, 200), 'now'), 1);
        assert.equal((await claim(queue, later(t0, 200))).length, 1);
        assert.equal((await queue.story(c as never))?.events.length, 0);
      }),
    );

    test(
      'QUE-7 drop ends a recipient without notice; the last one closes the message',
      using(async (queue) => {
        const [a, b] = await three(queue);
        assert.equal(await queue.act('drop', { domain: 'two.example' }, t0, 'spam'), 2);
        assert.deepEqual(
          (await queue.story(a as never))?.recipients.map((row) => row.state),
          ['queued', 'dropped'],
        );
        await assert.rejects(collect(queue.openBody(b as never)));
        assert.equal((await queue.stats()).messages, 2);
        assert.deepEqual((await queue.list({ state: 'dropped' })).length, 2);
      }),
    );

    test(
      'QUE-7 QUE-8 an act upon work in a lease: the delivery ends first and its outcome is kept',
      using(async (queue) => {
        const [a, b, c] = await three(queue);
        const leases = await claim(queue, later(t0, 60), { room: new Map([['two.example', 9]]) });
        const of = (id: string | undefined) => leases.filter((lease) => lease.message.id === id) as [Lease, ...Lease[]];
        assert.equal(await queue.act('drop', { ids: [a, c] as string[] }, later(t0, 61), ''), 3);
        assert.equal(await queue.act('hold', { ids: [b] as string[] }, later(t0, 61), ''), 1);
        assert.deepEqual(await claim(queue, later(t0, 62)), []);
        // Its body can still be read by the delivery under way.
        assert.equal(String(await collect(queue.openBody(c as never))), 'body\r\n');
        assert.equal(await queue.settle(settlement(of(c)[0], later(t0, 63), sent)), 'settled');
        assert.equal(await queue.settle(settlement(of(b)[0], later(t0, 63), (to) => deferred(to, t0))), 'settled');
        for (const lease of of(a)) await queue.settle(settlement(lease, later(t0, 63), (to) => deferred(to, t0)));
        const states = async (id: string | undefined) =>
          (await queue.story(id as never))?.recipients.map((row) => row.state);
        assert.deepEqual(
          [await states(a), await states(b), await states(c)],
          [['dropped', 'dropped'], ['held'], ['sent']],
        );
        assert.deepEqual(await claim(queue, later(t0, 9999)), []);
        assert.equal((await queue.stats()).messages, 1);
      }),
    );

    test(
      'QUE-7 bounce makes the recipient due with the wish upon it, held or not',
      using(async (queue) => {
        const [, b] = await three(queue);
        await queue.act('hold', { ids: [b as string] }, t0, '');
        assert.equal(await queue.act('bounce', { ids: [b as string] }, later(t0, 30), 'unwanted'), 1);
        const leases = await claim(queue, later(t0, 30), { room: new Map([['two.example', 9]]) });
        const lease = leases.find((one) => one.message.id === b) as Lease;
        assert.equal(lease.recipients[0].returnedAt, later(t0, 30));
        await queue.settle(settlement(lease, later(t0, 31), bounced));
        assert.equal((await queue.story(b as never))?.recipients[0]?.returnedAt, undefined);
      }),
    );

    test(
      'RTE-14 new routes move what waits at once, and what is leased when its lease ends',
      using(async (queue) => {
        const [a] = await three(queue);
        const [lease] = (await claim(queue, t0, { busy: ['two.example', 'three.example'] })) as [Lease];
        assert.equal(lease.nextHop, 'one.example');
        assert.equal(await queue.reroute(() => '[hub.example]:587'), 4);
        assert.equal(await queue.reroute(() => '[hub.example]:587'), 0);
        const room = new Map([['[hub.example]:587', 10]]);
        const others = await claim(queue, later(t0, 30), { room });
        assert.deepEqual(
          others.map((one) => [one.nextHop, one.recipients.length]),
          Array(3).fill(['[hub.example]:587', 1]),
        );
        assert.equal(await queue.settle(settlement(lease, t0, (to) => deferred(to, later(t0, 40)))), 'settled');
        for (const one of others) await queue.settle(settlement(one, later(t0, 31), sent));
        const [moved] = (await claim(queue, later(t0, 40), { room })) as [Lease];
        assert.deepEqual([moved.message.id, moved.nextHop, moved.recipients[0].attempts], [a, '[hub.example]:587', 1]);
        await queue.settle(settlement(moved, later(t0, 41), sent));
        assert.equal(await queue.nextDue(), undefined);
      }),
    );

    test(
      'QUE-7 lists, acts and new routes go on beyond one page',
      using(async (queue) => {
        await Promise.all(Array.from({ length: 1050 }, (_, n) => enqueue(queue, message([`a@d${n % 7}.example`]))));
        assert.equal((await queue.list({})).length, 1000);
        assert.equal((await queue.list({ limit: 2000 })).length, 1050);
        assert.equal(new Set((await queue.list({ limit: 1020 })).map((story) => story.message.id)).size, 1020);
        assert.equal(await queue.reroute(() => 'hub.example'), 1050);
        assert.equal(await queue.act('hold', { limit: 1010 }, t0, ''), 1010);
        assert.equal(await queue.act('hold', {}, t0, ''), 40);
        assert.equal(await queue.act('release', {}, t0, ''), 1050);
        assert.equal((await claim(queue, t0, { limit: 2000, room: new Map([['hub.example', 2000]]) })).length, 1050);
      }),
    );

    test(
      'OBS-6 statistics count what waits',
      using(async (queue) => {
        assert.deepEqual(await queue.stats(), {
          messages: 0,
          recipients: { queued: 0, deferred: 0, held: 0 },
          oldestAt: undefined,
          bytes: 0,
        });
        await three(queue);
        assert.deepEqual(await queue.stats(), {
          messages: 3,
          recipients: { queued: 4, deferred: 0, held: 0 },
          oldestAt: t0,
          bytes: 300,
        });
      }),
    );
  });
}
