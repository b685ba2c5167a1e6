// ATK-2 (RFC 7672 §2.2): who sits on the way overwrites the STARTTLS keyword.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const starttlsOverwritten: Attack = {
  id: 'ATK-2',
  title: 'overwrites STARTTLS by XXXXXXXX',
  controls: 'TCP path',
  sends: 'EHLO with XXXXXXXX where STARTTLS stood',
  sinkMaySee: 'EHLO, no MAIL',
  mustBeVisible: '`starttls-missing` 4.7.4; `starttls-not-supported`',
  claims: ['dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('mx:starttls-stripped', `mx.${domain}`);
    return nothingArrives(arena, domain);
  },
};
