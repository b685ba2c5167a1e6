// ATK-88 (RFC 5321 §4.1.1.4): sequences that other servers take for the end of data.

import type { Attack } from '../attack.ts';
import { heardWith, letPass, newMarker, openData, pause, shortly } from '../hostile-client.ts';
import { allHeld, fell, held } from '../judging.ts';

const endings = {
  'LF.LF': '\n.\n',
  'LF.CRLF': '\n.\r\n',
  'CRLF.LF': '\r\n.\n',
  'CR.CR': '\r.\r',
  'LF.CR': '\n.\r',
  'CRLF.CR': '\r\n.\r',
  'CR.CRLF': '\r.\r\n',
  'CRLF NUL.CRLF': '\r\n\0.\r\n',
} as const;

export const smugglingIn: Attack = {
  id: 'ATK-88',
  title: 'hides a second message behind what is not quite the end of data',
  controls: 'submitting client',
  sends: 'LF.LF, LF.CRLF, CRLF.LF, CR.CR, LF.CR, CRLF.CR, CR.CRLF, CRLF NUL.CRLF with commands behind',
  sinkMaySee: 'one message or none; never the hidden one, never a bare CR or LF',
  mustBeVisible: '550 5.5.2, one or no message queued',
  claims: ['smtp-server'],
  run: (arena) =>
    allHeld(Object.keys(endings) as (keyof typeof endings)[], async (form) => {
      const domain = await arena.fresh('plain');
      const marker = newMarker();
      const hidden = newMarker();
      const talk = await openData(arena.target, `sender.${marker}@relay.lab.test`, `first.${marker}@${domain}`);
      const second = [`MAIL FROM:<sender.${hidden}@relay.lab.test>`, `RCPT TO:<second.${hidden}@${domain}>`, 'DATA'];
      // One after the other, as a server between us would see them come: no command stands behind a DATA.
      talk.send(`Subject: siege\r\n\r\n${marker}${endings[form]}`);
      await pause(200);
      talk.send(`${second.join('\r\n')}\r\n`);
      await pause(200);
      talk.send('Subject: hidden\r\n\r\nhidden\r\n.\r\n');
      while (!/^(closed|silent)$/.test(await talk.hear(shortly)));
      talk.close();
      await letPass(arena, domain);
      if (heardWith(arena, hidden).length > 0) return fell('the hidden message was sent on');
      const bare = arena.lab
        .messages()
        .find(({ raw }) => raw.includes(marker) && /\r(?!\n)|(?<!\r)\n/.test(raw.toString('latin1')));
      return bare === undefined ? held('no hidden message, no bare CR or LF') : fell('a bare CR or LF was sent on');
    }),
};
