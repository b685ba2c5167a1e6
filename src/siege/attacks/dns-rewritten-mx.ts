// ATK-39 (RFC 7672 §2.2.1): the MX records of a signed domain are replaced by the attacker's, who has DANE in good order.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';
import { attackersHost } from '../staging.ts';

export const rewrittenMx: Attack = {
  id: 'ATK-39',
  title: 'rewrites the MX of a signed domain',
  controls: 'DNS path',
  sends: "MX with the attacker's host, which is signed and has a matching TLSA record",
  sinkMaySee: 'nothing at either host',
  mustBeVisible: '`mx-bogus`; `dnssec-invalid`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('dns:rewrite', `${domain}/MX`, [`10 ${evil.host}.`]);
    return nothingArrives(arena, domain);
  },
};
