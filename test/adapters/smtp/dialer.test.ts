// The guarded nodemailer connection, held to the contract of the port.

import { createDialer } from '../../../src/adapters/smtp/dialer.ts';
import { createTlsClient } from '../../../src/adapters/smtp/tls.ts';
import { dialerContract } from './dialer-contract.ts';
import { metrics, silentLog } from './given.ts';

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
