// ATK-56 (CVE-2023-50868): denials that ask for endless hashing.

import { daneHost, type LabDestination, sent } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, says } from '../judging.ts';

const deep = `${'a.'.repeat(80)}deep.test`;

const site: LabDestination = {
  name: 'deep',
  story: 'An MX host eighty labels deep in a zone with NSEC3.',
  domain: 'deep.test',
  zone: { denial: { iterations: 50, salt: 'ff'.repeat(200), optOut: 'no' } },
  mx: [[10, deep]],
  hosts: [daneHost('deep.test', { name: deep, certificate: { by: 'self', names: ['mx.deep.test'] } })],
  expected: sent('dane', 'dane-ee'),
};

export const nsec3Exhaustion: Attack = {
  id: 'ATK-56',
  title: 'denies with NSEC3 records that each need hashes of their own',
  controls: 'zone owner',
  sends:
    'a name of 80 labels denied by 120 truly signed NSEC3 of different salts, 50 iterations each; beside it honest mail',
  sinkMaySee: 'honest mail arrives meanwhile; nothing at the host',
  mustBeVisible: '`tlsa-bogus` within 1 s',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const domain = await arena.fresh(site);
    const host = arena.lab.destinations.find((one) => one.domain === domain)?.hosts[0]?.name;
    arena.lab.setFault('dns:nodata-endless-proofs', `_25._tcp.${host}/TLSA`);
    const [seen, others] = await Promise.all([attempt(arena, letterTo(domain)), arena.control()]);
    if (others === 'missing') return fell('honest mail did not arrive while the denial was worked on');
    if (seen.mailAt.length > 0) return fell(says(seen));
    return held('honest mail arrived meanwhile, no MAIL FROM at the host');
  },
};
