// ATK-30 (RFC 4035 §5.5, RFC 7672 §2.1.1): the TLSA answer comes without its signature.

import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const strippedSignature: Attack = {
  id: 'ATK-30',
  title: 'strips the signature from the TLSA answer',
  controls: 'DNS path',
  sends: 'the TLSA records without RRSIG',
  sinkMaySee: 'nothing',
  mustBeVisible: '`tlsa-bogus`; `dnssec-invalid`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('dns:strip-rrsig', `_25._tcp.mx.${domain}/TLSA`);
    return nothingArrives(arena, domain);
  },
};
