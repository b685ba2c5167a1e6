// ATK-62 (RFC 8461 §3.3): a new id is announced, and the policy host cannot be reached.

import type { Attack } from '../attack.ts';
import { allHeld } from '../judging.ts';
import { cachedPolicyHolds, nothingDemanded } from '../sts.ts';

export const stsHostBlocked: Attack = {
  id: 'ATK-62',
  title: 'announces a new id and blocks the policy host',
  controls: 'DNS and TCP path',
  sends: 'another id; connections to the policy host reset, refused by name, or answered 503; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL',
  mustBeVisible: '`sts-policy-fetch-error`',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['sts:drop', 'sts:server-error', 'no address'], (form) =>
      cachedPolicyHolds(arena, (domain) => {
        arena.lab.publishPolicy(domain, nothingDemanded);
        if (form === 'no address') arena.lab.setFault('dns:servfail', `mta-sts.${domain}`);
        else arena.lab.setFault(form, domain);
      }),
    ),
};
