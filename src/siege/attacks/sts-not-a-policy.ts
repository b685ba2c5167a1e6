// ATK-65 (RFC 8461 §3.2): what the policy host serves is no policy.

import type { Attack } from '../attack.ts';
import { allHeld } from '../judging.ts';
import { cachedPolicyHolds, nothingDemanded } from '../sts.ts';

export const stsNotAPolicy: Attack = {
  id: 'ATK-65',
  title: 'has the policy host serve what is no policy',
  controls: 'content of the web server',
  sends: 'a web page, 404, another media type, under a new id; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL',
  mustBeVisible: '`sts-policy-invalid`',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['html', 'not-found', 'wrong-media-type'], (form) =>
      cachedPolicyHolds(arena, (domain) => {
        arena.lab.publishPolicy(domain, nothingDemanded);
        arena.lab.setFault(`sts:${form}`, domain);
      }),
    ),
};
