// ATK-22 (RFC 7672 §3.1.1): another service has the same key.

import type { Attack } from '../attack.ts';

export const sharedKey: Attack = {
  id: 'ATK-22',
  title: 'diverts the connection to another service with the same key',
  controls: 'TCP path',
  sends: "another customer's mail server, or port 443, with the shared certificate",
  sinkMaySee: 'the message, if it is a mail server',
  mustBeVisible: 'the TLSA watch warns about shared keys',
  claims: ['dane'],
  limit: 'a 3 1 1 record names a key and no host: who holds the key is the host (RFC 7672 §3.1.1)',
};
