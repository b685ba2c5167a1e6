// What is asked of the database thread. Plain data that can be cloned; bodies travel as transferred buffers.

import type { MessagePort } from 'node:worker_threads';
import type {
  MessageStory,
  MessageSummary,
  QueueFilter,
  QueueStats,
  QueueStore,
  RecipientState,
  RecordsPage,
  RecordsRequest,
} from '../../agent/ports.ts';
import type { Instant, QueueId } from '../../core/base/brand.ts';
import type { EnvelopeRecipient } from '../../core/smtp/envelope.ts';
import type { MessageColumns, RecipientColumns } from './rows.ts';

/**
 * Bodies up to this size stand in the database, where they share its forced writes; larger ones in a file of their own, which
 * costs two and a dozen calls.
 */
export const rowLimit = 262_144;

/** The columns of its rows; `facts` is JSON. */
export type NewMessage = {
  readonly id: string;
  readonly receivedAt: number;
  readonly expiresAt: number;
  readonly size: number;
  readonly sender: string;
  readonly facts: string;
  readonly recipients: readonly NewRecipient[];
  readonly body: Uint8Array<ArrayBuffer> | 'file';
};

export type NewRecipient = {
  readonly address: string;
  readonly domain: string;
  readonly facts: string;
  readonly nextHop: string;
};

/** A lease as its rows; the body where it is small. */
export type ClaimedDelivery = {
  readonly token: string;
  readonly until: Instant;
  readonly nextHop: string;
  readonly message: MessageColumns;
  readonly recipients: readonly RecipientColumns[];
  readonly body: Uint8Array<ArrayBuffer> | undefined;
};

export type LeaseRef = { readonly id: QueueId; readonly nextHop: string; readonly token: string };

export type SettledRow = {
  readonly address: string;
  readonly state: RecipientState & ('sent' | 'bounced' | 'deferred');
  readonly because: string;
  readonly status: string;
  readonly says: string;
  readonly dueAt: Instant;
};

export type Act = Parameters<QueueStore['act']>[0];

/** A position in the message table; `undefined` at the end. */
export type Cursor = number | undefined;

export type WaitingRecipient = {
  readonly message: number;
  readonly n: number;
  readonly recipient: EnvelopeRecipient;
  readonly nextHop: string;
};

export type Calls = {
  enqueue: { takes: NewMessage; gives: 'done' };
  claim: {
    takes: Parameters<QueueStore['claim']>[0];
    gives: readonly ClaimedDelivery[];
  };
  renew: { takes: LeaseRef & { readonly until: Instant }; gives: 'held' | 'lost' };
  settle: {
    takes: {
      readonly lease: LeaseRef;
      readonly at: Instant;
      readonly recipients: readonly SettledRow[];
      readonly records: readonly string[];
      readonly notice?: NewMessage;
    };
    gives: 'settled' | 'stale';
  };
  release: {
    takes: { readonly lease: LeaseRef; readonly addresses: readonly string[]; readonly dueAt: Instant };
    gives: 'done';
  };
  rest: { takes: Parameters<QueueStore['rest']>[0]; gives: 'done' };
  /** A worker that crashed holds nothing any more. */
  releaseWorker: { takes: string; gives: 'done' };
  body: { takes: QueueId; gives: Uint8Array<ArrayBuffer> | 'file' | 'gone' };
  holdLost: { takes: { readonly id: QueueId; readonly at: Instant; readonly says: string }; gives: 'done' };
  nextDue: { takes: undefined; gives: Instant | undefined };
  list: {
    takes: { readonly filter: QueueFilter; readonly after: number; readonly limit: number };
    gives: { readonly found: readonly MessageSummary[]; readonly next: Cursor };
  };
  story: { takes: QueueId; gives: MessageStory | undefined };
  records: { takes: RecordsRequest; gives: RecordsPage };
  act: {
    takes: {
      readonly act: Act;
      readonly filter: QueueFilter;
      readonly at: Instant;
      readonly note: string;
      readonly after: number;
      readonly limit: number;
    };
    gives: { readonly messages: number; readonly changed: number; readonly next: Cursor };
  };
  waiting: {
    takes: { readonly after: number };
    gives: { readonly rows: readonly WaitingRecipient[]; readonly next: Cursor };
  };
  move: { takes: readonly (WaitingRecipient & { readonly to: string })[]; gives: number };
  /** What is known of the last start. */
  setting: { takes: string; gives: string | undefined };
  putSetting: { takes: { readonly name: string; readonly value: string }; gives: 'done' };
  stats: { takes: undefined; gives: QueueStats };
  close: { takes: undefined; gives: 'done' };
};

export type CallName = keyof Calls;

export type Posted = {
  readonly [Name in CallName]: { readonly n: number; readonly name: Name; readonly takes: Calls[Name]['takes'] };
}[CallName];

export type Answer =
  | { readonly n: number; readonly value: unknown }
  | { readonly n: number; readonly fault: 'full' | 'failed'; readonly says: string };

/** What a connection says: its requests of one turn. */
export type Posting = {
  readonly calls: readonly Posted[];
  /** More acceptances are on their way, so that a commit may wait a moment for them. */
  readonly more: 'none' | 'coming';
};

/** Into the thread, by the one who opened it: another connection. */
export type Attach = { readonly attach: MessagePort };

/** One per batch. */
export type Reply = {
  readonly answers: readonly Answer[];
  /** Octets inside the database file that can be written again. */
  readonly spare: number;
  readonly commits: number;
};

export type WorkerData = {
  readonly path: string;
  readonly spool: string;
  readonly keepHistoryMs: number;
  readonly now: Instant;
};

/** What the start found: bodies that rows speak of but that do not exist. */
export type Ready = { readonly lost: readonly string[]; readonly swept: number };
