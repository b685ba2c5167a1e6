// What a reply means.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classifyReply,
  demandsTls,
  endsSession,
  meansHeloOnly,
  parameterUnknown,
  statusOfReply,
} from '../../../src/core/smtp/classify.ts';

const reply = (code: number, enhanced?: string) => ({ code, ...(enhanced ? { enhanced } : {}), lines: ['x'] as const });

test('SMTP-6 the first digit decides', () => {
  assert.deepEqual(
    [250, 251, 354, 421, 452, 499, 500, 554].map((code) => classifyReply(reply(code))),
    ['positive', 'positive', 'positive', 'temporary', 'temporary', 'temporary', 'permanent', 'permanent'],
  );
});

test('SMTP-5 552 to RCPT is temporary, elsewhere it is not', () => {
  assert.equal(classifyReply(reply(552), 'rcpt'), 'temporary');
  assert.equal(classifyReply(reply(552), 'final-dot'), 'permanent');
  assert.equal(statusOfReply(reply(552, '5.5.3'), 'rcpt'), '4.0.0');
});

test('DSN-21 the status is that of the server only where its class fits', () => {
  assert.equal(statusOfReply(reply(550, '5.1.1')), '5.1.1');
  assert.equal(statusOfReply(reply(550, '4.7.1')), '5.0.0');
  assert.equal(statusOfReply(reply(450)), '4.0.0');
});

test('SMTP-1 SMTP-7 RTLS-33 RTLS-52 codes with a meaning of their own', () => {
  assert.deepEqual(
    [500, 502, 504, 550, 501, 503, 554, 421].map((code) => meansHeloOnly(reply(code))),
    [true, true, true, true, false, false, false, false],
  );
  assert.equal(endsSession(reply(421)), true);
  assert.equal(demandsTls(reply(530)), true);
  assert.equal(parameterUnknown(reply(555)), true);
  assert.equal(parameterUnknown(reply(501, '5.5.4')), true);
  assert.equal(parameterUnknown(reply(550, '5.1.1')), false);
});
