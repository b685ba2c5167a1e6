// How the limits of the configuration are shared out among the threads of the relay: all together never use more than the whole.

import type { ListenerOptions } from '../adapters/smtp/server-options.ts';
import type { Loaded } from '../config/load.ts';

/** What this thread is of the relay: from 0, the first, in how many. */
export type Share = { readonly index: number; readonly of: number };

export const alone: Share = { index: 0, of: 1 };

/** In logs and leases. */
export const workerName = ({ index }: Share): string => `worker-${index}`;

/** A number that each thread counts for itself, as one that no other thread gives. */
export const uniqueOf = (count: number, { index, of }: Share): number => count * of + index;

/** Of a limit that holds for the relay, what one thread may use. */
export const shareOf = (whole: number, { index, of }: Share): number =>
  Math.floor(whole / of) + (index < whole % of ? 1 : 0);

/** A thread that was left without a part of some limit takes mail in and sends none. */
export const maySend = ({ config: { delivery } }: Loaded, share: Share): boolean =>
  [delivery.parallel, delivery.perDestination, delivery.perHost].every((limit) => shareOf(limit, share) > 0);

/** A listener as one thread has it. */
export const shareListener = (listener: ListenerOptions, share: Share): ListenerOptions =>
  share.of === 1
    ? listener
    : {
        ...listener,
        sharing: share.index === 0 ? 'first' : 'further',
        limits: {
          ...listener.limits,
          connections: Math.max(1, shareOf(listener.limits.connections, share)),
        },
      };
