// ATK-115 (ATK-112, OPS-10): the check tool looks at a hostile server.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Lab } from '../../lab/world.ts';
import type { Attack } from '../attack.ts';
import { allHeld, fell, held } from '../judging.ts';

const program = join(import.meta.dirname, '../../../bin/sekisho.mjs');

/** `sekisho check` in a process of its own, with the laboratory for its world. */
const check = (lab: Lab, words: readonly string[]): Promise<{ text: string; ended: 'by itself' | 'killed' }> =>
  new Promise((resolve) => {
    const env = { SEKISHO_DELIVERY__PORT: String(lab.ports.smtp), SEKISHO_DELIVERY__ALLOW_ADDRESSES: '127.0.0.0/8' };
    const world = ['--resolver', lab.resolver, '--trust-anchor', lab.anchors, '--timeout', '20s'];
    const args = [program, 'check', ...world, ...words];
    execFile(process.execPath, args, { env, timeout: 60_000, maxBuffer: 1024 * 1024 }, (error, out, err) =>
      resolve({ text: out + err, ended: error?.killed ? 'killed' : 'by itself' }),
    );
  });

export const hostileCheck: Attack = {
  id: 'ATK-115',
  title: 'attacks who looks at him: escapes in greeting and replies, a greeting without end',
  controls: 'server',
  sends: 'greetings with ESC and C1 controls, of a megabyte, and octet by octet',
  sinkMaySee: 'an EHLO at most; the tool’s words without a control character, in bounded time',
  mustBeVisible: 'tool test',
  claims: ['tools'],
  run: (arena) =>
    allHeld(['greeting-escapes', 'greeting-endless-line', 'greeting-421'], async (fault) => {
      const domain = await arena.fresh('dane-ee');
      arena.lab.setFault(`mx:${fault}`, `mx.${domain}`);
      const forms = await Promise.all([[], ['-v'], ['--json']].map((flags) => check(arena.lab, [...flags, domain])));
      const odd = forms.find(({ text }) => /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(text));
      if (odd !== undefined)
        return fell(`its words carry the server’s escapes: ${JSON.stringify(odd.text.slice(0, 200))}`);
      const stuck = forms.find(({ ended }) => ended === 'killed');
      return stuck === undefined ? held('no control character, and an end in time') : fell('it does not end');
    }),
};
