// ATK-44 (RFC 7505, RFC 7672 §2.2.1): a signed domain is said to take no mail. Unproven, that must not bounce anything. (Of
// an unsigned domain it is believed: a limit of the protocol.)

import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, says, undetermined } from '../judging.ts';

const waitForBounce = 3000;

export const forgedNullMx: Attack = {
  id: 'ATK-44',
  title: 'forges a null MX for a signed domain',
  controls: 'DNS path',
  sends: 'MX 0 . without a signature',
  sinkMaySee: 'nothing at the host, no bounce at the sender',
  mustBeVisible: '`mx-bogus`',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    const sender = await arena.fresh('dane-ee');
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('dns:rewrite', `${domain}/MX`, ['0 .']);
    const from = `sender@${sender}`;
    const seen = await attempt(arena, letterTo(domain, { from }));
    if (seen.mailAt.length > 0) return fell(says(seen));
    await new Promise((resolve) => setTimeout(resolve, waitForBounce));
    const notices = (): number =>
      arena.lab.host(`mx.${sender}`).messages.filter(({ mail }) => mail.startsWith('<>')).length;
    if (notices() > 0) return fell('the forged null MX was believed: a bounce came to the sender');
    // The sender does get mail, so a bounce would have come.
    const reachable = await attempt(arena, letterTo(sender));
    if (reachable.messageAt.length === 0) return undetermined('no mail gets through to the sender');
    return held('no MAIL FROM and no bounce');
  },
};
