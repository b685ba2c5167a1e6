// ATK-41 (RFC 8461 §5.1): the policy is cached, the attacker rewrites MX and blocks the policy host.

import type { Attack } from '../attack.ts';
import { arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { attackersHost } from '../staging.ts';

export const rewrittenMxCachedSts: Attack = {
  id: 'ATK-41',
  title: 'rewrites MX where an enforced policy is cached',
  controls: 'DNS path',
  sends: "one message to fill the cache; then MX with the attacker's host, and neither TXT nor policy host",
  sinkMaySee: 'the first message; nothing of the second',
  mustBeVisible: '`sts-mx-mismatch`; `validation-failure`',
  claims: ['mta-sts'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    const domain = await arena.fresh('sts-enforce');
    const first = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [`mx.${domain}`]);
    if (first.kind !== 'held') return first;
    arena.lab.setFault('dns:rewrite', `${domain}/MX`, [`10 ${evil.host}.`]);
    arena.lab.setFault('dns:servfail', `_mta-sts.${domain}/TXT`);
    arena.lab.setFault('sts:drop', domain);
    return nothingArrives(arena, domain);
  },
};
