// Open sessions kept for the next message of the same key (A8, SMTP-13). Bounded in number and idle time; a session that
// the host closed, or that holds unread octets, is never handed out.

import type { Clock, PooledSession, SessionPool } from '../../agent/ports.ts';
import type { PoolKey } from '../../core/policy/model.ts';

export type PoolOptions = {
  readonly clock: Clock;
  readonly isUsable: (session: PooledSession['session']) => boolean;
  readonly close: (session: PooledSession['session'], how: 'quit' | 'abort') => void;
  /** Seconds an unused session is kept, 15 unless said; servers commonly wait longer. */
  readonly idle?: number;
  /** 5 unless said. */
  readonly perKey?: number;
  /** 200 unless said. */
  readonly total?: number;
};

type Kept = { readonly key: PoolKey; readonly entry: PooledSession; readonly timer: NodeJS.Timeout };

export function createPool(options: PoolOptions): SessionPool {
  const { idle = 15, perKey = 5, total = 200 } = options;
  /** Oldest first, in all and of each key. */
  const kept = new Set<Kept>();
  const byKey = new Map<PoolKey, Kept[]>();
  const remove = (one: Kept): PooledSession => {
    clearTimeout(one.timer);
    kept.delete(one);
    const same = byKey.get(one.key) ?? [];
    same.splice(same.indexOf(one), 1);
    if (same.length === 0) byKey.delete(one.key);
    return one.entry;
  };
  const dismiss = (one: Kept): void => {
    const { session } = remove(one);
    options.close(session, options.isUsable(session) ? 'quit' : 'abort');
  };
  return {
    take(key) {
      // The one used last is the least likely to have been given up by the host.
      for (let one = byKey.get(key)?.at(-1); one !== undefined; one = byKey.get(key)?.at(-1)) {
        if (one.entry.validUntil > options.clock.now() && options.isUsable(one.entry.session)) return remove(one);
        dismiss(one);
      }
      return undefined;
    },
    put(key, entry) {
      if (!options.isUsable(entry.session)) {
        options.close(entry.session, 'abort');
        return;
      }
      const one: Kept = { key, entry, timer: setTimeout(() => dismiss(one), idle * 1000) };
      one.timer.unref();
      kept.add(one);
      const same = byKey.get(key) ?? [];
      same.push(one);
      byKey.set(key, same);
      const [oldestOfKey] = same;
      if (oldestOfKey !== undefined && same.length > perKey) dismiss(oldestOfKey);
      const [oldest] = kept;
      if (oldest !== undefined && kept.size > total) dismiss(oldest);
    },
    drain() {
      for (const one of [...kept]) dismiss(one);
    },
  };
}
