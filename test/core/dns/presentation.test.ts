import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64, fromHex, toBase32Hex, toBase64, toBase64Url, toHex } from '../../../src/core/dns/encodings.ts';
import { rcodeToText, rdataToText, typeFromText, typeToText } from '../../../src/core/dns/presentation.ts';
import { readTypeBitmap, writeTypeBitmap } from '../../../src/core/dns/type-bitmap.ts';

const shown = (type: string, hex: string): string =>
  rdataToText(typeFromText(type)!, Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));

for (const [type, hex, text] of [
  ['A', 'c0000201', '192.0.2.1'],
  ['A', 'c00002', '\\# 3 c00002'],
  ['AAAA', '20010db8 00000000 00000000 00000001', '2001:db8::1'],
  ['AAAA', '00000000 00000000 00000000 00000000', '::'],
  ['AAAA', '00000000 00000000 00000000 00000001', '::1'],
  ['AAAA', '20010db8 00000001 00010001 00010001', '2001:db8:0:1:1:1:1:1'],
  ['AAAA', '20010000 00000001 00000000 00000001', '2001:0:0:1::1'],
  ['AAAA', 'fe800000 00000000 00000000 00000000', 'fe80::'],
  ['AAAA', '00100000 01000000 00000000 00000001', '10:0:100::1'],
  ['NS', '026e73 07457861 6d706c65 00', 'ns.Example.'],
  ['CNAME', '00', '.'],
  ['SOA', '00 00 00000001 00000002 00000003 00000004 00000005', '. . 1 2 3 4 5'],
  ['MX', '000a 026d78 00', '10 mx.'],
  ['TXT', '03 612262 00 02 0aff', '"a\\"b" "" "\\010\\255"'],
  ['TXT', '', '\\# 0'],
  ['TXT', '05 61', '\\# 2 0561'],
  ['TLSA', '03 01 01 abcd', '3 1 1 abcd'],
  ['DS', '4f66 08 02 e06d', '20326 8 2 e06d'],
  ['DNSKEY', '0101 03 08 03010001', '257 3 8 AwEAAQ=='],
  [
    'RRSIG',
    '0034 08 02 00000e10 6b49d200 6b000000 4f66 00 aabb',
    'TLSA 8 2 3600 20270115080000 20261120080832 20326 . qrs=',
  ],
  ['NSEC', '016200 0006400000000003', 'b. A RRSIG NSEC'],
  ['NSEC', '016200 00ff', '\\# 5 01620000ff'],
  ['NSEC3', '01 01 000a 02 aabb 02 ffff 0001 40', '1 1 10 aabb vvvg A'],
  ['TYPE65280', '0102', '\\# 2 0102'],
] as const) {
  test(`${type} ${text}`, () => assert.equal(shown(type, hex), text));
}

test('types are read and shown by mnemonic or number', () => {
  assert.equal(typeFromText('tlsa'), 52);
  assert.equal(typeFromText('TYPE52'), 52);
  assert.equal(typeFromText('TYPE65536'), undefined);
  assert.equal(typeFromText('nothing'), undefined);
  assert.equal(typeToText(65_280), 'TYPE65280');
  assert.equal(rcodeToText(3), 'NXDOMAIN');
  assert.equal(rcodeToText(23), 'RCODE23');
});

test('RDATA of any type and any octets is shown without throwing and without control characters', () => {
  const types = ['A', 'AAAA', 'NS', 'SOA', 'MX', 'TXT', 'TLSA', 'DS', 'DNSKEY', 'RRSIG', 'NSEC', 'NSEC3', 'SRV'];
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 60 }), (type, rdata) => {
      assert.match(rdataToText(typeFromText(type)!, rdata), /^[ -~]+$/);
    }),
  );
});

test('the encodings agree with those of the platform', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const buffer = Buffer.from(octets);
      assert.equal(toHex(octets), buffer.toString('hex'));
      assert.equal(toBase64(octets), buffer.toString('base64'));
      assert.equal(toBase64Url(octets), buffer.toString('base64url'));
      assert.deepEqual(fromHex(toHex(octets)), octets);
      assert.deepEqual(fromBase64(toBase64(octets)), octets);
    }),
  );
  assert.equal(toBase32Hex(Buffer.from('foobar')), 'cpnmuoj1e8'); // RFC 4648 §10
  assert.equal(fromHex('abc'), undefined);
  assert.equal(fromBase64('a'), undefined);
  assert.equal(fromBase64('a-b_'), undefined);
});

test('type bitmaps survive, and windows out of order are refused', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(65_535), { maxLength: 20 }), (types) => {
      const read = readTypeBitmap(writeTypeBitmap(types));
      assert.deepEqual(
        [...(read ?? [])],
        [...types].sort((a, b) => a - b),
      );
    }),
  );
  assert.equal(readTypeBitmap(Uint8Array.of(1, 1, 64, 0, 1, 64)), undefined);
  assert.equal(readTypeBitmap(Uint8Array.of(0, 0)), undefined);
  assert.equal(readTypeBitmap(Uint8Array.of(0, 2, 64)), undefined);
});
