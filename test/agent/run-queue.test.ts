// The loop over the queue, with the embedded store and a clock moved by hand.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openSqliteQueue } from '../../src/adapters/queue/sqlite.ts';
import type { Round } from '../../src/agent/deliver.ts';
import { createDestinationWindows } from '../../src/agent/destination-window.ts';
import { type Lease, QueueFull, type QueueStore, type RecipientRow } from '../../src/agent/ports.ts';
import { createRunner, type Runner, type RunQueuePorts, type RunQueueSettings } from '../../src/agent/run-queue.ts';
import { seconds } from '../../src/core/base/brand.ts';
import type { RecipientOutcome } from '../../src/core/policy/model.ts';
import { defaultSchedule } from '../../src/core/smtp/schedule.ts';
import {
  collect,
  enqueue,
  hopOf,
  type Logged,
  later,
  listLog,
  message,
  octets,
  recipient,
  t0,
} from '../adapters/queue/messages.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

type Deliver = RunQueuePorts['deliver'];

type World = {
  readonly queue: QueueStore;
  readonly clock: ManualClock;
  readonly log: { readonly lines: Logged[] };
  readonly counted: string[];
  readonly runner: Runner;
  readonly stop: () => Promise<void>;
};

/** Runs the loop beside `body` and stops it afterwards, whatever happened. */
async function running(
  deliver: Deliver,
  body: (world: World) => Promise<void>,
  settings: Partial<RunQueueSettings> = {},
  wrap: (queue: QueueStore, clock: ReturnType<typeof manualClock>) => Partial<RunQueuePorts['queue']> = () => ({}),
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-run-'));
  const clock = manualClock(t0);
  const log = listLog();
  const counted: string[] = [];
  const metrics = {
    count: (name: string, labels = {}) => void counted.push(`${name} ${Object.values(labels)}`),
    observe: () => undefined,
  };
  const path = join(folder, 'queue.db');
  const queue = await openSqliteQueue({ path, clock, log, minFree: 0, keepHistory: seconds(86_400) });
  const chosen: RunQueueSettings = {
    worker: 'test',
    parallel: 50,
    perDestination: 20,
    leaseFor: seconds(600),
    schedule: defaultSchedule,
    identity: { hostname: 'relay.example', postmaster: 'postmaster@relay.example', nextHopOf: hopOf },
    ...settings,
  };
  const runner = createRunner(
    { queue: { ...queue, ...wrap(queue, clock) }, clock, log, metrics, deliver },
    () => chosen,
  );
  const stopping = new AbortController();
  const run = runner.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    const drained = runner.drain(seconds(30));
    clock.advance(31);
    // A delivery that heeds no signal would need the clock to go on.
    await Promise.race([drained, pause(3000, undefined, { ref: false })]);
    clock.advance(6);
    await drained;
    await run;
  };
  try {
    await body({ queue, clock, log, counted, runner, stop });
  } finally {
    await stop();
    await queue.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits for the other thread, not for time. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    assert.ok(tries < 2000, 'it did not come to that');
    await pause(2);
  }
}

const one = (recipientText: string, kind: RecipientOutcome['kind'], rest: object = {}): RecipientOutcome =>
  kind === 'sent'
    ? { kind, recipient: recipientText, host: 'mx.example', reply: { code: 250, lines: ['ok'] }, evidence: [] }
    : {
        kind,
        recipient: recipientText,
        because: kind === 'bounced' ? 'remote-5yz' : 'cert-no-tlsa-match',
        status: kind === 'bounced' ? '5.1.1' : '4.7.5',
        says: 'digest aa differs',
        host: 'mx.example',
        evidence: [],
        ...rest,
      };

const textOf = (row: RecipientRow): string => row.recipient.mailbox.text;

const roundOf = (lease: Lease, kind: RecipientOutcome['kind'], rest: object = {}): Round => ({
  outcomes: lease.recipients.map((row) => one(textOf(row), kind, rest)) as unknown as Round['outcomes'],
  records: [],
  trials: [],
});

/** Notices are delivered; the rest by the function. */
const beside =
  (rest: Deliver): Deliver =>
  (lease, signal) =>
    lease.message.envelope.reversePath === 'null' ? Promise.resolve(roundOf(lease, 'sent')) : rest(lease, signal);

const stateOf = async (queue: QueueStore, id: string): Promise<readonly string[]> =>
  (await queue.story(id as never))?.recipients.map((row) => row.state) ?? [];

test('QUE-8 SRV-12 what is queued is delivered once and settled; a wake finds it at once', async () => {
  const seen: string[] = [];
  const deliver: Deliver = async (lease) => {
    seen.push(...lease.recipients.map(textOf));
    const records = [{ own: { queue_id: lease.message.id, at: 'x', result: 'sent' }, shared: { mx_host: 'mx1' } }];
    return { ...roundOf(lease, 'sent'), records: records as unknown as Round['records'] };
  };
  await running(deliver, async ({ queue, runner, counted }) => {
    const mail = message(['a@one.example', 'b@one.example', 'c@two.example']);
    await enqueue(queue, mail);
    runner.wake();
    await until(async () => (await queue.stats()).messages === 0);
    assert.deepEqual(seen.sort(), ['a@one.example', 'b@one.example', 'c@two.example']);
    assert.equal((await queue.story(mail.id))?.records.length, 2);
    assert.deepEqual(counted, Array(3).fill('sekisho_messages_completed_total sent'));
  });
});

test('QUE-2 QUE-5 QUE-6 a security failure is tried on the common schedule, with the same message each time', async () => {
  const times: number[] = [];
  const seen: unknown[] = [];
  const deliver = beside(async (lease) => {
    times.push((clockOf.now() - t0) / 1000);
    seen.push(lease.message);
    return roundOf(lease, 'deferred');
  });
  let clockOf: ManualClock;
  await running(deliver, async ({ queue, clock, runner }) => {
    clockOf = clock;
    const mail = message(['a@one.example'], { tlsTag: 'requiretls' });
    await enqueue(queue, mail);
    runner.wake();
    for (const [count, wait] of [0, 300, 900, 1800, 3600, 7200, 10_800, 10_800].entries()) {
      clock.advance(wait);
      runner.wake();
      await until(() => times.length > count);
      await until(async () => ((await queue.nextDue()) ?? 0) > clock.now());
    }
    assert.deepEqual(times, [0, 300, 1200, 3000, 6600, 13_800, 24_600, 35_400]);
    for (const each of seen) assert.deepEqual(each, mail);
    // The last try is at the end of its life, still with the same demand.
    clock.advance(5 * 86_400);
    runner.wake();
    await until(async () => (await stateOf(queue, mail.id))[0] === 'bounced');
    assert.deepEqual(seen.at(-1), mail);
  });
});

test('QUE-3 DSN-9 STS-65 at the end of life one fresh attempt is made; its failure bounces with the last real status', async () => {
  const bodies: string[] = [];
  let tries = 0;
  await running(
    async (lease, signal) => {
      if (lease.message.envelope.reversePath === 'null') {
        assert.deepEqual(lease.recipients.map(textOf), ['sender@origin.example']);
        bodies.push(String(await collect(queueOf.openBody(lease.message.id))));
        return roundOf(lease, 'sent');
      }
      assert.equal(signal.aborted, false);
      tries += 1;
      return roundOf(lease, 'deferred', { because: 'sts-mx-mismatch' });
    },
    async ({ queue, clock, runner }) => {
      queueOf = queue;
      const mail = message(['a@one.example'], {}, { expiresAt: later(t0, 200) });
      await enqueue(queue, mail, octets('Subject: hello\r\nX-Kept: yes\r\n\r\nsecret body\r\n'));
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'deferred');
      assert.equal(await queue.nextDue(), later(t0, 200));
      clock.advance(200);
      runner.wake();
      await until(() => bodies.length === 1);
      assert.equal(tries, 2);
      await until(async () => (await queue.stats()).messages === 0);
      const [notice = ''] = bodies;
      for (const line of [
        'Action: failed',
        'Status: 4.7.5',
        'Diagnostic-Code: x-sekisho; sts-mx-mismatch host=mx.example',
        'X-Kept: yes',
      ])
        assert.ok(notice.includes(line), line);
      assert.ok(!notice.includes('secret body'));
    },
  );
});
let queueOf: QueueStore;

test('STS-65 a policy mended before the end of life delivers', async () => {
  let mended = false;
  await running(
    async (lease) => roundOf(lease, mended ? 'sent' : 'deferred'),
    async ({ queue, clock, runner }) => {
      const mail = message(['a@one.example'], {}, { expiresAt: later(t0, 200) });
      await enqueue(queue, mail);
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'deferred');
      mended = true;
      clock.advance(200);
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'sent');
      assert.equal((await queue.stats()).messages, 0);
    },
  );
});

test('RTLS-29 DSN-9 at expiry a missing REQUIRETLS is the permanent status', async () => {
  await running(
    beside(async (lease) => roundOf(lease, 'deferred', { because: 'requiretls-unsupported', status: '4.7.30' })),
    async ({ queue, clock, runner }) => {
      const mail = message(['a@one.example'], { tlsTag: 'requiretls' }, { expiresAt: later(t0, 10) });
      await enqueue(queue, mail);
      clock.advance(10);
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'bounced');
      assert.equal((await queue.story(mail.id))?.recipients[0]?.last?.status, '5.7.30');
    },
  );
});

test('QUE-9 DSN-1 DSN-16 partial success: one notice for those who failed, the rest goes on', async () => {
  const notices: Lease[] = [];
  await running(
    async (lease) => {
      if (lease.message.envelope.reversePath === 'null') {
        notices.push(lease);
        return roundOf(lease, 'sent');
      }
      const kinds = { a: 'sent', b: 'bounced', c: 'bounced', d: 'deferred' } as const;
      const outcomes = lease.recipients.map((row) => one(textOf(row), kinds[textOf(row)[0] as 'a']));
      return { ...roundOf(lease, 'sent'), outcomes: outcomes as unknown as Round['outcomes'] };
    },
    async ({ queue, runner, log }) => {
      const mail = message(['a@one.example', 'b@one.example', 'c@one.example', 'd@one.example'], {
        tlsTag: 'tls-required-no',
      });
      await enqueue(queue, mail);
      runner.wake();
      await until(() => notices.length === 1);
      assert.deepEqual(await stateOf(queue, mail.id), ['sent', 'bounced', 'bounced', 'deferred']);
      assert.equal(notices[0]?.message.envelope.tlsTag, 'tls-required-no');
      assert.equal(notices[0]?.nextHop, 'origin.example');
      assert.equal(log.lines.filter((line) => line.event === 'recipient-bounced').length, 2);
    },
  );
});

test('DSN-1 DSN-3 SRV-22 no notice for NOTIFY=NEVER nor for the null reverse-path; the postmaster finds the latter in the log', async () => {
  await running(
    async (lease) => roundOf(lease, 'bounced'),
    async ({ queue, runner, log }) => {
      const quiet = message([recipient('a@one.example', { notify: 'never' })]);
      const bounce = message(['b@one.example'], { reversePath: 'null' });
      for (const mail of [quiet, bounce]) await enqueue(queue, mail);
      runner.wake();
      await until(async () => (await queue.stats()).messages === 0);
      await until(() => log.lines.some((line) => line.event === 'double-bounce'));
      assert.deepEqual(
        log.lines.filter((line) => line.event === 'double-bounce').map((line) => line.fields.queue_id),
        [bounce.id],
      );
      assert.equal((await queue.list({ state: 'sent' })).length, 0);
    },
  );
});

test('DSN-14 one delay notice, at the first failure after the time for it', async () => {
  const notices: string[] = [];
  await running(
    async (lease) => {
      if (lease.message.envelope.reversePath !== 'null') return roundOf(lease, 'deferred');
      notices.push(String(await collect(queueOf.openBody(lease.message.id))));
      return roundOf(lease, 'sent');
    },
    async ({ queue, clock, runner }) => {
      queueOf = queue;
      const [loud, quiet] = [
        message(['a@one.example']),
        message([recipient('q@one.example', { notify: ['failure'] })]),
      ];
      for (const mail of [loud, quiet]) await enqueue(queue, mail);
      for (const wait of [0, 3 * 3600, 2 * 3600, 3 * 3600, 3 * 3600]) {
        clock.advance(wait);
        runner.wake();
        await until(async () => ((await queue.nextDue()) ?? 0) > clock.now() && (await queue.list({})).length === 2);
      }
      assert.equal(notices.length, 1);
      for (const line of ['Action: delayed', 'Will-Retry-Until: ', 'Final-Recipient: rfc822; a@one.example'])
        assert.ok(notices[0]?.includes(line), line);
      assert.ok(!notices[0]?.includes('q@one.example'));
    },
  );
});

test('QUE-7 a recipient that the operator returned is bounced without another attempt, the others are tried', async () => {
  const tried: string[] = [];
  await running(
    beside(async (lease) => {
      tried.push(...lease.recipients.map(textOf));
      return roundOf(lease, 'deferred');
    }),
    async ({ queue, clock, runner }) => {
      const mail = message(['a@one.example', 'b@one.example']);
      await enqueue(queue, mail);
      runner.wake();
      await until(() => tried.length === 2);
      await until(async () => (await stateOf(queue, mail.id))[0] === 'deferred');
      clock.advance(300);
      await queue.act('bounce', { to: 'a@one.example' }, clock.now(), 'asked by the sender');
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'bounced');
      assert.deepEqual(tried, ['a@one.example', 'b@one.example', 'b@one.example']);
      const [row] = (await queue.story(mail.id))?.recipients ?? [];
      assert.deepEqual([row?.last?.because, row?.last?.status], ['cert-no-tlsa-match', '4.7.5']);
      assert.match(row?.last?.says ?? '', /returned by the operator of this relay; before that: digest aa differs/);
    },
  );
});

test('QUE-8 a delivery that throws is a bug: logged, put off, and the message stays; at the end of life the sender hears', async () => {
  await running(
    beside(async () => {
      throw new TypeError('undefined is not a function');
    }),
    async ({ queue, clock, runner, log }) => {
      const mail = message(['a@one.example'], {}, { expiresAt: later(t0, 400) });
      await enqueue(queue, mail);
      runner.wake();
      await until(() => log.lines.some((line) => line.event === 'delivery-bug'));
      await until(async () => (await queue.nextDue()) === later(t0, 300));
      assert.deepEqual(await stateOf(queue, mail.id), ['queued']);
      clock.advance(400);
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'bounced');
    },
  );
});

test('SMTP-16 QUE-2 a message for which no host had a session free goes back as if it had not been tried', async () => {
  let tries = 0;
  const crowded = [{ attempt: { crowded: seconds(60) } }] as unknown as Round['trials'];
  await running(
    async (lease) => {
      tries += 1;
      return tries === 1
        ? { ...roundOf(lease, 'deferred', { because: 'connect-failed', status: '4.4.1' }), trials: crowded }
        : roundOf(lease, 'sent');
    },
    async ({ queue, clock, runner }) => {
      const mail = message(['a@one.example']);
      await enqueue(queue, mail);
      runner.wake();
      await until(async () => (await queue.nextDue()) === later(t0, 60));
      const [row] = (await queue.story(mail.id))?.recipients ?? [];
      assert.deepEqual([row?.state, row?.attempts], ['queued', 0]);
      clock.advance(60);
      runner.wake();
      await until(async () => (await queue.stats()).messages === 0);
      assert.equal(tries, 2);
    },
  );
});

test('QUE-9 a recipient that a round forgot is put off, not lost', async () => {
  await running(
    async (lease) => ({ ...roundOf(lease, 'sent'), outcomes: [one('a@one.example', 'sent')] }),
    async ({ queue, runner, log }) => {
      const mail = message(['a@one.example', 'b@one.example']);
      await enqueue(queue, mail);
      runner.wake();
      await until(async () => (await stateOf(queue, mail.id))[0] === 'sent');
      assert.deepEqual(await stateOf(queue, mail.id), ['sent', 'deferred']);
      assert.match(
        String(log.lines.find((line) => line.event === 'delivery-bug')?.fields.says),
        /1 recipients without outcome/,
      );
    },
  );
});

test('QUE-8 a clock that leaps while work is handed out takes no lease away: what is delivered is settled', async () => {
  const begun = new Map<string, () => void>();
  let leaps = 0;
  await running(
    (lease) =>
      new Promise((resolve) => {
        begun.set(lease.recipients[0].recipient.mailbox.text, () => resolve(roundOf(lease, 'sent')));
      }),
    async ({ queue, log, runner }) => {
      const first = message(['a@one.example']);
      await enqueue(queue, first);
      runner.wake();
      await until(() => begun.has('a@one.example'));
      await enqueue(queue, message(['b@two.example']));
      runner.wake();
      await until(() => begun.has('b@two.example'));
      for (const finish of begun.values()) finish();
      await until(
        async () => (await queue.stats()).messages === 0 || log.lines.some(({ event }) => event === 'lease-lost'),
      );
      assert.equal((await queue.story(first.id))?.recipients[0]?.state, 'sent');
      assert.deepEqual(
        log.lines.filter(({ event }) => event === 'lease-lost'),
        [],
      );
    },
    {},
    (queue, clock) => ({
      claim: async (request) => {
        const leases = await queue.claim(request);
        if (leases.length > 0 && leaps === 0) {
          leaps += 1;
          clock.advance(7200);
        }
        return leases;
      },
    }),
  );
});

test('QUE-8 a long delivery keeps its lease; when it is lost all the same, the delivery is broken off', async () => {
  const signals: AbortSignal[] = [];
  let claims = 0;
  const renewed: number[] = [];
  await running(
    (lease, signal) => {
      claims += 1;
      signals.push(signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(roundOf(lease, 'deferred'))));
    },
    async ({ queue, clock, log, runner }) => {
      await enqueue(queue, message(['a@one.example']));
      runner.wake();
      await until(() => claims === 1);
      for (let round = 0; round < 5; round += 1) {
        await until(() => clock.sleepers() > 1);
        clock.advance(301);
        await until(() => (renewed.at(-1) ?? 0) >= later(clock.now(), 590));
      }
      assert.equal(claims, 1);
      // The thread was held up for longer than the lease lasts, and another worker took over.
      const [stolen] = await queue.claim({
        worker: 'other',
        now: later(clock.now(), 700),
        limit: 1,
        leaseFor: seconds(5000),
        busy: [],
      });
      assert.ok(stolen);
      await until(() => clock.sleepers() > 1);
      clock.advance(301);
      await until(() => signals[0]?.aborted === true);
      await until(() => log.lines.some((line) => line.event === 'lease-lost'));
      assert.equal(claims, 1);
    },
    {},
    (queue) => ({
      renew: async (lease, end) => {
        const word = await queue.renew(lease, end);
        if (word === 'held') renewed.push(end);
        return word;
      },
    }),
  );
});

test('SMTP-16 no more deliveries at a time than allowed, in all and to one destination', async () => {
  let now = 0;
  const most = { all: 0, one: 0 };
  const perHop = new Map<string, number>();
  const deliver: Deliver = async (lease) => {
    now += 1;
    perHop.set(lease.nextHop, (perHop.get(lease.nextHop) ?? 0) + 1);
    most.all = Math.max(most.all, now);
    most.one = Math.max(most.one, ...perHop.values());
    await pause(1);
    now -= 1;
    perHop.set(lease.nextHop, (perHop.get(lease.nextHop) as number) - 1);
    return roundOf(lease, 'sent');
  };
  const limits = { parallel: 12, perDestination: 3 };
  await running(
    deliver,
    async ({ queue, runner }) => {
      await Promise.all(Array.from({ length: 150 }, (_, n) => enqueue(queue, message([`a@d${n % 5}.example`]))));
      runner.wake();
      await until(async () => (await queue.stats()).messages === 0);
      assert.ok(most.all <= 12 && most.one === 3, JSON.stringify(most));
    },
    limits,
  );
});

test('QUE-4 a dead destination with a backlog is met by one delivery at a time and does not hold up others', async () => {
  let atOnce = 0;
  let most = 0;
  const deliver: Deliver = async (lease) => {
    if (lease.nextHop !== 'dead.example') return roundOf(lease, 'sent');
    atOnce += 1;
    most = Math.max(most, atOnce);
    await pause(1);
    atOnce -= 1;
    return roundOf(lease, 'deferred', { because: 'connect-failed', status: '4.4.1' });
  };
  await running(deliver, async ({ queue, runner, clock }) => {
    await Promise.all(Array.from({ length: 40 }, () => enqueue(queue, message(['a@dead.example']))));
    await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        enqueue(queue, message([`a@live${n}.example`], {}, { receivedAt: later(t0, 1) })),
      ),
    );
    clock.advance(1);
    runner.wake();
    await until(async () => (await queue.list({ state: 'sent' })).length === 5);
    await until(async () => (await queue.stats()).recipients.deferred === 40);
    assert.equal(most, 1);
  });
});

test('QUE-4 a 4yz answer narrows nothing; only an unreachable destination does', () => {
  const windows = createDestinationWindows();
  for (let round = 0; round < 3; round += 1) {
    windows.begin('a');
    windows.end('a', 'reached');
  }
  assert.deepEqual(windows.survey(20), { busy: [], room: new Map([['a', 8]]) });
  assert.deepEqual(windows.survey(5), { busy: [], room: new Map([['a', 5]]) });
  for (let n = 0; n < 8; n += 1) windows.begin('a');
  assert.deepEqual(windows.survey(20), { busy: ['a'], room: new Map() });
  windows.end('a', 'unreachable');
  assert.deepEqual(windows.survey(20), { busy: ['a'], room: new Map() });
  for (let n = 0; n < 7; n += 1) windows.end('a', 'unreachable');
  assert.deepEqual(windows.survey(20), { busy: [], room: new Map() });
  for (let n = 0; n < 5000; n += 1) {
    windows.begin(`h${n}`);
    windows.end(`h${n}`, 'reached');
  }
  assert.equal(windows.survey(20).room.size, 1000);
});

test('QUE-10 a settlement that the disk refuses is repeated under the same lease, never forgotten', async () => {
  let refusals = 3;
  let delivered = 0;
  await running(
    async (lease) => {
      delivered += 1;
      return roundOf(lease, 'sent');
    },
    async ({ queue, clock, runner }) => {
      await enqueue(queue, message(['a@one.example']));
      runner.wake();
      await until(async () => {
        clock.advance(5);
        return (await queue.stats()).messages === 0;
      });
      assert.deepEqual([refusals, delivered], [0, 1]);
    },
    {},
    (queue) => ({
      settle: async (settlement) => {
        if (refusals === 0) return queue.settle(settlement);
        refusals -= 1;
        throw new QueueFull('no space');
      },
    }),
  );
});

test('QUE-8 shutdown: deliveries under way may end; those that outlast the time are broken off and given back at once', async () => {
  let release = (): void => undefined;
  const events: string[] = [];
  await running(
    async (lease, signal) => {
      events.push(`begun ${lease.nextHop}`);
      if (lease.nextHop === 'quick.example') {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return roundOf(lease, 'sent');
      }
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      throw new Error('the session was closed');
    },
    async ({ queue, runner, stop, log }) => {
      const [quick, slow] = [message(['a@quick.example']), message(['a@slow.example'])];
      for (const mail of [quick, slow]) await enqueue(queue, mail);
      runner.wake();
      await until(() => events.length === 2);
      const stopped = stop();
      release();
      await stopped;
      await enqueue(queue, message(['a@late.example']));
      runner.wake();
      await pause(5);
      assert.equal(events.length, 2);
      assert.deepEqual(await stateOf(queue, quick.id), ['sent']);
      assert.deepEqual(await stateOf(queue, slow.id), ['queued']);
      const again = await queue.claim({
        worker: 'next',
        now: later(t0, 40),
        limit: 9,
        leaseFor: seconds(60),
        busy: ['late.example'],
      });
      assert.deepEqual(
        again.map((lease) => [lease.message.id, lease.recipients[0].attempts]),
        [[slow.id, 0]],
      );
      assert.ok(!log.lines.some((line) => line.event === 'delivery-bug'));
    },
  );
});

test('QUE-8 shutdown: what a claim brings back too late is given back at once, for nobody would wait for its delivery', async () => {
  const claimed = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  let begun = 0;
  await running(
    async (lease) => {
      begun += 1;
      return roundOf(lease, 'sent');
    },
    async ({ queue, runner, stop }) => {
      const mail = message(['a@late.example']);
      await enqueue(queue, mail);
      runner.wake();
      await claimed.promise;
      const stopped = stop();
      await pause(5);
      answered.resolve();
      await stopped;
      await pause(5);
      assert.equal(begun, 0);
      const again = await queue.claim({ worker: 'next', now: t0, limit: 9, leaseFor: seconds(60), busy: [] });
      assert.deepEqual(
        again.map((lease) => lease.message.id),
        [mail.id],
      );
    },
    {},
    (queue) => ({
      claim: async (request) => {
        const leases = await queue.claim(request);
        if (leases.length > 0) {
          claimed.resolve();
          await answered.promise;
        }
        return leases;
      },
    }),
  );
});

test('QUE-2 the loop wakes by itself when something falls due', async () => {
  let tries = 0;
  await running(
    async (lease) => {
      tries += 1;
      return roundOf(lease, tries === 1 ? 'deferred' : 'sent');
    },
    async ({ queue, clock, runner }) => {
      await enqueue(queue, message(['a@one.example']));
      runner.wake();
      await until(async () => (await queue.stats()).recipients.deferred === 1);
      for (let minute = 0; minute < 5; minute += 1) {
        // The loop itself, beside the watch over the leases.
        await until(() => clock.sleepers() > 1);
        clock.advance(60);
      }
      await until(() => tries === 2);
    },
  );
});

test('QUE-2 a clock that was set back does not keep mail waiting: all is tried at once', async () => {
  let tries = 0;
  await running(
    async (lease) => {
      tries += 1;
      return roundOf(lease, 'deferred');
    },
    async ({ queue, clock, runner, log }) => {
      await enqueue(queue, message(['a@one.example']));
      runner.wake();
      await until(async () => (await queue.nextDue()) === later(t0, 300));
      clock.advance(-86_400);
      runner.wake();
      await until(async () => (await queue.nextDue()) === later(t0, 900 - 86_400));
      assert.equal(tries, 2);
      assert.equal(log.lines.filter(({ event }) => event === 'clock-set-back').length, 1);
    },
  );
});

test('QUE-2 times that another clock put far ahead are found at the next start', async () => {
  let tries = 0;
  await running(
    async (lease) => {
      tries += 1;
      return roundOf(lease, 'deferred');
    },
    async ({ queue, clock, runner }) => {
      const mail = message(['a@one.example'], {}, { receivedAt: later(t0, 86_400), expiresAt: later(t0, 6 * 86_400) });
      await enqueue(queue, mail);
      runner.wake();
      await until(() => tries === 1);
      await until(async () => (await queue.nextDue()) === later(t0, 300));
      // Ordinary waits are left alone.
      clock.advance(60);
      runner.wake();
      await pause(20);
      assert.equal(tries, 1);
    },
  );
});

test('QUE-8 a lease given up at the stop is not renewed in a queue that is closed, nor is it told of', async () => {
  let renewed = 0;
  await running(
    () => new Promise(() => undefined),
    async ({ queue, clock, runner, log, stop }) => {
      await enqueue(queue, message(['a@one.example']));
      runner.wake();
      await until(() => clock.sleepers() > 1);
      await stop();
      clock.advance(3600);
      clock.advance(3600);
      await pause(20);
      assert.equal(renewed, 0);
      assert.deepEqual(
        log.lines.map(({ event }) => event),
        ['deliveries-abandoned'],
      );
    },
    {},
    () => ({
      renew: async () => {
        renewed += 1;
        throw new Error('closed');
      },
    }),
  );
});
