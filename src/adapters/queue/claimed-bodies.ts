// Bodies that came along with a lease, until it ends. Bounded: what is not here is asked for again.

import type { StoredOctets } from '../../agent/ports.ts';
import { freeMemory } from '../../core/base/free-memory.ts';

export type ClaimedBodies = {
  /** @returns undefined when it is not here. */
  open(id: string): StoredOctets | undefined;
  put(id: string, body: Uint8Array): void;
  /** Its memory is free, unless somebody may still refer to it. */
  drop(id: string): void;
};

type Body = { readonly octets: Uint8Array; users: number };

/** Octets of them; the oldest leave first and are asked for again. */
const maxBodies = 4_194_304;

export function createClaimedBodies(): ClaimedBodies {
  const held = new Map<string, Body>();
  let total = 0;
  const drop = (id: string): void => {
    const body = held.get(id);
    if (body === undefined) return;
    total -= body.octets.length;
    held.delete(id);
    if (body.users === 0) freeMemory(body.octets);
  };
  return {
    open(id) {
      const body = held.get(id);
      if (body === undefined) return undefined;
      body.users += 1;
      return lend(body);
    },
    drop,
    put(id, octets) {
      drop(id);
      held.set(id, { octets, users: 0 });
      total += octets.length;
      if (total <= maxBodies) return;
      for (const oldest of held.keys()) {
        drop(oldest);
        if (total <= maxBodies) break;
      }
    },
  };
}

function lend(body: Body): StoredOctets {
  let state: 'in-use' | 'done' = 'in-use';
  return {
    async *[Symbol.asyncIterator]() {
      yield body.octets;
    },
    done() {
      if (state === 'in-use') body.users -= 1;
      state = 'done';
    },
  };
}
