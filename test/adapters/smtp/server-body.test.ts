// The channel between connection and acceptance: whose the octets are, and when.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyChannel } from '../../../src/adapters/smtp/server-body.ts';
import { Message } from '../../../src/adapters/smtp/server-message.ts';
import type { Acceptance, Incoming, IncomingBody } from '../../../src/agent/ports.ts';

const chunkOf = (text: string): Buffer => {
  const chunk = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  chunk.write(text);
  return chunk;
};

test('ATK-93 a piece is the reader’s until it asks for the next one, then its memory is free', async () => {
  const channel = new BodyChannel();
  const pieces = [chunkOf('a'.repeat(8192)), chunkOf('b'.repeat(8192))] as const;
  for (const piece of pieces) channel.push(piece.subarray(0, 8000), piece);
  channel.end();
  const reader = channel[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value?.length, 8000);
  assert.equal(pieces[0].length, 8192);
  assert.equal(String((await reader.next()).value), 'b'.repeat(8000));
  assert.deepEqual(
    pieces.map(({ length }) => length),
    [0, 8192],
  );
  assert.equal((await reader.next()).done, true);
  assert.equal(pieces[1].length, 0);
});

test('SMUG-4 what stands behind the end of data in the same chunk is not freed with it', async () => {
  const read: string[] = [];
  const acceptor = {
    accept: async (_: Incoming, body: IncomingBody): Promise<Acceptance> => {
      for await (const chunk of body.chunks) read.push(Buffer.from(chunk).toString('latin1'));
      return { kind: 'cut' };
    },
  };
  const rules = { bareNewline: 'refuse', maxSize: 1e6, maxLine: 65_536 } as const;
  const message = new Message({} as Incoming, rules, acceptor);
  const text = `${'x'.repeat(70)}\r\n`.repeat(200);
  const first = chunkOf(text);
  const last = chunkOf(`${text}.\r\nNOOP\r\n`);
  message.take(first);
  const { rest } = message.take(last);
  await message.accepted();
  assert.equal(read.join(''), text + text);
  assert.equal(first.length, 0);
  assert.equal(String(rest), 'NOOP\r\n');
});
