// ATK-81 (RFC 8689 §4.2.1): the hosts that support REQUIRETLS are blocked.

import { ee, sent, signedSite } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

const twoHosts = signedSite('two-hosts', {
  story: 'Two DANE hosts; only the first supports REQUIRETLS.',
  hosts: [
    { name: 'mx1.two-hosts.test', tlsa: [ee], faults: ['requiretls-offered'] },
    { name: 'mx2.two-hosts.test', tlsa: [ee] },
  ],
  expected: sent('dane', 'dane-ee'),
});

export const secondHostWithoutRequiretls: Attack = {
  id: 'ATK-81',
  title: 'blocks the MX host with REQUIRETLS, so that one without it is next',
  controls: 'TCP path',
  sends: 'connection refused at the first host; DANE, but no REQUIRETLS, at the second',
  sinkMaySee: 'nothing at the first, EHLO and no MAIL at the second',
  mustBeVisible: '`connect-failed`, no MAIL at the second',
  claims: ['requiretls', 'dane'],
  run: async (arena) => {
    const domain = await arena.fresh(twoHosts);
    await arena.lab.host(`mx1.${domain}`).listen('closed');
    return nothingArrives(arena, domain, { requiretls: 'asked' });
  },
};
