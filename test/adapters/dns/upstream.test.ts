import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ServerAddress } from '../../../src/adapters/dns/server-address.ts';
import { createTransport } from '../../../src/adapters/dns/transport.ts';
import {
  type Answered,
  type Ask,
  createUpstream,
  defaultPatience,
  type Patience,
} from '../../../src/adapters/dns/upstream.ts';
import { name } from '../../../src/core/dns/name.ts';
import { type Asked, type FakeServer, type Reaction, startFakeServer } from './fake-server.ts';
import { fakeLog } from './fakes.ts';
import { a, readQuery, say, saying } from './zone-talk.ts';

const open: { close: () => unknown }[] = [];
after(async () => {
  for (const one of open) await one.close();
});

const hurried: Patience = { tries: 3, firstTry: 300, total: 3000, deadFor: 60_000 };
const question: Ask = { name: name('www.example'), type: 1, asking: 'validate', channel: 'udp' };
const good = (asked: Asked): Reaction => saying(asked, { answer: [a('www.example', '192.0.2.1')] });
const coded =
  (rcode: number) =>
  (asked: Asked): Reaction =>
    saying(asked, { rcode });
const silent = (): Reaction => ({});

async function serve(react: (asked: Asked, count: number) => Reaction): Promise<FakeServer> {
  const server = await startFakeServer(react);
  open.push(server);
  return server;
}

function asker(patience = hurried): (servers: readonly FakeServer[], ask?: Partial<Ask>) => Promise<Answered> {
  const transport = createTransport();
  open.push(transport);
  const upstream = createUpstream(transport, fakeLog(), patience);
  return (servers, ask = {}) =>
    upstream.ask(
      { ...question, ...ask },
      servers.map(({ address }): ServerAddress => address),
    );
}

test('DNS-1 DNS-2 a validating query has DO, CD and 1232 octets, and no AD', async () => {
  const server = await serve(good);
  await asker()([server]);
  const sent = readQuery(server.asked[0] as Asked);
  assert.ok(sent.recursionDesired && sent.checkingDisabled && !sent.authenticData);
  assert.deepEqual(sent.edns, { version: 0, udpSize: 1_232, dnssecOk: true, options: [] });
});

test('SEC-34 DNS-6 a second look clears CD, and the AD way asks with AD instead of DO', async () => {
  const server = await serve(good);
  const ask = asker();
  await ask([server], { asking: 'recheck', channel: 'tcp' });
  await ask([server], { asking: 'authentic-data' });
  const [second, ad] = server.asked.map(readQuery);
  assert.ok(second?.edns?.dnssecOk && !second.checkingDisabled && !second.authenticData);
  assert.equal(server.asked[0]?.channel, 'tcp');
  assert.ok(ad?.authenticData && !ad.edns?.dnssecOk && !ad.checkingDisabled);
});

const errors = {
  FORMERR: [1, 'malformed'],
  SERVFAIL: [2, 'servfail'],
  NOTIMP: [4, 'refused'],
  REFUSED: [5, 'refused'],
  NOTAUTH: [9, 'servfail'],
  BADVERS: [16, 'malformed'],
} as const;
for (const [word, [rcode, because]] of Object.entries(errors)) {
  test(`DNS-5 ${word} is an error, but only after another server was asked`, async () => {
    const [bad, fine] = [await serve(coded(rcode)), await serve(good)];
    const alone = await asker()([bad]);
    assert.ok(alone.kind === 'unanswered' && alone.because === because, JSON.stringify(alone));
    const both = await asker()([bad, fine]);
    assert.equal(both.kind, 'message');
    assert.equal(both.queries, 2);
  });
}

test('DNS-5 a malformed answer is an error, but only after another server was asked', async () => {
  const [bad, fine] = [await serve((asked) => ({ send: [say(asked).slice(0, -5)] })), await serve(good)];
  const alone = await asker()([bad]);
  assert.ok(alone.kind === 'unanswered' && alone.because === 'malformed');
  assert.equal((await asker()([bad, fine])).kind, 'message');
});

test('DNS-3 an answer cut on TCP too is malformed', async () => {
  const server = await serve((asked) => saying(asked, { truncated: true }));
  const answered = await asker()([server]);
  assert.ok(answered.kind === 'unanswered' && answered.because === 'malformed');
});

test('NXDOMAIN is an answer', async () => {
  const answered = await asker()([await serve(coded(3))]);
  assert.ok(answered.kind === 'message' && answered.message.rcode === 3);
});

test('DNS-5 a silent server is tried three times, growing, the last time by TCP, and then it is a time-out', async () => {
  const server = await serve(silent);
  const started = performance.now();
  const answered = await asker()([server]);
  assert.ok(answered.kind === 'unanswered' && answered.because === 'timeout');
  assert.deepEqual(
    server.asked.map(({ channel }) => channel),
    ['udp', 'udp', 'tcp'],
  );
  assert.ok(performance.now() - started >= 250, 'time-outs do not grow');
});

test('DNS-5 the defaults are three tries within 15 seconds', () => {
  assert.equal(defaultPatience.tries, 3);
  const waits = [1, 2, 4].map((times) => times * defaultPatience.firstTry);
  assert.ok(waits.reduce((sum, wait) => sum + wait) <= 15_000 && defaultPatience.total === 15_000);
});

test('DNS-5 the time of a question is bounded whatever the number of tries', async () => {
  const server = await serve(silent);
  await asker({ ...hurried, tries: 50 })([server]);
  assert.ok(server.asked.length < 10, `${server.asked.length} tries`);
});

test('DNS-5 an answer that was lost once comes with the next try', async () => {
  const server = await serve((asked, count) => (count === 1 ? {} : good(asked)));
  assert.equal((await asker()([server])).kind, 'message');
});

test('DNS-5 a dead server is asked last until its time is over', async () => {
  const dead = await startFakeServer(silent);
  await dead.close();
  const fine = await serve(good);
  const ask = asker();
  assert.equal((await ask([dead, fine])).queries, 2);
  assert.equal((await ask([dead, fine])).queries, 1, 'the dead server was asked first again');
  const short = asker({ ...hurried, deadFor: 0 });
  await short([dead, fine]);
  await ask([dead]);
  assert.equal((await ask([dead])).kind, 'unanswered', 'dead and alone it is asked all the same');
});

test('the fastest server is kept', async () => {
  const slow = await serve((asked) => ({ ...good(asked), after: 200 }));
  const fast = await serve(good);
  const ask = asker();
  await ask([slow]);
  await ask([fast]);
  for (let round = 0; round < 3; round += 1) await ask([slow, fast]);
  assert.deepEqual([slow.asked.length, fast.asked.length], [1, 4]);
});

test('SEC-34 the server to avoid is asked only when it is the only one', async () => {
  const [one, two] = [await serve(good), await serve(good)];
  const ask = asker();
  await ask([one, two], { avoid: one.address });
  assert.deepEqual([one.asked.length, two.asked.length], [0, 1]);
  await ask([one], { avoid: one.address });
  assert.equal(one.asked.length, 1);
});

test('DNS-14 an extended error is shown and changes nothing', async () => {
  const option = { code: 15, data: Uint8Array.of(0, 7, ...Buffer.from('Signature Expired')) };
  const edns = { version: 0, udpSize: 1_232, dnssecOk: true, options: [option] };
  const failing = await asker()([await serve((asked) => saying(asked, { rcode: 2, edns }))]);
  assert.ok(failing.kind === 'unanswered' && failing.because === 'servfail');
  assert.match(failing.says, /EDE 7: Signature Expired/);
  const fine = await asker()([await serve((asked) => saying(asked, { edns }))]);
  assert.equal(fine.kind, 'message');
});
