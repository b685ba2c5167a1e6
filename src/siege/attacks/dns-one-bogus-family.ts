// ATK-53 (RFC 7672 §2.2.2, §2.1.1): the addresses of one family are bogus, those of the other are fine.

import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives, undetermined } from '../judging.ts';

export const oneBogusFamily: Attack = {
  id: 'ATK-53',
  title: 'makes one address family bogus',
  controls: 'DNS path',
  sends: 'AAAA without signature beside a sound A; once more at a host whose key does not match',
  sinkMaySee: 'the message at the sound address; nothing where the key is wrong',
  mustBeVisible: 'log; `cert-no-tlsa-match` where the key is wrong',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(['dane-ee', 'dane-mismatch'], async (from) => {
      const domain = await arena.fresh(from);
      arena.lab.setRecords(`mx.${domain}`, 'AAAA', ['::1']);
      arena.lab.setFault('dns:strip-rrsig', `mx.${domain}/AAAA`);
      if (from === 'dane-mismatch') return nothingArrives(arena, domain);
      const seen = await attempt(arena, letterTo(domain));
      // To wait for the other family is slow, and safe.
      if (seen.mailAt.length === 0) return undetermined('the sound address was not used');
      return arrivesOnlyAt(seen, [`mx.${domain}`]);
    }),
};
