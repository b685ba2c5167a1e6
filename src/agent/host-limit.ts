// How many sessions a host has at a time (SMTP-16), who waits for one, and for how long. A session that could take another
// envelope while its last reply is still to come is handed straight to who is first in line (RFC 2920). A host that
// frees no place for a while keeps nobody waiting: other destinations need the hands.

import { seconds } from '../core/base/brand.ts';
import type { PoolKey } from '../core/policy/model.ts';
import type { Clock, PooledSession } from './ports.ts';

export type HostLimit = {
  /**
   * Waits for a place at the host, in the order of coming.
   * @param offer is shown a session while waiting; `taken`: it rides that one, whatever `enter` resolves with.
   */
  enter(host: string, offer: Offer, signal: AbortSignal): Promise<Entered>;
};

export type Offer = (key: PoolKey, entry: PooledSession) => 'taken' | 'none';

export type Entered =
  | { readonly kind: 'place'; readonly place: Place }
  /** No place came free for so long that the host seems to hang. */
  | { readonly kind: 'no-room' }
  | { readonly kind: 'aborted' };

/** The right to one session at the host. */
export type Place = {
  /** Gives it back; the second time nothing happens. */
  leave(): void;
  /** `taken`: place and session are somebody else's now. */
  passOn: Offer;
};

type Waiting = { readonly offer: Offer; readonly end: (entered: Entered) => void };

type Host = {
  used: number;
  readonly waiting: Waiting[];
  /** How often a place came free. */
  moves: number;
  state: 'moving' | 'stalled';
  /** Aborts the watch over those who wait. It outlives them for a while: on a busy host others come soon. */
  watch: AbortController | undefined;
};

/** Without a place coming free for so long, nobody waits any longer. Tarpits of half a minute are common. */
const patience = seconds(40);

export function createHostLimit(perHost: number, clock: Pick<Clock, 'sleep'>): HostLimit {
  const hosts = new Map<string, Host>();

  const place = (name: string, host: Host): Place => {
    let mine: 'yes' | 'no' = 'yes';
    return {
      leave() {
        if (mine === 'no') return;
        mine = 'no';
        moved(host);
        const next = host.waiting.shift();
        // The place goes straight to the next one.
        if (next !== undefined) next.end({ kind: 'place', place: place(name, host) });
        else if (host.used > 1) host.used -= 1;
        else {
          hosts.delete(name);
          host.watch?.abort(nobodyWaits);
        }
      },
      passOn(key, entry) {
        // Only to the first: those whose key is another one must not be passed over for ever.
        const [next] = host.waiting;
        if (mine === 'no' || next === undefined || next.offer(key, entry) === 'none') return 'none';
        mine = 'no';
        moved(host);
        host.waiting.shift();
        next.end({ kind: 'place', place: place(name, host) });
        return 'taken';
      },
    };
  };

  const watch = async (host: Host): Promise<void> => {
    const over = new AbortController();
    host.watch = over;
    while (host.waiting.length > 0 && !over.signal.aborted) {
      const before = host.moves;
      await clock.sleep(patience, over.signal);
      if (over.signal.aborted || host.moves !== before) continue;
      host.state = 'stalled';
      for (const { end } of host.waiting.splice(0)) end({ kind: 'no-room' });
    }
    if (host.watch === over) host.watch = undefined;
  };

  return {
    enter(name, offer, signal) {
      if (signal.aborted) return Promise.resolve({ kind: 'aborted' });
      const host = hosts.get(name) ?? { used: 0, waiting: [], moves: 0, state: 'moving', watch: undefined };
      hosts.set(name, host);
      if (host.used < perHost) {
        host.used += 1;
        return Promise.resolve({ kind: 'place', place: place(name, host) });
      }
      if (host.state === 'stalled') return Promise.resolve({ kind: 'no-room' });
      return new Promise((resolve) => {
        const aborted = (): void => {
          host.waiting.splice(host.waiting.indexOf(waiting), 1);
          resolve({ kind: 'aborted' });
        };
        const end = (entered: Entered): void => {
          signal.removeEventListener('abort', aborted);
          resolve(entered);
        };
        const waiting: Waiting = { offer, end };
        signal.addEventListener('abort', aborted, { once: true });
        host.waiting.push(waiting);
        if (host.watch === undefined) void watch(host);
      });
    },
  };
}

/** A reason of its own, for the usual one comes with a stack trace. */
const nobodyWaits = 'nobody waits';

function moved(host: Host): void {
  host.moves += 1;
  host.state = 'moving';
}
