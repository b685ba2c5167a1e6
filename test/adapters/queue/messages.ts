// Messages, outcomes and ports for the tests of the queue.

import { randomBytes } from 'node:crypto';
import type { Clock, Lease, Log, QueuedMessage, QueueStore, Settled, Settlement } from '../../../src/agent/ports.ts';
import { type Instant, instant, type QueueId } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import type { NonEmpty } from '../../../src/core/base/result.ts';
import type { Envelope, EnvelopeRecipient, Mailbox } from '../../../src/core/smtp/envelope.ts';

export const t0: Instant = instant(Date.UTC(2026, 4, 4, 12));
export const later = (at: Instant, seconds: number): Instant => instant(at + seconds * 1000);

export const mailbox = (text: string): Mailbox => ({
  text,
  domain: { kind: 'name', name: domainName(text.slice(text.lastIndexOf('@') + 1)) },
});

export const recipient = (text: string, rest: Omit<EnvelopeRecipient, 'mailbox'> = {}): EnvelopeRecipient => ({
  mailbox: mailbox(text),
  ...rest,
});

let count = 0;
export const newId = (): QueueId => `t${++count}x${randomBytes(4).toString('hex')}` as QueueId;

export function message(
  to: NonEmpty<EnvelopeRecipient | string>,
  envelope: Partial<Envelope> = {},
  rest: Partial<QueuedMessage> = {},
): QueuedMessage {
  const recipients = to.map((one) => (typeof one === 'string' ? recipient(one) : one));
  return {
    id: newId(),
    envelope: {
      reversePath: mailbox('sender@origin.example'),
      recipients: recipients as unknown as NonEmpty<EnvelopeRecipient>,
      smtputf8: false,
      tlsTag: 'none',
      ...envelope,
    },
    receivedAt: t0,
    expiresAt: later(t0, 5 * 86_400),
    size: 100,
    content: { has8bit: false, hasUtf8Header: false, longestLine: 72 },
    client: {
      listener: 'lan',
      kind: 'relay',
      address: '192.0.2.1' as IpAddress,
      ehlo: 'client.example',
      trusted: true,
    },
    ...rest,
  };
}

export const hopOf = ({ mailbox: { domain } }: EnvelopeRecipient): string =>
  domain.kind === 'name' ? domain.name : `[${domain.address}]`;

export async function enqueue(
  queue: QueueStore,
  one: QueuedMessage,
  body: Uint8Array = octets('body\r\n'),
): Promise<void> {
  const writer = queue.begin(one.id);
  await writer.write(body);
  const rows = one.envelope.recipients.map((to) => ({ recipient: to, nextHop: hopOf(to) }));
  await writer.commit(one, rows as unknown as Parameters<typeof writer.commit>[1]);
}

export const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export const claim = (
  queue: QueueStore,
  now: Instant,
  more: Partial<Parameters<QueueStore['claim']>[0]> = {},
): Promise<readonly Lease[]> =>
  queue.claim({ worker: 'w1', now, limit: 100, leaseFor: 600 as never, busy: [], ...more });

export const sent = (to: string): Settled => ({
  outcome: {
    kind: 'sent',
    recipient: to,
    host: 'mx.example',
    reply: { code: 250, enhanced: '2.0.0', lines: ['taken'] },
    evidence: [],
  },
});

export const bounced = (to: string): Settled => ({
  outcome: { kind: 'bounced', recipient: to, because: 'null-mx', status: '5.1.10', says: 'no mail here', evidence: [] },
});

export const deferred = (to: string, dueAt: Instant): Settled => ({
  outcome: {
    kind: 'deferred',
    recipient: to,
    because: 'connect-failed',
    status: '4.4.1',
    says: 'connection refused',
    evidence: [],
  },
  dueAt,
});

export const settlement = (
  lease: Lease,
  at: Instant,
  each: (to: string) => Settled,
  rest: Partial<Settlement> = {},
): Settlement => ({
  lease,
  at,
  recipients: lease.recipients.map((row) => each(row.recipient.mailbox.text)) as unknown as NonEmpty<Settled>,
  records: [],
  ...rest,
});

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}

export type Logged = {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

export function listLog(): Log & { readonly lines: Logged[] } {
  const lines: Logged[] = [];
  return { lines, event: (level, event, fields = {}) => void lines.push({ level, event, fields }) };
}

export const stillClock: Clock = { now: () => t0, sleep: () => new Promise(() => undefined), random: () => 0.5 };
