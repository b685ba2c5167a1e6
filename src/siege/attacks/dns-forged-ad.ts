// ATK-51 (RFC 6840 §5.7, RFC 7672 §2.1): answers say of themselves that they are authentic.

import type { LabDestination } from '../../lab/destination-plan.ts';
import { sent, stranger } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';

const unsigned: LabDestination = {
  name: 'unsigned-tlsa',
  story: 'TLSA records of a key that nobody has, in an unsigned zone.',
  domain: 'unsigned-tlsa.example',
  zone: 'unsigned',
  hosts: [{ name: 'mx.unsigned-tlsa.example', tlsa: [stranger] }],
  expected: sent('encrypted'),
};

export const forgedAd: Attack = {
  id: 'ATK-51',
  title: 'sets the AD bit',
  controls: 'DNS path',
  sends: 'unsigned TLSA answers with AD, in a signed and in an unsigned zone',
  sinkMaySee: 'nothing for the signed zone; for the unsigned one the message, as without AD',
  mustBeVisible: 'the same verdict as without: `tlsa-bogus`, `tlsa_state=insecure`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(['signed', 'unsigned'], async (zone) => {
      const domain = await arena.fresh(zone === 'signed' ? 'dane-ee' : unsigned);
      arena.lab.setFault('dns:forged-ad', `_25._tcp.mx.${domain}/TLSA`);
      if (zone === 'signed') return nothingArrives(arena, domain);
      return arrivesOnlyAt(await attempt(arena, letterTo(domain)), [`mx.${domain}`]);
    }),
};
