// ATK-37 (RFC 9276 §3.2, INT-12): iterations beyond the limit make a denial insecure, but only where the zone itself
// publishes them.

import { daneHost, type LabDestination, sent } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';

const overLimit: LabDestination = {
  name: 'over-limit',
  story: 'TLSA records in a zone whose NSEC3 parameters are over the limit.',
  domain: 'over-limit.test',
  zone: { denial: { iterations: 2500, salt: 'beef', optOut: 'no' } },
  hosts: [daneHost('over-limit.test', { tlsa: [{ usage: 3, selector: 1, matching: 1, of: 'stranger' }] })],
  expected: sent('dane', 'dane-ee'),
};

export const manyIterations: Attack = {
  id: 'ATK-37',
  title: 'writes high NSEC3 iterations into a denial',
  controls: 'DNS path',
  sends: 'the NSEC3 of the name with 2500 iterations under its old signature; beside it zones that truly have so many',
  sinkMaySee: 'nothing where TLSA records stand; the message where a true denial is over the limit',
  mustBeVisible: 'forged: `tlsa-bogus`; own: `tlsa_state=insecure` and `nsec3-iterations`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(['forged', 'own-and-positive', 'own-and-denied'] as const, async (how) => {
      if (how === 'own-and-denied') {
        const domain = await arena.fresh('dane-over-limit-denial');
        return arrivesOnlyAt(await attempt(arena, letterTo(domain)), [`mx.${domain}`]);
      }
      const domain = await arena.fresh(how === 'forged' ? 'dane-nsec3' : overLimit);
      if (how === 'forged') arena.lab.setFault('dns:nodata-forged-iterations', `_25._tcp.mx.${domain}/TLSA`);
      return nothingArrives(arena, domain);
    }),
};
