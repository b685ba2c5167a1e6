// ATK-32 (RFC 4035 §5.4, RFC 6840 §4.1, RFC 5155 §8): denials made of true, signed records that prove something else.

import type { Arena, Attack, Finding } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';
import { tlsaOf } from '../staging.ts';

const proofs = ['nodata-foreign-proof', 'nodata-ancestor-proof', 'nxdomain-foreign-proof', 'wildcard'] as const;
const zones = ['dane-ee', 'dane-nsec3'] as const;

export const replayedDenial: Attack = {
  id: 'ATK-32',
  title: 'denies the TLSA records by replayed proofs',
  controls: 'DNS path',
  sends: 'NSEC and NSEC3 of another name, of the parent, and of the name without those of its wildcard',
  sinkMaySee: 'nothing',
  mustBeVisible: '`tlsa-bogus`; `dnssec-invalid`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(
      zones.flatMap((zone) => proofs.map((proof) => `${proof} in ${zone}`)),
      (form) => deny(arena, form.split(' in ') as [(typeof proofs)[number], string]),
    ),
};

async function deny(arena: Arena, [proof, zone]: readonly [(typeof proofs)[number], string]): Promise<Finding> {
  const domain = await arena.fresh(zone);
  const owner = `_25._tcp.mx.${domain}`;
  if (proof === 'wildcard') {
    // The records stand at a wildcard: that the name does not exist is then true, and not enough.
    const records = tlsaOf(arena.lab, `mx.${domain}`);
    arena.lab.setRecords(owner, 'TLSA', []);
    arena.lab.setRecords(`*._tcp.mx.${domain}`, 'TLSA', records);
  }
  arena.lab.setFault(proof === 'wildcard' ? 'dns:nxdomain-without-wildcard-proof' : `dns:${proof}`, `${owner}/TLSA`);
  return nothingArrives(arena, domain);
}
