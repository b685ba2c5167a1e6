// ATK-90 (RFC 5321 §4.5.2): lines of dots inside the content.

import type { Attack } from '../attack.ts';
import { heardWith, pause } from '../hostile-client.ts';
import { attempt, fell, held, letterTo, says, undetermined } from '../judging.ts';

const lines = ['.', '..', '...', '.x', '', '.', 'MAIL FROM:<hidden@relay.lab.test>', '.', 'DATA', '.'];

export const dots: Attack = {
  id: 'ATK-90',
  title: 'writes lines that are dots, so that the message ends early on its way',
  controls: 'author',
  sends: '`.`, `..` and `.x` lines, commands behind them, properly stuffed',
  sinkMaySee: 'one message with exactly these lines',
  mustBeVisible: 'the message, byte by byte',
  claims: ['smtp-server'],
  run: async (arena) => {
    const domain = await arena.fresh('plain');
    const seen = await attempt(arena, letterTo(domain, { body: lines.join('\r\n') }));
    await pause(500);
    if (heardWith(arena, `hidden@${domain}`).length > 0) return fell('a line of the content was taken for a command');
    const messages = arena.lab.messages().filter(({ host }) => host === `mx.${domain}`);
    if (messages.length === 0) return undetermined(`it should have arrived: ${says(seen)}`);
    const whole = messages.every(({ raw }) => raw.includes(`\r\n\r\n${lines.join('\r\n')}\r\n`));
    return messages.length === 1 && whole
      ? held('one message, its dots as they were written')
      : fell(`${messages.length} messages, ${whole ? 'whole' : 'with other lines'}`);
  },
};
