// ATK-34 (RFC 7672 §2.1.1): the TLSA question is dropped or answered by an error. That is not absence.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const noAnswer: Attack = {
  id: 'ATK-34',
  title: 'drops the TLSA question, or answers with an error code',
  controls: 'DNS path',
  sends: 'nothing, SERVFAIL, NOTIMP, REFUSED, FORMERR and a message that cannot be read',
  sinkMaySee: 'nothing',
  mustBeVisible: '`tlsa-lookup-error`; `dnssec-invalid`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['timeout', 'servfail', 'notimp', 'refused', 'formerr', 'malformed'], async (how) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`dns:${how}`, `_25._tcp.mx.${domain}/TLSA`);
      return nothingArrives(arena, domain);
    }),
};
