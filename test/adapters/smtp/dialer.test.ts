// The dialer, held to the contract of the port.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDialer } from '../../../src/adapters/smtp/dialer.ts';
import { defaultTimeouts } from '../../../src/adapters/smtp/dialer-timeouts.ts';
import { createTlsClient } from '../../../src/adapters/smtp/tls.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import { make, makeRsaKeys } from './certificates.ts';
import { dialerContract } from './dialer-contract.ts';
import { callOf, metrics, running, silentLog } from './given.ts';
import { startSink } from './sink.ts';

dialerContract(({ tls, timeouts, eightBit, credentials }, roots) =>
  createDialer({
    tls: createTlsClient({
      trustStore: { certificates: roots, source: 'test' },
      suites: 'default',
      minVersion: 'TLSv1.2',
      ...tls,
    }),
    timeouts: timeouts ?? {},
    eightBit: eightBit ?? 'send-as-it-is',
    credentials: () => credentials,
    log: silentLog,
    metrics: metrics(),
  }),
);

test('SMTP-2 SMTP-3 the deadlines are those of the RFC unless configured', () => {
  const { greeting, mail, rcpt, data, block, finalDot, connect, handshake } = defaultTimeouts;
  assert.deepEqual([greeting, mail, rcpt, data, block, finalDot], [300, 300, 300, 120, 180, 600]);
  assert.deepEqual([connect, handshake], [30, 60]);
});

test('RTE-9 TLS-14 the source address is bound, and a weak suite is counted', async () => {
  const leaf = await make({ names: ['mx.example'], keys: await makeRsaKeys(2048) });
  const sink = await startSink({
    tls: { key: leaf.key, cert: leaf.pem, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA' },
  });
  const registry = metrics();
  const dialer = createDialer({
    tls: createTlsClient({
      trustStore: { certificates: [], source: 'test' },
      suites: 'default',
      minVersion: 'TLSv1.2',
    }),
    sourceAddresses: ['::1' as IpAddress, '127.0.0.5' as IpAddress],
    log: silentLog,
    metrics: registry,
  });
  const dialed = await dialer.dial(callOf(sink.port), running());
  assert(dialed.kind === 'session');
  assert.equal(dialed.session.localAddress, '127.0.0.5');
  assert.equal(registry.total('sekisho_weak_suite_total'), 1);
  dialer.close(dialed.session, 'abort');
  await sink.close();
});
