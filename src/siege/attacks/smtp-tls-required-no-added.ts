// ATK-84 (RFC 8689 §4.1): somebody upstream adds `TLS-Required: No`.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const tlsRequiredNoAdded: Attack = {
  id: 'ATK-84',
  title: 'adds TLS-Required: No to a message that was handed over with REQUIRETLS',
  controls: 'an earlier hop, or the author',
  sends: '`TLS-Required: No` beside the parameter; a host whose key does not match',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`policy_overridden` where it counts; the parameter wins',
  claims: ['requiretls', 'dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-mismatch');
    arena.lab.setFault('mx:requiretls-offered', `mx.${domain}`);
    return nothingArrives(arena, domain, { requiretls: 'asked', headers: ['TLS-Required: No'] });
  },
};
