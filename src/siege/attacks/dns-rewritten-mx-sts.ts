// ATK-40 (RFC 8461 §4.1, RFC 7672 §2.2.1): an unsigned domain is led to the attacker's signed host. DANE there proves the
// host and not the domain; an enforced policy, even one fetched only now, keeps the mail away.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';
import { attackersHost } from '../staging.ts';

export const rewrittenMxSts: Attack = {
  id: 'ATK-40',
  title: 'leads an unsigned domain to a signed host of his own',
  controls: 'DNS path',
  sends: "MX with the attacker's host, which has a matching TLSA record; the policy host is left alone",
  sinkMaySee: 'nothing at either host (without a policy nothing can be done)',
  mustBeVisible: '`sts-mx-mismatch`; without a policy `nexthop_authenticated=false`',
  claims: ['mta-sts'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    const domain = await arena.fresh('sts-enforce');
    arena.lab.setFault('dns:rewrite', `${domain}/MX`, [`10 ${evil.host}.`]);
    return nothingArrives(arena, domain);
  },
};
