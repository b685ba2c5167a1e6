// ATK-13 (RFC 7672 §3.1): the attacker ends TLS himself, with a certificate that he made for the name.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';
import { newIdentity } from '../staging.ts';

export const swappedSelfSigned: Attack = {
  id: 'ATK-13',
  title: 'presents a self-signed certificate for the MX name',
  controls: 'TCP path',
  sends: 'a certificate of another key at a host with a 3 1 1 record',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`cert-no-tlsa-match`; `certificate-not-trusted`',
  claims: ['dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const host = arena.lab.host(`mx.${domain}`);
    host.present(await newIdentity(arena.lab, host.name, { by: 'self' }));
    return nothingArrives(arena, domain);
  },
};
