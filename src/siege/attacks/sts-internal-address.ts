// ATK-75 (STS-18): public DNS sends the relay into its own network.

import { createServer } from 'node:net';
import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, undetermined } from '../judging.ts';

export const stsInternalAddress: Attack = {
  id: 'ATK-75',
  title: 'points the policy host to an address inside',
  controls: 'DNS path',
  sends: 'A 0.0.0.0 and AAAA :: for `mta-sts.`, which lead to this machine',
  sinkMaySee: 'no connection to a service of this machine',
  mustBeVisible: '`sts-policy-fetch-error`',
  claims: ['mta-sts'],
  run: async (arena) => {
    const domain = await arena.fresh('sts-enforce');
    arena.lab.setRecords(`mta-sts.${domain}`, 'A', ['0.0.0.0']);
    arena.lab.setRecords(`mta-sts.${domain}`, 'AAAA', ['::']);
    let reached = 0;
    const inside = createServer((socket) => {
      reached++;
      socket.destroy();
    });
    const listening = await new Promise<boolean>((resolve) => {
      inside.once('error', () => resolve(false));
      inside.listen({ host: '127.0.0.1', port: arena.lab.ports.https }, () => resolve(true));
    });
    if (!listening) return undetermined('the port of the policy hosts is taken at 127.0.0.1');
    try {
      await attempt(arena, letterTo(domain));
    } finally {
      inside.close();
    }
    return reached > 0 ? fell(`${reached} connections to a service inside`) : held('no connection to a service inside');
  },
};
