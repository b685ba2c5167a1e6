import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resolver } from '../../src/agent/ports.ts';
import { spfAllows } from '../../src/agent/spf.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';

type Zone = Readonly<Record<string, readonly unknown[] | 'failed'>>;

function resolverOf(zone: Zone): Resolver & { asked: number } {
  const resolver = {
    asked: 0,
    async resolve(name: string, type: string) {
      resolver.asked += 1;
      const held = zone[`${name} ${type}`];
      const cost = { aliases: [], queries: 1, verifications: 0 };
      if (held === 'failed') return { ...cost, answer: { kind: 'failed', reason: 'servfail' } };
      if (held === undefined)
        return { ...cost, answer: { kind: 'absent', status: 'insecure', reason: 'nodata', ttl: 60 } };
      const value = type === 'TXT' ? held.map((text) => [new TextEncoder().encode(String(text))]) : held;
      return { ...cost, answer: { kind: 'found', status: 'insecure', value, ttl: 60 } };
    },
  };
  return resolver as unknown as Resolver & { asked: number };
}

const judge = async (zone: Zone, address = '192.0.2.7'): Promise<string> =>
  (await spfAllows(resolverOf(zone), domainName('example.org'), address as IpAddress)).kind;
const record = (text: string, more: Zone = {}): Zone => ({ 'example.org TXT': [text], ...more });

test('SPF: ranges, hosts, MX hosts and includes, by their qualifiers', async () => {
  assert.equal(await judge(record('v=spf1 ip4:192.0.2.0/24 -all')), 'pass');
  assert.equal(await judge(record('v=spf1 ip4:192.0.2.7 -all')), 'pass');
  assert.equal(await judge(record('v=spf1 ip4:198.51.100.0/24 -all')), 'fail');
  assert.equal(await judge(record('v=spf1 ip4:198.51.100.0/24 ~all')), 'softfail');
  assert.equal(await judge(record('v=spf1 ip4:198.51.100.0/24')), 'neutral');
  assert.equal(await judge(record('v=spf1 -ip4:192.0.2.7 +all')), 'fail');
  assert.equal(await judge(record('v=spf1 ip6:2001:db8::/32 -all'), '2001:db8::1'), 'pass');
  assert.equal(await judge(record('v=spf1 ip6:2001:db8::/32 -all')), 'fail');
  assert.equal(await judge(record('v=spf1 a -all', { 'example.org A': ['192.0.2.7'] })), 'pass');
  assert.equal(await judge(record('v=spf1 a/24 -all', { 'example.org A': ['192.0.2.200'] })), 'pass');
  const mx = { 'example.org MX': [{ preference: 1, exchange: 'mx.example.org' }], 'mx.example.org A': ['192.0.2.7'] };
  assert.equal(await judge(record('v=spf1 mx -all', mx)), 'pass');
  const included = (text: string): Zone => record('v=spf1 include:other.example -all', { 'other.example TXT': [text] });
  assert.equal(await judge(included('v=spf1 ip4:192.0.2.7 -all')), 'pass');
  assert.equal(await judge(included('v=spf1 -all')), 'fail');
  assert.equal(
    await judge(record('v=spf1 redirect=other.example', { 'other.example TXT': ['v=spf1 ip4:192.0.2.7'] })),
    'pass',
  );
});

test('SPF: what is missing, doubled, unanswered or not judged is told apart', async () => {
  assert.equal(await judge({}), 'none');
  assert.equal(await judge({ 'example.org TXT': ['v=spf10 all', 'hello'] }), 'none');
  assert.equal(await judge({ 'example.org TXT': ['v=spf1 all', 'v=spf1 -all'] }), 'broken');
  assert.equal(await judge({ 'example.org TXT': 'failed' }), 'unknown');
  assert.equal(await judge(record('v=spf1 ip4:999.0.0.1 -all')), 'broken');
  assert.equal(await judge(record('v=spf1 exists:%{i}.example.org -all')), 'unknown');
  assert.equal(await judge(record('v=spf1 include:nowhere.example -all')), 'broken');
});

test('SPF: a record that includes itself ends', async () => {
  const resolver = resolverOf(record('v=spf1 include:example.org -all'));
  const { kind } = await spfAllows(resolver, domainName('example.org'), '192.0.2.7' as IpAddress);
  assert.equal(kind, 'unknown');
  assert.ok(resolver.asked <= 11);
});
