import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import {
  isOverride,
  type OperatorPolicy,
  type OperatorWords,
  operatorDemand,
  parseOperatorPolicy,
  withOverride,
} from '../../../src/core/policy/operator.ts';

const words = (changes: Partial<OperatorWords> = {}): OperatorWords => ({
  floor: 'may',
  enforce: true,
  rules: [],
  exceptions: [],
  ...changes,
});
const rule = (
  to: readonly string[],
  changes: Partial<OperatorWords['rules'][number]> = {},
): OperatorWords['rules'][number] => ({
  to,
  floor: 'encrypt',
  names: [],
  requiretls: 'as-asked',
  source: `rule for ${to[0]}`,
  ...changes,
});
const exception = (to: readonly string[], until = '2026-12-31'): OperatorWords['exceptions'][number] => ({
  to,
  ignore: ['floor'],
  until,
  reason: 'contract 4711',
  source: `exception for ${to[0]}`,
});

function policyOf(given: OperatorWords): OperatorPolicy {
  const parsed = parseOperatorPolicy(given);
  assert.ok(parsed.kind === 'ok', JSON.stringify(parsed));
  return parsed.value;
}

const faultsOf = (given: OperatorWords): readonly string[] => {
  const parsed = parseOperatorPolicy(given);
  return parsed.kind === 'fault' ? parsed.fault : [];
};

const at = instant(Date.UTC(2026, 10, 21));
const demand = (given: OperatorWords, domain: string | undefined, when = at) =>
  operatorDemand(policyOf(given), domain === undefined ? undefined : domainName(domain), when);

test('RTE-18 the most specific rule wins: exact, longest wildcard, star', () => {
  const given = words({
    rules: [
      rule(['*'], { floor: 'encrypt' }),
      rule(['*.example'], { floor: 'verify' }),
      rule(['*.gov.example'], { floor: 'secure' }),
      rule(['tax.gov.example'], { floor: 'dane-only' }),
    ],
  });
  const floors = [
    'org',
    'a.example',
    'example',
    'a.b.gov.example',
    'gov.example',
    'tax.gov.example',
    'a.tax.gov.example',
  ];
  assert.deepEqual(
    floors.map((domain) => demand(given, domain).floor),
    ['encrypt', 'verify', 'encrypt', 'secure', 'verify', 'dane-only', 'secure'],
  );
  assert.equal(demand(given, undefined).floor, 'encrypt');
  assert.equal(demand(given, 'TAX.gov.example.').source, 'rule for tax.gov.example');
});

test('RTE-18 a rule can only raise', () => {
  const given = words({
    floor: 'verify',
    rules: [rule(['bank.example'], { floor: 'encrypt', names: ['Mail.Bank.example'] })],
  });
  assert.equal(demand(given, 'bank.example').floor, 'verify');
  assert.deepEqual(demand(given, 'bank.example').names, ['mail.bank.example']);
  assert.equal(
    demand(words({ floor: 'verify', rules: [rule(['a.example'], { floor: undefined })] }), 'a.example').floor,
    'verify',
  );
});

test('INT-15 an exception ends with its last day in UTC', () => {
  const given = words({ floor: 'dane-only', exceptions: [exception(['oldhospital.example'])] });
  const last = instant(Date.UTC(2027, 0, 1) - 1);
  assert.deepEqual(demand(given, 'oldhospital.example', last).ignore, ['floor']);
  assert.match(demand(given, 'oldhospital.example', last).source, /until 2026-12-31: contract 4711/);
  assert.deepEqual(demand(given, 'oldhospital.example', instant(Date.UTC(2027, 0, 1))).ignore, []);
  assert.deepEqual(demand(given, 'sub.oldhospital.example', last).ignore, []);
});

test('a pattern in two rules is a mistake of the configuration', () => {
  assert.equal(faultsOf(words({ rules: [rule(['a.example']), rule(['b.example', 'A.example.'])] })).length, 1);
  assert.equal(faultsOf(words({ rules: [rule(['*.a.example']), rule(['a.example'])] })).length, 0);
  assert.equal(faultsOf(words({ exceptions: [exception(['a.example']), exception(['a.example'])] })).length, 1);
});

test('what cannot be read is named, never passed over', () => {
  assert.match(faultsOf(words({ rules: [rule(['a b'])] }))[0] ?? '', /"a b" is no domain/);
  assert.match(faultsOf(words({ rules: [rule(['a.*.b'])] }))[0] ?? '', /no domain/);
  assert.match(faultsOf(words({ rules: [rule([])] }))[0] ?? '', /names no domain/);
  assert.match(faultsOf(words({ rules: [rule(['a.example'], { names: ['*'] })] }))[0] ?? '', /no domain name/);
  for (const until of ['2026-13-01', '2026-06-31', '31.12.2026', ''])
    assert.match(faultsOf(words({ exceptions: [exception(['a.example'], until)] }))[0] ?? '', /no date/);
  assert.match(faultsOf(words({ exceptions: [{ ...exception(['a.example']), reason: ' ' }] }))[0] ?? '', /reason/);
});

test('QUE-7 the override of a message adds to its exception, and ends with its time', () => {
  const policy = policyOf(words({ floor: 'secure', exceptions: [exception(['a.example'])] }));
  const override = { ignore: ['dane', 'floor'], reason: 'case 17', until: instant(2000) } as const;
  const demand = operatorDemand(policy, domainName('a.example'), instant(1000));
  const both = withOverride(demand, override, instant(1999));
  assert.deepEqual(both.ignore, ['floor', 'dane']);
  assert.equal(both.source, `${demand.source}; override of this message: case 17`);
  assert.equal(both.floor, 'secure');
  assert.equal(withOverride(demand, override, instant(2000)), demand);
  assert.equal(withOverride(demand, undefined, instant(0)), demand);
  const alone = operatorDemand(policy, domainName('b.example'), instant(1000));
  assert.equal(withOverride(alone, override, instant(0)).source, 'override of this message: case 17');
});

test('QUE-7 RTLS-31 an override names what may be ignored, which REQUIRETLS is not, and why', () => {
  const good = { ignore: ['dane'], reason: 'x', until: 1 };
  assert.ok(isOverride(good));
  for (const wrong of [
    { ...good, ignore: ['requiretls'] },
    { ...good, ignore: [] },
    { ...good, ignore: 'dane' },
    { ...good, reason: ' ' },
    { ...good, until: 'never' },
    null,
    'dane',
  ])
    assert.equal(isOverride(wrong), false, JSON.stringify(wrong));
});
