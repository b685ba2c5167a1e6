// ATK-69 (RFC 8461 §8.3): the policy is taken back without the owner’s will.

import type { Attack } from '../attack.ts';

export const stsModeNone: Attack = {
  id: 'ATK-69',
  title: 'serves mode none in the owner’s place',
  controls: 'web host with a valid certificate',
  sends: '`mode: none` under a new id',
  sinkMaySee: 'the message, over opportunistic TLS',
  mustBeVisible: '`sts-policy-lowered`',
  claims: ['mta-sts'],
  limit:
    'what the policy host serves under its own certificate is the policy; a lower mode is applied and logged (STS-35)',
};
