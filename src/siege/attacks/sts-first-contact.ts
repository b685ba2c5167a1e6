// ATK-61 (RFC 8461 §10.2): trust on first use.

import type { Attack } from '../attack.ts';

export const stsFirstContact: Attack = {
  id: 'ATK-61',
  title: 'removes the TXT record before the relay has ever seen the policy',
  controls: 'DNS path',
  sends: '`_mta-sts` answered NODATA',
  sinkMaySee: 'the message, over opportunistic TLS',
  mustBeVisible: '`sts_state=none`; preload option STS-74',
  claims: ['mta-sts'],
  limit: 'trust on first use (RFC 8461 §10.2): who never saw the policy cannot miss it',
};
