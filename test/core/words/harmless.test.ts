import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { harmless, harmlessLines, inertJson } from '../../../src/core/words/harmless.ts';

const formless = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const anything = fc.string({ unit: 'binary', maxLength: 200 });

test('ATK-112 ATK-115 text of a peer: one line of bounded length without control, direction or invisible signs', () => {
  assert.equal(harmless('a\u001b[2J\r\nb\u009b\u202e\u200f\ufeff\u{e0041}c'), 'a�[2J��b�����c');
  assert.equal(harmless('原因 café ●'), '原因 café ●');
  assert.equal(harmless('x'.repeat(1_000_000)).length, 4097);
  fc.assert(fc.property(anything, (text) => !formless.test(harmless(text))));
});

test('ATK-112 JSON: the same value, and no sign in it that does anything', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const written = inertJson(JSON.stringify({ text }));
      assert.deepEqual(JSON.parse(written), { text });
      assert.doesNotMatch(written, formless);
    }),
  );
});

test('ATK-112 lines of our own keep line feeds and tabs, and colours where there are some', () => {
  const line = '\u001b[1mhead\u001b[0m\n\tone\u001b[2K\u001b[31mtwo\u001b[0m\r\u001b]0;x\u0007\n';
  assert.equal(harmlessLines(line, 'color'), '\u001b[1mhead\u001b[0m\n\tone�[2K\u001b[31mtwo\u001b[0m��]0;x�\n');
  assert.equal(harmlessLines(line, 'plain'), '�[1mhead�[0m\n\tone�[2K�[31mtwo�[0m��]0;x�\n');
  fc.assert(fc.property(anything, (text) => !/[^\P{Cc}\n\t]|\p{Cf}/u.test(harmlessLines(text, 'plain'))));
});
