// ATK-1 (RFC 7672 §2.2): who sits on the way takes STARTTLS out of the EHLO.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const starttlsRemoved: Attack = {
  id: 'ATK-1',
  title: 'removes STARTTLS from the EHLO of a host with TLSA records',
  controls: 'TCP path',
  sends: 'EHLO without STARTTLS, 502 to the command',
  sinkMaySee: 'EHLO, no MAIL',
  mustBeVisible: '`starttls-missing` 4.7.4; `starttls-not-supported`',
  claims: ['dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('mx:starttls-absent', `mx.${domain}`);
    return nothingArrives(arena, domain);
  },
};
