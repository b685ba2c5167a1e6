import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { type HostOrigin, referenceNames } from '../../../src/core/dane/reference-names.ts';

const names = (baseDomain: string, origin: HostOrigin, nextHop?: string, expanded?: string): readonly string[] =>
  referenceNames({
    baseDomain: domainName(baseDomain),
    origin,
    nextHop: nextHop === undefined ? undefined : domainName(nextHop),
    expandedNextHop: expanded === undefined ? undefined : domainName(expanded),
  });

test('DT-4.2 DANE-58 the worked example of RFC 7672 §3.2.2', () => {
  const of = (base: string): readonly string[] => names(base, 'secure-mx', 'exchange.example.org', 'example.com');
  assert.deepEqual(of('mx10.example.com'), ['mx10.example.com', 'exchange.example.org', 'example.com']);
  assert.deepEqual(of('mx15.example.com'), ['mx15.example.com', 'exchange.example.org', 'example.com']);
  assert.deepEqual(of('mxbackup.example.net'), ['mxbackup.example.net', 'exchange.example.org', 'example.com']);
});

test('DT-4.2 DANE-58 a next hop without alias stands once', () => {
  assert.deepEqual(names('mx.example.com', 'secure-mx', 'example.com', 'example.com'), [
    'mx.example.com',
    'example.com',
  ]);
});

test('DT-4.3 DANE-58 DANE-23 from an insecure MX only the base domain counts', () => {
  assert.deepEqual(names('mx.example.com', 'insecure-mx', 'example.com', 'example.com'), ['mx.example.com']);
});

test('DT-4.4 DT-4.5 DANE-58 without MX: the base domain, and the original where it is another', () => {
  assert.deepEqual(names('example.com', 'implicit', 'example.com', 'example.com'), ['example.com']);
  assert.deepEqual(names('host.example.net', 'implicit', 'example.com', 'host.example.net'), [
    'host.example.net',
    'example.com',
  ]);
  assert.deepEqual(names('relay.example', 'relay', 'relay.example', 'relay.example'), ['relay.example']);
});
