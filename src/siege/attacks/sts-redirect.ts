// ATK-63 (RFC 8461 §3.3): the policy host redirects to where the attacker has a policy.

import type { Attack } from '../attack.ts';
import { fell } from '../judging.ts';
import { cachedPolicyHolds, nothingDemanded } from '../sts.ts';

export const stsRedirect: Attack = {
  id: 'ATK-63',
  title: 'redirects the policy request to a policy of his own',
  controls: 'TCP path and certificate, or a fault of the server',
  sends: '302 to a place where mode none is served; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL; no request at the other place',
  mustBeVisible: '`sts-policy-fetch-error`',
  claims: ['mta-sts'],
  run: async (arena) => {
    let besieged = '';
    const finding = await cachedPolicyHolds(arena, (domain) => {
      besieged = domain;
      arena.lab.publishPolicy(domain, nothingDemanded);
      arena.lab.setFault('sts:redirect', domain);
    });
    const followed = arena.lab.policyHosts.requests.filter(
      ({ host, path }) => host === `mta-sts.${besieged}` && path === '/elsewhere',
    );
    return followed.length > 0 ? fell('the redirect was followed') : finding;
  },
};
