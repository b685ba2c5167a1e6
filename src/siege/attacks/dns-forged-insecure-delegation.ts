// ATK-35 (RFC 4035 §5.2, RFC 6840 §4.4): the zone is to look as if its parent had never signed it over.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const denials = ['nodata-without-proof', 'nodata-foreign-proof', 'nodata-matching-proof'] as const;

export const forgedInsecureDelegation: Attack = {
  id: 'ATK-35',
  title: 'forges an insecure delegation',
  controls: 'DNS path',
  sends: 'DS denied without proof, by proofs of other names and by NSEC without NS bit; everything below unsigned',
  sinkMaySee: 'nothing',
  mustBeVisible: '`mx-bogus` or `tlsa-bogus`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld([...denials, 'no-delegation'] as const, async (how) => {
      const domain = await arena.fresh('dane-ee');
      // Its NSEC says that the MX host is a name like any other; without NS there is no delegation at it.
      const at = how === 'no-delegation' ? `mx.${domain}` : domain;
      arena.lab.setFault('dns:strip-rrsig', `*.${at}`);
      arena.lab.setFault('dns:strip-rrsig', `_25._tcp.mx.${domain}/TLSA`);
      arena.lab.setFault(`dns:${how === 'no-delegation' ? 'nodata-matching-proof' : how}`, `${at}/DS`);
      return nothingArrives(arena, domain);
    }),
};
