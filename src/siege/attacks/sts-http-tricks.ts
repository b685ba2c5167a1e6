// ATK-74 (RFC 8461 §3.3): what HTTP would allow and a policy fetch must not.

import type { Attack } from '../attack.ts';
import { allHeld, fell } from '../judging.ts';
import { cachedPolicyHolds, nothingDemanded } from '../sts.ts';

const wellKnown = '/.well-known/mta-sts.txt';
const lineEnds = { 'id with a header line': '\r\n', 'id with octets in percent form': '%0d%0a' } as const;

const isOdd = (headers: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(headers).some((name) => name.startsWith('if-') || name === 'x-injected' || name === 'cookie');

export const stsHttpTricks: Attack = {
  id: 'ATK-74',
  title: 'answers 304, and puts a header line into the id',
  controls: 'DNS and TCP path',
  sends: '304 Not Modified under a new id; an id with CR LF and `Host:`; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL; no conditional request, nothing of the id in a request',
  mustBeVisible: 'nothing',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['304', 'id with a header line', 'id with octets in percent form'] as const, async (form) => {
      let besieged = '';
      const finding = await cachedPolicyHolds(arena, (domain) => {
        besieged = domain;
        arena.lab.publishPolicy(domain, nothingDemanded);
        if (form === '304') arena.lab.setFault('sts:not-modified', domain);
        else arena.lab.setRecords(`_mta-sts.${domain}`, 'TXT', [`"v=STSv1; id=2${lineEnds[form]}X-Injected: yes;"`]);
      });
      const odd = arena.lab.policyHosts.requests.find(
        (one) => one.host === `mta-sts.${besieged}` && (one.path !== wellKnown || isOdd(one.headers)),
      );
      return odd === undefined ? finding : fell(`the policy host was asked ${JSON.stringify(odd)}`);
    }),
};
