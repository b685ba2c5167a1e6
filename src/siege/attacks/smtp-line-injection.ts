// ATK-91 (RFC 5321 §4.1.2, RFC 3461 §4): line ends where no line ends.

import type { Attack } from '../attack.ts';
import { heardWith, letPass, newMarker, noticeAt, openGreeted, shortly } from '../hostile-client.ts';
import { allHeld, fell, held } from '../judging.ts';

type Form = { readonly ehlo?: string; readonly local?: string; readonly mail?: string; readonly rcpt?: string };

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const forms: readonly Form[] = [
  { ehlo: 'besieger\nX-Injected: yes' },
  { ehlo: 'besieger\rX-Injected: yes' },
  { local: 'a\nX-Injected: yes\n' },
  { local: '"a\rX-Injected: yes\r"' },
  { local: '"a\\\r\\\nX-Injected: yes"' },
  { local: 'a\0b' },
  { local: utf8('a\u0085X-Injected: yes\u0085b'), mail: ' SMTPUTF8' },
  { local: utf8('"a\u2028X-Injected: yes\u2028b"'), mail: ' SMTPUTF8' },
  { mail: ' ENVID=a+0D+0AX-Injected:+20yes' },
  { rcpt: ' ORCPT=rfc822;a+0D+0AX-Injected:+20yes' },
  { rcpt: ' NOTIFY=FAILURE\nX-Injected: yes' },
];

export const lineInjection: Attack = {
  id: 'ATK-91',
  title: 'puts CR, LF and their look-alikes into names, addresses and DSN parameters',
  controls: 'client',
  sends:
    'EHLO name, sender and recipient with CR, LF, NUL, U+0085 and U+2028; ORCPT and ENVID with `+0D+0A`; a notice is provoked',
  sinkMaySee: 'no header field and no command that the client did not write as one',
  mustBeVisible: '501; DSN fields clean',
  claims: ['smtp-server'],
  run: (arena) =>
    allHeld(forms, async ({ ehlo = 'besieger.test', local = 'sender', mail = '', rcpt = '' }) => {
      const sender = await arena.fresh('plain');
      const refusing = await arena.fresh('no-such-user');
      const marker = newMarker();
      const talk = await openGreeted(arena.target);
      const lines = [
        `EHLO ${ehlo}`,
        `MAIL FROM:<${local}.${marker}@${sender}>${mail}`,
        `RCPT TO:<first.${marker}@${refusing}>${rcpt}`,
        'DATA',
        `Subject: siege\r\nMessage-ID: <${marker}@besieger.test>\r\n\r\n${marker}\r\n.`,
      ];
      let last = '';
      for (const line of lines) {
        talk.send(`${line}\r\n`);
        last = await talk.hear(shortly);
        if (!/^[23]/.test(last)) break;
      }
      talk.close();
      if (last.startsWith('250')) await noticeAt(arena, sender, marker);
      await letPass(arena, sender);
      const injected = arena.lab
        .messages()
        .some(({ host, raw }) => host.includes(sender) && /^X-Injected/m.test(raw.toString('latin1')));
      const command = heardWith(arena, 'X-Injected').some((line) => line.startsWith('X-Injected'));
      return injected || command
        ? fell('a line of the client’s making was sent on')
        : held('no line was added anywhere');
    }),
};
