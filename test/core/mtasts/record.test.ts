import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findStsRecord } from '../../../src/core/mtasts/record.ts';

const octets = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const find = (...records: readonly (string | readonly string[])[]) =>
  findStsRecord(records.map((record) => (typeof record === 'string' ? [record] : record).map(octets)));
const good = (text: string, id: string): void => assert.deepEqual(find(text), { kind: 'id', id });
const bad = (text: string, why: string): void => assert.equal(find(text).kind, 'invalid', why);
const none = (text: string, why: string): void => assert.equal(find(text).kind, 'missing', why);

test('STS-4 STS-5 records that are good', () => {
  good('v=STSv1; id=1', '1');
  good('v=STSv1;id=1;', '1');
  good('v=STSv1 ; id=a', 'a');
  good('v=STSv1;\t id=20160831085700Z ; ', '20160831085700Z');
  good(`v=STSv1; id=${'a'.repeat(32)};`, 'a'.repeat(32));
  good('v=STSv1; x-new=1; id=a; other=%20', 'a');
  good('v=STSv1; id=first; id=second', 'first');
});

test('STS-3 strings of one record are joined without blanks', () => {
  assert.deepEqual(find(['v=ST', 'Sv1; i', 'd=abc']), { kind: 'id', id: 'abc' });
});

test('STS-3 STS-4 records that are bad', () => {
  bad('v=STSv1;', 'no id');
  bad(`v=STSv1; id=${'a'.repeat(33)}`, '33 characters');
  bad('v=STSv1; id=2016-08-31', 'hyphen');
  bad('v=STSv1; id=', 'empty id');
  bad('v=STSv1; id = 1', 'blanks around the sign');
  bad('v=STSv1; id=1; junk', 'no name=value');
  bad('v=STSv1;; id=1', 'empty field');
  bad('v=STSv1; id=\u00e4', 'octet above 127');
  bad('v=STSv1; ID=1', 'the name in capitals is another field');
});

test('STS-3 what does not begin as a record is none', () => {
  none('V=STSv1; id=1', 'capital v');
  none('v=stsv1; id=1', 'case of the version');
  none('v=STSv2; id=1', 'other version');
  none('v=STSv11; id=1', 'longer version');
  none(' v=STSv1; id=1', 'blank before');
  none('id=1; v=STSv1', 'version not first');
  none('v=STSv1', 'no semicolon');
  assert.equal(find().kind, 'missing');
});

test('STS-3 exactly one record must be left', () => {
  assert.equal(find('v=STSv1; id=1', 'v=STSv1; id=1').kind, 'invalid');
  assert.deepEqual(find('v=spf1 -all', 'v=STSv1; id=1'), { kind: 'id', id: '1' });
});

test('STS-3 no octets make it throw', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.uint8Array())), (records) => void findStsRecord(records)));
});
