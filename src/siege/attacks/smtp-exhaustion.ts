// ATK-93 (RFC 5321 §4.5.3): long lines, long replies, and peers that never finish.

import type { Attack } from '../attack.ts';
import { openData, openGreeted, shortly } from '../hostile-client.ts';
import { fell, held, letterTo } from '../judging.ts';
import type { Talk } from '../talk.ts';

export const exhaustion: Attack = {
  id: 'ATK-93',
  title: 'wears the relay down from both sides with octets without end and without haste',
  controls: 'peer',
  sends:
    '200 clients with half a command; lines and headers of megabytes; MX hosts whose greeting or reply never ends, trickles or is slow',
  sinkMaySee: 'no MAIL at the hostile hosts but where they take it; other mail passes meanwhile',
  mustBeVisible: '500/421; `conn-lost`',
  claims: ['smtp-server'],
  runs: 'alone',
  run: async (arena) => {
    const talks: Talk[] = [];
    try {
      const slow = Array.from({ length: 200 }, async () => {
        const talk = await openGreeted(arena.target);
        talks.push(talk);
        talk.send('EHLO bes');
      });
      await Promise.all(slow);
      for (const octets of ['x'.repeat(300_000), `X-Long: ${'x'.repeat(3_000_000)}\r\n\r\n.\r\n`]) {
        const inData = octets.startsWith('X-Long');
        const domain = await arena.fresh('plain');
        const talk = inData
          ? await openData(arena.target, 'sender@relay.lab.test', `first@${domain}`)
          : await openGreeted(arena.target);
        talks.push(talk);
        talk.send(octets);
        await talk.hear(shortly);
      }
      for (const fault of ['greeting-endless-line', 'greeting-drip', 'reply-endless', 'handshake-silence']) {
        const domain = await arena.fresh('dane-ee');
        arena.lab.setFault(`mx:${fault}`, `mx.${domain}`);
        await arena.submit(letterTo(domain));
      }
      return (await arena.control()) === 'arrived'
        ? held('the control message passed while all of them were waiting')
        : fell('no mail passes while they are waiting');
    } finally {
      for (const talk of talks) talk.close();
    }
  },
};
