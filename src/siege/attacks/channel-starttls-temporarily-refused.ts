// ATK-5 (RFC 3207 §4, RFC 7672 §2.2): STARTTLS gets 454, as if TLS were out of order for a while.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const starttlsTemporarilyRefused: Attack = {
  id: 'ATK-5',
  title: 'answers STARTTLS with 454',
  controls: 'TCP path',
  sends: '454 4.7.0 TLS not available',
  sinkMaySee: 'EHLO and STARTTLS, no MAIL',
  mustBeVisible: '`starttls-refused` 4.7.4; `starttls-not-supported`',
  claims: ['dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('mx:starttls-454', `mx.${domain}`);
    return nothingArrives(arena, domain);
  },
};
