// ATK-117 (OPS-36, OPS-50): the certificate is renewed before its TLSA record is everywhere.

import type { Attack } from '../attack.ts';

export const rollover: Attack = {
  id: 'ATK-117',
  title: 'renews the certificate before the wait for TLSA is over',
  controls: 'own automation',
  sends: 'a new certificate, the old TLSA record',
  sinkMaySee: '–',
  mustBeVisible: 'OPS-36, OPS-50',
  claims: [],
  limit: 'this version installs no certificates for MX hosts; what a mismatch does to mail is ATK-13',
};
