// Octets changed by chance: flips, cuts, copies, words, and pieces of other inputs.

import type { Random } from './random.ts';

const edges = [0, 1, 9, 10, 13, 32, 34, 46, 58, 59, 64, 92, 127, 128, 192, 255] as const;
const maxLength = 4_096;

export function mutate(
  random: Random,
  input: Uint8Array,
  others: readonly Uint8Array[],
  words: readonly string[],
): Uint8Array {
  let octets: Uint8Array = Uint8Array.from(input);
  for (let steps = 1 + random.below(4); steps > 0; steps--) octets = change(random, octets, others, words);
  return octets.subarray(0, maxLength);
}

function change(
  random: Random,
  octets: Uint8Array,
  others: readonly Uint8Array[],
  words: readonly string[],
): Uint8Array {
  const at = random.below(octets.length + 1);
  const length = random.below(Math.min(octets.length - at, 32) + 1);
  const insert = (piece: Uint8Array): Uint8Array =>
    Buffer.concat([octets.subarray(0, at), piece, octets.subarray(random.oneIn(2) ? at : at + length)]);
  switch (random.below(7)) {
    case 0: {
      const flipped = Uint8Array.from(octets);
      if (at < flipped.length) flipped[at] = flipped[at]! ^ (1 << random.below(8));
      return flipped;
    }
    case 1: {
      const set = Uint8Array.from(octets);
      if (at < set.length) set[at] = random.oneIn(2) ? random.pick(edges) : random.below(256);
      return set;
    }
    case 2:
      return Buffer.concat([octets.subarray(0, at), octets.subarray(at + length)]);
    case 3:
      return insert(Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256)));
    case 4:
      return insert(words.length > 0 ? Buffer.from(random.pick(words)) : Uint8Array.of(random.pick(edges)));
    case 5: {
      const piece = octets.subarray(at, at + length);
      return insert(Buffer.concat(Array.from({ length: 1 + random.below(16) }, () => piece)));
    }
    default: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return insert(other.subarray(from, from + random.below(64)));
    }
  }
}
