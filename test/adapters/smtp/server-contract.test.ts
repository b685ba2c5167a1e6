// The package's methods that we replace or lean on are no documented contract: each is pinned to the text it was read in.
// When one of these fails, read the new method, the notes and our override again before the digest is changed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection';
import { SMTPStream } from 'smtp-server/lib/smtp-stream';
import { GuardedConnection } from '../../../src/adapters/smtp/server-connection.ts';
import { GuardedServer } from '../../../src/adapters/smtp/server-listener.ts';
import { CommandParser } from '../../../src/adapters/smtp/server-parser.ts';

type Prototype = Record<string, unknown>;
const digest = (prototype: object, name: string): string =>
  createHash('sha256')
    .update(String(Object.getOwnPropertyDescriptor(prototype, name)?.value).replace(/\s+/g, ' '))
    .digest('hex')
    .slice(0, 16);

const pins: readonly (readonly [kind: string, theirs: object, ours: object, Readonly<Record<string, string>>])[] = [
  [
    'SMTPConnection',
    SMTPConnection.prototype,
    GuardedConnection.prototype,
    {
      init: '67b68fcaf9a0a35f',
      _createParser: '969851c58da15fb6',
      send: 'ef984a1c077daba8',
      close: '037caa361bbc3db2',
      _whenWritable: 'fa6ffa788dae22d6',
      _onClose: '4980a7a5f4c3611c',
      _resetSession: '344831df339355fd',
      _onCommand: 'ec126bdb02258772',
      handler_EHLO: '606809d09f66c56d',
      handler_HELO: 'b90341485ffbcdc2',
      handler_VRFY: 'cc4cd0691ec583d4',
      handler_MAIL: 'c440c42d7079d557',
      handler_RCPT: '99e58e8df159e804',
      handler_STARTTLS: 'd386ad4c08b641e2',
      upgrade: 'd9470b13d9d8bbd2',
      handler_AUTH: 'f954843c7dbad0a3',
      handler_DATA: '71b3f15027e649f5',
      connectionReady: '9a1a85dad07a55b0',
      handler_NOOP: '95180126b6e1ff20',
      handler_QUIT: 'f646050ea7cad78c',
      handler_RSET: '7d77ca8d8cf30dab',
      _getEnhancedStatusCode: '761d54a5b19c4cac',
      _onTimeout: '0056f39033d0b1ea',
      _setListeners: 'cbf83a7bef4c02a3',
    },
  ],
  [
    'SMTPServer',
    SMTPServer.prototype,
    GuardedServer.prototype,
    {
      connect: '760cd6611cf58d7f',
      onConnect: 'acefe2c52dab8860',
      onSecure: '480110e69ef6e9ea',
      _acceptSocket: 'f37460a82eb1f53f',
      updateSecureContext: 'b5d71077c3e28ae5',
      _resolveSNI: 'bf613c3aeac4629d',
      _upgrade: '252f1aa1e42120b5',
    },
  ],
  [
    'SMTPStream',
    SMTPStream.prototype,
    CommandParser.prototype,
    {
      _write: '320ae0c4e7187c00',
      _flushData: '7cc58b96b5bd43e6',
    },
  ],
];

test('the package is the version that was read', () => {
  const manifest = JSON.parse(readFileSync('node_modules/smtp-server/package.json', 'utf8')) as { version: string };
  assert.equal(manifest.version, '3.21.6');
});

for (const [kind, theirs, ours, digests] of pins) {
  for (const [name, expected] of Object.entries(digests))
    test(`${kind}.${name} is what it was when our side was written`, () => {
      assert.equal(typeof (theirs as Prototype)[name], 'function');
      assert.equal(digest(theirs, name), expected);
    });
  test(`every method of ${kind} that we override is pinned`, () => {
    const overridden = Object.getOwnPropertyNames(ours).filter((name) => name !== 'constructor' && name in theirs);
    assert.deepEqual(
      overridden.filter((name) => !(name in digests)),
      [],
    );
  });
}
