// What is in force: the configuration with all that was made from it. It changes as a whole when the configuration is read
// anew; what came before stays open for those that still work with it.

import type { Loaded } from '../config/load.ts';
import type { Materials } from './materials.ts';
import type { Outlook } from './outlook.ts';

export type InForce = { readonly loaded: Loaded; readonly materials: Materials; readonly outlook: Outlook };

export type Holder = {
  current(): InForce;
  /** Work under one configuration from its start to its end, reload or not. */
  use<T>(work: (inForce: InForce, replaced: AbortSignal) => Promise<T>): Promise<T>;
  /** Same outlook, other materials: nothing that looks or dials has changed. */
  amend(materials: Materials): void;
  replace(next: InForce): void;
  /** Closes everything at once, whoever still uses it. */
  close(): void;
};

type Held = { inForce: InForce; users: number; readonly replaced: AbortController };

export function holdInForce(first: InForce): Holder {
  const begin = (inForce: InForce): Held => ({ inForce, users: 0, replaced: new AbortController() });
  let held = begin(first);
  const open = new Set([held]);
  const closeIfUnused = (one: Held): void => {
    if (!one.replaced.signal.aborted || one.users > 0 || !open.delete(one)) return;
    one.inForce.outlook.close();
  };
  return {
    current: () => held.inForce,
    async use(work) {
      const mine = held;
      mine.users += 1;
      try {
        return await work(mine.inForce, mine.replaced.signal);
      } finally {
        mine.users -= 1;
        closeIfUnused(mine);
      }
    },
    amend(materials) {
      held.inForce = { ...held.inForce, materials };
    },
    replace(next) {
      const former = held;
      held = begin(next);
      open.add(held);
      former.replaced.abort();
      closeIfUnused(former);
    },
    close() {
      for (const one of open) {
        one.replaced.abort();
        one.inForce.outlook.close();
      }
      open.clear();
    },
  };
}
