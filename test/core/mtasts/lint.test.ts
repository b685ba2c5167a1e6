import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { lintMx, lintPolicy, lintRecords, maxPolicyOctets } from '../../../src/core/mtasts/lint.ts';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const body = (...lines: readonly string[]): Uint8Array => octets(lines.join('\r\n'));
const good = body('version: STSv1', 'mode: enforce', 'mx: mx.example.org', 'mx: *.mail.example.org', 'max_age: 604800');

test('STS-30 a policy as it should be', () => {
  assert.deepEqual(lintPolicy(good), {
    valid: true,
    version: 'STSv1',
    mode: 'enforce',
    maxAge: 604_800,
    mx: ['mx.example.org', '*.mail.example.org'],
    errors: [],
    warnings: [],
  });
});

test('STS-31 STS-32 faults are told with their lines, unknown fields are warnings', () => {
  const found = lintPolicy(body('version: STSv2', 'mode: force', 'mx: a b', 'colour: red', 'max_age: 86400'));
  assert.equal(found.valid, false);
  assert.equal(found.version, null);
  assert.deepEqual(
    found.errors.map(({ line, code }) => [line, code]).sort(),
    [
      [1, 'version'],
      [2, 'mode'],
      [3, 'mx'],
    ].sort(),
  );
  assert.deepEqual(
    found.warnings.map(({ line, code }) => [line, code]),
    [[4, 'unknown-field']],
  );
});

test('what is no policy at all gets one sentence', () => {
  for (const [input, code] of [
    [octets(''), 'empty'],
    [octets('\r\n \n'), 'empty'],
    [Uint8Array.of(0x30, 0x82, 0, 1, 2), 'no-text'],
    [octets(`version: STSv1\n${'x'.repeat(maxPolicyOctets)}`), 'too-long'],
  ] as const) {
    const { valid, errors } = lintPolicy(input);
    assert.equal(valid, false);
    assert.deepEqual(
      errors.map((error) => error.code),
      [code],
    );
  }
});

test('a valid policy that is hardly meant is warned of', () => {
  const short = lintPolicy(body('version: STSv1', 'mode: enforce', 'mx: a.example', 'mx: a.example', 'max_age: 86400'));
  assert.equal(short.valid, true);
  assert.deepEqual(
    short.warnings.map(({ code }) => code),
    ['max-age-short', 'mx-doubled'],
  );
  const testing = lintPolicy(body('version: STSv1', 'mode: testing', 'mx: a.example', 'max_age: 86400'));
  assert.deepEqual(testing.warnings, []);
});

test('STS-60 the host is matched exactly or one label below a wildcard', () => {
  const found = lintPolicy(good);
  assert.equal(lintMx(found, domainName('mx.example.org')), 'match');
  assert.equal(lintMx(found, domainName('a.mail.example.org')), 'match');
  assert.equal(lintMx(found, domainName('a.b.mail.example.org')), 'mismatch');
  assert.equal(lintMx({ ...found, valid: false }, domainName('mx.example.org')), 'mismatch');
});

test('STS-3 STS-4 STS-5 a TXT set, bare or as in a zone file', () => {
  assert.deepEqual(lintRecords(['v=STSv1; id=20261121;']), { state: 'id', id: '20261121', says: null });
  assert.equal(lintRecords(['"v=STSv1; id=2026" "1121;"']).id, '20261121');
  assert.equal(lintRecords(['v=spf1 -all', 'v=STSv1; id=1']).id, '1');
  assert.equal(lintRecords(['v=STSv1; id=1;', 'v=STSv1; id=2;']).state, 'invalid');
  assert.equal(lintRecords(['v=STSv1; id=a-b;']).state, 'invalid');
  assert.equal(lintRecords(['v=STSv1; ']).state, 'invalid');
  assert.equal(lintRecords(['v=spf1 -all']).state, 'missing');
});
