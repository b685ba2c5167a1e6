// ATK-3 (RFC 8461 §5): STARTTLS is overwritten and the policy host blocked, while the policy is cached.

import type { Attack } from '../attack.ts';
import { arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { dropSessions } from '../staging.ts';

export const starttlsStrippedSts: Attack = {
  id: 'ATK-3',
  title: 'strips STARTTLS where an enforced policy is cached',
  controls: 'TCP path',
  sends: 'one message to fill the cache; then EHLO without STARTTLS, and no policy host',
  sinkMaySee: 'the first message over TLS; of the second EHLO, no MAIL',
  mustBeVisible: '`starttls-missing` 4.7.4; `starttls-not-supported` under policy sts',
  claims: ['mta-sts'],
  run: async (arena) => {
    const domain = await arena.fresh('sts-enforce');
    const first = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [`mx.${domain}`]);
    if (first.kind !== 'held') return first;
    arena.lab.setFault('mx:starttls-stripped', `mx.${domain}`);
    arena.lab.setFault('sts:drop', domain);
    await dropSessions(arena.lab, `mx.${domain}`);
    return nothingArrives(arena, domain);
  },
};
