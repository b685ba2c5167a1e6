// ATK-97 (RFC 5321 §6.3): mail that comes back.

import { connect, createServer, type Server } from 'node:net';
import { deferred, unsignedSite } from '../../lab/destination-plan.ts';
import type { Arena, Attack } from '../attack.ts';
import { findNotice, until } from '../hostile-client.ts';
import { fell, held, letterTo, undetermined } from '../judging.ts';

const wayBack = '127.26.97.1';
const leadingBack = unsignedSite(
  'leading-back',
  { story: 'The MX host is a way back into the relay.', expected: deferred('connect-failed') },
  { at: { address: wayBack } },
);

/** RFC 5321 §6.3 asks for at least 100 before it is called a loop; relays take 50 to 100. */
const most = 150;

/** Joins who connects to the relay. STARTTLS is overwritten, so that the rounds can be counted on the way. */
function openWayBack(target: Arena['target'], onMail: () => void): Server {
  return createServer((socket) => {
    const into = connect(target);
    for (const one of [socket, into]) one.on('error', () => one.destroy());
    socket.on('data', (octets) => {
      for (const _ of octets.toString('latin1').matchAll(/MAIL FROM:/g)) onMail();
    });
    socket.pipe(into);
    into.on('data', (octets) => socket.write(octets.toString('latin1').replace('STARTTLS', 'XXXXXXXX'), 'latin1'));
    into.on('close', () => socket.end());
  });
}

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
    const back = openWayBack(arena.target, () => {
      rounds++;
    });
    await new Promise<void>((resolve, reject) => {
      back.once('error', reject);
      back.listen({ host: wayBack, port: arena.lab.ports.smtp }, resolve);
    });
    try {
      const handed = await arena.submit(letterTo(domain, { from: `sender@${sender}` }));
      if (handed.kind === 'refused') return undetermined(handed.reply);
      const isOver = (): boolean => findNotice(arena, sender, handed.marker) !== undefined;
      await until(() => isOver() || rounds > most, 60_000);
      if (rounds > most) return fell(`more than ${most} rounds`);
      return isOver() ? held(`a notice after ${rounds} rounds`) : undetermined(`no notice after ${rounds} rounds`);
    } finally {
      back.close();
    }
  },
};
