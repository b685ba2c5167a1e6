// ATK-49 (RFC 4035 §5.3.4): the truly signed records of a wildcard are shown for a name that exists.

import type { Attack } from '../attack.ts';
import { attempt, fell, letterTo, nothingAt } from '../judging.ts';
import { attackersHost, dialled } from '../staging.ts';

export const replayedWildcard: Attack = {
  id: 'ATK-49',
  title: 'replays a wildcard for a name that exists',
  controls: 'DNS path',
  sends: "the wildcard's address with its true signature for the MX host, no proof that the host does not exist",
  sinkMaySee: "no connection at the wildcard's address",
  mustBeVisible: '`addr-bogus`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    const domain = await arena.fresh('dane-ee');
    arena.lab.setRecords(`*.${domain}`, 'A', [evil.address]);
    arena.lab.setFault('dns:wildcard-replay', `mx.${domain}/A`);
    const seen = await attempt(arena, letterTo(domain));
    if (dialled(arena.lab, evil.host)) return fell("connected to the wildcard's address");
    return nothingAt(seen);
  },
};
