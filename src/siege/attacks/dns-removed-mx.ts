// ATK-43 (RFC 5321 §5.1, RFC 7672 §2.2.1, RFC 8461 §4.1): the MX records are denied, so that the domain's own address, often a
// web server's, gets the mail.

import { daneHost, type LabDestination, sent } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const base = { story: 'A domain with an MX host and an address of its own.', expected: sent('encrypted') };

const signed: LabDestination = {
  ...base,
  name: 'own-address',
  domain: 'own-address.test',
  zone: 'signed',
  mx: [[10, 'mx.own-address.test']],
  hosts: [daneHost('own-address.test'), { name: 'own-address.test' }],
};

const withPolicy: LabDestination = {
  ...base,
  name: 'own-address-sts',
  domain: 'own-address-sts.example',
  zone: 'unsigned',
  mx: [[10, 'mx.own-address-sts.example']],
  hosts: [
    { name: 'mx.own-address-sts.example', certificate: { by: 'public' } },
    { name: 'own-address-sts.example', certificate: { by: 'public' } },
  ],
  policy: { mode: 'enforce', mx: ['mx.own-address-sts.example'] },
};

export const removedMx: Attack = {
  id: 'ATK-43',
  title: "removes the MX records, so that the domain's own address counts",
  controls: 'DNS path',
  sends: 'NODATA for MX, in a signed domain and in an unsigned one with an enforced policy',
  sinkMaySee: 'nothing at the address of the domain',
  mustBeVisible: '`mx-bogus` or `sts-mx-mismatch`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(arena.claims.includes('mta-sts') ? ['signed', 'policy'] : ['signed'], async (how) => {
      const domain = await arena.fresh(how === 'signed' ? signed : withPolicy);
      arena.lab.setFault('dns:nodata-without-proof', `${domain}/MX`);
      return nothingArrives(arena, domain);
    }),
};
