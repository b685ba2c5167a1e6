// ATK-36 (RFC 5155 §6, §9.2, §12.2): a span with opt-out is to hide signed names. Names that are truly inside it are
// insecure, and mail for them flows.

import type { LabDestination } from '../../lab/destination-plan.ts';
import { daneHost, sent } from '../../lab/destination-plan.ts';
import type { Arena, Attack, Finding } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';

const optOut: LabDestination = {
  name: 'opt-out',
  story: 'A zone with opt-out; one host in it, another below an unsigned delegation inside the span.',
  domain: 'opt-out.test',
  zone: { denial: { iterations: 0, salt: '', optOut: 'yes' } },
  hosts: [daneHost('opt-out.test')],
  expected: sent('dane', 'dane-ee'),
};

const inTheSpan: LabDestination = {
  ...optOut,
  zones: [{ apex: 'open.opt-out.test', zone: 'unsigned' }],
  hosts: [daneHost('open.opt-out.test')],
};

const denials = ['nodata-foreign-proof', 'nxdomain-foreign-proof', 'nodata-forged-opt-out'] as const;

export const optOutSpan: Attack = {
  id: 'ATK-36',
  title: 'hides signed names in an opt-out span',
  controls: 'DNS path, a zone with opt-out',
  sends: 'true NSEC3 records with the opt-out flag for the TLSA name and for DS of the host',
  sinkMaySee: 'nothing for signed names; the message for a host that is truly delegated unsigned',
  mustBeVisible: '`tlsa-bogus`, or `insecure` if no signed name is there',
  claims: ['dane', 'dnssec'],
  run: (arena) => allHeld([...denials, 'ds-of-host', 'ds-of-zone', 'true-span'] as const, (how) => one(arena, how)),
};

async function one(
  arena: Arena,
  how: (typeof denials)[number] | 'ds-of-host' | 'ds-of-zone' | 'true-span',
): Promise<Finding> {
  if (how === 'true-span') {
    const open = await arena.fresh(inTheSpan);
    return arrivesOnlyAt(await attempt(arena, letterTo(open)), [
      arena.lab.destinations.find(({ domain }) => domain === open)?.hosts[0]?.name ?? '',
    ]);
  }
  const domain = await arena.fresh(optOut);
  const owner = `_25._tcp.mx.${domain}`;
  if (how === 'ds-of-host' || how === 'ds-of-zone') {
    const at = how === 'ds-of-host' ? `mx.${domain}` : domain;
    arena.lab.setFault('dns:strip-rrsig', `*.${at}`);
    arena.lab.setFault('dns:strip-rrsig', `${owner}/TLSA`);
    arena.lab.setFault('dns:nodata-forged-opt-out', `${at}/DS`);
  } else arena.lab.setFault(`dns:${how}`, `${owner}/TLSA`);
  return nothingArrives(arena, domain);
}
