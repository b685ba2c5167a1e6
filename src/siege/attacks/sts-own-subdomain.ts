// ATK-72 (RFC 8461 §4.1): the pattern covers the attacker’s host.

import type { Attack } from '../attack.ts';

export const stsOwnSubdomain: Attack = {
  id: 'ATK-72',
  title: 'holds a host that the wildcard pattern of the policy covers',
  controls: 'customer of the domain',
  sends: 'MX to `x.example.com` under `mx: *.example.com`',
  sinkMaySee: 'the message at that host',
  mustBeVisible: 'nothing: the policy allows it',
  claims: ['mta-sts'],
  limit: 'the policy names every host one label below its wildcard (RFC 8461 §4.1)',
};
