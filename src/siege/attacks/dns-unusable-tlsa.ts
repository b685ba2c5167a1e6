// ATK-59 (RFC 7672 §2.2, §3.1.3): TLSA records that SMTP may not use. They disable authentication, not TLS.

import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';
import { dropSessions } from '../staging.ts';

const digest = '5e'.repeat(32);
const sets = {
  'usage 0 and 1': [`0 0 1 ${digest}`, `1 1 1 ${digest}`],
  'unknown parameters': [`255 1 1 ${digest}`, `3 200 1 ${digest}`, `3 1 77 ${digest}`],
  'wrong length': ['3 1 1 5e5e', `3 1 2 ${digest}`],
} as const;

export const unusableTlsa: Attack = {
  id: 'ATK-59',
  title: 'publishes TLSA records that nobody can use, and strips STARTTLS',
  controls: 'zone owner, or a mistake; then the TCP path',
  sends: 'usages 0 and 1, unknown parameters, digests of wrong length',
  sinkMaySee: 'one message over TLS, none without',
  mustBeVisible: '`tlsa-unusable`; `tlsa-invalid`; without TLS `starttls-missing`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(Object.keys(sets) as (keyof typeof sets)[], async (which) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setRecords(`_25._tcp.mx.${domain}`, 'TLSA', sets[which]);
      const overTls = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [`mx.${domain}`]);
      if (overTls.kind !== 'held') return overTls;
      arena.lab.setFault('mx:starttls-stripped', `mx.${domain}`);
      await dropSessions(arena.lab, `mx.${domain}`);
      return nothingArrives(arena, domain);
    }),
};
