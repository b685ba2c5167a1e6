// ATK-100 (INT-1): the attack lasts as long as the message may wait.

import { seconds } from '../../core/base/brand.ts';
import type { Attack } from '../attack.ts';
import { pause, until } from '../hostile-client.ts';
import { fell, held, letterTo, undetermined } from '../judging.ts';

export const retryExhaustion: Attack = {
  id: 'ATK-100',
  title: 'keeps STARTTLS stripped until the queue life ends, hoping for cleartext at the end',
  controls: 'TCP or DNS path, for long',
  sends: 'EHLO without STARTTLS for six days',
  sinkMaySee: 'EHLO, no MAIL; the sender gets a notice',
  mustBeVisible: '`Action: failed`, 4.7.x/5.7.x',
  claims: ['dane', 'clock'],
  runs: 'last',
  run: async (arena) => {
    const sender = await arena.fresh('dane-ee');
    const domain = await arena.fresh('dane-ee');
    arena.lab.setFault('mx:starttls-stripped', `mx.${domain}`);
    const handed = await arena.submit(letterTo(domain, { from: `sender@${sender}` }));
    if (handed.kind === 'refused') return undetermined(handed.reply);
    await arena.watch(handed.marker);
    const givenUp = (): boolean =>
      arena.lab
        .host(`mx.${sender}`)
        .messages.some(({ raw }) => raw.includes('Action: failed') && raw.includes(handed.marker));
    for (let days = 3; days <= 6; days += 3) {
      arena.lab.clock.advance(seconds(3 * 86_400));
      await pause(500);
    }
    await until(givenUp, 60_000);
    const heard = arena.lab.host(`mx.${domain}`).sessions.flatMap(({ said }) => said.map(({ line }) => line));
    arena.seen(handed.marker);
    if (heard.some((line) => line.startsWith('MAIL'))) return fell('MAIL FROM in the end');
    return givenUp() ? held('a notice, and no MAIL to the end') : undetermined('no notice in six days');
  },
};
