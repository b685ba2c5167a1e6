import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createExaminer, type Examiner, type Showing } from '../../../src/adapters/dns/examiner.ts';
import { nothing } from '../../../src/adapters/dns/plain.ts';
import type { ServerAddress } from '../../../src/adapters/dns/server-address.ts';
import { name } from '../../../src/core/dns/name.ts';
import type { Proof } from '../../../src/core/dnssec/proof.ts';
import { type FakeClock, fakeClock, fakeLog, until } from './fakes.ts';

const open: Examiner[] = [];
after(() => {
  for (const one of open) one.close();
});

const [one, two]: [ServerAddress, ServerAddress] = [
  { host: '192.0.2.1', port: 53 },
  { host: '192.0.2.2', port: 53 },
];
const passes: Showing = { kind: 'passed', says: 'fine' };
const question = { name: name('www.example'), type: 1 };
const broken: Proof = { ...nothing(question), state: 'bogus', rcode: 0, because: 'anchor-mismatch' };
const fails: Showing = { kind: 'failed', because: 'anchor-mismatch', says: 'wrong keys', proof: broken };

type Room = {
  readonly examiner: Examiner;
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof fakeLog>;
  rounds: () => number;
};

function room(show: (server: ServerAddress, round: number) => Showing | Promise<Showing>): Room {
  const [clock, log] = [fakeClock(), fakeLog()];
  const rounds = new Map<ServerAddress, number>();
  const examiner = createExaminer({
    servers: [one, two],
    clock,
    log,
    show: async (server) => {
      rounds.set(server, (rounds.get(server) ?? 0) + 1);
      return show(server, rounds.get(server) ?? 0);
    },
  });
  open.push(examiner);
  return { examiner, clock, log, rounds: () => rounds.get(two) ?? 0 };
}

test('DNS-7 only servers that passed are fit, and one is enough', async () => {
  const { examiner, log } = room((server) => (server === one ? fails : passes));
  assert.equal(examiner.report().state, 'pending');
  await examiner.examined();
  await until(() => examiner.report().servers.length === 2);
  assert.deepEqual(examiner.fit(), [two]);
  assert.deepEqual(examiner.report().servers, [
    { server: '192.0.2.1:53', passed: false, because: 'anchor-mismatch', says: 'wrong keys' },
    { server: '192.0.2.2:53', passed: true, because: null, says: 'fine' },
  ]);
  assert.equal(examiner.report().state, 'passed');
  assert.deepEqual(
    log.lines.map(({ level, event }) => `${level} ${event}`),
    ['warn resolver-server'],
  );
});

test('the first server that passes is enough to begin', async () => {
  const { examiner } = room((server) => (server === one ? new Promise<Showing>(() => undefined) : passes));
  await examiner.examined();
  assert.deepEqual(examiner.fit(), [two]);
});

test('TA-7 while no server passes the alarm is loud every minute, and the exam goes on', async () => {
  const { examiner, clock, log, rounds } = room((_, round) => (round < 4 ? fails : passes));
  for (const round of [1, 2, 3]) {
    await until(() => log.count('resolver-unfit') === round);
    assert.equal(examiner.report().state, 'failed');
    clock.pass(59);
    await new Promise((turn) => setTimeout(turn, 5));
    assert.equal(rounds(), round, 'not before the minute is over');
    clock.pass(1);
  }
  await until(() => log.count('resolver-fit') === 1);
  assert.equal(log.count('resolver-unfit'), 3);
  assert.equal(log.lines.find(({ event }) => event === 'resolver-unfit')?.level, 'error');
  assert.deepEqual(examiner.fit(), [one, two]);
});

test('DNS-7 a server that passed is examined again, and dropped when it begins to fail', async () => {
  const { examiner, clock, log, rounds } = room((server, round) => (server === one && round > 1 ? fails : passes));
  await until(() => examiner.report().servers.length === 2);
  assert.deepEqual(examiner.fit(), [one, two]);
  clock.pass(300);
  await until(() => rounds() === 2 && examiner.fit().length === 1);
  assert.deepEqual(examiner.fit(), [two]);
  assert.equal(log.count('resolver-server'), 1);
});

test('an exam that breaks counts as failed', async () => {
  const { examiner } = room(() => Promise.reject(new Error('bug')));
  await examiner.examined();
  assert.equal(examiner.report().state, 'failed');
  assert.equal(examiner.report().servers[0]?.because, 'internal');
  const obstacle = examiner.obstacle(question);
  assert.deepEqual([obstacle.state, obstacle.records.length], ['indeterminate', 0]);
});

test('SEC-42 the obstacle tells what stopped the exam', async () => {
  const { examiner } = room(() => fails);
  await examiner.examined();
  const obstacle = examiner.obstacle({ name: name('other.example'), type: 16 });
  assert.deepEqual([obstacle.state, obstacle.because, obstacle.question.type], ['bogus', 'anchor-mismatch', 16]);
});

test('closing ends the exams and lets nobody wait', async () => {
  const { examiner, clock, rounds } = room(() => new Promise<Showing>(() => undefined));
  examiner.close();
  await examiner.examined();
  clock.pass(1_000);
  assert.equal(rounds(), 1);
  assert.equal(examiner.report().state, 'pending');
});
