// ATK-73 (RFC 8461 §3.2, §4.1): patterns that a careless comparison takes for a match.

import { sent, unsignedSite } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';
import { cachedPolicy } from '../sts.ts';

/** A host in good order whose certificate anybody trusts. */
const elsewhere = unsignedSite('elsewhere', { story: 'where the MX is bent to', expected: sent('encrypted') });

/** HOST is the attacker's, OTHER the domain above it, OWN the rightful host. */
const patterns = [
  '*',
  '*.',
  '*.*.example',
  '*.example',
  '.OTHER',
  'OTHER',
  'm*.OTHER',
  '*mx.OTHER',
  'mx.*.example',
  'HOST\0.OWN',
  'OWN, HOST',
  'HOST:25',
  '\uff0a.OTHER',
];

export const stsPatternTricks: Attack = {
  id: 'ATK-73',
  title: 'publishes mx patterns that would cover his host if read carelessly',
  controls: 'policy author, or the path to the policy host',
  sends:
    'policies with `*`, `*.*`, suffixes, partial wildcards, two labels, NUL; MX rewritten to a host with a good certificate',
  sinkMaySee: 'no MAIL at that host',
  mustBeVisible: '`sts-policy-invalid`, or no match',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(patterns, async (pattern) => {
      const domain = await cachedPolicy(arena);
      const other = await arena.fresh(elsewhere);
      const mx = pattern.replaceAll('HOST', `mx.${other}`).replaceAll('OTHER', other).replaceAll('OWN', `mx.${domain}`);
      arena.lab.publishPolicy(domain, { mode: 'enforce', mx: [mx] });
      arena.lab.setRecords(`${domain}.`, 'MX', [`10 mx.${other}.`]);
      return nothingArrives(arena, domain);
    }),
};
