// When a transaction says that it refers to the stored octets no more.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Line } from '../../../src/adapters/smtp/dialer-line.ts';
import { defaultTimeouts } from '../../../src/adapters/smtp/dialer-timeouts.ts';
import { Transfer } from '../../../src/adapters/smtp/dialer-transfer.ts';
import type { TransferOutcome } from '../../../src/core/policy/model.ts';
import { messageOf } from './given.ts';

/** One transaction; what is written leaves at once, or never. */
async function send(leaving: 'at-once' | 'never'): Promise<{ outcome: TransferOutcome | undefined; done: number }> {
  let sent = '';
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, next) => {
      sent += chunk.toString('latin1');
      if (leaving === 'at-once') next();
    },
  });
  const line = new Line(socket as Socket, defaultTimeouts);
  const found = { outcome: undefined as TransferOutcome | undefined, done: 0 };
  const message = messageOf({ text: 'Subject: x\r\n\r\nhello\r\n' });
  const octets = message.body();
  new Transfer({
    line,
    transaction: { mail: 'MAIL FROM:<>', recipients: ['RCPT TO:<a@to.example>', 'RCPT TO:<b@to.example>'] },
    message: {
      ...message,
      body: () => ({ [Symbol.asyncIterator]: () => octets[Symbol.asyncIterator](), done: () => (found.done += 1) }),
    },
    pipelining: 'listed',
    onFinalDot: () => 'none',
    onEnd: (outcome) => {
      found.outcome = outcome;
    },
  }).begin();
  socket.push('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
  for (let turns = 0; turns < 10; turns += 1) await turn();
  assert.equal(found.done, 0);
  assert.equal(sent.endsWith('hello\r\n.\r\n'), leaving === 'at-once');
  socket.push('250 ok\r\n');
  for (let turns = 0; turns < 10; turns += 1) await turn();
  line.end('over');
  return found;
}

test('SMTP-14 after the last reply the stored octets are referred to no more', async () => {
  const { outcome, done } = await send('at-once');
  assert.equal(outcome?.kind, 'replied');
  assert.equal(done, 1);
});

test('SMTP-14 they are while some wait to be written, whatever the host says', async () => {
  const { outcome, done } = await send('never');
  assert.equal(outcome?.kind, 'replied');
  assert.equal(done, 0);
});
