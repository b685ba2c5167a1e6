// ATK-82 (RFC 7672 §2.2.1): the second MX host has no TLSA records.

import type { Attack } from '../attack.ts';

export const secondHostWithoutTlsa: Attack = {
  id: 'ATK-82',
  title: 'blocks the DANE host, so that one without TLSA records is next',
  controls: 'TCP path',
  sends: 'connection refused at the first host',
  sinkMaySee: 'the message at the second, at the second’s own level',
  mustBeVisible: 'the level of each host in its record',
  claims: ['dane'],
  limit:
    'each MX host is held to what it publishes; the domain chose to list one without TLSA records (ATK-83 shows that policies still bind)',
};
