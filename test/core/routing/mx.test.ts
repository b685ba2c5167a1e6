import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { DnssecStatus, IpAddress, Lookup } from '../../../src/core/base/lookup.ts';
import type { NonEmpty } from '../../../src/core/base/result.ts';
import { betterThanUs, isAddressTarget, isOwnSocket, type MxTarget, readMx } from '../../../src/core/routing/mx.ts';

type Answer = Lookup<NonEmpty<MxTarget>>;
const ttl = seconds(300);
const target = (text: string): MxTarget => {
  const [preference = '', name = ''] = text.split(' ');
  const exchange = name === '.' ? '.' : name.startsWith('!') ? { unusable: name.slice(1) } : domainName(name);
  return { preference: Number(preference), exchange };
};
const mx = (...records: string[]): Answer => ({
  kind: 'found',
  status: 'secure',
  ttl,
  value: records.map(target) as unknown as NonEmpty<MxTarget>,
});
const absent = (reason: 'nxdomain' | 'nodata', status: DnssecStatus): Answer => ({
  kind: 'absent',
  reason,
  status,
  ttl,
});
const hosts = (answer: Answer, draws: number[] = [], ...own: string[]): unknown => {
  const read = readMx(answer, [], draws, own.map(domainName));
  return read.kind === 'mx' ? read.hosts.map((host) => host.host).join(' ') : read.kind;
};

test('RTE-6 RTE-7 DANE-25 hosts go by preference, and by lot within one', () => {
  const answer = mx('20 c.example', '10 a.example', '10 b.example');
  assert.equal(hosts(answer, [0.1, 0.2, 0.3]), 'a.example b.example c.example');
  assert.equal(hosts(answer, [0.1, 0.9, 0.3]), 'b.example a.example c.example');
  assert.equal(hosts(mx('20 a.example', '10 a.example', '15 b.example')), 'a.example b.example');
});

test('RTE-5 only a lone root target is a null MX', () => {
  assert.equal(hosts(mx('0 .')), 'null-mx');
  assert.equal(hosts(mx('0 .', '10 a.example')), 'a.example');
});

test('RTE-2 RTE-4 absence is told from failure', () => {
  assert.deepEqual(readMx(absent('nodata', 'secure'), [], [], []), { kind: 'implicit', status: 'secure' });
  assert.deepEqual(readMx(absent('nodata', 'insecure'), [], [], []), { kind: 'implicit', status: 'insecure' });
  assert.deepEqual(readMx(absent('nxdomain', 'insecure'), [], [], []), { kind: 'nxdomain' });
  for (const reason of ['bogus', 'servfail', 'timeout', 'refused', 'malformed'] as const)
    assert.deepEqual(readMx({ kind: 'failed', reason }, [], [], []), { kind: 'failed', reason });
});

test('DNS-11 DT-1.5 DT-1.6 one insecure alias makes the MX set insecure', () => {
  const read = (...steps: DnssecStatus[]): unknown => readMx(mx('10 a.example'), steps, [], []);
  assert.deepEqual(read('secure', 'secure'), {
    kind: 'mx',
    status: 'secure',
    hosts: [{ host: 'a.example', preference: 10 }],
  });
  assert.equal((read('secure', 'insecure') as { status: string }).status, 'insecure');
  const implicit = readMx(absent('nodata', 'secure'), ['insecure'], [], []);
  assert.deepEqual(implicit, { kind: 'implicit', status: 'insecure' });
});

test('RTE-8 our own name takes its preference and all worse ones with it', () => {
  const answer = mx('10 a.example', '20 b.example', '20 us.example', '30 c.example');
  assert.equal(hosts(answer, [], 'us.example'), 'a.example');
  assert.equal(hosts(answer, [], 'other.example'), 'a.example b.example us.example c.example');
  assert.equal(hosts(mx('10 us.example', '20 b.example'), [], 'us.example'), 'loop');
});

test('RTE-8 an address is us only together with the port', () => {
  const ip = (text: string): IpAddress => text as IpAddress;
  const own = [{ address: ip('192.0.2.1'), port: 25 }];
  assert.ok(isOwnSocket(ip('192.0.2.1'), 25, own));
  assert.ok(isOwnSocket(ip('::ffff:192.0.2.1'), 25, own));
  assert.ok(!isOwnSocket(ip('192.0.2.1'), 2525, own));
  assert.ok(!isOwnSocket(ip('192.0.2.2'), 25, own));
  const ranked = [10, 20, 20, 30].map((preference) => ({ preference }));
  assert.deepEqual(
    betterThanUs(ranked, () => false),
    ranked,
  );
  assert.deepEqual(
    betterThanUs(ranked, (host) => host === ranked[2]),
    [{ preference: 10 }],
  );
});

test('RTE-3 RTE-12 targets without use never bring the domain itself back', () => {
  assert.ok(isAddressTarget(domainName('192.0.2.1')));
  assert.ok(!isAddressTarget(domainName('mx1.example')));
  assert.equal(hosts(mx('10 !192.0.2.1', '20 a.example')), '192.0.2.1 a.example');
  assert.equal(hosts(mx('10 !bad\\032name', '20 a.example')), 'a.example');
  assert.deepEqual(readMx(mx('10 !bad\\032name'), [], [], []), { kind: 'failed', reason: 'malformed' });
});
