// ATK-92 (RFC 2920 §3.1, SMUG-4): the content is sent before anybody asked for it.

import type { Attack } from '../attack.ts';
import { converse, heardWith, letPass, newMarker, openGreeted, shortly } from '../hostile-client.ts';
import { allHeld, fell, held } from '../judging.ts';

export const earlyTalker: Attack = {
  id: 'ATK-92',
  title: 'sends what stands behind DATA in the same segment, with commands in it',
  controls: 'client',
  sends: '`DATA`, commands, and the end of data in one segment',
  sinkMaySee: 'the commands as content, or nothing',
  mustBeVisible: '503 and the connection closed',
  claims: ['smtp-server'],
  run: (arena) =>
    allHeld(['DATA alone', 'the whole group'], async (form) => {
      const domain = await arena.fresh('plain');
      const marker = newMarker();
      const hidden = newMarker();
      const talk = await openGreeted(arena.target);
      const addresses = [`MAIL FROM:<sender.${marker}@relay.lab.test>`, `RCPT TO:<first.${marker}@${domain}>`];
      const content = [`MAIL FROM:<sender.${hidden}@relay.lab.test>`, `RCPT TO:<second.${hidden}@${domain}>`, 'DATA'];
      await converse(talk, ['EHLO besieger.test', ...(form === 'DATA alone' ? addresses : [])]);
      const group = ['RSET', ...(form === 'DATA alone' ? [] : addresses), 'DATA', ...content, '', 'hidden', '.', ''];
      talk.send((form === 'DATA alone' ? group.slice(1) : group).join('\r\n'));
      while (!/^(closed|silent)$/.test(await talk.hear(shortly)));
      talk.close();
      await letPass(arena, domain);
      return heardWith(arena, hidden).length > 0
        ? fell('content was run as commands')
        : held('nothing of the content was run as a command');
    }),
};
