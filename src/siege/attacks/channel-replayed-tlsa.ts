// ATK-19 (RFC 4033 §8.1, RFC 4035 §5.3.3): the TLSA record of a stolen key is gone, but its signature still holds a while. It
// is believed that long and not longer, whatever the TTL says.

import type { Arena, Attack, Finding } from '../attack.ts';
import { attempt, letterTo, nothingArrives, says, undetermined } from '../judging.ts';

/** Seconds. On a slow machine nothing arrives in the shorter ones. */
const lives = [4, 15, 45];

export const replayedTlsa: Attack = {
  id: 'ATK-19',
  title: 'replays the TLSA record of a stolen key until its signature ends',
  controls: 'DNS path and an old key',
  sends: 'a set with a TTL of 300 s whose signature ends within seconds; the host has the old key',
  sinkMaySee: 'messages while the signature holds (limit of DNSSEC), none after',
  mustBeVisible: '`tlsa-bogus` or `cert-no-tlsa-match` after the expiration',
  claims: ['dane', 'dnssec'],
  run: async (arena) => {
    let finding = undetermined('no life tried');
    for (const life of lives) {
      finding = await replay(arena, life);
      if (finding.kind !== 'undetermined') break;
    }
    return finding;
  },
};

async function replay(arena: Arena, life: number): Promise<Finding> {
  const domain = await arena.fresh('dane-ee');
  const until = Math.floor(Date.now() / 1000) + life;
  arena.lab.setFault('dns:signature-until', `_25._tcp.mx.${domain}/TLSA`, [`${until}`]);
  const before = await attempt(arena, letterTo(domain));
  if (before.messageAt.length === 0) return undetermined(`nothing arrived in ${life} s: ${says(before)}`);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until * 1000 + 1500 - Date.now())));
  return nothingArrives(arena, domain);
}
