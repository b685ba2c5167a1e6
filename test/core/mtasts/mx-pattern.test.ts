import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { matchMx, parseMxPattern } from '../../../src/core/mtasts/mx-pattern.ts';
import type { MxPattern } from '../../../src/core/mtasts/policy.ts';

const match = (host: string, pattern: string): string =>
  matchMx(domainName(host), [parseMxPattern(pattern) as MxPattern]);

test('STS-60 exact names, and exactly one label under a wildcard', () => {
  assert.equal(match('mx1.example.com', 'mx1.example.com'), 'match');
  assert.equal(match('MX1.example.com.', 'mx1.Example.com.'), 'match');
  assert.equal(match('mx1.example.com', '*.example.com'), 'match');
  assert.equal(match('a.b.example.com', '*.example.com'), 'mismatch');
  assert.equal(match('example.com', '*.example.com'), 'mismatch');
  assert.equal(match('mx1.example.com', 'example.com'), 'mismatch');
  assert.equal(match('mxexample.com', '*.example.com'), 'mismatch');
  assert.equal(match('mx.xn--bcher-kva.example', '*.bücher.example'), 'match');
  assert.equal(matchMx(domainName('mx1.example.com'), []), 'mismatch');
});

test('ATK-73 forms outside the grammar are no patterns', () => {
  for (const text of ['*', '*.', 'm*.example.com', '*.*.com', '', 'a b', 'mx\0.example.com', '192.0.2.1'])
    assert.equal(parseMxPattern(text), undefined, text);
});
