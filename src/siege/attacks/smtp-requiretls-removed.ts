// ATK-80 (RFC 8689 §4.2.1): the keyword stands in the cleartext EHLO only.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const requiretlsRemoved: Attack = {
  id: 'ATK-80',
  title: 'offers REQUIRETLS before TLS and not inside it',
  controls: 'the server itself, or the TCP path',
  sends: 'EHLO with REQUIRETLS in cleartext, without it inside TLS, and without it at all',
  sinkMaySee: 'EHLO inside TLS, no MAIL',
  mustBeVisible: '5.7.30',
  claims: ['requiretls', 'dane'],
  run: (arena) =>
    allHeld(['requiretls-before-tls-only', 'requiretls-not-offered'], async (destination) =>
      nothingArrives(arena, await arena.fresh(destination), { requiretls: 'asked' }),
    ),
};
