import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainName } from '../../../src/core/base/domain-name.ts';
import {
  bareForm,
  fieldsForm,
  genericForm,
  nsupdateForm,
  type Owner,
  parseTlsaText,
  rdataOf,
  zoneForm,
} from '../../../src/core/dane/forms.ts';
import type { TlsaData } from '../../../src/core/dane/make.ts';
import { parseTlsa } from '../../../src/core/dane/tlsa.ts';

const data = new Uint8Array(createHash('sha256').update('x').digest());
const hex = Buffer.from(data).toString('hex');
const record: TlsaData = { usage: 3, selector: 1, matching: 1, data };
const owner: Owner = { host: domainName('mail.example.org'), port: 25, protocol: 'tcp' };

test('OPS-24 every form as web forms and zone files take it', () => {
  assert.equal(bareForm(record), `3 1 1 ${hex}`);
  assert.equal(zoneForm(owner, record, 3600), `_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 ${hex}`);
  assert.equal(genericForm(owner, record, 300), `_25._tcp.mail.example.org. 300 IN TYPE52 \\# 35 030101${hex}`);
  const update = nsupdateForm([{ owner, record }], 3600, domainName('example.org'));
  assert.deepEqual(update.split('\n'), [
    'zone example.org.',
    `update add _25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 ${hex}`,
    'send',
  ]);
  const fields = new Map(
    fieldsForm(owner, record, 3600, domainName('example.org'))
      .split('\n')
      .map((line) => [line.slice(0, 10).trim(), line.slice(11)]),
  );
  assert.equal(fields.get('name'), '_25._tcp.mail');
  assert.equal(fields.get('port'), '25');
  assert.equal(fields.get('protocol'), 'tcp');
  assert.deepEqual(
    ['usage', 'selector', 'matching', 'data'].map((name) => fields.get(name)),
    ['3', '1', '1', hex],
  );
});

test('OPS-65 records as they are found in mails, forms and zone files', () => {
  const groups = (hex.match(/.{8}/g) ?? []).join(' ');
  for (const text of [
    `3 1 1 ${hex}`,
    `03 01 01 ${hex}`,
    `3 1 1 ${hex.toUpperCase()}`,
    `3 1 1 ${groups}`,
    `3 1 1 (\n  ${groups} ) ; the key of 2026`,
    `_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 ${hex}`,
    `_25._tcp.mail.example.org. IN TLSA ( 3 1 1\n ${groups} )`,
    `3 1 1 ${(hex.match(/../g) ?? []).join(':')}`,
    `\\# 35 030101${hex}`,
    `_25._tcp.mail.example.org. IN TYPE52 \\# 35 030101 ${groups}`,
  ]) {
    const read = parseTlsaText(text);
    assert.deepEqual(read, { kind: 'ok', value: record }, text);
  }
});

test('OPS-65 what is wrong with a pasted record is said', () => {
  for (const [text, word] of [
    [`3 1 1 ${hex.slice(1)}`, /odd number/],
    [`3 1 1 ${hex.slice(2)}`, /32 octets, and 31/],
    [`3 1 2 ${hex}`, /64 octets/],
    [`4 1 1 ${hex}`, /usage 4/],
    [`3 2 1 ${hex}`, /selector 2/],
    [`3 1 3 ${hex}`, /matching type 3/],
    [`3 1 1 ${hex.replace(/./, 'g')}`, /no TLSA record/],
    ['3 – 1 1 aa', /typographic/],
    ['\\# 36 030101aa', /36 octets/],
    ['\\# 2 0301', /at least three/],
    ['', /no TLSA record/],
  ] as const) {
    const read = parseTlsaText(text);
    assert.equal(read.kind, 'fault', text);
    if (read.kind === 'fault') assert.match(read.fault, word);
  }
});

test('every record made reads back, and never does reading throw', () => {
  const made = fc.record({
    usage: fc.constantFrom(0, 1, 2, 3),
    selector: fc.constantFrom(0, 1),
    matching: fc.constantFrom(1, 2),
    seed: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  });
  fc.assert(
    fc.property(made, ({ usage, selector, matching, seed }) => {
      const one = { usage, selector, matching, data: seed.slice(0, matching === 1 ? 32 : 64) } as TlsaData;
      for (const text of [bareForm(one), zoneForm(owner, one, 1), genericForm(owner, one, 1)])
        assert.deepEqual(parseTlsaText(text), { kind: 'ok', value: one });
      const ours = parseTlsa(rdataOf(one));
      assert.equal(ours.kind, usage >= 2 ? 'ok' : 'fault');
    }),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseTlsaText(text)));
});
