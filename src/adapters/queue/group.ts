// Group commit: what is asked together is done in one transaction and answered after it (SRV-12), and what happens to the
// members of a group that fails. Leases are given out after the commit, without one of their own.

import type { DatabaseSync } from 'node:sqlite';
import type { Dues } from './due.ts';
import { makePurge } from './history.ts';
import { giveBack, inspectHandlers } from './inspect.ts';
import { leaseHandlers, leaseReaders } from './leases.ts';
import type { Answer, CallName, Calls, Posted } from './protocol.ts';

/** A call and the connection that it came through. */
export type Asked = { readonly call: Posted; readonly client: number };
export type Answered = { readonly answer: Answer; readonly client: number };

type Handlers = { readonly [Name in CallName]: (takes: Calls[Name]['takes'], client: number) => Calls[Name]['gives'] };

/** These change nothing on the disk. */
const readers: ReadonlySet<CallName> = new Set<CallName>([
  'claim',
  'renew',
  'nextDue',
  'rest',
  'body',
  'list',
  'story',
  'waiting',
  'stats',
  'setting',
  'close',
]);

export type Group = {
  /** At most one transaction. @throws what the first failing request threw, with everything rolled back. */
  run(asked: readonly Asked[]): readonly Answered[];
  commits(): number;
  /** A connection ended: so do its leases. */
  leave(client: number): void;
};

export type GroupOptions = {
  readonly keepHistoryMs: number;
  /** Called after the commit that settled the last recipient; must not throw, for nothing can be undone any more. */
  readonly removeBody: (id: string) => void;
};

export function createGroup(db: DatabaseSync, dues: Dues, { keepHistoryMs, removeBody }: GroupOptions): Group {
  const handlers: Handlers = {
    ...leaseHandlers(db, dues),
    ...leaseReaders(db, dues),
    ...inspectHandlers(db, dues),
    close: () => 'done',
  };
  const purge = makePurge(db, keepHistoryMs);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  let commits = 0;

  const answer = ({ call, client }: Asked): Answered => ({
    client,
    answer: { n: call.n, value: handlers[call.name](call.takes as never, client) },
  });
  const write = (work: () => readonly Answered[]): readonly Answered[] => {
    begin.run();
    try {
      const answers = work();
      commit.run();
      commits += 1;
      for (const id of dues.commit()) removeBody(id);
      return answers;
    } catch (error) {
      // A full disk has rolled it back already.
      if (db.isTransaction) db.exec('ROLLBACK');
      dues.rollback();
      throw error;
    }
  };
  /** What was written beside a question is written, whatever becomes of the question. */
  const answerRead = (asked: Asked): Answered => {
    try {
      return answer(asked);
    } catch (error) {
      return faultOf(asked, error);
    }
  };
  /** Leases that ran out, old history. It can wait: on a full disk work is given out all the same (QUE-10). */
  const keepUp = (now: number | undefined): void => {
    if (now === undefined) return;
    const isOverdue = dues.leases.overdue(now).length > 0;
    if (!isOverdue && !purge.isDue(now)) return;
    try {
      write(() => {
        if (isOverdue) dues.sweep(now);
        if (purge.isDue(now)) purge.pass(now);
        return [];
      });
    } catch {
      // At the next claim.
    }
  };
  return {
    commits: () => commits,
    leave(client) {
      const left = dues.leases.through(client);
      if (left.length === 0) return;
      try {
        write(() => {
          for (const held of left) giveBack(dues, held);
          return [];
        });
      } catch {
        // They run out by themselves.
      }
    },
    run(asked) {
      const writes = asked.filter(({ call }) => !readers.has(call.name));
      const written = writes.length > 0 ? write(() => writes.map(answer)) : [];
      if (writes.length === asked.length) return written;
      const reads = asked.filter(({ call }) => readers.has(call.name));
      // QUE-8: who renews beside a claim has not lost anything, however far the clock has leapt.
      const renewed = reads.filter(({ call }) => call.name === 'renew').map(answerRead);
      keepUp(nowOf(reads));
      return [...written, ...renewed, ...reads.filter(({ call }) => call.name !== 'renew').map(answerRead)];
    },
  };
}

const nowOf = (asked: readonly Asked[]): number | undefined => {
  for (const { call } of asked) if (call.name === 'claim') return call.takes.now;
  return undefined;
};

/** A group that fails is undone whole; then what may succeed is tried without what cannot. */
export function answerAll(group: Group, asked: readonly Asked[]): readonly Answered[] {
  try {
    return group.run(asked);
  } catch (error) {
    const refused = isFull(error) ? asked.filter(isEnqueue) : isOfTheDatabase(error) ? asked : [];
    const rest = asked.filter((one) => !refused.includes(one));
    const faults = refused.map((one) => faultOf(one, error));
    // QUE-10: with the disk full nothing new is taken, but what was delivered must still be settled.
    if (refused.length > 0) return rest.length === 0 ? faults : [...faults, ...answerAll(group, rest)];
    // One bad request must not refuse its neighbours.
    if (asked.length === 1) return asked.map((one) => faultOf(one, error));
    return asked.flatMap((one) => answerAll(group, [one]));
  }
}

const isEnqueue = ({ call }: Asked): boolean => call.name === 'enqueue';

const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isFull = (error: unknown): boolean => codeOf(error) === 13;
/** SQLITE_BUSY (a backup holds the file longer than the time-out), SQLITE_READONLY, SQLITE_IOERR: no request's own fault. */
const isOfTheDatabase = (error: unknown): boolean => [5, 8, 10].includes(codeOf(error));

const faultOf = ({ call, client }: Asked, error: unknown): Answered => ({
  client,
  answer: {
    n: call.n,
    fault: isFull(error) ? 'full' : 'failed',
    says: error instanceof Error ? error.message : String(error),
  },
});
