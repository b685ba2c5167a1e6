// ATK-95 (RFC 5321 §4.2, RFC 8446 §6.1): TLS is cut off inside the last reply.

import type { Attack } from '../attack.ts';
import { allHeld, fell, held, letterTo, undetermined } from '../judging.ts';

export const truncatedTls: Attack = {
  id: 'ATK-95',
  title: 'cuts the connection after half of the 250 to the final dot',
  controls: 'TCP path',
  sends: '`250 2.0.0` without its line end, then RST in place of close_notify',
  sinkMaySee: 'the message again, and this time to its end',
  mustBeVisible: 'retry',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['dot-cut', 'drop-at-dot'], async (fault) => {
      const domain = await arena.fresh('dane-ee');
      const host = arena.lab.host(`mx.${domain}`);
      arena.lab.setFault(`mx:${fault}`, host.name);
      const handed = await arena.submit(letterTo(domain));
      if (handed.kind === 'refused') return undetermined(handed.reply);
      await arena.watch(handed.marker);
      host.setFaults([]);
      if ((await arena.retry(domain)) === 'not-heard') return undetermined('this relay cannot be told to try again');
      const then = await arena.watch(handed.marker);
      return then.messageAt.length > 0 ? held('half a reply was no success') : fell('the message is lost');
    }),
};
