// ATK-42 (RFC 8689 §4.2.1): a message with REQUIRETLS for an unsigned domain without policy. Nothing proves the MX host.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';
import { attackersHost } from '../staging.ts';

export const rewrittenMxRequiretls: Attack = {
  id: 'ATK-42',
  title: 'rewrites MX under a message with REQUIRETLS',
  controls: 'DNS path',
  sends: "MX with the attacker's host, which offers REQUIRETLS and has a matching TLSA record",
  sinkMaySee: 'nothing at either host',
  mustBeVisible: '`requiretls-mx-unvalidated` 5.7.10',
  claims: ['requiretls'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    arena.lab.setFault('mx:requiretls-offered', evil.host);
    const domain = await arena.fresh('requiretls-unvalidated');
    arena.lab.setFault('dns:rewrite', `${domain}/MX`, [`10 ${evil.host}.`]);
    return nothingArrives(arena, domain, { requiretls: 'asked' });
  },
};
