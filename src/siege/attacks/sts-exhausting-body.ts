// ATK-66 (RFC 8461 §3.3): the policy host wears the relay down.

import { enforced } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { allHeld, letterTo, nothingAt } from '../judging.ts';
import { cachedPolicy, nothingDemanded, takeOver } from '../sts.ts';

export const stsExhaustingBody: Attack = {
  id: 'ATK-66',
  title: 'serves a policy without end, by single octets, packed, behind a giant header, or not at all',
  controls: 'the web server',
  sends: 'endless, slow, silent, gzip and giant-header answers under a new id; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL; other mail passes meanwhile',
  mustBeVisible: '`sts-policy-fetch-error`',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['endless', 'giant-header', 'gzip', 'slow', 'silent'], async (form) => {
      const domain = await cachedPolicy(arena);
      arena.lab.publishPolicy(domain, nothingDemanded);
      arena.lab.setFault(`sts:${form}`, domain);
      await takeOver(arena, `mx.${domain}`);
      const handed = await arena.submit(letterTo(domain));
      if (handed.kind === 'refused') throw new Error(handed.reply);
      // While the slow ones are still being read, the control message must pass; they end only after the fetch's deadline.
      if (form !== 'slow' && form !== 'silent') return nothingAt(await arena.watch(handed.marker));
      await arena.control();
      const finding = nothingAt(arena.seen(handed.marker));
      arena.lab.publishPolicy(domain, enforced(domain));
      arena.lab.policyHosts.policy(domain)?.faults.clear();
      return finding;
    }),
};
