// ATK-87 (RFC 8689 §5): the sender asks for the whole message back.

import type { Attack } from '../attack.ts';
import { converse, newMarker, noticeAt, openGreeted } from '../hostile-client.ts';
import { fell, held, undetermined } from '../judging.ts';

const secret = 'the-body-of-the-message-4711';

export const returnFull: Attack = {
  id: 'ATK-87',
  title: 'asks with RET=FULL that the notice about a REQUIRETLS message return all of it',
  controls: 'sender',
  sends: '`MAIL FROM:<…> REQUIRETLS RET=FULL`; a host without REQUIRETLS',
  sinkMaySee: 'a notice without the body',
  mustBeVisible: 'DSN with the header alone',
  claims: ['requiretls', 'dane'],
  run: async (arena) => {
    const sender = await arena.fresh('requiretls-offered');
    const domain = await arena.fresh('requiretls-not-offered');
    const marker = newMarker();
    const talk = await openGreeted(arena.target);
    await converse(talk, ['EHLO besieger.test', 'STARTTLS']);
    await talk.secure();
    const mail = `MAIL FROM:<sender.${marker}@${sender}> REQUIRETLS RET=FULL`;
    await converse(talk, ['EHLO besieger.test', mail, `RCPT TO:<postmaster.${marker}@${domain}>`, 'DATA']);
    await converse(talk, [`Subject: siege\r\nMessage-ID: <${marker}@besieger.test>\r\n\r\n${secret}\r\n.`]);
    talk.close();
    const notice = await noticeAt(arena, sender, marker);
    if (notice === undefined) return undetermined('no notice came');
    return notice.raw.includes(secret) ? fell('the notice returns the body') : held('the notice returns no body');
  },
};
