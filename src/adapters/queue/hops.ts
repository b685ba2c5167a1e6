// Where each next hop with waiting work stands, in memory: no delivery of it that nobody holds stands before its position.
// So a busy next hop with a long backlog is passed over in one step, and a long row of leases is not read again. A position
// may be too early, never too late: whoever looks puts it right.

export type Position = { readonly dueAt: number; readonly message: number };

export type Hops = {
  /** Something of this next hop may be due there. */
  lower(name: string, dueAt: number, message: number): void;
  /** What a look found: the next one nobody holds; undefined: nothing is left. */
  set(name: string, position: Position | undefined): void;
  positionOf(name: string): Position | undefined;
  /** Those that may have something due, earliest first, until `take` says that it is enough. */
  due(now: number, take: (name: string) => 'more' | 'enough'): void;
  firstDue(): number | undefined;
  /** A host of it cannot be reached: until then nothing of it is given out, but what has been due for long. */
  rest(name: string, rest: Rest): void;
  /** What of it is due was due at this instant already. */
  dueBefore(name: string, now: number): number;
  /** As far as was seen; a rest that is over may still be here until somebody asks for what is due. */
  resting(name: string): Rest | undefined;
  /** undefined: of all. */
  wake(name?: string): void;
};

export type Rest = {
  readonly since: number;
  readonly until: number;
  readonly because: string;
  readonly status: string;
  readonly says: string;
};

/** Milliseconds after which a message is given out, rest or not: its sender may have to be told something (QUE-3, DSN-14). */
const longestWait = 30 * 60_000;

/** More next hops than this do not rest at a time: each of the others is tried by itself. */
const maxRests = 10_000;

type Entry = { readonly name: string; readonly at: number };

export function createHops(): Hops {
  const positions = new Map<string, Position>();
  const rests = new Map<string, Rest>();
  let heap = createHeap();
  /** The newest entry of each next hop. */
  const listed = new Map<string, number>();
  /** When it is to be looked at: entries of the heap that say otherwise are out of date. */
  const lookAt = (name: string): number | undefined => {
    const position = positions.get(name);
    if (position === undefined) return undefined;
    const { dueAt } = position;
    return Math.min(Math.max(dueAt, rests.get(name)?.until ?? 0), dueAt + longestWait);
  };
  const push = (name: string): void => {
    const at = lookAt(name);
    if (at === undefined || listed.get(name) === at) return;
    // Entries out of date must not become many.
    if (heap.size() > 2 * positions.size + 100) rebuild();
    listed.set(name, at);
    heap.push({ name, at });
  };
  const rebuild = (): void => {
    heap = createHeap();
    listed.clear();
    for (const name of positions.keys()) push(name);
  };
  const pop = ({ name, at }: Entry): void => {
    heap.pop();
    if (listed.get(name) === at) listed.delete(name);
  };
  const top = (): Entry | undefined => {
    for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
      if (lookAt(first.name) === first.at) return first;
      pop(first);
    }
    return undefined;
  };
  let firstEnd = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  const endRests = (now: number): void => {
    // A clock that was set back has made all of them longer.
    if (now < latest) hops.wake();
    latest = now;
    if (now < firstEnd) return;
    firstEnd = Number.POSITIVE_INFINITY;
    for (const [name, { until }] of rests) {
      if (until <= now) hops.wake(name);
      else firstEnd = Math.min(firstEnd, until);
    }
  };
  const hops: Hops = {
    lower(name, dueAt, message) {
      const known = positions.get(name);
      if (known !== undefined && (known.dueAt < dueAt || (known.dueAt === dueAt && known.message <= message))) return;
      positions.set(name, { dueAt, message });
      if (known?.dueAt !== dueAt) push(name);
    },
    set(name, position) {
      if (position === undefined) positions.delete(name);
      else positions.set(name, position);
      push(name);
    },
    positionOf: (name) => positions.get(name),
    due(now, take) {
      endRests(now);
      const seen: string[] = [];
      const looked = new Set<string>();
      for (let first = top(); first !== undefined && first.at <= now; first = top()) {
        pop(first);
        if (looked.has(first.name)) continue;
        looked.add(first.name);
        seen.push(first.name);
        if (take(first.name) === 'enough') break;
      }
      for (const name of seen) push(name);
    },
    firstDue: () => top()?.at,
    rest(name, rest) {
      if (!positions.has(name) || (rests.size >= maxRests && !rests.has(name))) return;
      rests.set(name, rest);
      firstEnd = Math.min(firstEnd, rest.until);
      push(name);
    },
    dueBefore: (name, now) => (rests.has(name) ? now - longestWait : now),
    resting: (name) => rests.get(name),
    wake(name) {
      const woken = name === undefined ? [...rests.keys()] : rests.has(name) ? [name] : [];
      for (const one of woken) {
        rests.delete(one);
        push(one);
      }
    },
  };
  return hops;
}

type Heap = { push(entry: Entry): void; peek(): Entry | undefined; pop(): void; size(): number };

function createHeap(): Heap {
  const entries: Entry[] = [];
  const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.name < b.name);
  const at = (index: number): Entry => entries[index] as Entry;
  const swap = (a: number, b: number): void => {
    const held = at(a);
    entries[a] = at(b);
    entries[b] = held;
  };
  return {
    peek: () => entries[0],
    size: () => entries.length,
    push(entry) {
      entries.push(entry);
      for (let child = entries.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (!before(at(child), at(parent))) break;
        swap(child, parent);
        child = parent;
      }
    },
    pop() {
      const last = entries.pop();
      if (last === undefined || entries.length === 0) return;
      entries[0] = last;
      for (let parent = 0; ; ) {
        const left = 2 * parent + 1;
        if (left >= entries.length) return;
        const child = left + 1 < entries.length && before(at(left + 1), at(left)) ? left + 1 : left;
        if (!before(at(child), at(parent))) return;
        swap(child, parent);
        parent = child;
      }
    },
  };
}
