// ATK-31 (RFC 4035 §5.4): somebody says that there are no TLSA records, and proves nothing.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const unprovenDenial: Attack = {
  id: 'ATK-31',
  title: 'denies the TLSA records without proof',
  controls: 'DNS path',
  sends: 'NODATA and NXDOMAIN with a signed SOA and nothing else',
  sinkMaySee: 'nothing',
  mustBeVisible: '`tlsa-bogus`; `dnssec-invalid`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(['nodata-without-proof', 'nxdomain-without-proof', 'strip-proof'], async (how) => {
      const domain = await arena.fresh('dane-ee');
      const owner = `_25._tcp.mx.${domain}`;
      // The proof of a denial that is true: the records are gone, and nobody can show it.
      if (how === 'strip-proof') arena.lab.setRecords(owner, 'TLSA', []);
      arena.lab.setFault(`dns:${how}`, `${owner}/TLSA`);
      return nothingArrives(arena, domain);
    }),
};
