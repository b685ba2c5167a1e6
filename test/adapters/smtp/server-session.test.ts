// The session by itself: what it forgets.

import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import { defaultLimits, type ListenerOptions } from '../../../src/adapters/smtp/server-options.ts';
import { Session } from '../../../src/adapters/smtp/server-session.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import { identity } from './server-world.ts';

const listener: ListenerOptions = {
  name: 'unit',
  kind: 'relay',
  host: '127.0.0.1',
  port: 0,
  clients: new BlockList(),
  tls: 'optional',
  minVersion: 'TLSv1.2',
  certificates: [],
  auth: 'password',
  clientSpki: [],
  requiretls: 'offer',
  bareNewline: 'normalize',
  maxMessageSize: 1000,
  maxRecipients: 1000,
  identity,
  aliases: new Map(),
  limits: defaultLimits,
};

test('TLS-8 forgetting takes the greeting, the login and the transaction', () => {
  const peer = () => ({ address: '192.0.2.1' as IpAddress, trusted: false, tls: undefined });
  const session = new Session(listener, peer, () => false);
  session.greet('EHLO', 'EHLO x.example');
  session.user = 'ann';
  assert.equal(session.mail('MAIL FROM:<a@b.example> SIZE=1')[0], 250);
  assert.equal(session.rcpt('RCPT TO:<u@far.example>')[0], 250);
  session.forget();
  assert.equal(session.rcpt('RCPT TO:<u@far.example>')[0], 503);
  assert.equal(session.mail('MAIL FROM:<a@b.example> SIZE=1')[0], 555);
  assert.equal(session.mail('MAIL FROM:<a@b.example>')[0], 250);
  assert.equal(session.rcpt('RCPT TO:<u@far.example>')[0], 550);
});
