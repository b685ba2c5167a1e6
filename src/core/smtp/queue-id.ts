// Queue ids (SRV-18): 45 bits of milliseconds, so that they sort by time, and 40 bits of chance, in letters that neither
// look alike nor depend on case.

import type { Instant, QueueId } from '../base/brand.ts';

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @param random in [0, 1), asked twice. */
export function makeQueueId(now: Instant, random: () => number): QueueId {
  const chance = (): number => Math.floor(random() * 2 ** 20);
  return `${digits(now, 9)}${digits(chance(), 4)}${digits(chance(), 4)}` as QueueId;
}

function digits(value: number, count: number): string {
  let text = '';
  for (let rest = Math.floor(value), i = 0; i < count; i++, rest = Math.floor(rest / 32))
    text = letters[rest % 32] + text;
  return text;
}
