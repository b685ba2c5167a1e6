// This side of a connection to the database thread: gathers the requests of a turn into one posting and tells the answers
// to those who wait for them.

import type { MessagePort, TransferListItem, Worker } from 'node:worker_threads';
import { QueueFull } from '../../agent/ports.ts';
import type { CallName, Calls, Posted, Posting, Reply } from './protocol.ts';

export type Call = <Name extends CallName>(name: Name, takes: Calls[Name]['takes']) => Promise<Calls[Name]['gives']>;

export type Client = {
  readonly call: Call;
  commits(): number;
  /** Another acceptance has begun; the function returned says that it ended. Commits may wait a moment for those begun. */
  expect(): () => void;
  answer(reply: Reply): void;
  /** Every call rejects, those under way too. */
  die(error: Error): void;
};

/** @param setSpare hears how much of the database file can be written again. */
export function createClient(
  port: Pick<Worker | MessagePort, 'postMessage'>,
  setSpare: (octets: number) => void,
): Client {
  const open = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>();
  let posting: Posted[] = [];
  let count = 0;
  let commits = 0;
  let expected = 0;
  let dead: Error | undefined;

  const post = (): void => {
    const calls = posting;
    posting = [];
    const said: Posting = { calls, more: expected > 0 ? 'coming' : 'none' };
    port.postMessage(said, bodiesOf(calls));
  };
  return {
    call: (name, takes) =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) return reject(dead);
        count += 1;
        open.set(count, { resolve, reject });
        // All requests of one turn of the event loop travel together.
        if (posting.length === 0) setImmediate(post);
        posting.push({ n: count, name, takes } as Posted);
      }),
    commits: () => commits,
    expect() {
      expected += 1;
      let state: 'begun' | 'ended' = 'begun';
      return () => {
        if (state === 'begun') expected -= 1;
        state = 'ended';
      };
    },
    answer(reply) {
      commits = reply.commits;
      setSpare(reply.spare);
      for (const item of reply.answers) {
        const waiter = open.get(item.n);
        open.delete(item.n);
        if ('value' in item) waiter?.resolve(item.value as never);
        else waiter?.reject(item.fault === 'full' ? new QueueFull(item.says) : new Error(`queue: ${item.says}`));
      }
    },
    die(error) {
      dead ??= error;
      for (const waiter of open.values()) waiter.reject(dead);
      open.clear();
    },
  };
}

function bodiesOf(calls: readonly Posted[]): TransferListItem[] {
  const bodies: TransferListItem[] = [];
  for (const { name, takes } of calls) {
    const message = name === 'enqueue' ? takes : name === 'settle' ? takes.notice : undefined;
    if (message !== undefined && message.body !== 'file') bodies.push(message.body.buffer);
  }
  return bodies;
}
