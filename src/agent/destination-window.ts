// How many deliveries may run to one next hop at a time (SMTP-16). Begins with one and doubles with each round that reached
// a host, so that a dead destination is met by one delivery, not by a whole backlog (QUE-4). A reply, be it 4yz or 5yz, is
// no failure of the destination.

export type DestinationWindows = {
  begin(nextHop: string): void;
  end(nextHop: string, went: 'reached' | 'unreachable'): void;
  /** Next hops without room, and how much the known others have. A next hop in neither has room for one. */
  survey(cap: number): { readonly busy: readonly string[]; readonly room: ReadonlyMap<string, number> };
};

/** Idle next hops whose width is remembered; those as narrow as an unknown one need not be. */
const maxIdle = 1000;
const widest = 1024;

export function createDestinationWindows(): DestinationWindows {
  const hops = new Map<string, { active: number; width: number }>();
  const idle = new Set<string>();
  return {
    begin(nextHop) {
      const hop = hops.get(nextHop) ?? { active: 0, width: 1 };
      hop.active += 1;
      hops.set(nextHop, hop);
      idle.delete(nextHop);
    },
    end(nextHop, went) {
      const hop = hops.get(nextHop);
      if (hop === undefined) return;
      hop.active -= 1;
      hop.width = went === 'reached' ? Math.min(hop.width * 2, widest) : 1;
      if (hop.active > 0) return;
      if (hop.width === 1) hops.delete(nextHop);
      else idle.add(nextHop);
      for (const oldest of idle) {
        if (idle.size <= maxIdle) break;
        idle.delete(oldest);
        hops.delete(oldest);
      }
    },
    survey(cap) {
      const busy: string[] = [];
      const room = new Map<string, number>();
      for (const [nextHop, { active, width }] of hops) {
        const left = Math.min(width, cap) - active;
        if (left > 0) room.set(nextHop, left);
        else busy.push(nextHop);
      }
      return { busy, room };
    },
  };
}
