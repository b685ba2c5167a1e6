// ATK-33 (RFC 6840 §4.3): the TLSA name is an alias. It is taken away, and the NSEC of the name, which lists CNAME, is shown
// as if it proved that there is no TLSA.

import type { Attack } from '../attack.ts';
import { arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { tlsaOf } from '../staging.ts';

export const hiddenAlias: Attack = {
  id: 'ATK-33',
  title: 'hides the alias at the TLSA name behind its own NSEC',
  controls: 'DNS path',
  sends: 'NODATA with the true NSEC of the name, whose CNAME bit is set',
  sinkMaySee: 'one message before the attack, none under it',
  mustBeVisible: '`tlsa-bogus`; `dnssec-invalid`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const owner = `_25._tcp.mx.${domain}`;
    const records = tlsaOf(arena.lab, `mx.${domain}`);
    arena.lab.setRecords(owner, 'TLSA', []);
    arena.lab.setRecords(owner, 'CNAME', [`keys.${domain}.`]);
    arena.lab.setRecords(`keys.${domain}`, 'TLSA', records);
    const before = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [`mx.${domain}`]);
    if (before.kind !== 'held') return before;
    arena.lab.setFault('dns:nodata-matching-proof', `${owner}/TLSA`);
    return nothingArrives(arena, domain);
  },
};
