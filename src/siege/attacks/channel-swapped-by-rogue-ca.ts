// ATK-14 (RFC 7672 §1.3.4, §3.1): the certificate is one that every trust store believes. Where TLSA records stand, that
// says nothing.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';
import { newIdentity } from '../staging.ts';

export const swappedByRogueCa: Attack = {
  id: 'ATK-14',
  title: 'presents a WebPKI certificate for the MX name at a DANE site',
  controls: 'TCP path and a CA',
  sends: 'a valid certificate of another key, trusted by the CA bundle',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`cert-no-tlsa-match`; `certificate-not-trusted`',
  claims: ['dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const host = arena.lab.host(`mx.${domain}`);
    host.present(await newIdentity(arena.lab, host.name, { by: 'public' }));
    return nothingArrives(arena, domain);
  },
};
