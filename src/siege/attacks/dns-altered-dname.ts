// ATK-48 (RFC 6672 §5.3.1, RFC 4035 §5.3): the CNAME made from a signed DNAME bears no signature, so it is altered, to lead to
// the attacker's TLSA record.

import type { Attack } from '../attack.ts';
import { arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { dropSessions, newIdentity, tlsaFor, tlsaOf } from '../staging.ts';

export const alteredDname: Attack = {
  id: 'ATK-48',
  title: 'alters the CNAME that a DNAME makes',
  controls: 'DNS path',
  sends: "the true DNAME, and a CNAME to the attacker's own signed TLSA record, whose key the host presents",
  sinkMaySee: 'one message before the attack, none under it',
  mustBeVisible: '`tlsa-bogus`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const evil = await arena.fresh('dane-ee');
    const host = arena.lab.host(`mx.${domain}`);
    const port = arena.lab.ports.smtp;
    const records = tlsaOf(arena.lab, host.name);
    arena.lab.setRecords(`_25._tcp.${host.name}`, 'TLSA', []);
    arena.lab.setRecords(`_tcp.${host.name}`, 'DNAME', [`keys.${domain}.`]);
    for (const at of new Set([25, port])) arena.lab.setRecords(`_${at}.keys.${domain}`, 'TLSA', records);
    const before = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [host.name]);
    if (before.kind !== 'held') return before;
    const certificate = await newIdentity(arena.lab, host.name, { by: 'self' });
    host.present(certificate);
    arena.lab.setRecords(`_25._tcp.mx.${evil}`, 'TLSA', [tlsaFor(certificate.chainPem)]);
    arena.lab.setFault('dns:altered-cname', `_25._tcp.${host.name}/TLSA`, [`_25._tcp.mx.${evil}.`]);
    await dropSessions(arena.lab, host.name);
    return nothingArrives(arena, domain);
  },
};
