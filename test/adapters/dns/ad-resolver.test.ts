import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createAdResolver } from '../../../src/adapters/dns/ad-resolver.ts';
import type { ValidatingResolver } from '../../../src/adapters/dns/answering.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { type Message, RrType } from '../../../src/core/dns/message.ts';
import { nameToText } from '../../../src/core/dns/name.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type FakeClock, fakeClock, fakeLog, fakeMetrics, until } from './fakes.ts';
import { a, cname, mx, readQuery, say, soa } from './zone-talk.ts';

const open: { close: () => unknown }[] = [];
after(async () => {
  for (const one of open) await one.close();
});

type Says = Partial<Message>;
type World = {
  readonly resolver: ValidatingResolver;
  readonly server: FakeServer;
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof fakeLog>;
  readonly metrics: ReturnType<typeof fakeMetrics>;
  /** `name type` of every question but the exam's. */
  readonly asked: () => readonly string[];
};

/** A validating resolver that knows what the table says: `name type` → answer. Unknown is SERVFAIL. */
async function world(
  table: Readonly<Record<string, Says | 'silence'>>,
  root: Says = { authenticData: true },
): Promise<World> {
  const keyOf = (message: Message): string =>
    message.questions.map(({ name, type }) => `${nameToText(name)} ${typeName(type)}`).join();
  const server = await startFakeServer((asked) => {
    const key = keyOf(readQuery(asked));
    const what = key === '. NS' ? root : (table[key] ?? { rcode: 2 });
    return what === 'silence' ? {} : { send: [say(asked, what)] };
  });
  const [clock, log, metrics] = [fakeClock(), fakeLog(), fakeMetrics()];
  const patience = { tries: 2, firstTry: 600, total: 2000, deadFor: 0 };
  const resolver = createAdResolver({ servers: [server.address], clock, log, metrics, patience });
  open.push(resolver, server);
  const asked = (): readonly string[] =>
    server.asked.map((one) => keyOf(readQuery(one))).filter((key) => key !== '. NS');
  return { resolver, server, clock, log, metrics, asked };
}

const typeName = (type: number): string =>
  Object.entries(RrType).find(([, number]) => number === type)?.[0] ?? `${type}`;
const www = domainName('www.example');
const yes = { authenticData: true };

test('DNS-6 a server that is not on this machine is refused when the resolver is made', () => {
  const ports = { clock: fakeClock(), log: fakeLog(), metrics: fakeMetrics() };
  const local = { host: '127.0.0.1', port: 53 };
  const make = (host: string) => (): unknown => createAdResolver({ ...ports, servers: [local, { host, port: 53 }] });
  assert.throws(make('192.0.2.1'), /trust-ad.*192\.0\.2\.1:53 is not on this machine/);
  assert.throws(make('2001:db8::1'), /not on this machine/);
  assert.throws(() => createAdResolver({ ...ports, servers: [] }), /empty/);
});

test('DNS-6 the mode is in the log and marks every count', async () => {
  const { resolver, log, metrics } = await world({
    'www.example. A': { ...yes, answer: [a('www.example', '192.0.2.1')] },
  });
  await resolver.resolve(www, 'A');
  assert.equal(resolver.mode, 'trust-ad');
  assert.equal(log.lines.find(({ event }) => event === 'resolver-trust-ad')?.fields.dnssec, 'ad');
  assert.deepEqual([...metrics.counts], [['sekisho_dns_lookups_total A ad-secure', 1]]);
});

test('DNS-6 AD makes an answer secure, its absence insecure, and the server is asked with AD and without CD', async () => {
  const { resolver, server } = await world({
    'www.example. A': { ...yes, answer: [a('www.example', '192.0.2.1', 77)] },
    'www.example. AAAA': { ...yes, authority: [soa('example', 44)] },
    'www.example. MX': { answer: [mx('www.example', 10, 'mx.example')] },
    'www.example. TXT': { rcode: 3, authority: [soa('example')] },
  });
  assert.deepEqual((await resolver.resolve(www, 'A')).answer, {
    kind: 'found',
    status: 'secure',
    value: ['192.0.2.1'],
    ttl: 77,
  });
  assert.deepEqual((await resolver.resolve(www, 'AAAA')).answer, {
    kind: 'absent',
    status: 'secure',
    reason: 'nodata',
    ttl: 44,
  });
  const exchange = (await resolver.resolve(www, 'MX')).answer;
  assert.ok(exchange.kind === 'found' && exchange.status === 'insecure');
  const missing = (await resolver.resolve(www, 'TXT')).answer;
  assert.ok(missing.kind === 'absent' && missing.status === 'insecure' && missing.reason === 'nxdomain');
  for (const asked of server.asked) {
    const query = readQuery(asked);
    assert.ok(query.authenticData && !query.checkingDisabled && query.edns?.dnssecOk === false);
  }
});

test('DNS-5 SERVFAIL, silence and referrals are failures, never an absence', async () => {
  const referral = { authority: [{ ...soa('example'), type: RrType.NS }] };
  const { resolver } = await world({ 'www.example. AAAA': 'silence', 'www.example. MX': referral });
  assert.deepEqual((await resolver.resolve(www, 'A')).answer, { kind: 'failed', reason: 'servfail' });
  assert.deepEqual((await resolver.resolve(www, 'AAAA')).answer, { kind: 'failed', reason: 'timeout' });
  assert.deepEqual((await resolver.resolve(www, 'MX')).answer, { kind: 'failed', reason: 'malformed' });
});

test('DNS-12 a secure alias to an insecure name keeps its own state, by a question of its own', async () => {
  const chain = [cname('www.example', 'host.unsigned'), a('host.unsigned', '192.0.2.1')];
  const { resolver, asked } = await world({
    'www.example. A': { answer: chain },
    'www.example. CNAME': { ...yes, answer: chain.slice(0, 1) },
    'host.unsigned. A': { answer: chain.slice(1) },
  });
  const { answer, aliases } = await resolver.resolve(www, 'A');
  assert.ok(answer.kind === 'found' && answer.status === 'insecure');
  assert.deepEqual(aliases, [{ from: 'www.example', to: 'host.unsigned', status: 'secure' }]);
  assert.deepEqual(asked(), ['www.example. A', 'www.example. CNAME', 'host.unsigned. A']);
});

test('DNS-11 behind an insecure alias nothing is secure again', async () => {
  const { resolver } = await world({
    'www.example. A': { answer: [cname('www.example', 'b.example')] },
    'www.example. CNAME': { answer: [cname('www.example', 'b.example')] },
    'b.example. A': { ...yes, answer: [cname('b.example', 'c.example')] },
    'c.example. A': { ...yes, answer: [a('c.example', '192.0.2.1')] },
  });
  const { answer, aliases } = await resolver.resolve(www, 'A');
  assert.ok(answer.kind === 'found' && answer.status === 'insecure');
  assert.deepEqual(
    aliases.map(({ status }) => status),
    ['insecure', 'insecure'],
  );
});

test('DNS-10 DNS-12 an error behind an alias is an error for the whole, and the alias is still told', async () => {
  const { resolver } = await world({ 'www.example. A': { ...yes, answer: [cname('www.example', 'b.example')] } });
  const { answer, aliases } = await resolver.resolve(www, 'A');
  assert.deepEqual(answer, { kind: 'failed', reason: 'servfail' });
  assert.deepEqual(aliases, [{ from: 'www.example', to: 'b.example', status: 'secure' }]);
});

test('DNS-10 eight aliases work, nine are an error, and so is a loop', async () => {
  const chain = (length: number): Record<string, Says> =>
    Object.fromEntries(
      Array.from({ length: length + 1 }, (_, at) => [
        `${at === 0 ? 'www' : `n${at}`}.example. A`,
        {
          ...yes,
          answer: [
            at < length
              ? cname(at === 0 ? 'www.example' : `n${at}.example`, `n${at + 1}.example`)
              : a(`n${at}.example`, '192.0.2.1'),
          ],
        },
      ]),
    );
  assert.equal((await (await world(chain(8))).resolver.resolve(www, 'A')).answer.kind, 'found');
  const nine = await (await world(chain(9))).resolver.resolve(www, 'A');
  assert.deepEqual([nine.answer.kind, nine.because], ['failed', 'alias-limit']);
  const loop = await world({
    'www.example. A': { ...yes, answer: [cname('www.example', 'b.example')] },
    'b.example. A': { ...yes, answer: [cname('b.example', 'www.example')] },
  });
  const looped = await loop.resolver.resolve(www, 'A');
  assert.deepEqual([looped.answer.kind, looped.because], ['failed', 'alias-loop']);
});

test('DNS-8 answers are cached with their state, errors for seconds, and identical questions are joined', async () => {
  const { resolver, clock, asked } = await world({
    'www.example. A': { ...yes, answer: [a('www.example', '192.0.2.1', 60)] },
  });
  const first = await Promise.all([resolver.resolve(www, 'A'), resolver.resolve(www, 'A'), resolver.resolve(www, 'A')]);
  assert.deepEqual(
    first.map(({ queries }) => queries),
    [1, 0, 0],
  );
  clock.pass(20);
  const { answer } = await resolver.resolve(www, 'A');
  assert.ok(answer.kind === 'found' && answer.status === 'secure' && answer.ttl === 40);
  assert.equal(asked().length, 1);
  clock.pass(41);
  await resolver.resolve(www, 'A');
  assert.equal(asked().length, 2);

  await resolver.resolve(www, 'AAAA');
  await resolver.resolve(www, 'AAAA');
  assert.equal(asked().length, 3);
  clock.pass(31);
  await resolver.resolve(www, 'AAAA');
  assert.equal(asked().length, 4, 'an error outlived its half minute');
});

test('SRV-19 a null MX is known from the cache alone', async () => {
  const { resolver, asked } = await world({
    'www.example. MX': { answer: [mx('www.example', 0, '.')] },
    'two.example. MX': { answer: [mx('two.example', 0, '.'), mx('two.example', 10, 'mx.example')] },
    'ten.example. MX': { answer: [mx('ten.example', 10, '.')] },
  });
  assert.equal(resolver.knownNullMx(www), false);
  assert.deepEqual(asked(), []);
  for (const name of ['www.example', 'two.example', 'ten.example']) await resolver.resolve(domainName(name), 'MX');
  assert.deepEqual(
    ['www.example', 'two.example', 'ten.example', 'other.example'].map((name) =>
      resolver.knownNullMx(domainName(name)),
    ),
    [true, false, false, false],
  );
});

test('INT-15 the unvalidated reading asks with CD, calls everything insecure, and stays out of the cache', async () => {
  const { resolver, server } = await world({
    'www.example. A': { ...yes, answer: [cname('www.example', 'b.example'), a('b.example', '192.0.2.1')] },
    'b.example. A': { ...yes, answer: [a('b.example', '192.0.2.1')] },
  });
  const { answer, aliases, because } = await resolver.resolve(www, 'A', 'unvalidated');
  assert.ok(answer.kind === 'found' && answer.status === 'insecure');
  assert.deepEqual(
    aliases.map(({ status }) => status),
    ['insecure'],
  );
  assert.equal(because, 'validation-ignored');
  const query = readQuery(server.asked.at(-1)!);
  assert.ok(query.checkingDisabled && query.edns?.dnssecOk);
  const validated = (await resolver.resolve(www, 'A')).answer;
  assert.ok(validated.kind === 'found' && validated.status === 'secure');
  assert.equal((await resolver.resolve(www, 'MX', 'unvalidated')).answer.kind, 'failed');
});

test('TA-7 DNS-7 a server that does not validate is unfit: every answer fails, loudly, until it does', async () => {
  const root: { authenticData: boolean } = { authenticData: false };
  const answer = { ...yes, answer: [a('www.example', '192.0.2.1')] };
  const { resolver, clock, log, asked } = await world({ 'www.example. A': answer }, root);
  const resolved = await resolver.resolve(www, 'A');
  assert.deepEqual(resolved.answer, { kind: 'failed', reason: 'servfail' });
  assert.equal(resolved.because, 'resolver-unfit');
  assert.equal((await resolver.resolve(www, 'A', 'unvalidated')).answer.kind, 'failed');
  assert.deepEqual(asked(), [], 'an unfit server was asked');
  assert.deepEqual(
    [resolver.exam().state, resolver.exam().servers.map(({ passed, because }) => [passed, because])],
    ['failed', [[false, 'not-validating']]],
  );
  assert.equal(log.count('resolver-unfit'), 1);
  clock.pass(60);
  await until(() => log.count('resolver-unfit') === 2);
  root.authenticData = true;
  clock.pass(60);
  await until(() => resolver.exam().state === 'passed');
  assert.equal((await resolver.resolve(www, 'A')).answer.kind, 'found', 'the failure stayed in the cache');
  await until(() => log.count('resolver-fit') === 1);
});
