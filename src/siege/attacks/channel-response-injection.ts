// ATK-7 (RFC 3207 §6, CVE-2011-0411 the other way round): forged replies in the segment of the 220, then the host's own TLS.

import type { Arena, Attack, Finding, Submission } from '../attack.ts';
import { allHeld, attempt, fell, held, letterTo, says } from '../judging.ts';

export const responseInjection: Attack = {
  id: 'ATK-7',
  title: 'injects replies behind the 220 to STARTTLS',
  controls: 'TCP path',
  sends: '220 and a forged EHLO reply with REQUIRETLS in one segment; then TLS with the host itself',
  sinkMaySee: 'nothing in TLS that answers a forged line; no message with REQUIRETLS',
  mustBeVisible: '`starttls-injection`; `validation-failure`',
  claims: ['dane'],
  run: (arena) => {
    const asks = arena.claims.includes('requiretls') ? (['no', 'asked'] as const) : (['no'] as const);
    return allHeld(asks, (requiretls) => inject(arena, requiretls));
  },
};

async function inject(arena: Arena, requiretls: NonNullable<Submission['requiretls']>): Promise<Finding> {
  const domain = await arena.fresh('dane-ee');
  const host = arena.lab.host(`mx.${domain}`);
  arena.lab.setFault('mx:starttls-injection-then-tls', host.name);
  const seen = await attempt(arena, letterTo(domain, { requiretls }));
  if (host.sessions.some(({ hasty }) => hasty > 0)) return fell('commands in TLS that answer the forged EHLO reply');
  if (seen.mailAt.length === 0) return held('connection dropped');
  // The host offers no REQUIRETLS: who sends it all the same has it from the forged lines.
  if (requiretls === 'asked' || seen.inCleartext === 'yes') return fell(says(seen));
  return held(`forged lines without effect: ${says(seen)}`);
}
