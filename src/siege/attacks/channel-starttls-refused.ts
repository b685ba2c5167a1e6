// ATK-6 (RFC 3207 §4, RFC 7672 §2.2): STARTTLS gets a permanent refusal, as if the server did not know it.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const starttlsRefused: Attack = {
  id: 'ATK-6',
  title: 'answers STARTTLS with 500, 502 and 503',
  controls: 'TCP path',
  sends: '5yz to STARTTLS, which stands in the EHLO',
  sinkMaySee: 'EHLO and STARTTLS, no MAIL',
  mustBeVisible: '`starttls-refused` 4.7.4; `starttls-not-supported`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['500', '502', '503'], async (code) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`mx:starttls-${code}`, `mx.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
