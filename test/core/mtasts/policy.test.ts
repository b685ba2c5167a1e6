import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePolicy } from '../../../src/core/mtasts/policy.ts';

const whole = 'version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n';

function good(body: string): ReturnType<typeof parsePolicy> & { kind: 'valid' } {
  const parsed = parsePolicy(body);
  assert.ok(parsed.kind === 'valid', JSON.stringify(parsed));
  return parsed;
}

function bad(body: string, code: string): void {
  const parsed = parsePolicy(body);
  assert.ok(parsed.kind === 'invalid', body);
  assert.ok(
    parsed.errors.some((error) => error.code === code),
    `${code} for ${JSON.stringify(body)}: ${JSON.stringify(parsed.errors)}`,
  );
}

test('STS-30 a whole policy', () => {
  const parsed = good(whole);
  assert.equal(parsed.mode, 'enforce');
  assert.deepEqual(parsed.mx, ['mx1.example.com', '*.example.net']);
  assert.equal(parsed.maxAge, 604_800);
  assert.deepEqual(parsed.warnings, []);
});

test('STS-30 line ends, blanks, BOM and empty lines', () => {
  const forms = [
    whole.replaceAll('\r\n', '\n'),
    whole.trimEnd(),
    `\ufeff${whole}`,
    whole.replaceAll('\r\n', ' \t\r\n\r\n'),
    whole.replaceAll(': ', ':'),
    whole.replaceAll(': ', ':\t  '),
  ];
  for (const form of forms) assert.deepEqual(good(form).mx, good(whole).mx);
});

test('STS-31 each violation is named', () => {
  bad('', 'version-missing');
  bad(whole.replace('version: STSv1\r\n', ''), 'version-missing');
  bad(whole.replace('STSv1', 'STSv2'), 'version');
  bad(whole.replace('STSv1', 'stsv1'), 'version');
  bad(whole.replace('mode: enforce', 'mode: Enforce'), 'mode');
  bad(whole.replace('mode: enforce', 'mode:'), 'mode');
  bad(whole.replace('mode: enforce\r\n', ''), 'mode-missing');
  bad(whole.replace('604800', '-1'), 'max-age');
  bad(whole.replace('604800', '1e6'), 'max-age');
  bad(whole.replace('604800', '12345678901'), 'max-age');
  bad(whole.replace('max_age: 604800\r\n', ''), 'max-age-missing');
  bad('version: STSv1\nmode: enforce\nmax_age: 1', 'mx-missing');
  bad('version: STSv1\nmode: testing\nmax_age: 1', 'mx-missing');
});

test('STS-31 mode none needs no mx; a large max_age is cut down', () => {
  assert.equal(good('version: STSv1\nmode: none\nmax_age: 0').mode, 'none');
  const parsed = good(whole.replace('604800', '9999999999'));
  assert.equal(parsed.maxAge, 31_557_600);
  assert.deepEqual(
    parsed.warnings.map(({ code }) => code),
    ['max-age-clamped'],
  );
});

test('STS-32 doubled fields: the first counts; unknown fields and lines are warned about', () => {
  const parsed = good(`${whole}mode: none\nmax_age: 5\nversion: STSv9\nfoo: bar\n<html>\nMode: none\n`);
  assert.equal(parsed.mode, 'enforce');
  assert.equal(parsed.maxAge, 604_800);
  assert.deepEqual(
    parsed.warnings.map(({ code, line }) => [code, line]),
    [
      ['doubled', 6],
      ['doubled', 7],
      ['doubled', 8],
      ['unknown-field', 9],
      ['no-field', 10],
      ['unknown-field', 11],
    ],
  );
});

test('STS-33 ATK-73 an mx is a domain or a wildcard over one, nothing else', () => {
  const mx = (text: string): string => whole.replace('mx1.example.com', text);
  assert.deepEqual(good(mx('MX1.Example.COM.')).mx[0], 'mx1.example.com');
  assert.deepEqual(good(mx('*.MX.example.com.')).mx[0], '*.mx.example.com');
  assert.deepEqual(good(mx('mx.bücher.example')).mx[0], 'mx.xn--bcher-kva.example');
  for (const text of ['*', '*.', '*.*.x', 'm*.x', '', '.', 'a..b', 'mx 1', '*x.y', '192.0.2.1', 'a\0.b'])
    bad(mx(text), 'mx');
});

test('STS-14 ATK-65 a web page is no policy', () => {
  bad('<!doctype html><html><body>not found</body></html>', 'version-missing');
});

test('ATK-66 no body makes the parser throw or run on', () => {
  bad(`${whole}${'mx: a.example\n'.repeat(2000)}`, 'too-long');
  bad(`${whole}${'\n'.repeat(6000)}`, 'too-long');
  fc.assert(fc.property(fc.string({ maxLength: 400 }), (body) => void parsePolicy(body)));
});
