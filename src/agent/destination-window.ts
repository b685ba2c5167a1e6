// How many deliveries may run to one next hop at a time (SMTP-16). Begins with one and doubles with each round that reached
// a host, so that a dead destination is met by one delivery, not by a whole backlog (QUE-4). A reply, be it 4yz or 5yz, is
// no failure of the destination.

export type DestinationWindows = {
  begin(nextHop: string): void;
  /**
   * @returns `look`: since the last survey it was given all it had room for, and a quarter of its places is free again. Looked
   * for at each end, what waits for a busy next hop would be fetched one by one.
   */
  end(nextHop: string, went: 'reached' | 'unreachable'): 'look' | 'later';
  /** Next hops without room, and how much the known others have. A next hop in neither has room for one. */
  survey(cap: number): { readonly busy: readonly string[]; readonly room: ReadonlyMap<string, number> };
};

/** Idle next hops whose width is remembered; those as narrow as an unknown one need not be. */
const maxIdle = 1000;
const widest = 1024;

export function createDestinationWindows(): DestinationWindows {
  /** `room` is what is left of that of the last survey. */
  const hops = new Map<string, { active: number; width: number; room: number }>();
  const idle = new Set<string>();
  let mostEach = widest;
  return {
    begin(nextHop) {
      const hop = hops.get(nextHop) ?? { active: 0, width: 1, room: 1 };
      hop.active += 1;
      hop.room -= 1;
      hops.set(nextHop, hop);
      idle.delete(nextHop);
    },
    end(nextHop, went) {
      const hop = hops.get(nextHop);
      if (hop === undefined) return 'later';
      hop.active -= 1;
      hop.width = went === 'reached' ? Math.min(hop.width * 2, widest) : 1;
      const next = hop.room <= 0 && hop.active <= Math.min(hop.width, mostEach) * 0.75 ? 'look' : 'later';
      if (hop.active > 0) return next;
      if (hop.width === 1) hops.delete(nextHop);
      else idle.add(nextHop);
      for (const oldest of idle) {
        if (idle.size <= maxIdle) break;
        idle.delete(oldest);
        hops.delete(oldest);
      }
      return next;
    },
    survey(cap) {
      const busy: string[] = [];
      const room = new Map<string, number>();
      mostEach = cap;
      for (const [nextHop, hop] of hops) {
        const left = Math.min(hop.width, cap) - hop.active;
        hop.room = left;
        if (left > 0) room.set(nextHop, left);
        else busy.push(nextHop);
      }
      return { busy, room };
    },
  };
}
