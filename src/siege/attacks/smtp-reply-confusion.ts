// ATK-94 (RFC 5321 §4.2.1): replies that are no replies.

import type { Attack } from '../attack.ts';
import { noticeAt } from '../hostile-client.ts';
import { allHeld, fell, held, letterTo, says, undetermined } from '../judging.ts';

const faults = ['reply-malformed', 'reply-unasked', 'data-250', 'dot-malformed'] as const;
/** RFC 5321 §4.2.1 lets a client go by the code of any line, so these are for who claims more. */
const twoCodes = ['reply-two-lines-two-codes', 'dot-two-codes'] as const;

export const replyConfusion: Attack = {
  id: 'ATK-94',
  title: 'answers so that a careless client takes a refusal, or nothing at all, for success',
  controls: 'server',
  sends: 'two codes in one reply, two digits, 250 to DATA, a reply that nobody asked for',
  sinkMaySee:
    'the message, once the host is mended; or a notice at the sender, which who claims strictness does not need',
  mustBeVisible: '`conn-lost`, retry',
  claims: ['dane'],
  run: async (arena) => {
    const isStrict = arena.claims.includes('strict-replies');
    const sender = await arena.fresh('dane-ee');
    return allHeld(isStrict ? [...faults, ...twoCodes] : faults, async (fault) => {
      const domain = await arena.fresh('dane-ee');
      const host = arena.lab.host(`mx.${domain}`);
      arena.lab.setFault(`mx:${fault}`, host.name);
      const handed = await arena.submit(letterTo(domain, { from: `sender@${sender}` }));
      if (handed.kind === 'refused') return undetermined(handed.reply);
      const first = await arena.watch(handed.marker);
      if (fault === 'data-250' && first.messageAt.length > 0) return fell('content was sent without a 354');
      host.setFaults([]);
      if (first.messageAt.length > 0) return held(says(first));
      if ((await arena.retry(domain)) === 'not-heard') return undetermined('this relay cannot be told to try again');
      const then = await arena.watch(handed.marker);
      if (then.messageAt.length > 0) return held('no success without a reply that says so');
      const notice = isStrict ? undefined : await noticeAt(arena, sender, handed.marker, 120_000);
      if (notice !== undefined) return held('given back to the sender, with a notice');
      // Who still waits for a reply has lost nothing.
      const isDone = fault.startsWith('dot') && host.sessions.some(({ said }) => said.at(-1)?.line === 'QUIT');
      return isStrict || isDone ? fell('the message is lost') : undetermined('neither tried again nor given back yet');
    });
  },
};
