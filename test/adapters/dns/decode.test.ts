import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RecordType, resolvedFrom } from '../../../src/adapters/dns/decode.ts';
import { nothing } from '../../../src/adapters/dns/plain.ts';
import type { RecordValues, Resolved } from '../../../src/agent/ports.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { type ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import { name } from '../../../src/core/dns/name.ts';
import type { Proof } from '../../../src/core/dnssec/proof.ts';
import { a, mx, record } from './zone-talk.ts';

const cost = { queries: 3, verifications: 2, left: seconds(60) };
const proof = (over: Partial<Proof>): Proof => ({
  ...nothing({ name: name('www.example'), type: 1 }),
  state: 'secure',
  rcode: 0,
  because: null,
  ...over,
});

const of = <Type extends RecordType>(type: Type, ...records: ResourceRecord[]): Resolved<RecordValues[Type]> =>
  resolvedFrom(proof({ records }), type, cost);
const raw = (type: RecordType, ...octets: number[]): ResourceRecord =>
  record('www.example', RrType[type], Uint8Array.from(octets));
const valuesOf = <Type extends RecordType>(type: Type, ...records: ResourceRecord[]): unknown => {
  const { answer } = of(type, ...records);
  return answer.kind === 'found' ? answer.value : answer;
};
const malformed = { kind: 'failed', reason: 'malformed' };

test('addresses come as canonical text', () => {
  assert.deepEqual(valuesOf('A', a('www.example', '192.0.2.1'), a('www.example', '192.0.2.2')), [
    '192.0.2.1',
    '192.0.2.2',
  ]);
  assert.deepEqual(valuesOf('AAAA', raw('AAAA', 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), [
    '2001:db8::1',
  ]);
  assert.deepEqual(valuesOf('AAAA', raw('AAAA', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1)), [
    '::ffff:192.0.2.1',
  ]);
  assert.deepEqual(valuesOf('A', raw('A', 192, 0, 2)), malformed);
  assert.deepEqual(valuesOf('A', raw('A', 192, 0, 2, 1, 1)), malformed);
  assert.deepEqual(valuesOf('AAAA', raw('AAAA', 192, 0, 2, 1)), malformed);
});

test('DNS-15 an exchange is a lower-case name, the root, or no host name', () => {
  const exchange = (text: string): unknown => valuesOf('MX', mx('www.example', 10, text));
  assert.deepEqual(exchange('MX.Example'), [{ preference: 10, exchange: 'mx.example' }]);
  assert.deepEqual(exchange('.'), [{ preference: 10, exchange: '.' }]);
  assert.deepEqual(exchange('my_mx.example'), [{ preference: 10, exchange: 'my_mx.example' }]);
  assert.deepEqual(exchange('*.example'), [{ preference: 10, exchange: { unusable: '*.example.' } }]);
  assert.deepEqual(exchange('a\\.b.example'), [{ preference: 10, exchange: { unusable: 'a\\.b.example.' } }]);
  assert.deepEqual(exchange('a\\000.example'), [{ preference: 10, exchange: { unusable: 'a\\000.example.' } }]);
  assert.deepEqual(valuesOf('MX', mx('www.example', 65_535, 'mx.example')), [
    { preference: 65_535, exchange: 'mx.example' },
  ]);
  assert.deepEqual(valuesOf('MX', raw('MX', 0, 10)), malformed);
  assert.deepEqual(valuesOf('MX', raw('MX', 0, 10, 2, 0x6d)), malformed);
  assert.deepEqual(valuesOf('MX', raw('MX', 0, 10, 1, 0x6d, 0, 7)), malformed);
});

test('TXT strings stay apart and stay octets, TLSA stays raw', () => {
  assert.deepEqual(valuesOf('TXT', raw('TXT', 2, 0xff, 0x80, 0, 1, 65)), [
    [Uint8Array.of(0xff, 0x80), Uint8Array.of(), Uint8Array.of(65)],
  ]);
  assert.deepEqual(valuesOf('TXT', raw('TXT')), malformed);
  assert.deepEqual(valuesOf('TXT', raw('TXT', 5, 65)), malformed);
  assert.deepEqual(valuesOf('TLSA', raw('TLSA')), [Uint8Array.of()]);
  assert.deepEqual(valuesOf('TLSA', raw('TLSA', 3, 1, 1)), [Uint8Array.of(3, 1, 1)]);
});

test('no octets make the reading of a record throw', () => {
  const types = fc.constantFrom<RecordType>('A', 'AAAA', 'MX', 'TLSA', 'TXT');
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 40 }), (type, octets) => {
      const { answer } = of(type, raw(type, ...octets));
      assert.ok(answer.kind === 'found' || answer.kind === 'failed');
    }),
  );
});

test('SEC-1 bogus and indeterminate are failures with their reason, and the aliases before them are kept', () => {
  const alias = { from: name('www.example'), to: name('b.example'), by: 'CNAME', state: 'secure' } as const;
  const failed = (over: Partial<Proof>): unknown => resolvedFrom(proof({ aliases: [alias], ...over }), 'A', cost);
  const rest = { aliases: [{ from: 'www.example', to: 'b.example', status: 'secure' }], queries: 3, verifications: 2 };
  assert.deepEqual(failed({ state: 'bogus', because: 'signature-expired' }), {
    answer: { kind: 'failed', reason: 'bogus' },
    because: 'signature-expired',
    ...rest,
  });
  for (const [because, reason] of [
    ['servfail', 'servfail'],
    ['timeout', 'timeout'],
    ['refused', 'refused'],
    ['malformed', 'malformed'],
    ['alias-loop', 'malformed'],
    ['alias-limit', 'malformed'],
  ] as const) {
    assert.deepEqual(failed({ state: 'indeterminate', because }), {
      answer: { kind: 'failed', reason },
      because,
      ...rest,
    });
  }
});

test('SEC-1 a denial is an absence with its state, and neither records nor denial is no absence', () => {
  const absent = resolvedFrom(proof({ state: 'insecure', denial: 'nodata', because: 'opt-out' }), 'TLSA', cost);
  assert.deepEqual(absent.answer, { kind: 'absent', status: 'insecure', reason: 'nodata', ttl: 60 });
  assert.equal(absent.because, 'opt-out');
  assert.deepEqual(resolvedFrom(proof({ denial: 'nxdomain' }), 'A', cost).answer, {
    kind: 'absent',
    status: 'secure',
    reason: 'nxdomain',
    ttl: 60,
  });
  assert.deepEqual(of('A').answer, malformed);
});
