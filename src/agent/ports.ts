// The outside world as the agent sees it: interfaces only. Adapters implement them, tests fake them, main.ts joins them.

import type { DomainName, Instant, QueueId, Seconds } from '../core/base/brand.ts';
import type { DnssecStatus, IpAddress, Lookup } from '../core/base/lookup.ts';
import type { NonEmpty } from '../core/base/result.ts';
import type { StsFault, StsPolicy } from '../core/mtasts/policy.ts';
import type {
  Accepted,
  Attempt,
  Cleared,
  PoolKey,
  RecipientOutcome,
  SecurityState,
  TransferOutcome,
} from '../core/policy/model.ts';
import type { Envelope, EnvelopeDraft, EnvelopeRecipient } from '../core/smtp/envelope.ts';
import type { Extensions } from '../core/smtp/extensions.ts';
import type { Reply } from '../core/smtp/reply.ts';
import type { TrustStoreRef } from '../core/x509/path-verdict.ts';

// ---- time, log, metrics

export interface Clock {
  now(): Instant;
  /** Resolves after the duration, or at once when the signal aborts. */
  sleep(duration: Seconds, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

/** Fields of the closed vocabulary of OBS-1; addresses are redacted by the adapter (OBS-4). */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** @param shared fields that many lines have in common, the same object each time: written out once. */
  event(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields?: LogFields, shared?: LogFields): void;
}

export interface Metrics {
  /** Adds to a counter of the registry's closed list. */
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

// ---- DNS

export type MxRecord = {
  readonly preference: number;
  readonly exchange: DomainName | '.' | { readonly unusable: string };
};

/** What each record type comes out as. */
export type RecordValues = {
  readonly A: IpAddress;
  readonly AAAA: IpAddress;
  readonly MX: MxRecord;
  /** Raw rdata; `core/dane/tlsa` judges it. */
  readonly TLSA: Uint8Array;
  /** The strings of one record, not joined. */
  readonly TXT: readonly Uint8Array[];
};

/** One CNAME or DNAME step with its own state (DNS-12). */
export type AliasStep = { readonly from: DomainName; readonly to: DomainName; readonly status: DnssecStatus };

export type Resolved<T> = {
  readonly answer: Lookup<NonEmpty<T>>;
  /** In order; empty when the name itself answered. Also filled when the answer failed behind the first steps. */
  readonly aliases: readonly AliasStep[];
  /** A stable word where the proof gave one: `signature-expired`, `nsec3-iterations`, `budget`, … */
  readonly because?: string;
  readonly queries: number;
  readonly verifications: number;
};

/** `unvalidated`: for a recipient domain under a dated `ignore = ["dnssec"]` exception (INT-15); everything counts as insecure. */
export type Reading = 'validated' | 'unvalidated';

export interface Resolver {
  resolve<Type extends keyof RecordValues>(
    name: DomainName,
    type: Type,
    reading?: Reading,
  ): Promise<Resolved<RecordValues[Type]>>;
}

/** RTE-17: names served only inside, through the machine's own resolver, always insecure. */
export interface LocalResolver {
  addresses(name: DomainName): Promise<Lookup<NonEmpty<IpAddress>>>;
}

// ---- MTA-STS

export interface PolicyHost {
  /** GET of the well-known URL with the limits of STS-10 to STS-18. The body is returned unparsed. */
  fetch(
    domain: DomainName,
    reading?: Reading,
  ): Promise<
    | { readonly kind: 'body'; readonly body: string }
    | {
        readonly kind: 'failed';
        readonly fault: Extract<StsFault, 'sts-policy-fetch-error' | 'sts-webpki-invalid' | 'sts-policy-invalid'>;
        readonly says: string;
      }
  >;
}

/** Durable over restarts (STS-40). Keys are policy domains. */
export interface PolicyStore {
  get(domain: DomainName): StsPolicy | undefined;
  put(domain: DomainName, policy: StsPolicy): Promise<void>;
  forget(domain: DomainName): Promise<void>;
  entries(): Iterable<readonly [DomainName, StsPolicy]>;
}

// ---- SMTP, sending

export type DialCall = {
  readonly host: DomainName | IpAddress;
  readonly address: IpAddress;
  readonly port: number;
  readonly ehloName: string;
  /** `cleartext` is the explicit second connection of DT-7.9; nothing else ever skips STARTTLS that was offered. */
  readonly mode: 'starttls' | 'implicit' | 'cleartext';
  readonly sni: DomainName | undefined;
  /** OpenSSL judges the path against this one (A5). */
  readonly store: TrustStoreRef;
};

/**
 * An open connection, silent until it is told to go on. `security` was fixed when the handshake ended; the EHLO inside
 * TLS has not been sent yet (TLS-22).
 */
export interface Session {
  readonly address: IpAddress;
  readonly localAddress: IpAddress | undefined;
  readonly security: SecurityState;
  /** The text after 220, for the record. */
  readonly greeting: string | undefined;
}

export type Dialed =
  | { readonly kind: 'session'; readonly session: Session }
  | {
      readonly kind: 'no-session';
      readonly security: Extract<
        SecurityState,
        { kind: 'lost' | 'injected' | 'handshake-failed' | 'greeting-refused' }
      >;
    };

export type Opened =
  | { readonly kind: 'ready'; readonly extensions: Extensions }
  | { readonly kind: 'refused'; readonly reply: Reply }
  | { readonly kind: 'lost'; readonly during: string; readonly says: string };

/** One copy for all recipients of a message that share the session. */
export type OutgoingMessage = {
  readonly queueId: QueueId;
  readonly envelope: Envelope;
  /** Those of the envelope that this transaction is for. */
  readonly recipients: NonEmpty<EnvelopeRecipient>;
  readonly size: number;
  /** Facts of the content, found at acceptance. */
  readonly content: ContentFacts;
  /** `send`: REQUIRETLS goes onto MAIL FROM. */
  readonly requiretls: 'send' | 'omit';
  /** Each call opens the stored octets anew. CRLF lines only. */
  readonly body: () => StoredOctets;
};

/** `done`: none of them is referred to any more, so that their memory is free; it need not be said. */
export type StoredOctets = AsyncIterable<Uint8Array> & { readonly done?: () => void };

export type ContentFacts = {
  readonly has8bit: boolean;
  readonly hasUtf8Header: boolean;
  readonly longestLine: number;
};

/**
 * One line of an SMTP dialogue as it went over the wire, for those who watch (`trace`). Secrets are left out and message
 * content is counted, not shown. What comes from the host is hostile text: shown, never obeyed.
 */
export type DialogueLine = {
  /** Unique among those that are shown. */
  readonly session: number;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly kind: 'sent' | 'heard' | 'note';
  readonly channel: 'cleartext' | 'tls';
  readonly text: string;
};

export interface Dialer {
  dial(call: DialCall, signal: AbortSignal): Promise<Dialed>;
  /** EHLO inside TLS; after cleartext it gives the list already read, or sends HELO. */
  open(session: Accepted<Session>): Promise<Opened>;
  /** AUTH with the credentials of the route; never before the peer was authenticated (SMTP-17). */
  authenticate(
    session: Accepted<Session>,
    via: string,
  ): Promise<
    | { readonly kind: 'done' }
    | { readonly kind: 'refused'; readonly reply: Reply }
    | { readonly kind: 'lost'; readonly says: string }
  >;
  /**
   * The only door to MAIL FROM.
   * @param onFinalDot RFC 2920 §3.1: called when the final dot is about to leave and another envelope may stand behind it.
   * `taken` is a promise that `transfer` is called for it before the next turn of the event loop. Neither message can harm
   * the other: each gets its own replies, and what the first one comes to does not depend on the second.
   */
  transfer(
    session: Cleared<Session>,
    message: OutgoingMessage,
    signal: AbortSignal,
    onFinalDot?: () => 'taken' | 'none',
  ): Promise<TransferOutcome>;
  /** QUIT with a short wait, or just close; both after the transactions that are under way. */
  close(session: Session, how: 'quit' | 'abort'): void;
}

/** Open sessions that the next message may ride if it has the same key (A8). */
export interface SessionPool {
  take(key: PoolKey): PooledSession | undefined;
  put(key: PoolKey, entry: PooledSession): void;
  drain(): void;
}

export type PooledSession = {
  readonly session: Cleared<Session>;
  readonly extensions: Extensions;
  readonly attempt: Attempt;
  /** The verdict holds no longer than the TLSA answer it rested on. */
  readonly validUntil: Instant;
  /** Messages so far. */
  readonly carried: number;
};

// ---- SMTP, accepting

/** Who handed the message over, for Received and for policy. */
export type ClientFacts = {
  readonly listener: string;
  readonly kind: 'relay' | 'submission';
  readonly address: IpAddress;
  readonly ehlo: string;
  readonly tls?: {
    readonly protocol: string;
    readonly cipher: string;
    readonly bits?: number;
    readonly group?: string;
    readonly clientCertificate: 'none' | 'verified' | 'not verified';
  };
  readonly user?: string;
  /** Inside the listener's `clients` ranges. */
  readonly trusted: boolean;
};

/** A message about to come in: all that is known before its first octet. */
export type Incoming = {
  readonly client: ClientFacts;
  readonly hello: 'HELO' | 'EHLO';
  readonly envelope: EnvelopeDraft;
};

/** The message as it comes in: dots unstuffed, every line ends in CRLF, no NUL, lines of bounded length. */
export type IncomingBody = {
  /** Each is the reader's until it asks for the next. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Asked when the chunks are over. `cut`: what came is not the whole message, and the server knows the reply. */
  ending():
    | { readonly kind: 'whole'; readonly has8bit: boolean; readonly longestLine: number }
    | { readonly kind: 'cut' };
};

export type Acceptance =
  /** On disk: 250 may be said. */
  | { readonly kind: 'queued'; readonly id: QueueId }
  | { readonly kind: 'refused'; readonly because: 'loop-received' | 'header-size' }
  | { readonly kind: 'not-stored'; readonly because: 'queue-full' | 'storage-failed' }
  | { readonly kind: 'cut' };

/** What the server does with a message; `agent/accept` behind it. Never rejects. */
export interface Acceptor {
  accept(incoming: Incoming, body: IncomingBody): Promise<Acceptance>;
}

// ---- queue

export type QueuedMessage = {
  readonly id: QueueId;
  readonly envelope: Envelope;
  readonly receivedAt: Instant;
  readonly expiresAt: Instant;
  readonly size: number;
  readonly content: ContentFacts;
  readonly client: ClientFacts;
};

export type RecipientState = 'queued' | 'deferred' | 'held' | 'sent' | 'bounced' | 'dropped';

export type RecipientRow = {
  readonly recipient: EnvelopeRecipient;
  /** `formatNextHop` of `core/routing/next-hop`: recipients with equal text share transactions and limits. */
  readonly nextHop: string;
  readonly state: RecipientState;
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly last?: { readonly because: string; readonly status: string; readonly says: string; readonly at: Instant };
  /** When an operator asked to return it (`act('bounce')`): it is not tried again. */
  readonly returnedAt?: Instant;
};

/** Written as the bytes come in; nothing exists for others before `commit` resolved. */
export interface BodyWriter {
  /** Rejects with `QueueFull` or the disk's error. Await it: that is the back-pressure. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves after message, recipients and body are on disk (SRV-12). */
  commit(
    message: QueuedMessage,
    recipients: NonEmpty<{ readonly recipient: EnvelopeRecipient; readonly nextHop: string }>,
  ): Promise<void>;
  abort(): Promise<void>;
}

/** Below the free-space floor (QUE-10): answered with 452 4.3.1. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

/** Some recipients of one message that share a next hop, held by one worker until `until`. */
export type Lease = {
  readonly token: string;
  readonly until: Instant;
  readonly message: QueuedMessage;
  readonly nextHop: string;
  readonly recipients: NonEmpty<RecipientRow>;
};

/** What became of one recipient, with when to come back if it is not over. */
export type Settled =
  | { readonly outcome: RecipientOutcome & { kind: 'sent' | 'bounced' } }
  | { readonly outcome: RecipientOutcome & { kind: 'deferred' }; readonly dueAt: Instant };

export type Settlement = {
  readonly lease: Lease;
  readonly at: Instant;
  readonly recipients: NonEmpty<Settled>;
  /** Rendered delivery records (OBS-1) with evidence; stored with the message. */
  readonly records: readonly RecordParts[];
  /** A bounce or delay notice, committed together with what it reports. */
  readonly notice?: { readonly message: QueuedMessage; readonly nextHop: string; readonly body: Uint8Array };
};

/** The fields of a delivery record; those in `shared` are the same object for many of them and need be written out once. */
export type RecordParts = { readonly own: LogFields; readonly shared: LogFields };

/** OBS-1, frozen by docs/schemas/delivery-record.schema.json. */
export type DeliveryRecord = Readonly<Record<string, unknown>> & {
  readonly queue_id: string;
  readonly at: string;
  readonly result: string;
};

export type QueueFilter = {
  readonly domain?: string;
  readonly from?: string;
  readonly to?: string;
  readonly olderThan?: Instant;
  readonly newerThan?: Instant;
  readonly because?: string;
  readonly state?: RecipientState;
  readonly ids?: readonly string[];
  readonly limit?: number;
};

export type MessageStory = {
  readonly message: QueuedMessage;
  readonly recipients: readonly RecipientRow[];
  readonly records: readonly DeliveryRecord[];
  readonly events: readonly { readonly at: Instant; readonly says: string }[];
};

export type MessageSummary = Pick<MessageStory, 'message' | 'recipients'>;

/** One attempt as it was recorded. `seq` grows with time. */
export type RecordedAttempt = { readonly seq: number; readonly sender: string; readonly record: DeliveryRecord };

export type RecordsRequest = {
  /** Ages are those of the attempt, states what it came to. */
  readonly filter: QueueFilter;
  readonly order: 'newest' | 'oldest';
  /** Begins behind this `seq`, in the order given. */
  readonly from: number;
  readonly limit: number;
};

/** `next`: where to go on; undefined at the end. */
export type RecordsPage = { readonly found: readonly RecordedAttempt[]; readonly next: number | undefined };

export type QueueStats = {
  readonly messages: number;
  readonly recipients: Readonly<Record<'queued' | 'deferred' | 'held', number>>;
  readonly oldestAt: Instant | undefined;
  readonly bytes: number;
};

export interface QueueStore {
  begin(id: QueueId): BodyWriter;
  /** Due work whose next hop is not in `busy`, oldest due first, one lease per (message, next hop). */
  claim(request: {
    readonly worker: string;
    readonly now: Instant;
    readonly limit: number;
    readonly leaseFor: Seconds;
    readonly busy: readonly string[];
    /** The most leases a next hop may get in this claim; one where it is not named. */
    readonly room?: ReadonlyMap<string, number>;
  }): Promise<readonly Lease[]>;
  renew(lease: Lease, until: Instant): Promise<'held' | 'lost'>;
  /** `stale` when the lease was lost: nothing is changed. Settling twice is harmless. */
  settle(settlement: Settlement): Promise<'settled' | 'stale'>;
  /** Gives the work back untouched, due at the instant. */
  release(lease: Lease, dueAt: Instant): Promise<void>;
  /**
   * The hosts of the next hop cannot be reached: until then nothing of it is given out, and what waits says why. Ends early
   * with `act('retry')`; not kept over a restart.
   */
  rest(request: {
    readonly nextHop: string;
    readonly at: Instant;
    readonly until: Instant;
    readonly because: string;
    readonly status: string;
    readonly says: string;
  }): Promise<void>;
  openBody(id: QueueId): StoredOctets;
  /** When something falls due next, if anything waits. */
  nextDue(): Promise<Instant | undefined>;
  /**
   * Messages with a matching recipient, oldest first, at most 1000 where the filter has no limit. Those that wait, or the
   * finished ones too when the filter names ids or a state. Records and events are left to `story`.
   */
  list(filter: QueueFilter): Promise<readonly MessageSummary[]>;
  story(id: QueueId): Promise<MessageStory | undefined>;
  /** A page of delivery records across all messages; a bounded number is looked at, so it may be empty before the end. */
  records(request: RecordsRequest): Promise<RecordsPage>;
  /** Operator acts (QUE-7); the count says how many recipients changed. */
  act(
    act: 'retry' | 'hold' | 'release' | 'drop' | 'bounce',
    filter: QueueFilter,
    at: Instant,
    note: string,
  ): Promise<number>;
  /**
   * After a change of routes: the next hop of every waiting recipient is set anew.
   * @param routes names the routes; nothing is done when the last time was under the same name
   */
  reroute(nextHopOf: (recipient: EnvelopeRecipient) => string, routes?: string): Promise<number>;
  stats(): Promise<QueueStats>;
  /** Commits what is pending, then closes. */
  close(): Promise<void>;
}
