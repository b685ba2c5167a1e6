// ATK-89 (RFC 5321 §2.3.8, RFC 3030 §2): content with bare line ends is sent on in DATA.

import type { Attack } from '../attack.ts';
import { converse, heardWith, letPass, newMarker, openGreeted, shortly } from '../hostile-client.ts';
import { allHeld, fell, held } from '../judging.ts';

export const smugglingOut: Attack = {
  id: 'ATK-89',
  title: 'stores content with bare LF and CR, by DATA or by BDAT, for the next server to stumble over',
  controls: 'author',
  sends: '`LF.LF` and `CR.CR` in DATA; the same in a BDAT chunk, also where CHUNKING is not offered',
  sinkMaySee: 'the message without a bare CR or LF in DATA, or none',
  mustBeVisible: 'no bare LF at the sink',
  claims: ['smtp-server'],
  run: (arena) =>
    allHeld(['DATA', 'BDAT'], async (verb) => {
      const domain = await arena.fresh('plain');
      const marker = newMarker();
      const talk = await openGreeted(arena.target);
      const addresses = [`MAIL FROM:<sender.${marker}@relay.lab.test>`, `RCPT TO:<first.${marker}@${domain}>`];
      await converse(talk, ['EHLO besieger.test', ...addresses]);
      const content = `Subject: siege\r\n\r\n${marker}\n.\nMAIL FROM:<hidden.${marker}@relay.lab.test>\r.\rend\r\n`;
      if (verb === 'BDAT') talk.send(`BDAT ${content.length} LAST\r\n${content}`);
      else {
        await converse(talk, ['DATA']);
        talk.send(`${content}.\r\n`);
      }
      while (!/^(closed|silent)$/.test(await talk.hear(shortly)));
      talk.close();
      await letPass(arena, domain);
      if (heardWith(arena, `hidden.${marker}`).length > 0) return fell('the content was taken for commands');
      const { sessions } = arena.lab.host(`mx.${domain}`);
      return sessions.some(({ bareNewline }) => bareNewline)
        ? fell('a bare CR or LF was sent on in DATA')
        : held('no bare CR or LF in DATA');
    }),
};
