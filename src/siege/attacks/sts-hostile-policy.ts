// ATK-71 (RFC 8461 §3.2, §10.3): a hijacked policy that was meant to last.

import type { Attack } from '../attack.ts';
import { fell, held, letterTo, nothingAt, says, undetermined } from '../judging.ts';

export const stsHostilePolicy: Attack = {
  id: 'ATK-71',
  title: 'plants a policy with an overlong life that names his own hosts',
  controls: 'DNS and certificate, for a while',
  sends: '`max_age: 9999999999` and `mx` of somebody else; then the owner publishes the right policy again',
  sinkMaySee: 'no MAIL while the policy stands; the message once it was put right',
  mustBeVisible: 'deferrals `sts-mx-mismatch`, STS-49',
  claims: ['mta-sts'],
  run: async (arena) => {
    const domain = await arena.fresh('sts-enforce');
    const right = { mode: 'enforce', mx: [`mx.${domain}`] } as const;
    arena.lab.publishPolicy(domain, { mode: 'enforce', mx: ['mx.hijacker.example'], maxAge: 9_999_999_999 });
    const handed = await arena.submit(letterTo(domain));
    if (handed.kind === 'refused') return undetermined(handed.reply);
    const before = nothingAt(await arena.watch(handed.marker));
    if (before.kind !== 'held') return before;
    arena.lab.publishPolicy(domain, right);
    if ((await arena.retry(domain)) === 'not-heard') return undetermined('this relay cannot be told to try again');
    const after = await arena.watch(handed.marker);
    return after.messageAt.length > 0
      ? held('nothing under the planted policy, the message after it was put right')
      : fell(`the planted policy outlived its replacement: ${says(after)}`);
  },
};
