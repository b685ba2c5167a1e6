// ATK-68 (RFC 8461 §3.2): a policy that expires at once.

import type { Attack } from '../attack.ts';

export const stsShortLife: Attack = {
  id: 'ATK-68',
  title: 'serves max_age 0 to empty the caches',
  controls: 'web host with a valid certificate',
  sends: '`max_age: 0`',
  sinkMaySee: 'the message, once no policy is known',
  mustBeVisible: '`sts-policy-lowered`',
  claims: ['mta-sts'],
  limit:
    'what the policy host serves under its own certificate is the policy; a shorter life is applied and logged (STS-35)',
};
