// ATK-18 (RFC 7672 §3.1.2, RFC 8461 §4.2): an old key whose certificate has run out.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const sites = [
  { from: 'dane-ta-expired', claim: 'dane' },
  { from: 'sts-expired', claim: 'mta-sts' },
] as const;

export const expiredCertificate: Attack = {
  id: 'ATK-18',
  title: 'presents an expired certificate',
  controls: 'an old stolen key, TCP path',
  sends: 'a chain to the right anchor and for the right name, out of date',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`cert-expired`; `certificate-expired`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(
      sites.filter(({ claim }) => arena.claims.includes(claim)),
      async ({ from }) => nothingArrives(arena, await arena.fresh(from)),
    ),
};
