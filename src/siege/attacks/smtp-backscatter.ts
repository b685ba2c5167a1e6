// ATK-96 (RFC 5321 §4.5.5, §6.1): notices that nobody asked for.

import type { Attack } from '../attack.ts';
import { heardWith, pause } from '../hostile-client.ts';
import { allHeld, attempt, fell, held, letterTo } from '../judging.ts';

export const backscatter: Attack = {
  id: 'ATK-96',
  title: 'forges senders so that notices go astray, and notices about notices',
  controls: 'client',
  sends: 'a null sender to a mailbox that is refused; a sender whose own host refuses the notice',
  sinkMaySee: 'no notice about a notice',
  mustBeVisible: 'DSN rules',
  claims: ['smtp-server'],
  run: (arena) =>
    allHeld(['null sender', 'sender that refuses'], async (form) => {
      const refusing = await arena.fresh('no-such-user');
      const sender = await arena.fresh('no-such-user');
      const seen = arena.lab.messages().length;
      const from = form === 'null sender' ? '' : `sender@${sender}`;
      const handed = await attempt(arena, letterTo(refusing, { from }));
      if (handed.mailAt.length === 0) throw new Error('the message was not tried');
      await pause(3000);
      const notices = heardWith(arena, `@${sender}`).filter((line) => line.startsWith('RCPT')).length;
      const allowed = form === 'null sender' ? 0 : 1;
      const strays = arena.lab
        .messages()
        .slice(seen)
        .filter(({ recipients }) => recipients.some((one) => one.includes('postmaster@relay.lab.test')));
      return notices > allowed || strays.length > 0
        ? fell(`${notices} notices to the sender, ${strays.length} to others`)
        : held('no notice about a notice');
    }),
};
