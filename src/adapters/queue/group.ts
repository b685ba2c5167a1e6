// Group commit: what is asked together is done in one transaction and answered after it (SRV-12), and what happens to the
// members of a group that fails.

import type { DatabaseSync } from 'node:sqlite';
import type { Dues } from './due.ts';
import { makePurge } from './history.ts';
import { inspectHandlers } from './inspect.ts';
import { leaseHandlers } from './leases.ts';
import type { Answer, CallName, Calls, Posted } from './protocol.ts';

/** A pass over the history follows this many requests. */
const purgeEvery = 500;

type Handlers = { readonly [Name in CallName]: (takes: Calls[Name]['takes']) => Calls[Name]['gives'] };

export type Group = {
  /** One transaction. @throws what the first failing request threw, with everything rolled back. */
  run(calls: readonly Posted[]): readonly Answer[];
  commits(): number;
};

export type GroupOptions = {
  readonly keepHistoryMs: number;
  /** Called after the commit that settled the last recipient; must not throw, for nothing can be undone any more. */
  readonly removeBody: (id: string) => void;
};

export function createGroup(db: DatabaseSync, dues: Dues, { keepHistoryMs, removeBody }: GroupOptions): Group {
  const handlers: Handlers = { ...leaseHandlers(db, dues), ...inspectHandlers(db, dues), close: () => 'done' };
  const purge = makePurge(db, keepHistoryMs);
  let commits = 0;
  let untilPurge = 0;

  const work = (calls: readonly Posted[]): readonly Answer[] => {
    const answers = calls.map(({ n, name, takes }) => ({ n, value: handlers[name](takes as never) }));
    const now = calls.find((call) => call.name === 'claim')?.takes.now;
    untilPurge -= calls.length;
    if (now !== undefined && untilPurge <= 0) {
      purge(now);
      untilPurge = purgeEvery;
    }
    dues.flush();
    return answers;
  };
  return {
    commits: () => commits,
    run(calls) {
      db.exec('BEGIN IMMEDIATE');
      try {
        const answers = work(calls);
        db.exec('COMMIT');
        commits += 1;
        for (const id of dues.takeUnlinks()) removeBody(id);
        return answers;
      } catch (error) {
        // A full disk has rolled it back already.
        if (db.isTransaction) db.exec('ROLLBACK');
        dues.forget();
        throw error;
      }
    },
  };
}

/** A group that fails is undone whole; then what may succeed is tried without what cannot. */
export function answerAll(group: Group, calls: readonly Posted[]): readonly Answer[] {
  try {
    return group.run(calls);
  } catch (error) {
    const refused = isFull(error) ? calls.filter(isEnqueue) : isOfTheDatabase(error) ? calls : [];
    const rest = calls.filter((call) => !refused.includes(call));
    const faults = refused.map((call) => faultOf(call, error));
    // QUE-10: with the disk full nothing new is taken, but what was delivered must still be settled.
    if (refused.length > 0) return rest.length === 0 ? faults : [...faults, ...answerAll(group, rest)];
    // One bad request must not refuse its neighbours.
    if (calls.length === 1) return calls.map((call) => faultOf(call, error));
    return calls.flatMap((call) => answerAll(group, [call]));
  }
}

const isEnqueue = (call: Posted): boolean => call.name === 'enqueue';

const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isFull = (error: unknown): boolean => codeOf(error) === 13;
/** SQLITE_BUSY (a backup holds the file longer than the time-out), SQLITE_READONLY, SQLITE_IOERR: no request's own fault. */
const isOfTheDatabase = (error: unknown): boolean => [5, 8, 10].includes(codeOf(error));

const faultOf = ({ n }: Posted, error: unknown): Answer => ({
  n,
  fault: isFull(error) ? 'full' : 'failed',
  says: error instanceof Error ? error.message : String(error),
});
