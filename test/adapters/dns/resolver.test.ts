// The validating resolver from end to end: a signed hierarchy behind scripted servers.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createResolver } from '../../../src/adapters/dns/resolver.ts';
import type { Resolved } from '../../../src/agent/ports.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { RrType } from '../../../src/core/dns/message.ts';
import { name } from '../../../src/core/dns/name.ts';
import { fakeClock, fakeLog, fakeMetrics, until } from './fakes.ts';
import {
  anchors,
  coded,
  foreignAnchors,
  islandAnchors,
  keyOf,
  silence,
  startWorld,
  straight,
  type Twist,
  type World,
  withoutDenials,
  withoutSignatures,
} from './signed-world.ts';
import { a } from './zone-talk.ts';

const open: World[] = [];
after(async () => {
  for (const one of open) await one.close();
});

async function world(
  twists: readonly Twist[] = [straight],
  options: Parameters<typeof startWorld>[1] = {},
): Promise<World> {
  const made = await startWorld(twists, options);
  open.push(made);
  return made;
}

const example = domainName('example.test');
const mx = domainName('mx.example.test');
const brief = ({ answer, because }: Resolved<unknown>): string =>
  [
    answer.kind === 'failed' ? `failed ${answer.reason}` : `${answer.status} ${answer.kind}`,
    answer.kind === 'absent' ? answer.reason : '',
    because ?? '',
  ]
    .filter((word) => word !== '')
    .join(' ');

/** Twists only what is asked for one name and type; the rest of the world stays honest. */
const only =
  (key: string, twist: Twist): Twist =>
  (message, asked) =>
    keyOf(message) === key ? twist(message, asked) : message;

test('SEC-1 each state of an answer is told apart', async () => {
  const { resolver } = await world();
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'secure found');
  assert.equal(brief(await resolver.resolve(mx, 'AAAA')), 'secure absent nodata');
  assert.equal(brief(await resolver.resolve(domainName('nothere.example.test'), 'A')), 'secure absent nxdomain');
  assert.equal(
    brief(await resolver.resolve(domainName('host.unsigned.test'), 'A')),
    'insecure found unsigned-delegation',
  );
  assert.equal(
    brief(await resolver.resolve(domainName('x.unsigned.test'), 'A')),
    'insecure absent nxdomain unsigned-delegation',
  );
  assert.equal(brief(await resolver.resolve(domainName('inside.optout'), 'A')), 'insecure absent nxdomain opt-out');
});

test('every type comes out as its value', async () => {
  const { resolver } = await world();
  const value = async (domain: string, type: 'A' | 'MX' | 'TXT' | 'TLSA'): Promise<unknown> => {
    const { answer } = await resolver.resolve(domainName(domain), type);
    return answer.kind === 'found' ? answer.value : answer;
  };
  assert.deepEqual(await value('mx.example.test', 'A'), ['192.0.2.1']);
  assert.deepEqual(await value('example.test', 'MX'), [{ preference: 10, exchange: 'mx.example.test' }]);
  assert.deepEqual(await value('example.test', 'TXT'), [[Uint8Array.from(Buffer.from('v=one'))]]);
  assert.deepEqual(await value('_25._tcp.mx.example.test', 'TLSA'), [
    Uint8Array.from([3, 1, 1, ...new Uint8Array(32)]),
  ]);
  assert.deepEqual(await value('null.example.test', 'MX'), [{ preference: 0, exchange: '.' }]);
  assert.equal(resolver.knownNullMx(domainName('null.example.test')), true);
});

test('DNS-11 DNS-12 aliases keep their own state, also in front of a denial', async () => {
  const { resolver } = await world();
  const away = await resolver.resolve(domainName('away.example.test'), 'A');
  assert.equal(brief(away), 'insecure found unsigned-delegation');
  assert.deepEqual(away.aliases, [{ from: 'away.example.test', to: 'host.unsigned.test', status: 'secure' }]);
  const near = await resolver.resolve(domainName('alias.example.test'), 'A');
  assert.equal(brief(near), 'secure found');
  assert.deepEqual(
    near.aliases.map(({ status }) => status),
    ['secure'],
  );
  const gone = await resolver.resolve(domainName('gone.example.test'), 'A');
  assert.equal(brief(gone), 'secure absent nxdomain');
  assert.equal(gone.aliases.length, 1);
});

test('DNS-12 an alias stays known when what lies behind it cannot be had', async () => {
  const { resolver } = await world([
    (message, asked) =>
      keyOf(message) === 'host.unsigned.test. A' || keyOf(message) === 'away.example.test. A'
        ? {
            ...message,
            answer: message.answer.filter(({ type }) => type !== RrType.A),
            rcode: keyOf(message).startsWith('host') ? 2 : message.rcode,
          }
        : straight(message, asked),
  ]);
  const away = await resolver.resolve(domainName('away.example.test'), 'A');
  assert.equal(away.answer.kind, 'failed');
  assert.deepEqual(away.aliases, [{ from: 'away.example.test', to: 'host.unsigned.test', status: 'secure' }]);
});

test('SEC-4 DNS-9 a stripped or altered answer is bogus, is not kept for more than a minute, and carries nothing', async () => {
  let honestly: 'no' | 'yes' = 'no';
  const { resolver, clock } = await world([
    only('mx.example.test. A', (message) => (honestly === 'yes' ? message : withoutSignatures(message))),
  ]);
  const resolved = await resolver.resolve(mx, 'A');
  assert.equal(brief(resolved), 'failed bogus missing-signature');
  const report = await resolver.lookup(name('mx.example.test'), RrType.A);
  assert.deepEqual([report.state, report.records], ['bogus', []]);
  honestly = 'yes';
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'failed bogus missing-signature');
  clock.pass(61);
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'secure found');
});

test('DNS-2 SEC-30 a forged AD bit and forged extra records change nothing', async () => {
  const { resolver } = await world([
    only('mx.example.test. A', (message) => ({ ...withoutSignatures(message), authenticData: true })),
  ]);
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'failed bogus missing-signature');
  const extra = await world([(message) => ({ ...message, additional: [a('mx.example.test', '192.0.2.66')] })]);
  const { answer } = await extra.resolver.resolve(mx, 'A');
  assert.deepEqual(answer.kind === 'found' && answer.value, ['192.0.2.1']);
  await extra.resolver.resolve(example, 'MX');
  assert.equal(brief(await extra.resolver.resolve(mx, 'A')), 'secure found');
});

test('DNS-5 a failed question is a failure and never an absence, whatever the code', async () => {
  for (const [rcode, reason] of [
    [1, 'malformed'],
    [2, 'servfail'],
    [4, 'refused'],
    [5, 'refused'],
  ] as const) {
    const { resolver } = await world([only('mx.example.test. A', coded(rcode))]);
    assert.equal(brief(await resolver.resolve(mx, 'A')), `failed ${reason} ${reason}`, `rcode ${rcode}`);
  }
  const { resolver } = await world([only('mx.example.test. A', silence)]);
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'failed timeout timeout');
});

test('DNS-3 a truncated answer comes whole by TCP and validates', async () => {
  const { resolver, asked } = await world([
    (message, { channel }) =>
      channel === 'udp' && keyOf(message) === 'mx.example.test. A'
        ? { ...message, answer: [], truncated: true }
        : message,
  ]);
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'secure found');
  assert.ok(asked().includes('mx.example.test. A tcp'));
});

test('SEC-34 an incomplete proof is asked for again by TCP, with CD clear, before it counts as bogus', async () => {
  const { resolver, servers } = await world([
    (message, { channel }) =>
      channel === 'udp' && keyOf(message) === 'mx.example.test. AAAA' ? withoutDenials(message) : message,
  ]);
  assert.equal(brief(await resolver.resolve(mx, 'AAAA')), 'secure absent nodata');
  const again = servers[0]!.asked.findLast(({ channel }) => channel === 'tcp');
  assert.ok(again !== undefined && (again.bytes[3]! & 0x10) === 0, 'CD was set');
});

test('SEC-34 the second look goes to another server', async () => {
  const { resolver, asked } = await world([
    only('mx.example.test. AAAA', withoutDenials),
    only('mx.example.test. AAAA', (message) => message),
  ]);
  // Whichever was asked first: only the second server's answer holds.
  assert.equal(brief(await resolver.resolve(mx, 'AAAA')), 'secure absent nodata');
  assert.ok(asked(1).some((question) => question.startsWith('mx.example.test. AAAA')));
});

test('DNS-8 SEC-33 what is known costs nothing, and a neighbour pays for himself alone', async () => {
  const { resolver, clock, asked } = await world();
  const cold = await resolver.resolve(mx, 'A');
  assert.ok(cold.queries >= 4 && cold.queries <= 8, `${cold.queries} queries`);
  assert.ok(cold.verifications >= 4);
  const warm = await resolver.resolve(mx, 'A');
  assert.deepEqual([warm.queries, warm.verifications, warm.answer.kind], [0, 0, 'found']);
  const neighbour = await resolver.resolve(example, 'TXT');
  assert.equal(neighbour.queries, 1);
  clock.pass(31);
  await resolver.resolve(example, 'TXT');
  assert.equal(asked().filter((question) => question === 'example.test. TXT').length, 2);
});

test('identical look-ups at the same time are one', async () => {
  const { resolver, asked } = await world();
  const all = await Promise.all(Array.from({ length: 10 }, () => resolver.resolve(mx, 'A')));
  assert.ok(all.every((one) => brief(one) === 'secure found'));
  assert.equal(asked().length, new Set(asked()).size, 'a question was asked twice');
  assert.equal(all.filter(({ queries }) => queries > 0).length, 1);
});

test('SEC-42 a look-up tells its state, chain, cost and server', async () => {
  const { resolver, servers, metrics } = await world();
  const report = await resolver.lookup(name('mx.example.test'), RrType.A);
  assert.deepEqual([report.state, report.rcode, report.because, report.denial], ['secure', 0, null, null]);
  assert.equal(report.server, `127.0.0.1:${servers[0]!.address.port}`);
  const zones = new Set(report.chain.map(({ zone }) => zone));
  for (const zone of ['.', 'test', 'example.test']) assert.ok(zones.has(name(zone)), `${zone} is missing in the chain`);
  assert.ok(report.queries > 0 && report.verifications > 0 && report.elapsedMs >= 0 && report.ttl === 300);
  assert.equal(metrics.counts.get('sekisho_dns_lookups_total A secure'), 1);
});

test('INT-15 the unvalidated reading takes what is bogus, as insecure, and leaves the validated one as it was', async () => {
  const { resolver } = await world([only('mx.example.test. A', withoutSignatures)]);
  const loose = await resolver.resolve(mx, 'A', 'unvalidated');
  assert.equal(brief(loose), 'insecure found validation-ignored');
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'failed bogus missing-signature');
  const away = await resolver.resolve(domainName('away.example.test'), 'A', 'unvalidated');
  assert.equal(brief(away), 'insecure found validation-ignored');
  assert.deepEqual(
    away.aliases.map(({ status }) => status),
    ['insecure'],
  );
  assert.equal(
    brief(await resolver.resolve(domainName('nothere.example.test'), 'A', 'unvalidated')),
    'insecure absent nxdomain validation-ignored',
  );
});

test('TA-5 without anchors or servers there is no resolver', () => {
  const ports = { clock: fakeClock(), log: fakeLog(), metrics: fakeMetrics() };
  assert.throws(
    () => createResolver({ ...ports, servers: [{ host: '127.0.0.1', port: 53 }], anchors: [] }),
    /no trust anchor/,
  );
  assert.throws(() => createResolver({ ...ports, servers: [], anchors }), /empty/);
});

// ---- the exam

test('DNS-7 the exam passes where keys, name servers and denials come through, and asks each server by itself', async () => {
  const { resolver, servers, log } = await world([straight, straight]);
  await until(() => resolver.exam().servers.length === 2);
  const { state, servers: exams } = resolver.exam();
  assert.deepEqual([state, exams.map(({ passed }) => passed)], ['passed', [true, true]]);
  for (const server of servers) {
    const keys = server.asked.map(({ bytes }) => bytes).length;
    assert.ok(keys >= 3, 'a server was not examined');
  }
  assert.deepEqual(log.lines, []);
});

const unfit: Readonly<Record<string, readonly [Twist, string, RegExp]>> = {
  'drops signatures': [withoutSignatures, 'missing-signature', /drops signatures/],
  'drops denials': [withoutDenials, 'denial-incomplete', /drops proofs of absence/],
  'refuses EDNS': [coded(1), 'edns-refused', /does not accept EDNS.*FORMERR/],
  'forgets EDNS': [(message) => ({ ...withoutSignatures(message), edns: undefined }), 'edns-missing', /without EDNS/],
  'is silent': [silence, 'timeout', /does not answer/],
  'fails always': [coded(2), 'servfail', /SERVFAIL/],
  'denies everything': [(message) => ({ ...message, rcode: 3, answer: [], authority: [] }), 'missing-signature', /./],
};

for (const [what, [twist, because, says]] of Object.entries(unfit)) {
  test(`DNS-7 TA-7 a server that ${what} fails the exam: all is error, nothing insecure, and the alarm is loud`, async () => {
    const { resolver, asked, log } = await world([twist]);
    const { state, servers } = resolver.exam();
    assert.equal(state, 'failed');
    assert.match(servers[0]!.says, says);
    if (what !== 'denies everything') assert.equal(servers[0]!.because, because);
    for (const domain of ['mx.example.test', 'host.unsigned.test', 'nothere.example.test']) {
      assert.equal(brief(await resolver.resolve(domainName(domain), 'A')), 'failed servfail resolver-unfit');
      assert.equal(
        brief(await resolver.resolve(domainName(domain), 'A', 'unvalidated')),
        'failed servfail resolver-unfit',
      );
    }
    const report = await resolver.lookup(name('mx.example.test'), RrType.A);
    assert.ok(report.state === 'bogus' || report.state === 'indeterminate');
    assert.deepEqual(asked(), [], 'an unfit server was asked');
    assert.equal(log.count('resolver-unfit'), 1);
  });
}

test('TA-7 DANE-75 wrong trust anchors make every name an error, and the exam says so', async () => {
  const { resolver } = await world([straight], { anchors: foreignAnchors });
  assert.deepEqual([resolver.exam().state, resolver.exam().servers[0]?.because], ['failed', 'anchor-mismatch']);
  assert.equal(brief(await resolver.resolve(domainName('host.unsigned.test'), 'A')), 'failed servfail resolver-unfit');
  const report = await resolver.lookup(name('mx.example.test'), RrType.A);
  assert.deepEqual([report.state, report.because], ['bogus', 'anchor-mismatch']);
});

test('DANE-75 a clock that is wrong makes every name an error, and is named by the exam', async () => {
  const clock = fakeClock(Date.UTC(2036, 0, 1));
  const { resolver } = await world([straight], { clock });
  assert.equal(resolver.exam().servers[0]?.because, 'signature-expired');
  assert.match(resolver.exam().servers[0]?.says ?? '', /2036-01-01T00:00:00/);
  assert.equal(brief(await resolver.resolve(domainName('host.unsigned.test'), 'A')), 'failed servfail resolver-unfit');
});

test('DNS-7 of two servers only the one that passed is asked', async () => {
  const { resolver, asked, log } = await world([withoutSignatures, straight]);
  await until(() => resolver.exam().servers.length === 2);
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'secure found');
  assert.deepEqual(
    asked(0).filter((question) => question.startsWith('mx.')),
    [],
  );
  assert.equal(log.count('resolver-server'), 1);
  assert.equal(log.count('resolver-unfit'), 0);
});

test('TA-7 the exam is taken again every minute until a server passes, and then mail goes on', async () => {
  let path: 'broken' | 'mended' = 'broken';
  const { resolver, clock, log } = await world([
    (message) => (path === 'broken' ? withoutSignatures(message) : message),
  ]);
  clock.pass(60);
  await until(() => log.count('resolver-unfit') === 2);
  path = 'mended';
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'failed servfail resolver-unfit');
  clock.pass(60);
  await until(() => resolver.exam().state === 'passed');
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'secure found');
});

test('DANE-2 insecure is one answer, whether no anchor is above the name or a delegation has no DS', async () => {
  const host = domainName('host.unsigned.test');
  const [unsigned, without] = [await world(), await world([straight], { anchors: islandAnchors })];
  const below = await unsigned.resolver.resolve(host, 'A');
  const beside = await without.resolver.resolve(host, 'A');
  assert.deepEqual([below.because, beside.because], ['unsigned-delegation', 'no-anchor']);
  assert.deepEqual({ ...beside.answer, ttl: 0 }, { ...below.answer, ttl: 0 });
  assert.equal(below.answer.kind === 'found' && below.answer.status, 'insecure');
});

test('TA-6 an anchor below the root is examined and proven from, and above it all is insecure', async () => {
  const { resolver } = await world([straight], { anchors: islandAnchors });
  assert.equal(resolver.exam().state, 'passed');
  assert.equal(brief(await resolver.resolve(mx, 'A')), 'secure found');
  assert.equal(brief(await resolver.resolve(domainName('host.unsigned.test'), 'A')), 'insecure found no-anchor');
});
