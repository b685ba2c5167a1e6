import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import {
  type Addressed,
  formatNextHop,
  formatVia,
  isLocalName,
  nextHopDomain,
  nextHopOf,
  parseNextHop,
  parseRoute,
  parseVia,
  type Route,
} from '../../../src/core/routing/next-hop.ts';

function route(to: string | string[], via: string, more: Partial<Pick<Route, 'tls' | 'credentials'>> = {}): Route {
  const parsed = parseRoute({ to: [to].flat(), via, tls: 'starttls', credentials: 'none', ...more });
  assert.ok(parsed.kind === 'ok', JSON.stringify(parsed));
  return parsed.value;
}
const at = (domain: string): Addressed => ({ domain: { kind: 'name', name: domainName(domain) } });
const literal = (address: string): Addressed => ({ domain: { kind: 'literal', address: address as IpAddress } });
const hop = (mailbox: Addressed, ...routes: Route[]): string => formatNextHop(nextHopOf(mailbox, routes));

test('RTE-14 the most specific route names the next hop, else the domain itself', () => {
  const routes = [
    route('*', '[smart.example]:587'),
    route('*.corp.example', 'hub.example'),
    route('*.dev.corp.example', '[mailpit]:1025'),
    route(['a.corp.example', 'b.example'], '[192.0.2.9]'),
  ];
  assert.equal(hop(at('example.org')), 'example.org');
  assert.equal(hop(at('example.org'), ...routes), 'starttls:[smart.example]:587');
  assert.equal(hop(at('x.corp.example'), ...routes), 'starttls:hub.example');
  assert.equal(hop(at('y.x.corp.example'), ...routes), 'starttls:hub.example');
  assert.equal(hop(at('corp.example'), ...routes), 'starttls:[smart.example]:587');
  assert.equal(hop(at('y.dev.corp.example'), ...routes), 'starttls:[mailpit]:1025');
  assert.equal(hop(at('a.corp.example'), ...routes), 'starttls:[192.0.2.9]');
  assert.equal(hop(at('b.example'), ...routes), 'starttls:[192.0.2.9]');
});

test('RTE-13 literals are dialled as they stand, or go to the smart host', () => {
  assert.equal(hop(literal('192.0.2.1')), '[192.0.2.1]');
  assert.equal(hop(literal('2001:db8::1')), '[IPv6:2001:db8::1]');
  assert.equal(hop(literal('192.0.2.1'), route('example.org', '[a.example]')), '[192.0.2.1]');
  assert.equal(hop(literal('192.0.2.1'), route('*', '[a.example]')), 'starttls:[a.example]');
});

test('RTE-14 brackets mean no MX look-up', () => {
  const via = (text: string): unknown => {
    const parsed = parseVia(text);
    return parsed.kind === 'ok' ? parsed.value : parsed.fault;
  };
  assert.deepEqual(via('[smtp.example]:587'), { kind: 'host', host: 'smtp.example', port: 587 });
  assert.deepEqual(via('smtp.example:587'), { kind: 'domain', domain: 'smtp.example', port: 587 });
  assert.deepEqual(via('Example.ORG.'), { kind: 'domain', domain: 'example.org' });
  assert.deepEqual(via('[192.0.2.1]'), { kind: 'host', host: '192.0.2.1' });
  assert.deepEqual(via('[IPv6:2001:DB8::1]'), { kind: 'host', host: '2001:db8::1' });
  assert.deepEqual(via('[2001:db8::1]:25'), { kind: 'host', host: '2001:db8::1', port: 25 });
  assert.deepEqual(via('[mailpit]:1025'), { kind: 'host', host: 'mailpit', port: 1025 });
  assert.equal(via('192.0.2.1:25'), 'address-without-brackets');
  assert.equal(via('2001:db8::1'), 'address-without-brackets');
  assert.equal(via('[smtp.example'), 'brackets');
  assert.equal(via('smtp.example:0'), 'bad-port');
  assert.equal(via('smtp.example:65536'), 'bad-port');
  assert.equal(via('smtp.example:'), 'bad-port');
  assert.equal(via('[256.0.0.1]'), 'bad-address');
  assert.equal(via('[2001:db8::1%eth0]'), 'bad-address');
  assert.equal(via('smtp example'), 'bad-host');
  assert.equal(via(''), 'bad-host');
  assert.equal(via('[]'), 'bad-host');
});

test('RTE-14 a faulty route is refused with a sentence', () => {
  const says = (to: string[], via: string): string => {
    const parsed = parseRoute({ to, via, tls: 'starttls', credentials: 'none' });
    return parsed.kind === 'fault' ? parsed.fault : 'ok';
  };
  assert.match(says([], '[a.example]'), /at least one domain/);
  assert.match(says(['a.*.example'], '[a.example]'), /"a\.\*\.example" is no domain/);
  assert.match(says(['*'], '192.0.2.1'), /brackets/);
});

test('SMTP-17 QUE-1 hops and their texts are one to one', () => {
  const routes = [
    route('a.example', '[relay.example]:587'),
    route('b.example', '[relay.example]:587', { credentials: 'configured' }),
    route('c.example', '[relay.example]:465', { tls: 'implicit', credentials: 'configured' }),
    route('d.example', 'relay.example:587'),
    route('e.example', '[2001:db8::1]'),
  ];
  const mailboxes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => at(`${name}.example`));
  const hops = [...mailboxes, literal('192.0.2.1'), literal('2001:db8::1')].map((box) => nextHopOf(box, routes));
  assert.equal(new Set(hops.map(formatNextHop)).size, hops.length);
  for (const one of hops) assert.deepEqual(parseNextHop(formatNextHop(one), routes), { kind: 'ok', value: one });
});

test('RTE-14 a hop of a route that is gone is refused, never guessed', () => {
  const [gone, kept] = [route('*', '[old.example]:587', { credentials: 'configured' }), route('*', '[new.example]')];
  const text = formatNextHop(nextHopOf(at('example.org'), [gone]));
  assert.deepEqual(parseNextHop(text, [kept]), { kind: 'fault', fault: 'no-such-route' });
  assert.deepEqual(parseNextHop('[new.example]', [kept]), { kind: 'fault', fault: 'no-such-route' });
  assert.deepEqual(parseNextHop('example.org:25', []), { kind: 'fault', fault: 'no-such-route' });
  assert.equal(parseNextHop('', []).kind, 'fault');
});

test('RTE-14 every via that reads is written and read again as itself', () => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constant('mailpit'));
  fc.assert(
    fc.property(host, fc.boolean(), fc.option(fc.integer({ min: 1, max: 65_535 })), (name, brackets, port) => {
      const parsed = parseVia(`${brackets ? `[${name}]` : name}${port === null ? '' : `:${port}`}`);
      if (parsed.kind === 'ok') assert.deepEqual(parseVia(formatVia(parsed.value)), parsed);
      else assert.notEqual(brackets, true, name);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseNextHop(text, [])));
});

test('RTE-14 STS-1 policies are looked up for the next hop, none for addresses', () => {
  assert.equal(nextHopDomain(nextHopOf(at('example.org'), [])), 'example.org');
  assert.equal(nextHopDomain(nextHopOf(at('example.org'), [route('*', '[smart.example]')])), 'smart.example');
  assert.equal(nextHopDomain(nextHopOf(at('example.org'), [route('*', '[192.0.2.1]')])), undefined);
  assert.equal(nextHopDomain(nextHopOf(literal('192.0.2.1'), [])), undefined);
});

test('RTE-17 single labels, special-use names and local zones are local', () => {
  const local = (name: string, ...zones: string[]): boolean => isLocalName(domainName(name), zones.map(domainName));
  assert.ok(local('mailpit'));
  assert.ok(local('mail.localhost'));
  assert.ok(local('printer.local'));
  assert.ok(local('mail.default.svc.cluster.local'));
  assert.ok(local('mx.corp.example', 'corp.example'));
  assert.ok(!local('mx.example.org', 'corp.example'));
  assert.ok(!local('notcorp.example', 'corp.example'));
});
