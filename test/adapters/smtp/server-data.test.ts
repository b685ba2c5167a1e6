// The filter of the octets behind DATA, whatever the chunks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DataFilter, type DataRules } from '../../../src/adapters/smtp/server-data.ts';
import { DataFilter as OctetFilter } from './reference/data.ts';

const rules: DataRules = { bareNewline: 'normalize', maxSize: 1_000_000, maxLine: 65_536 };

function run(
  chunks: readonly string[],
  changed: Partial<DataRules> = {},
): { text: string; rest?: string; filter: DataFilter } {
  const filter = new DataFilter({ ...rules, ...changed });
  let text = '';
  for (const [index, chunk] of chunks.entries()) {
    const { piece, rest } = filter.take(Buffer.from(chunk, 'latin1'));
    text += piece.toString('latin1');
    if (rest !== undefined) return { text, rest: rest.toString('latin1') + chunks.slice(index + 1).join(''), filter };
  }
  return { text, filter };
}

const single = (text: string): readonly string[] => Array.from(text);

test('SMUG-1 ATK-88 nothing but CR LF dot CR LF ends the data', () => {
  const attacks = [
    '\n.\n',
    '\n.\r\n',
    '\r\n.\n',
    '\r.\r',
    '\r.\n',
    '\r.\r\n',
    '\r\n.\r',
    '\r\n\0.\r\n',
    '\r\r\n.\r\r\n',
    '\n\n.\r\n',
    '\r\n.\r\r\n',
    '\r\n .\r\n',
  ];
  for (const attack of attacks) {
    const wire = `one${attack}MAIL FROM:<x@y>\r\n.\r\nNOOP\r\n`;
    for (const chunks of [[wire], single(wire)]) {
      const { rest, text, filter } = run(chunks);
      assert.equal(rest, 'NOOP\r\n', JSON.stringify(attack));
      if (filter.fault === undefined) assert.match(text, /MAIL/, JSON.stringify(attack));
    }
  }
});

test('SMUG-1 the end is found in every layout of chunks', () => {
  const wire = 'a\r\n.\r\nQUIT\r\n';
  for (let first = 0; first <= wire.length; first++)
    for (let second = first; second <= wire.length; second++) {
      const { text, rest } = run([wire.slice(0, first), wire.slice(first, second), wire.slice(second)]);
      assert.deepEqual([text, rest], ['a\r\n', 'QUIT\r\n']);
    }
  assert.deepEqual([run(['.\r\n']).text, run(['.\r\n']).rest], ['', '']);
});

test('SMUG-2 a bare LF becomes CRLF and a bare CR a blank, and `\\n.\\n` a line that is a dot', () => {
  assert.equal(run(['a\nb\rc\r\n.\r\n']).text, 'a\r\nb c\r\n');
  assert.equal(run(['a\n.\nb\r\n.\r\n']).text, 'a\r\n.\r\nb\r\n');
  assert.equal(run(['a\r\r\nb\r\n.\r\n']).text, 'a \r\nb\r\n');
  assert.equal(run(['a\r', 'b\r\n.\r\n']).text, 'a b\r\n');
  assert.equal(run(['a\r', '\nb\r\n.\r\n']).text, 'a\r\nb\r\n');
  assert.equal(run(['a\nb\r\n.\r\n']).filter.mended, 1);
  assert.equal(run(['a\r\nb\r\n.\r\n']).filter.mended, 0);
});

test('SMUG-2 where they are refused the data is still read to its true end', () => {
  for (const wire of [
    'a\nb\r\n.\r\nX',
    'a\rb\r\n.\r\nX',
    'a\r\n.\nb\r\n.\r\nX',
    'a\r\n.\rb\r\n.\r\nX',
    '\n.\r\n\r\n.\r\nX',
  ]) {
    const { rest, filter } = run([wire], { bareNewline: 'refuse' });
    assert.deepEqual([rest, filter.fault], ['X', 'bare-newline'], JSON.stringify(wire));
  }
});

test('SMUG-8 ATK-90 one dot is stripped after CRLF, none after a bare LF', () => {
  assert.equal(run(['..x\r\n...\r\n..\r\n.\r\n']).text, '.x\r\n..\r\n.\r\n');
  assert.equal(run(['a\n..b\r\n.\r\n']).text, 'a\r\n..b\r\n');
  assert.equal(run(['a\r\n.b\r\n.\r\n']).text, 'a\r\nb\r\n');
  assert.equal(run(['a\r\n.\nb\r\n.\r\n']).text, 'a\r\n\r\nb\r\n');
  assert.equal(run(['a\r\n', '.', '.b\r\n.\r\n']).text, 'a\r\n.b\r\n');
  assert.equal(run(['.', '.\r\n.\r\n']).text, '.\r\n');
});

test('SMUG-11 NUL, SMUG-10 long lines, EXT-1 size', () => {
  assert.equal(run(['a\0b\r\n.\r\n']).filter.fault, 'nul');
  const line = (octets: number): string => `${'x'.repeat(octets - 2)}\r\n.\r\n`;
  assert.equal(run([line(65_536)]).filter.fault, undefined);
  assert.equal(run([line(65_537)]).filter.fault, 'line-too-long');
  assert.equal(run(['x'.repeat(40_000), 'x'.repeat(40_000)]).filter.fault, 'line-too-long');
  assert.equal(run([line(1001)], { maxLine: 1000 }).filter.fault, 'line-too-long');
  assert.equal(run([line(1001)]).filter.longestLine, 999);
  assert.equal(run(['x\r\n'.repeat(10), '.\r\n'], { maxSize: 30 }).filter.fault, undefined);
  assert.equal(run(['x\r\n'.repeat(10), '.\r\n'], { maxSize: 29 }).filter.fault, 'too-large');
});

test('EXT-3 octets above 127 are seen and kept', () => {
  const { text, filter } = run(['a\xe9\xff\r\n.\r\n']);
  assert.deepEqual([text, filter.has8bit], ['a\xe9\xff\r\n', true]);
  assert.equal(run(['a\r\n.\r\n']).filter.has8bit, false);
});

/** RFC 5321 §4.5.2 read off the text, octet after octet. */
function slow(wire: string): { text: string; rest: string } | undefined {
  const end = wire.startsWith('.\r\n') ? -2 : wire.indexOf('\r\n.\r\n');
  if (end === -1) return undefined;
  const content = end === -2 ? '' : wire.slice(0, end + 2);
  const text = content
    .replace(/(^|\r\n)\.(?=[\s\S])/g, '$1')
    .replace(/\r\n/g, '\u0100')
    .replace(/\r/g, ' ')
    .replace(/\n/g, '\r\n')
    .replace(/\u0100/g, '\r\n');
  return { text, rest: wire.slice(end + 5) };
}

test('SMUG-1 SMUG-2 SMUG-8 the filter agrees with the slow reading, for all texts and all cuts', () => {
  const letters = fc.array(fc.constantFrom('a', '.', '\r', '\n', '\r\n', '\r\n.', '\r\n.\r\n'), { maxLength: 24 });
  fc.assert(
    fc.property(letters, fc.array(fc.nat(40), { maxLength: 6 }), (parts, cuts) => {
      const wire = parts.join('');
      const expected = slow(wire);
      const places = [0, ...cuts.map((cut) => Math.min(cut, wire.length)), wire.length].sort((a, b) => a - b);
      const chunks = places.slice(1).map((place, i) => wire.slice(places[i], place));
      const found = run(chunks);
      if (expected === undefined) assert.equal(found.rest, undefined);
      else assert.deepEqual([found.text, found.rest], [expected.text, expected.rest]);
      assert.doesNotMatch(found.text, /\r(?!\n)|(?<!\r)\n/);
    }),
    { numRuns: 3000 },
  );
});

test('SMUG-2 SMUG-10 SMUG-11 EXT-3 four octets at a time it finds what octet by octet is found', () => {
  const letters = fc.array(
    fc.oneof(
      fc.constantFrom(
        '\r',
        '\n',
        '\0',
        '\t',
        '\x0b',
        '\x0e',
        '\x7f',
        '\x80',
        '\x8d',
        '\xff',
        '.',
        '\r\n',
        '\r\n.',
        '\r\n.\r\n',
      ),
      fc.nat(300).map((octets) => 'x'.repeat(octets)),
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(letters, fc.array(fc.nat(1500), { maxLength: 4 }), fc.nat(7), (parts, cuts, offset) => {
      const wire = Buffer.from(parts.join(''), 'latin1');
      const places = [0, ...cuts.map((cut) => Math.min(cut, wire.length)), wire.length].sort((a, b) => a - b);
      const filters = [OctetFilter, DataFilter].map((Filter) => new Filter({ ...rules, maxLine: 500 }));
      const found = filters.map((filter) => {
        const taken: string[] = [];
        for (const [index, place] of places.slice(1).entries()) {
          // At any place in memory.
          const chunk = Buffer.concat([Buffer.alloc(offset), wire.subarray(places[index], place)]).subarray(offset);
          const { piece, rest } = filter.take(chunk);
          taken.push(piece.toString('latin1'), rest?.toString('latin1') ?? 'more');
          if (rest !== undefined) break;
        }
        const { fault, has8bit, longestLine, mended } = filter;
        return { taken, fault, has8bit, longestLine, mended, octets: filter.taken };
      });
      assert.deepEqual(found[1], found[0]);
    }),
    { numRuns: 3000 },
  );
});
