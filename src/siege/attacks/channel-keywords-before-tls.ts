// ATK-9 (RFC 3207 §4.2, RFC 8689 §4.2.1): keywords that stand in the cleartext EHLO only.

import type { Attack } from '../attack.ts';
import { arrivesOnlyAt, attempt, fell, letterTo, nothingAt } from '../judging.ts';

export const keywordsBeforeTls: Attack = {
  id: 'ATK-9',
  title: 'forges keywords in the EHLO before TLS',
  controls: 'TCP path',
  sends: 'SIZE 1, AUTH and REQUIRETLS in cleartext; the host offers none of them in TLS',
  sinkMaySee: 'the ordinary message without AUTH; no MAIL of the one that asks for REQUIRETLS',
  mustBeVisible: '`requiretls-unsupported` 5.7.30 for REQUIRETLS',
  claims: ['dane', 'requiretls'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const host = arena.lab.host(`mx.${domain}`);
    arena.lab.setFault('mx:keywords-before-tls', host.name);
    const ordinary = arrivesOnlyAt(await attempt(arena, letterTo(domain)), [host.name]);
    if (ordinary.kind === 'fell') return ordinary;
    if (ordinary.kind !== 'held') return fell('the forged SIZE kept an ordinary message from leaving');
    if (host.sessions.some(({ said }) => said.some(({ line }) => /^AUTH/i.test(line)))) return fell('AUTH was sent');
    return nothingAt(await attempt(arena, letterTo(domain, { requiretls: 'asked' })));
  },
};
