// ATK-10 (RFC 7672 §2.2): the TLS handshake is broken in several ways, hoping for a second try in cleartext.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const brokenHandshake: Attack = {
  id: 'ATK-10',
  title: 'breaks the TLS handshake by reset, garbage and alert',
  controls: 'TCP path',
  sends: 'after the 220: a closed connection, text, a fatal alert',
  sinkMaySee: 'EHLO and STARTTLS, no MAIL',
  mustBeVisible: '`tls-handshake` or `conn-lost`; `validation-failure`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['drop', 'garbage', 'alert'], async (how) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`mx:handshake-${how}`, `mx.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
