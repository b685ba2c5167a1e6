// Rows to the domain's types and back. Rows travel between the threads as they stand in the database, with the JSON in them:
// strings are cheaper to hand over than objects.

import type { QueuedMessage, RecipientRow, RecipientState } from '../../agent/ports.ts';
import type { DomainName, Instant, QueueId } from '../../core/base/brand.ts';
import type { EnvelopeRecipient, Mailbox } from '../../core/smtp/envelope.ts';

export type MessageColumns = readonly [
  id: string,
  receivedAt: number,
  expiresAt: number,
  size: number,
  facts: string,
  body: 'row' | 'file' | 'gone',
];

export const messageColumns = 'id, received_at, expires_at, size, facts, body';

export type RecipientColumns = readonly [
  facts: string,
  nextHop: string,
  state: RecipientState,
  attempts: number,
  dueAt: number,
  because: string | null,
  status: string | null,
  says: string | null,
  lastAt: number | null,
  returnedAt: number | null,
];

export const recipientColumns = 'facts, next_hop, state, attempts, due_at, because, status, says, last_at, returned_at';

export function messageOf([id, receivedAt, expiresAt, size, facts]: MessageColumns): QueuedMessage {
  const { envelope, content, client } = JSON.parse(facts) as Pick<QueuedMessage, 'envelope' | 'content' | 'client'>;
  return {
    id: id as QueueId,
    receivedAt: receivedAt as Instant,
    expiresAt: expiresAt as Instant,
    size,
    envelope,
    content,
    client,
  };
}

/** What stands in place of a row whose JSON was damaged, by the disk or by hand: it can be listed, and is never sent. */
const nobody: EnvelopeRecipient = {
  mailbox: { text: 'unreadable', domain: { kind: 'name', name: 'unreadable.invalid' as DomainName } },
};
const unreadable = JSON.stringify({
  envelope: { reversePath: 'null', recipients: [nobody], smtputf8: false, tlsTag: 'none' },
  content: { has8bit: false, hasUtf8Header: false, longestLine: 0 },
  client: { listener: 'unreadable', kind: 'relay', address: '0.0.0.0', ehlo: '', trusted: false },
});

export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** For those who only look. */
export const shownMessage = (columns: MessageColumns): MessageColumns =>
  isJson(columns[4]) ? columns : ([...columns.slice(0, 4), unreadable, columns[5]] as unknown as MessageColumns);

export const shownRecipient = (columns: RecipientColumns): RecipientColumns =>
  isJson(columns[0]) ? columns : ([JSON.stringify(nobody), ...columns.slice(1)] as unknown as RecipientColumns);

// QUE-1: the envelope with all its parameters and the TLS tag goes into the row as it is.
export const factsOf = ({ envelope, content, client }: QueuedMessage): string =>
  JSON.stringify({ envelope, content, client });

export function recipientOf(columns: RecipientColumns): RecipientRow {
  const [facts, nextHop, state, attempts, dueAt, because, status, says, lastAt, returnedAt] = columns;
  const row: RecipientRow = {
    recipient: JSON.parse(facts) as EnvelopeRecipient,
    nextHop,
    state,
    attempts,
    dueAt: dueAt as Instant,
  };
  if (lastAt === null && returnedAt === null) return row;
  return {
    ...row,
    ...(lastAt !== null && {
      last: { because: because ?? '', status: status ?? '', says: says ?? '', at: lastAt as Instant },
    }),
    ...(returnedAt !== null && { returnedAt: returnedAt as Instant }),
  };
}

export const senderOf = (message: QueuedMessage): string =>
  message.envelope.reversePath === 'null' ? '' : message.envelope.reversePath.text;

export const domainOf = ({ domain }: Mailbox): string => (domain.kind === 'name' ? domain.name : `[${domain.address}]`);
