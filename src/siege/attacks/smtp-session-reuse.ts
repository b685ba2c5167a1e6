// ATK-98 (SMTP-13): a message rides a connection that was good enough for another one.

import type { Attack } from '../attack.ts';
import { allHeld, attempt, letterTo, nothingArrives, says, undetermined } from '../judging.ts';

export const sessionReuse: Attack = {
  id: 'ATK-98',
  title: 'profits from a connection that an undemanding message opened',
  controls: 'nothing: the fault would be the relay’s own',
  sends:
    'a message to a domain without policy; at once one to a domain whose enforced policy the same host fails, and one with REQUIRETLS',
  sinkMaySee: 'the first message, nothing of the others',
  mustBeVisible: 'test on reuse',
  claims: ['mta-sts', 'requiretls'],
  run: (arena) =>
    allHeld(['sts-untrusted', 'requiretls-unvalidated', 'tls-required-no'] as const, async (form) => {
      const domain = await arena.fresh(form);
      const plain = await arena.fresh('plain');
      arena.lab.setRecords(`${plain}.`, 'MX', [`10 mx.${domain}.`]);
      const opening =
        form === 'tls-required-no' ? letterTo(domain, { headers: ['TLS-Required: No'] }) : letterTo(plain);
      const first = await attempt(arena, opening);
      if (first.messageAt.length === 0) return undetermined(`the first should have arrived: ${says(first)}`);
      return nothingArrives(arena, domain, form === 'requiretls-unvalidated' ? { requiretls: 'asked' } : {});
    }),
};
