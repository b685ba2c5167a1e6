// ATK-86 (RFC 8689 §5): the notice about a REQUIRETLS message goes a weaker way than the message.

import type { Attack } from '../attack.ts';
import { noticeAt } from '../hostile-client.ts';
import { allHeld, fell, held, letterTo, undetermined } from '../judging.ts';

const secret = 'not-for-everybody-4711';

export const noticeLeaks: Attack = {
  id: 'ATK-86',
  title: 'has the relay tell a sender without TLS about a message that needed TLS',
  controls: 'sender domain without TLS',
  sends: 'a REQUIRETLS message that no host takes; a return path in cleartext, and one with REQUIRETLS',
  sinkMaySee:
    'a notice: without REQUIRETLS only id, date, recipient, status and reason; with it the header, never the body',
  mustBeVisible: 'RTLS-43',
  claims: ['requiretls', 'dane'],
  run: (arena) =>
    allHeld(['no-tls', 'requiretls-offered'], async (returnPath) => {
      const sender = await arena.fresh(returnPath);
      const domain = await arena.fresh('requiretls-not-offered');
      const letter = { from: `sender@${sender}`, headers: [`X-Secret: ${secret}`], body: secret };
      const handed = await arena.submit(letterTo(domain, { ...letter, requiretls: 'asked' }));
      if (handed.kind === 'refused') return undetermined(handed.reply);
      const notice = await noticeAt(arena, sender, handed.marker);
      if (notice === undefined) return undetermined('no notice came');
      const text = notice.raw.toString('latin1');
      const protectedWay = notice.mail.includes('REQUIRETLS') && notice.session.tls !== undefined;
      const told = protectedWay
        ? text.split(secret).length - 1 > 1
        : text.includes(secret) || /^Subject: siege/m.test(text);
      return told ? fell('the notice carries what the message said') : held('the notice tells no more than it may');
    }),
};
