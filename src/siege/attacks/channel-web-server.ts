// ATK-23 (ALPACA): a web server answers, on the port or within TLS under the right key.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const webServer: Attack = {
  id: 'ATK-23',
  title: 'lets a web server answer',
  controls: 'TCP path',
  sends: 'an HTTP reply in place of the greeting, or of the EHLO reply in TLS under the matching key',
  sinkMaySee: 'at most one EHLO, no MAIL',
  mustBeVisible: '`conn-lost`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['at-connect', 'in-tls'], async (where) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`mx:web-${where}`, `mx.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
