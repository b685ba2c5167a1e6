// ATK-38 (RFC 4035 §5.2, RFC 6840 §5.11): an algorithm that nobody knows is written into signatures and keys. Only the
// parent's DS may say that a zone has no known one.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

export const unknownAlgorithm: Attack = {
  id: 'ATK-38',
  title: 'claims an unknown algorithm',
  controls: 'DNS path',
  sends: 'RRSIGs of algorithm 253 over TLSA, over DNSKEY, and over everything in the zone',
  sinkMaySee: 'nothing',
  mustBeVisible: '`tlsa-bogus` or `mx-bogus`',
  claims: ['dane', 'dnssec'],
  run: (arena) =>
    allHeld(['TLSA', 'DNSKEY', 'everything'], async (where) => {
      const domain = await arena.fresh('dane-ee');
      const places = { TLSA: `_25._tcp.mx.${domain}/TLSA`, DNSKEY: `${domain}/DNSKEY` };
      arena.lab.setFault('dns:unknown-algorithm', places[where as keyof typeof places] ?? `*.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
