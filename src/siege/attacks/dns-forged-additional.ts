// ATK-50 (RFC 2181 §5.4.1): an address for the MX host comes along in the additional section of the MX answer.

import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, fell, letterTo } from '../judging.ts';
import { attackersHost, dialled } from '../staging.ts';

export const forgedAdditional: Attack = {
  id: 'ATK-50',
  title: 'adds an address of the MX host to the MX answer',
  controls: 'DNS path',
  sends: "A of the MX host in the additional section, with the attacker's address",
  sinkMaySee: 'the message at the true host, no connection elsewhere',
  mustBeVisible: 'own query for the address',
  claims: [],
  run: (arena) =>
    allHeld(['dane-ee', 'plain'], async (from) => {
      const evil = await attackersHost(arena);
      const domain = await arena.fresh(from);
      arena.lab.setFault('dns:forged-address', `${domain}/MX`, [`mx.${domain}. ${evil.address}`]);
      const seen = await attempt(arena, letterTo(domain));
      if (dialled(arena.lab, evil.host)) return fell('connected to the forged address');
      return arrivesOnlyAt(seen, [`mx.${domain}`]);
    }),
};
