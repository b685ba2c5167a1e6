// Rows to the domain's types and back.

import type { QueuedMessage, RecipientRow, RecipientState } from '../../agent/ports.ts';
import type { Instant, QueueId } from '../../core/base/brand.ts';
import type { EnvelopeRecipient, Mailbox } from '../../core/smtp/envelope.ts';

export type MessageRow = {
  readonly seq: number;
  readonly id: string;
  readonly received_at: number;
  readonly expires_at: number;
  readonly size: number;
  readonly facts: string;
  readonly body: 'row' | 'file' | 'gone';
};

export type RecipientColumns = {
  readonly facts: string;
  readonly next_hop: string;
  readonly state: RecipientState;
  readonly attempts: number;
  readonly due_at: number;
  readonly because: string | null;
  readonly status: string | null;
  readonly says: string | null;
  readonly last_at: number | null;
  readonly returned_at: number | null;
};

export function messageOf(row: MessageRow): QueuedMessage {
  const facts = JSON.parse(row.facts) as Pick<QueuedMessage, 'envelope' | 'content' | 'client'>;
  return {
    id: row.id as QueueId,
    receivedAt: row.received_at as Instant,
    expiresAt: row.expires_at as Instant,
    size: row.size,
    ...facts,
  };
}

// QUE-1: the envelope with all its parameters and the TLS tag goes into the row as it is.
export const factsOf = ({ envelope, content, client }: QueuedMessage): string =>
  JSON.stringify({ envelope, content, client });

export function recipientOf(row: RecipientColumns): RecipientRow {
  return {
    recipient: JSON.parse(row.facts) as EnvelopeRecipient,
    nextHop: row.next_hop,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at as Instant,
    ...(row.last_at !== null && {
      last: {
        because: row.because ?? '',
        status: row.status ?? '',
        says: row.says ?? '',
        at: row.last_at as Instant,
      },
    }),
    ...(row.returned_at !== null && { returnedAt: row.returned_at as Instant }),
  };
}

export const senderOf = (message: QueuedMessage): string =>
  message.envelope.reversePath === 'null' ? '' : message.envelope.reversePath.text;

export const domainOf = ({ domain }: Mailbox): string => (domain.kind === 'name' ? domain.name : `[${domain.address}]`);
