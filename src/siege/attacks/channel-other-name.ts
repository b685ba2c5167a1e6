// ATK-16 (RFC 9525, RFC 7672 §3.2.2, RFC 8461 §4.1): the certificate is good, but for somebody else.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';
import { newIdentity } from '../staging.ts';

const sites = [
  { from: 'dane-ta-intermediate', by: 'private', claim: 'dane' },
  { from: 'sts-enforce', by: 'public', claim: 'mta-sts' },
] as const;

export const otherName: Attack = {
  id: 'ATK-16',
  title: 'presents a valid certificate of another domain',
  controls: 'TCP path',
  sends: 'a chain to the right anchor, for mx.elsewhere.test',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`cert-name`; `certificate-host-mismatch`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(
      sites.filter(({ claim }) => arena.claims.includes(claim)),
      async ({ from, by }) => {
        const domain = await arena.fresh(from);
        const host = arena.lab.host(`mx.${domain}`);
        host.present(await newIdentity(arena.lab, host.name, { by, names: ['mx.elsewhere.test'] }));
        return nothingArrives(arena, domain);
      },
    ),
};
