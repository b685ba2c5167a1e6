// ATK-58 (RFC 7672 §2.1.1, TA-7): DNS works, but nothing of DNSSEC gets through, as behind a broken middlebox.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const blockedDnssec: Attack = {
  id: 'ATK-58',
  title: 'lets no DNSSEC types through',
  controls: 'DNS path',
  sends: 'no reply, REFUSED or unproven NODATA to DNSKEY and DS; everything else without signatures',
  sinkMaySee: 'nothing',
  mustBeVisible: 'a DNS error for every look-up, alarm (TA-7)',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(['timeout', 'refused', 'nodata-without-proof'], async (how) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault('dns:strip-rrsig', `*.${domain}`);
      arena.lab.setFault('dns:strip-rrsig', `_25._tcp.mx.${domain}/TLSA`);
      for (const type of ['DNSKEY', 'DS']) arena.lab.setFault(`dns:${how}`, `*.${domain}/${type}`);
      return nothingArrives(arena, domain);
    }),
};
