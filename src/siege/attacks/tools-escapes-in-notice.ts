// ATK-112 (RPT-97, RFC 3464): a hostile server’s words are shown to people.

import type { Attack } from '../attack.ts';
import { noticeAt } from '../hostile-client.ts';
import { fell, held, letterTo, undetermined } from '../judging.ts';

export const escapesInNotice: Attack = {
  id: 'ATK-112',
  title: 'answers with escapes for terminals, browsers and JSON, which the sender then reads',
  controls: 'server',
  sends: '550 with ESC, BEL, BS, C1 controls, markup and a direction mark',
  sinkMaySee: 'a notice that shows the reply without a control character',
  mustBeVisible: 'RPT-97',
  claims: ['smtp-server'],
  run: async (arena) => {
    const sender = await arena.fresh('plain');
    const domain = await arena.fresh('plain');
    arena.lab.setFault('mx:reply-escapes', `mx.${domain}`);
    const handed = await arena.submit(letterTo(domain, { from: `sender@${sender}` }));
    if (handed.kind === 'refused') return undetermined(handed.reply);
    const notice = await noticeAt(arena, sender, handed.marker);
    if (notice === undefined) return undetermined('no notice came');
    const odd = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80\xae|[\x80-\x9f](?<![\xc2-\xf4][\x80-\x9f])/.exec(
      notice.raw.toString('latin1'),
    );
    return odd === null
      ? held('the notice has no control character')
      : fell(`the notice has ${JSON.stringify(odd[0])}`);
  },
};
