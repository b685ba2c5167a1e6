// ATK-67 (RFC 8461 §3.3): an old policy comes back under a new id.

import type { Attack } from '../attack.ts';

export const stsRollback: Attack = {
  id: 'ATK-67',
  title: 'serves an old policy body under a new id',
  controls: 'web host with a valid certificate',
  sends: 'the body of last year',
  sinkMaySee: 'the message at the hosts that the old body names',
  mustBeVisible: '`sts-policy-lowered`',
  claims: ['mta-sts'],
  limit:
    'what the policy host serves under its own certificate is the policy; a weaker one is applied and logged (STS-35)',
};
