import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import { isWithin, type Prefix, parsePrefix, refusalOf, unmapped } from '../../../src/core/routing/addresses.ts';
import { octetsOf } from '../../../src/core/routing/ip-address.ts';

const ip = (text: string): IpAddress => text as IpAddress;
function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  assert.ok(parsed.kind === 'ok', text);
  return parsed.value;
}
const refused = (address: string, range: string, ...allowed: string[]): void =>
  assert.equal(refusalOf(ip(address), allowed.map(prefix)), range, address);
const usable = (address: string, ...allowed: string[]): void =>
  assert.equal(refusalOf(ip(address), allowed.map(prefix)), undefined, address);

test('RTE-16 STS-18 addresses that point inside are refused', () => {
  refused('127.0.0.1', 'loopback');
  refused('127.255.0.9', 'loopback');
  refused('0.0.0.0', 'unspecified');
  refused('0.1.2.3', 'unspecified');
  refused('10.1.2.3', 'private');
  refused('172.16.0.1', 'private');
  refused('172.31.255.255', 'private');
  refused('192.168.1.1', 'private');
  refused('100.64.0.1', 'shared');
  refused('169.254.169.254', 'link-local');
  refused('224.0.0.1', 'multicast');
  refused('255.255.255.255', 'reserved');
  refused('::1', 'loopback');
  refused('::', 'unspecified');
  refused('fd00::1', 'private');
  refused('fe80::1', 'link-local');
  refused('febf::1', 'link-local');
  refused('ff02::1', 'multicast');
});

test('RTE-16 IPv4 wrapped in IPv6 is judged by what it wraps', () => {
  refused('::ffff:127.0.0.1', 'loopback');
  refused('::ffff:0:127.0.0.1', 'loopback');
  refused('::127.0.0.1', 'loopback');
  refused('64:ff9b::10.0.0.1', 'private');
  refused('64:ff9b:1::c000:201', 'private');
  refused('2002:7f00:1::', 'loopback');
  refused('2002:c0a8:101::1', 'private');
  refused('2001:0:c000:201:0:0:f5ff:fffe', 'private'); // Teredo of 10.0.0.1
  usable('64:ff9b::192.0.2.1');
  usable('2002:c000:201::1');
});

test('RTE-16 the rest of the world is not', () => {
  for (const address of ['192.0.2.1', '8.8.8.8', '172.32.0.1', '172.15.255.255', '100.128.0.1', '11.0.0.1'])
    usable(address);
  for (const address of ['2001:db8::1', '2a00::1', '2001:1::1', '2003::1', '64:ff9b:2::1']) usable(address);
});

test('RTE-16 delivery.allow_addresses opens single ranges', () => {
  usable('127.0.0.1', '127.0.0.0/8');
  usable('10.9.8.7', '10.9.8.7');
  usable('::1', '127.0.0.0/8', '::1/128');
  refused('10.9.8.6', 'private', '10.9.8.7');
  refused('::1', 'loopback', '127.0.0.0/8');
  // Opening IPv4 loopback does not open every way to wrap it.
  refused('::ffff:127.0.0.1', 'loopback', '127.0.0.0/8');
});

test('RTE-16 prefixes are compared bit by bit', () => {
  const holds = (text: string, address: string): boolean => isWithin(octetsOf(address) as Uint8Array, prefix(text));
  assert.ok(holds('172.16.0.0/12', '172.31.0.1'));
  assert.ok(!holds('172.16.0.0/12', '172.32.0.1'));
  assert.ok(holds('0.0.0.0/0', '203.0.113.9'));
  assert.ok(!holds('0.0.0.0/0', '::1'));
  assert.ok(holds('2001:db8:8000::/33', '2001:db8:ffff::1'));
  assert.ok(!holds('2001:db8:8000::/33', '2001:db8:7fff::1'));
  assert.ok(holds('10.1.2.3/8', '10.9.9.9'));
  for (const text of ['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'example.org', '::/129'])
    assert.equal(parsePrefix(text).kind, 'fault', text);
});

test('RTE-8 a mapped address is the IPv4 address', () => {
  assert.equal(unmapped(ip('::ffff:192.0.2.1')), '192.0.2.1');
  assert.equal(unmapped(ip('2001:db8::1')), '2001:db8::1');
  assert.equal(unmapped(ip('192.0.2.1')), '192.0.2.1');
});
