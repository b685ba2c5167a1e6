// ATK-94 (RFC 5321 §4.2.1): replies that are no replies.

import type { Attack } from '../attack.ts';
import { allHeld, fell, held, letterTo, says, undetermined } from '../judging.ts';

const faults = ['reply-malformed', 'reply-unasked', 'data-250', 'dot-malformed'] as const;
/** Only for who claims to take them for errors: RFC 5321 §4.2.1 lets a client go by the code of any line. */
const twoCodes = ['reply-two-lines-two-codes', 'dot-two-codes'] as const;

export const replyConfusion: Attack = {
  id: 'ATK-94',
  title: 'answers so that a careless client takes a refusal, or nothing at all, for success',
  controls: 'server',
  sends: 'two codes in one reply, two digits, 250 to DATA, a reply that nobody asked for',
  sinkMaySee: 'the message, once the host is mended',
  mustBeVisible: '`conn-lost`, retry',
  claims: ['dane'],
  run: (arena) =>
    allHeld(arena.claims.includes('strict-replies') ? [...faults, ...twoCodes] : faults, async (fault) => {
      const domain = await arena.fresh('dane-ee');
      const host = arena.lab.host(`mx.${domain}`);
      arena.lab.setFault(`mx:${fault}`, host.name);
      const handed = await arena.submit(letterTo(domain));
      if (handed.kind === 'refused') return undetermined(handed.reply);
      const first = await arena.watch(handed.marker);
      if (fault === 'data-250' && first.messageAt.length > 0) return fell('content was sent without a 354');
      host.setFaults([]);
      if (first.messageAt.length > 0) return held(says(first));
      if ((await arena.retry(domain)) === 'not-heard') return undetermined('this relay cannot be told to try again');
      const then = await arena.watch(handed.marker);
      return then.messageAt.length > 0 ? held('no success without a reply that says so') : fell('the message is lost');
    }),
};
