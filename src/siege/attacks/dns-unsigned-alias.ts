// ATK-45 (RFC 7672 §2.2.2): the MX host of an unsigned domain is made an alias of the attacker's signed host. The mail cannot
// be kept from him, but his TLSA records must not lend it a name for being safe.

import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, says, undetermined } from '../judging.ts';
import { attackersHost } from '../staging.ts';

export const unsignedAlias: Attack = {
  id: 'ATK-45',
  title: 'puts an unsigned alias to his signed host in front of the MX host',
  controls: 'DNS path',
  sends: 'CNAME to a signed host whose TLSA record does not match what it presents',
  sinkMaySee: 'the message, for no TLSA record applies to it',
  mustBeVisible: '`tlsa_state=insecure`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const evil = await attackersHost(arena);
    arena.lab.setRecords(`_25._tcp.${evil.host}`, 'TLSA', [`3 1 1 ${'5e'.repeat(32)}`]);
    const domain = await arena.fresh('plain');
    for (const type of ['A', 'AAAA']) arena.lab.setRecords(`mx.${domain}`, type, []);
    arena.lab.setRecords(`mx.${domain}`, 'CNAME', [`${evil.host}.`]);
    const seen = await attempt(arena, letterTo(domain));
    if (seen.messageAt.length > 0) return held(`the TLSA record behind the alias was not used: ${says(seen)}`);
    // Whoever applies it ends the session so soon that the host may never see the end of the handshake.
    const tried = arena.lab
      .host(evil.host)
      .sessions.some(({ tls, said }) => tls !== undefined || said.some(({ line }) => /^STARTTLS/i.test(line)));
    return tried ? fell('the TLSA record behind an insecure alias was applied') : undetermined(says(seen));
  },
};
