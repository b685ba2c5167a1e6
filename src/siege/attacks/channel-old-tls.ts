// ATK-11 (RFC 8996, RFC 9325 §3.1.1): only versions are offered that nobody may use any more.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const oldTls: Attack = {
  id: 'ATK-11',
  title: 'forces the TLS version down to 1.1 and 1.0',
  controls: 'TCP path',
  sends: 'a server that speaks nothing newer',
  sinkMaySee: 'EHLO and STARTTLS, no MAIL, no second try in cleartext',
  mustBeVisible: '`tls-handshake`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['1.1', '1.0'], async (version) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`mx:tls-${version}-only`, `mx.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
