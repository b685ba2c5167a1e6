// EHLO keywords, exactly.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authMechanisms, parseExtensions, sizeLimit } from '../../../src/core/smtp/extensions.ts';

const offered = (...lines: string[]) => parseExtensions({ code: 250, lines: ['mx.example', ...lines] });

test('RTLS-30 EXT-2 a keyword is the whole first word of a line', () => {
  const list = offered('PIPELINING', 'size 1000', 'Auth PLAIN LOGIN', 'REQUIRETLS');
  assert.deepEqual([...list.keys()], ['PIPELINING', 'SIZE', 'AUTH', 'REQUIRETLS']);
  assert.equal(sizeLimit(list), 1000);
  assert.deepEqual(authMechanisms(list), ['PLAIN', 'LOGIN']);
});

test('RTLS-20 ATK-9 words that only contain a keyword offer nothing', () => {
  const list = offered('X-REQUIRETLS', 'XDSN-DSN', 'HELP no PIPELINING here', 'REQUIRETLS2', 'STARTTLS_', '-STARTTLS');
  for (const keyword of ['REQUIRETLS', 'DSN', 'PIPELINING', 'STARTTLS'])
    assert.equal(list.has(keyword), false, keyword);
});

test('EXT-2 the first line is a greeting, not a keyword', () => {
  assert.equal(parseExtensions({ code: 250, lines: ['STARTTLS'] }).has('STARTTLS'), false);
});

test('EXT-2 a SIZE without a number, of 0, or not numeric sets no limit', () => {
  for (const line of ['SIZE', 'SIZE 0', 'SIZE many', 'SIZE -1'])
    assert.equal(sizeLimit(offered(line)), undefined, line);
  assert.equal(sizeLimit(offered('SIZE 10', 'SIZE 20')), 10);
});
