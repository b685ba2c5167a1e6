// ATK-97 (RFC 5321 §6.3): mail that comes back.

import { connect, createServer } from 'node:net';
import { deferred, unsignedSite } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { noticeAt } from '../hostile-client.ts';
import { fell, held, letterTo, undetermined } from '../judging.ts';

const wayBack = '127.26.97.1';
const leadingBack = unsignedSite(
  'leading-back',
  { story: 'The MX host is a way back into the relay.', expected: deferred('connect-failed') },
  { at: { address: wayBack } },
);

/** RFC 5321 §6.3 asks for at least 100 before it is called a loop; relays take 50 to 100. */
const most = 150;
const countReceived = (text: string): number => text.match(/^Received:/gm)?.length ?? 0;

export const loop: Attack = {
  id: 'ATK-97',
  title: 'has an MX host hand all mail back to the relay',
  controls: 'zone owner',
  sends: 'an MX host that is a way back into the relay itself',
  sinkMaySee: 'the connections of a loop that ends, and a notice',
  mustBeVisible: '5.4.6',
  claims: ['smtp-server'],
  runs: 'alone',
  run: async (arena) => {
    const sender = await arena.fresh('plain');
    const domain = await arena.fresh(leadingBack);
    let rounds = 0;
    const back = createServer((socket) => {
      rounds++;
      const into = connect(arena.target);
      for (const one of [socket, into]) one.on('error', () => one.destroy());
      socket.pipe(into).pipe(socket);
    });
    await new Promise<void>((resolve, reject) => {
      back.once('error', reject);
      back.listen({ host: wayBack, port: arena.lab.ports.smtp }, resolve);
    });
    try {
      const handed = await arena.submit(letterTo(domain, { from: `sender@${sender}` }));
      if (handed.kind === 'refused') return undetermined(handed.reply);
      const notice = await noticeAt(arena, sender, handed.marker);
      const passes = notice === undefined ? rounds : Math.max(rounds, countReceived(notice.raw.toString('latin1')));
      if (passes > most) return fell(`${passes} rounds`);
      return notice === undefined
        ? undetermined(`no notice after ${rounds} rounds`)
        : held(`a notice after ${passes} rounds`);
    } finally {
      back.close();
    }
  },
};
