// ATK-46 (RFC 7672 §2.2.2): the MX host is a signed alias of a provider's unsigned name, whose address is forged. The TLSA
// records stand at the alias and hold.

import type { LabDestination } from '../../lab/destination-plan.ts';
import { sent } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { attackersHost, dropSessions, tlsaOf } from '../staging.ts';

const site: LabDestination = {
  name: 'behind-alias',
  story: 'The MX host is a secure alias of a host in an unsigned zone; TLSA at the alias.',
  domain: 'behind-alias.test',
  zone: 'signed',
  zones: [{ apex: 'provider-of-it.example', zone: 'unsigned' }],
  mx: [[10, 'mx.behind-alias.test']],
  hosts: [{ name: 'in.provider-of-it.example', tlsa: [{ usage: 3, selector: 1, matching: 1, of: 'leaf' }] }],
  records: ['mx.behind-alias.test. CNAME in.provider-of-it.example.'],
  expected: sent('dane', 'dane-ee'),
};

export const forgedProviderAddress: Attack = {
  id: 'ATK-46',
  title: 'forges the addresses of an unsigned provider behind a signed alias',
  controls: 'DNS path',
  sends: "one message with the true address; then the address of the attacker's host",
  sinkMaySee: 'the first message at the provider; a handshake at the attacker, no MAIL',
  mustBeVisible: '`cert-no-tlsa-match`',
  claims: ['dane'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    const domain = await arena.fresh(site);
    const provider = arena.lab.destinations.find((one) => one.domain === domain)?.hosts[0]?.name ?? '';
    arena.lab.setRecords(`_25._tcp.mx.${domain}`, 'TLSA', tlsaOf(arena.lab, provider));
    const first = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [provider]);
    if (first.kind !== 'held') return first;
    arena.lab.setRecords(provider, 'A', [evil.address]);
    await dropSessions(arena.lab, provider);
    return nothingArrives(arena, domain);
  },
};
