// ATK-15 (RFC 8461 §10.1): a rogue CA at a site that has MTA-STS alone.

import type { Attack } from '../attack.ts';

export const rogueCaSts: Attack = {
  id: 'ATK-15',
  title: 'presents a WebPKI certificate for the MX name at an MTA-STS site',
  controls: 'TCP path and a CA',
  sends: 'a valid certificate of another key, trusted by the CA bundle',
  sinkMaySee: 'the message',
  mustBeVisible: '`authn=pkix-sts`',
  claims: ['mta-sts'],
  limit: 'MTA-STS believes every CA of the trust store; only DANE notices',
};
