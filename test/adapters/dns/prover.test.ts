// The driver alone, with proofs made by hand: what it serves, shares, counts and stops.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothing } from '../../../src/adapters/dns/plain.ts';
import {
  createProver,
  type Prover,
  type ProverContext,
  type Proving,
  type TimeLimits,
} from '../../../src/adapters/dns/prover.ts';
import type { ServerAddress } from '../../../src/adapters/dns/server-address.ts';
import type { Answered, Ask } from '../../../src/adapters/dns/upstream.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { type Message, parseMessage } from '../../../src/core/dns/message.ts';
import { name, nameToText } from '../../../src/core/dns/name.ts';
import type { Fact, Need, Proof, Question, ZoneProof } from '../../../src/core/dnssec/proof.ts';
import { bareQuery, bareReply } from './fake-server.ts';
import { type FakeClock, fakeClock } from './fakes.ts';

const question: Question = { name: name('www.example'), type: 1 };
const server: ServerAddress = { host: '127.0.0.1', port: 53 };
const message = ((): Message => {
  const parsed = parseMessage(bareReply(bareQuery('www.example')));
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.value;
})();

const done = (over: Partial<Proof> = {}): Proof => ({
  ...nothing(question),
  state: 'secure',
  rcode: 0,
  because: null,
  ttl: seconds(60),
  ...over,
});
const zoneDone = (apex: Need & { kind: 'zone' }, over: object = {}): ZoneProof =>
  ({ apex: apex.apex, chain: [], ttl: seconds(60), kind: 'insecure', because: 'no-anchor', ...over }) as ZoneProof;
const askFor = (text: string, again?: true): Need => ({
  kind: 'ask',
  name: name(text),
  type: 1,
  ...(again && { again }),
});
const zoneAt = (text: string): Need & { kind: 'zone' } => ({ kind: 'zone', apex: name(text) });

type Bench = { readonly prove: Prover; readonly asked: Ask[]; readonly clock: FakeClock; readonly zonesRun: string[] };

/** @param steps of every question. @param zoneSteps of every zone; one that needs nothing unless told. */
function bench(
  steps: () => Generator<readonly Need[], Proof, readonly Fact[]>,
  zoneSteps: (apex: Need & { kind: 'zone' }) => Generator<readonly Need[], ZoneProof, readonly Fact[]> = function* (
    apex,
  ) {
    yield [];
    return zoneDone(apex);
  },
  over: { readonly ask?: ProverContext['ask']; readonly limits?: TimeLimits } = {},
): Bench {
  const asked: Ask[] = [];
  const zonesRun: string[] = [];
  const clock = fakeClock();
  const proving: Proving = {
    prove: steps,
    proveZone: (apex) => {
      zonesRun.push(nameToText(apex));
      return zoneSteps({ kind: 'zone', apex });
    },
  };
  const answer = async (): Promise<Answered> => ({ kind: 'message', message, server, queries: 1 });
  const ask = (one: Ask): Promise<Answered> => {
    asked.push(one);
    return (over.ask ?? answer)(one);
  };
  const prove = createProver({ proving, ask, clock, ...(over.limits && { limits: over.limits }) });
  return { prove, asked, clock, zonesRun };
}

test('needs of one list are served at the same time and come back in order', async () => {
  let together = 0;
  let most = 0;
  const { prove } = bench(
    function* () {
      const facts = yield [askFor('a'), zoneAt('z'), askFor('b')];
      assert.deepEqual(
        facts.map(({ kind }) => kind),
        ['message', 'zone', 'unanswered'],
      );
      return done();
    },
    undefined,
    {
      ask: async ({ name: asked }) => {
        together += 1;
        most = Math.max(most, together);
        await new Promise((turn) => setTimeout(turn, 5));
        together -= 1;
        return nameToText(asked) === 'a.'
          ? { kind: 'message', message, server, queries: 1 }
          : { kind: 'unanswered', because: 'servfail', says: '', server, queries: 2 };
      },
    },
  );
  assert.equal((await prove(question)).queries, 3);
  assert.equal(most, 2);
});

test('SEC-41 an empty list gives the event loop a turn', async () => {
  let turns = 0;
  const { prove } = bench(function* () {
    setImmediate(() => (turns += 1));
    yield [];
    assert.equal(turns, 1);
    return done();
  });
  await prove(question);
});

test('identical questions and zones on their way are joined, and cost the first alone', async () => {
  const { prove, asked, zonesRun } = bench(
    function* () {
      yield [askFor('a'), zoneAt('z')];
      return done();
    },
    function* (apex) {
      yield [askFor('ds.z')];
      return zoneDone(apex);
    },
  );
  const all = await Promise.all([prove(question), prove(question), prove(question)]);
  assert.deepEqual(
    all.map(({ queries }) => queries),
    [2, 0, 0],
  );
  assert.equal(asked.length, 2);
  assert.deepEqual(zonesRun, ['z.']);
});

test('DNS-8 a zone is proven again when its time is over, a bogus one after a minute', async () => {
  let kind: object = {};
  const { prove, clock, zonesRun } = bench(
    function* () {
      yield [zoneAt('z')];
      return done();
    },
    function* (apex) {
      yield [];
      return zoneDone(apex, kind);
    },
  );
  const runs = async (): Promise<number> => {
    await prove(question);
    return zonesRun.length;
  };
  assert.equal(await runs(), 1);
  clock.pass(59);
  assert.equal(await runs(), 1);
  clock.pass(1);
  kind = { kind: 'bogus', because: 'ds-mismatch', ttl: seconds(0) };
  assert.equal(await runs(), 2);
  clock.pass(59);
  assert.equal(await runs(), 2);
  clock.pass(1);
  kind = { ttl: seconds(10 ** 9) };
  assert.equal(await runs(), 3);
  clock.pass(86_399);
  assert.equal(await runs(), 3);
  clock.pass(1);
  assert.equal(await runs(), 4);
});

test('SEC-34 a second look goes by TCP, with CD clear, past those on their way, and avoids the first server', async () => {
  const { prove, asked } = bench(function* () {
    yield [askFor('a')];
    yield [askFor('a', true), askFor('a')];
    return done();
  });
  await prove(question);
  const ways = asked.map(({ asking, channel, avoid }) => [asking, channel, avoid]);
  assert.deepEqual(ways, [
    ['validate', 'udp', undefined],
    ['recheck', 'tcp', server],
    ['validate', 'udp', undefined],
  ]);
});

test('a zone that asks for itself or for what is not above it gets no answer instead of waiting for ever', async () => {
  const facts: string[] = [];
  const { prove } = bench(
    function* () {
      yield [zoneAt('b.z')];
      return done();
    },
    function* (apex) {
      if (apex.apex !== name('b.z')) return zoneDone(apex);
      for (const fact of yield [zoneAt('b.z'), zoneAt('a.b.z'), zoneAt('other'), zoneAt('z'), zoneAt('.')])
        facts.push(fact.kind === 'zone' ? fact.proof.kind : fact.kind);
      return zoneDone(apex);
    },
  );
  await prove(question);
  assert.deepEqual(facts, ['indeterminate', 'indeterminate', 'indeterminate', 'insecure', 'insecure']);
});

test('SEC-40 too much computing ends the question as bogus', async () => {
  const { prove } = bench(
    function* () {
      for (;;) {
        const end = performance.now() + 5;
        while (performance.now() < end);
        yield [];
      }
    },
    undefined,
    { limits: { computing: 20, whole: 10_000 } },
  );
  const { proof } = await prove(question);
  assert.deepEqual([proof.state, proof.because], ['bogus', 'budget']);
});

test('DNS-5 a question that takes too long gets no further answers', async () => {
  const { prove } = bench(
    function* () {
      for (let round = 0; round < 1_000; round += 1) {
        const facts: readonly Fact[] = yield [askFor(`n${round}`)];
        const last = facts[0];
        if (last?.kind === 'unanswered') return done({ state: 'indeterminate', because: last.because });
      }
      return done();
    },
    undefined,
    {
      limits: { computing: 10_000, whole: 30 },
      ask: async () => {
        await new Promise((turn) => setTimeout(turn, 5));
        return { kind: 'message', message, server, queries: 0 };
      },
    },
  );
  assert.equal((await prove(question)).proof.because, 'timeout');
});

test('SEC-40 the zones proven for a question count, and what one question spends spoils no zone', async () => {
  const { prove, zonesRun } = bench(
    function* () {
      for (const zone of ['z', 'a.z', 'b.a.z', 'c.b.a.z']) yield [zoneAt(zone)];
      return done();
    },
    function* (apex) {
      yield Array.from({ length: 30 }, (_, at) => askFor(`n${at}.${nameToText(apex.apex)}`));
      return zoneDone(apex);
    },
  );
  const first = await prove(question);
  assert.deepEqual([first.proof.state, first.proof.because], ['bogus', 'budget']);
  assert.equal(zonesRun.length, 3);
  const second = await prove(question);
  assert.equal(second.proof.state, 'secure', 'the zones proven before were thrown away or judged by another budget');
});
