// ATK-52 (RFC 7672 §2.2.2, §2.1.3): no TLSA is asked for a host whose address is insecure. So the address loses its signature.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const unsignedAddress: Attack = {
  id: 'ATK-52',
  title: 'strips the signature from the address, so that TLSA is not asked for',
  controls: 'DNS path',
  sends: 'A and AAAA of the MX host without RRSIG and without proof',
  sinkMaySee: 'nothing',
  mustBeVisible: '`addr-bogus`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('dns:strip-rrsig', `mx.${domain}/A`);
    arena.lab.setFault('dns:nodata-without-proof', `mx.${domain}/AAAA`);
    return nothingArrives(arena, domain);
  },
};
