// ATK-4 (RFC 7435): STARTTLS is stripped where nothing is published. The protocol has no defence; mail must still flow.

import type { Attack } from '../attack.ts';
import { attempt, held, letterTo, says, undetermined } from '../judging.ts';

export const starttlsStrippedOpportunistic: Attack = {
  id: 'ATK-4',
  title: 'strips STARTTLS where nothing is published',
  controls: 'TCP path',
  sends: 'EHLO with XXXXXXXX where STARTTLS stood, no policy anywhere',
  sinkMaySee: 'the message in cleartext',
  mustBeVisible: '`tls_achieved=cleartext`; `starttls-not-supported` under no-policy-found',
  claims: [],
  run: async (arena) => {
    const domain = await arena.fresh('plain');
    arena.lab.setFault('mx:starttls-stripped', `mx.${domain}`);
    const seen = await attempt(arena, letterTo(domain));
    if (seen.messageAt.length > 0) return held(`${says(seen)}: opportunistic TLS has no defence`);
    return undetermined(`the relay asks for more than the protocol does: ${says(seen)}`);
  },
};
