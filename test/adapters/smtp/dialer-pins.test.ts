// nodemailer's inner methods are no contract. The guarded connection replaces or stands on those listed here, as they are
// in 10.6.0; a digest of each one's source says when somebody has to look again. What must hold of the whole is in
// dialer-contract.ts.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { GuardedConnection } from '../../../src/adapters/smtp/dialer-connection.ts';
import { NodemailerConnection } from '../../../src/adapters/smtp/dialer-internals.ts';

const methods = NodemailerConnection.prototype as unknown as Readonly<Record<string, (...words: unknown[]) => unknown>>;
const digestOf = (name: string): string =>
  createHash('sha256').update(String(methods[name])).digest('hex').slice(0, 12);

test('A4 the version is the one that was read', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  assert.equal(manifest.dependencies.nodemailer, '10.6.0');
  assert.equal((new NodemailerConnection({}) as unknown as { version: string }).version, '10.6.0');
});

/** Why it is overridden, and the digest of what stands there. */
const overridden: Readonly<Record<string, readonly [string, string]>> = {
  _onData: ['SMTP-6 splits at bare LF, bounds a reply at 1 MB', 'ee33b2561c05'],
  _actionGreeting: ['SMTP-8 loses the code of a refused greeting', '8f157296616e'],
  _actionEHLO: ['TLS-3 RTLS-30 finds keywords by substring, goes on in cleartext silently', '89eb7f7d147d'],
  _actionSTARTTLS: ['TLS-5 TLS-22 discards what stands behind the 220, says EHLO at once', 'ceccc4827680'],
  _sendCommand: ['ATK-91 sends whatever it is given', '9254556f2634'],
  _setEnvelope: ['EXT-3 EXT-11 EXT-12 adds parameters by substring, sends UTF-8 and 8-bit regardless', '3250b192ad6b'],
  _sendRcpt: ['DSN-10 one set of DSN parameters for all', '624dac08ea9d'],
  _actionMAIL: ['SMTP-9 keeps no reply for each recipient', 'b219a2655ce1'],
  _actionRCPT: ['SMTP-9 keeps accepted recipients without their reply', 'c354118fa1e0'],
  _actionDATA: ['ATK-94 takes 250 for 354', '0694e352b5db'],
  _createSendStream: ['SMTP-10 does not tell when the final dot is out', '62f327855dc9'],
  _actionSMTPStream: ['ATK-94 takes a reply that came before the dot', '0485bdd0da8f'],
};

/** Used as they are. */
const relied: Readonly<Record<string, string>> = {
  connect: '0bdb4905ca04',
  _onConnect: '4d8ba5793cd7',
  _onServerClosing: 'b6ec54661723',
  _onError: '3ffcd04b3f08',
  _onClose: '56e21e29ba1e',
  _onEnd: '8c6f8c9446a3',
  _destroy: 'c5d1a56af202',
  _startPhase: '38adcb237ee1',
  _clearPhase: 'a3cd8f7b035d',
  _advanceEnvelope: '173ff36562b2',
  _envelopeError: 'b959afb2ff21',
  send: '889a7559fc05',
  quit: 'bf586876b802',
  close: '4a1913b8e19f',
  login: '49bcdeeb2c78',
  _actionAUTHComplete: 'c4e8300182db',
};

describe('overridden methods', () => {
  for (const [name, [why, digest]] of Object.entries(overridden)) {
    test(`${why}: ${name} is still what was replaced`, () => {
      assert.equal(digestOf(name), digest);
      assert(Object.hasOwn(GuardedConnection.prototype, name));
    });
  }

  test('A4 nothing else is overridden', () => {
    const own = Object.getOwnPropertyNames(GuardedConnection.prototype).filter((name) => name in methods);
    assert.deepEqual(own.filter((name) => name !== 'constructor').sort(), Object.keys(overridden).sort());
  });
});

describe('methods that are relied on', () => {
  for (const [name, digest] of Object.entries(relied)) {
    test(`A4 ${name} is still what was read`, () => assert.equal(digestOf(name), digest));
  }
});
