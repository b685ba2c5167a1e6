// ATK-21 (RFC 8446 §2.2, RFC 7672 §2.2): a session is resumed, or kept open, at a server that its TLSA records no longer
// name. No certificate is shown in a resumed handshake.

import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { dropSessions } from '../staging.ts';

export const resumedSession: Attack = {
  id: 'ATK-21',
  title: 'resumes a TLS session of a key that was withdrawn',
  controls: 'server operator',
  sends: 'session tickets with the first message; then other TLSA records and the old server',
  sinkMaySee: 'the first message; of the second a handshake, no MAIL',
  mustBeVisible: '`cert-no-tlsa-match`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['resumed', 'kept open'], async (how) => {
      const domain = await arena.fresh('dane-ee');
      const host = arena.lab.host(`mx.${domain}`);
      const first = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [host.name]);
      if (first.kind !== 'held') return first;
      arena.lab.setRecords(`_25._tcp.${host.name}`, 'TLSA', [`3 1 1 ${'5e'.repeat(32)}`]);
      if (how === 'resumed') await dropSessions(arena.lab, host.name);
      return nothingArrives(arena, domain);
    }),
};
