// ATK-60 (RFC 8461 §3.1, §10.2): the TXT record is gone or cannot be had, and the policy is in the cache.

import type { Attack } from '../attack.ts';
import { allHeld } from '../judging.ts';
import { cachedPolicyHolds } from '../sts.ts';

export const stsTxtRemoved: Attack = {
  id: 'ATK-60',
  title: 'removes or breaks the TXT record of a domain whose policy is cached',
  controls: 'DNS path',
  sends: '`_mta-sts` answered NODATA, NXDOMAIN, SERVFAIL, with two records or with garbage; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL',
  mustBeVisible: '`fail-cached-enforce`; `sts-policy-fetch-error`',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['removed', 'dns:nxdomain-without-proof', 'dns:servfail', 'two records', 'garbage'], (form) =>
      cachedPolicyHolds(arena, (domain) => {
        const owner = `_mta-sts.${domain}`;
        if (form === 'removed') arena.lab.setRecords(owner, 'TXT', []);
        else if (form === 'two records') arena.lab.setRecords(owner, 'TXT', ['"v=STSv1; id=1;"', '"v=STSv1; id=2;"']);
        else if (form === 'garbage') arena.lab.setRecords(owner, 'TXT', ['"v=STSv1; id=no id;"']);
        else arena.lab.setFault(form, `${owner}/TXT`);
      }),
    ),
};
