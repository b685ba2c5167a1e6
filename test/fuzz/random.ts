// Chance that can be repeated: the same seed gives the same choices on every machine (sfc32, seeded by FNV-1a).

export type Random = {
  /** 0 ≤ result < limit. */
  below(limit: number): number;
  /** True once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** By weights, which need not sum to anything. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T;
  /** So many different ones, in random order. */
  sample<T>(list: readonly T[], count: number): readonly T[];
};

export function createRandom(seed: string): Random {
  let [a, b, c, counter] = [1, 2, 3, 4].map((salt) => fnv(`${salt}/${seed}`)) as [number, number, number, number];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  const below = (limit: number): number => Math.floor((next() / 0x1_0000_0000) * limit);
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[below(list.length)] as T;
  };
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick,
    weighted: (list) => {
      let at = below(list.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, value] of list) {
        at -= weight;
        if (at < 0) return value;
      }
      throw new Error('weights are whole numbers above 0');
    },
    sample: (list, count) => {
      const rest = [...list];
      return Array.from({ length: Math.min(count, list.length) }, () => rest.splice(below(rest.length), 1)[0]!);
    },
  };
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (const octet of Buffer.from(text)) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash >>> 0;
}
