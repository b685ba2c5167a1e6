// ATK-12 (RFC 9325 §4.1): only suites without encryption or without authentication are offered.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const weakSuites: Attack = {
  id: 'ATK-12',
  title: 'offers NULL and anonymous suites only',
  controls: 'TCP path or server',
  sends: 'a TLS 1.2 server without any suite worth its name',
  sinkMaySee: 'EHLO and STARTTLS, no MAIL',
  mustBeVisible: '`tls-handshake`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['weak', 'anonymous'], async (which) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`mx:${which}-ciphers-only`, `mx.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
