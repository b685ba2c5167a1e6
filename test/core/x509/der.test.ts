import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oidText, readElement, readElements, readSequence, writeElement } from '../../../src/core/x509/der.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

const good = (hex: string, content: string): void =>
  assert.deepEqual(readElement(bytes(hex))?.content, bytes(content), hex);
const bad = (hex: string, why: string): void => assert.equal(readElement(bytes(hex)), undefined, why);

test('DANE-30 elements of DER', () => {
  good('0500', '');
  good('0c026162', '6162');
  good(`0481${'80'}${'00'.repeat(128)}`, '00'.repeat(128));
  bad('', 'nothing');
  bad('05', 'no length');
  bad('050000', 'an octet too many');
  bad('0c0361', 'content cut');
  bad('3080', 'indefinite length');
  bad('0c810161', 'length not minimal');
  bad('0c82008000', 'length with a leading zero');
  bad('1f810100', 'tag of several octets');
  bad('0c8500000000016100', 'length of five octets');
});

test('DANE-30 sequences are read whole or not at all', () => {
  assert.equal(readSequence(bytes('300405000500'))?.length, 2);
  assert.equal(readSequence(bytes('310405000500')), undefined);
  assert.equal(readSequence(bytes('300305000c')), undefined);
  assert.equal(
    readElements(
      new Uint8Array(40).fill(0x05).map((octet, index) => (index % 2 ? 0 : octet)),
      10,
    ),
    undefined,
  );
});

test('object identifiers in dotted text', () => {
  assert.equal(oidText(bytes('550403')), '2.5.4.3');
  assert.equal(oidText(bytes('2a864886f70d010105')), '1.2.840.113549.1.1.5');
  assert.equal(oidText(bytes('883703')), '2.999.3');
  assert.equal(oidText(bytes('2a86')), '');
  assert.equal(oidText(bytes('')), '');
  assert.equal(oidText(bytes('2affffffffffffffffff7f')), '');
});

test('PKIX-10 what is written is read back, and nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), (content) => {
      assert.deepEqual(readElement(writeElement(0x04, content))?.content, content);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      readElement(octets);
      readSequence(octets);
      oidText(octets);
    }),
  );
});
