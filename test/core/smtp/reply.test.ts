// Replies of friendly, careless and hostile servers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  emptyReplyBuffer,
  formatReply,
  holdsOctets,
  maxReplyLine,
  maxReplyLines,
  readReplies,
} from '../../../src/core/smtp/reply.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const read = (text: string) => readReplies(emptyReplyBuffer, bytes(text));
const only = (text: string) => {
  const { replies, fault } = read(text);
  assert.equal(fault, undefined);
  assert.equal(replies.length, 1);
  return replies[0]!;
};

test('SMTP-6 a reply is code, enhanced code and text', () => {
  assert.deepEqual(only('250 2.1.0 Sender ok\r\n'), { code: 250, enhanced: '2.1.0', lines: ['Sender ok'] });
  assert.deepEqual(only('354 go ahead\r\n'), { code: 354, lines: ['go ahead'] });
  assert.deepEqual(only('250\r\n'), { code: 250, lines: [''] });
  assert.deepEqual(only('250 \r\n'), { code: 250, lines: [''] });
});

test('SMTP-6 a multi-line reply is one reply', () => {
  const reply = only('550-5.7.1 first\r\n550-5.7.1 second\r\n550 5.7.1 third\r\n');
  assert.deepEqual(reply, { code: 550, enhanced: '5.7.1', lines: ['first', 'second', 'third'] });
  assert.equal(formatReply(reply), '550 5.7.1 first second third');
});

test('DSN-21 an enhanced code of another class than the reply is text', () => {
  assert.deepEqual(only('550 4.7.1 later\r\n'), { code: 550, lines: ['4.7.1 later'] });
  assert.deepEqual(only('550 5.7.1234 x\r\n'), { code: 550, lines: ['5.7.1234 x'] });
});

test('SMTP-6 several replies in one chunk come out in order', () => {
  assert.deepEqual(
    read('250 a\r\n550 b\r\n354 c\r\n').replies.map((reply) => reply.code),
    [250, 550, 354],
  );
});

const bad: readonly (readonly [string, string, string])[] = [
  ['250 ok\n', 'bare-newline', 'LF alone'],
  ['250 o\rk\r\n', 'bare-newline', 'CR inside'],
  ['\r\n', 'malformed', 'an empty line'],
  ['25 ok\r\n', 'malformed', 'two digits'],
  ['2500 ok\r\n', 'malformed', 'four digits'],
  ['150 wait\r\n', 'malformed', 'class 1 does not exist in SMTP'],
  ['650 what\r\n', 'malformed', 'class 6'],
  ['HTTP/1.1 400 Bad Request\r\n', 'malformed', 'another protocol'],
  ['250-a\r\n550 b\r\n', 'mixed-codes', 'two codes in one reply'],
  [`250 ${'x'.repeat(maxReplyLine)}\r\n`, 'line-too-long', 'a long line'],
  [`250 ${'x'.repeat(maxReplyLine)}`, 'line-too-long', 'a long line that does not end'],
  [`${'250-x\r\n'.repeat(maxReplyLines + 1)}`, 'too-many-lines', 'a reply without an end'],
  [
    `${`250-${'x'.repeat(4000)}\r\n`.repeat(17)}`,
    'too-many-lines',
    'a reply that would be kept once for each recipient',
  ],
];
for (const [text, fault, why] of bad) {
  test(`SMTP-6 ATK-94 ATK-23 refused: ${why}`, () => assert.equal(read(text).fault, fault));
}

test('SMTP-6 the longest line and the longest reply pass', () => {
  assert.equal(read(`250 ${'x'.repeat(maxReplyLine - 6)}\r\n`).replies.length, 1);
  assert.equal(only(`${'250-x\r\n'.repeat(maxReplyLines - 1)}250 x\r\n`).lines.length, maxReplyLines);
});

test('ATK-95 what stands before the fault counts, an unfinished line does not', () => {
  assert.deepEqual(read('250 ok\r\n250 queu').replies.length, 1);
  assert.equal(holdsOctets(read('250 queued\r').buffer), true);
  assert.equal(holdsOctets(read('250-queued\r\n').buffer), true);
  assert.equal(holdsOctets(read('250 queued\r\n').buffer), false);
});

test('ATK-112 ATK-115 control characters and reordering marks are replaced', () => {
  assert.deepEqual(only('250 a\x1b[31mb\x00c\td\r\n').lines, ['a?[31mb?c d']);
  assert.deepEqual(only(Buffer.from('250 über\u202eabc\r\n', 'utf8').toString('latin1')).lines, ['über?abc']);
  assert.deepEqual(only('250 caf\xe9\r\n').lines, ['café']);
});

test('SMTP-6 the cut of the network does not matter, and nothing throws', () => {
  const line = fc.oneof(
    fc.constantFrom('250 ok\r\n', '250-a\r\n250 b\r\n', '550 5.1.1 no\r\n', '250 x\n'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(40)), (parts, cuts) => {
      const whole = Buffer.from(parts.join(''), 'latin1');
      const expected = readReplies(emptyReplyBuffer, whole);
      let buffer = emptyReplyBuffer;
      const replies = [];
      let from = 0;
      for (const cut of [...cuts, whole.length]) {
        const step = readReplies(buffer, whole.subarray(from, from + cut));
        from += cut;
        replies.push(...step.replies);
        buffer = step.buffer;
        if (step.fault !== undefined) {
          assert.equal(step.fault, expected.fault);
          break;
        }
      }
      assert.deepEqual(replies, expected.replies);
    }),
  );
});
