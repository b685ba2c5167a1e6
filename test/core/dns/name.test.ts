import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainName } from '../../../src/core/base/domain-name.ts';
import {
  compareCanonical,
  domainFromName,
  foldName,
  isAtOrBelow,
  labelCount,
  labelsOf,
  lastLabels,
  type Name,
  name,
  nameFromDomain,
  nameFromLabels,
  nameFromText,
  nameToText,
  parentName,
  rootName,
  wildcardAt,
} from '../../../src/core/dns/name.ts';

const label = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((octets) => Array.from(octets, (octet) => String.fromCharCode(octet)).join(''));
const anyName = fc.array(label, { maxLength: 6 }).map((labels) => {
  const made = nameFromLabels(labels);
  return made.kind === 'ok' ? made.value : rootName;
});

test('a name survives its text form, whatever octets its labels hold', () => {
  fc.assert(fc.property(anyName, (some) => assert.equal(name(nameToText(some)), some)));
});

test('a dot inside a label is no label boundary', () => {
  const odd = name('a\\.b.example');
  assert.equal(labelCount(odd), 2);
  assert.equal(nameToText(odd), 'a\\.b.example.');
  assert.notEqual(odd, name('a.b.example'));
  assert.equal(domainFromName(odd), undefined);
});

test('DNS-15 labels over 63 octets and names over 255 are refused', () => {
  assert.equal(nameFromText(`${'a'.repeat(63)}.example`).kind, 'ok');
  assert.deepEqual(nameFromText(`${'a'.repeat(64)}.example`), { kind: 'fault', fault: 'label-too-long' });
  const long = Array.from({ length: 127 }, () => 'a').join('.');
  assert.equal(nameFromText(long).kind, 'ok');
  assert.deepEqual(nameFromText(`b.${long}`), { kind: 'fault', fault: 'name-too-long' });
  assert.equal(wildcardAt(name(long)), undefined);
});

for (const [text, why] of [
  ['', 'empty'],
  ['a..b', 'empty-label'],
  ['.a', 'empty-label'],
  ['a\\', 'bad-escape'],
  ['a\\25', 'bad-escape'],
  ['a\\256', 'bad-escape'],
  ['a b', 'bad-character'],
  ['ä.example', 'bad-character'],
] as const) {
  test(`${JSON.stringify(text)} is no name: ${why}`, () => {
    assert.deepEqual(nameFromText(text), { kind: 'fault', fault: why });
  });
}

test('domain names go to the wire and back', () => {
  const domain = domainName('_25._tcp.Mx.Example.com.');
  assert.equal(nameToText(nameFromDomain(domain)), '_25._tcp.mx.example.com.');
  assert.equal(domainFromName(nameFromDomain(domain)), domain);
  assert.equal(domainFromName(rootName), undefined);
  assert.equal(domainFromName(name('*.example.com')), undefined);
});

test('ancestors are counted in labels, not in octets', () => {
  assert.ok(isAtOrBelow(name('a.example'), name('example')));
  assert.ok(isAtOrBelow(name('a.example'), rootName));
  assert.ok(!isAtOrBelow(name('aexample'), name('example')));
  // The tail of the octets is `\x01b\0`, but the label is `x\x01b`.
  assert.ok(!isAtOrBelow(name('x\\001b'), name('b')));
  assert.equal(lastLabels(name('a.b.c'), 2), name('b.c'));
  assert.equal(parentName(name('c')), rootName);
  assert.equal(parentName(rootName), undefined);
});

test('canonical order is that of RFC 4034 §6.1', () => {
  const ordered = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'Z.a.example.',
    'zABC.a.EXAMPLE.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ].map(name);
  const sorted = [...ordered].reverse().sort(compareCanonical);
  assert.deepEqual(sorted.map(nameToText), ordered.map(nameToText));
});

test('only ASCII letters are folded', () => {
  assert.equal(foldName('\x03A\xc0Z\0'), '\x03a\xc0z\0');
  assert.deepEqual(labelsOf('\x01a\x01b\0' as Name), ['a', 'b']);
});
