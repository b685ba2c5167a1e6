// ATK-57 (RFC 5011 §2): a new root key, signed by itself alone, and a whole internet below it.

import { RrType } from '../../core/dns/message.ts';
import { daneHost, sent } from '../../lab/destination-plan.ts';
import { makeAuthority } from '../../lab/dns/authority.ts';
import { putSet } from '../../lab/dns/zone.ts';
import { makeZones } from '../../lab/world-zones.ts';
import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, nothingAt } from '../judging.ts';
import { attackersHost, dialled, rootKeyTtl, tlsaOf, zoneAt } from '../staging.ts';

export const forgedRoot: Attack = {
  id: 'ATK-57',
  title: 'rolls the root key over to his own',
  controls: 'DNS path',
  sends: "the root's keys and one more that signs the set, a top-level domain below it with DANE in good order",
  sinkMaySee: "no connection at the attacker's host; honest mail arrives afterwards",
  mustBeVisible: 'state of the trust anchors',
  claims: ['dnssec'],
  runs: 'alone',
  run: async (arena) => {
    const { lab } = arena;
    const evil = await attackersHost(arena);
    const top = `rollover-${evil.domain.split('.')[0]}`;
    const domain = `mail.${top}`;
    const plan = { name: 'rollover', story: 'Below a false root.', domain, zone: 'signed' as const };
    const rogue = makeZones({
      destinations: [{ ...plan, hosts: [daneHost(domain)], expected: sent('dane', 'dane-ee') }],
      hosts: [{ name: `mx.${domain}`, address: evil.address, tlsa: tlsaOf(lab, evil.host) }],
      policies: [],
      policyAddress: evil.address,
      smtpPort: lab.ports.smtp,
      further: [{ apex: top, signing: {}, lines: [] }],
    });
    addTrueKeys(rogue[0], zoneAt(lab, '.'));
    const authority = makeAuthority(rogue);
    lab.dns.usurp('.', 'DNSKEY', authority);
    lab.dns.usurp(`*.${top}`, undefined, authority);
    // Whoever keeps the true keys asks again when their time is over.
    await new Promise((resolve) => setTimeout(resolve, rootKeyTtl * 1000 + 200));
    const seen = await attempt(arena, letterTo(domain));
    if (dialled(lab, evil.host)) return fell('the false root was believed');
    const finding = nothingAt(seen);
    return finding.kind === 'held' ? held("no connection at the attacker's host") : finding;
  },
};

/** The set then looks like the first half of a rollover. */
function addTrueKeys(forged: ReturnType<typeof makeZones>[number] | undefined, root: ReturnType<typeof zoneAt>): void {
  const own = forged?.sets.get(forged.apex)?.get(RrType.DNSKEY);
  const real = root.sets.get(root.apex)?.get(RrType.DNSKEY);
  if (forged && own && real) putSet(forged, forged.apex, RrType.DNSKEY, [...real.records, ...own.records], own.ttl);
}
