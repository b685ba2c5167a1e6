// ATK-55 (CVE-2023-50387): many keys under one tag, many signatures under each, all to be tried against each other.

import { daneHost, type LabDestination, sent } from '../../lab/destination-plan.ts';
import { setKeyTrap } from '../../lab/dns/keytrap.ts';
import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, says } from '../judging.ts';
import { zoneAt } from '../staging.ts';

const trap: LabDestination = {
  name: 'keytrap',
  story: 'A zone with RSA keys that share one tag.',
  domain: 'keytrap.test',
  zone: { algorithm: 8, rsaBits: 1024 },
  hosts: [daneHost('keytrap.test')],
  expected: sent('dane', 'dane-ee'),
};

const keys = 60;

export const keytrap: Attack = {
  id: 'ATK-55',
  title: 'sets a KeyTrap: colliding keys and signatures',
  controls: 'zone owner',
  sends: `${keys} keys of one tag, 200 false signatures before each true one; beside it honest mail`,
  sinkMaySee: 'honest mail arrives meanwhile',
  mustBeVisible: '`tlsa-bogus` or `mx-bogus` within 1 s',
  claims: ['dnssec'],
  run: async (arena) => {
    const domain = await arena.fresh(trap);
    setKeyTrap(zoneAt(arena.lab, domain), keys);
    arena.lab.setFault('dns:many-bad-signatures', `*.${domain}`);
    const [seen, others] = await Promise.all([attempt(arena, letterTo(domain)), arena.control()]);
    if (others === 'missing') return fell('honest mail did not arrive while the trap was worked on');
    if (seen.inCleartext === 'yes') return fell(says(seen));
    return held(`honest mail arrived meanwhile; ${says(seen)}`);
  },
};
