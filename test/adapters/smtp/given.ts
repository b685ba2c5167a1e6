// What the tests of the sending side start from: silent logs, calls to a sink, messages, and sessions that are waved through
// where the judge is not what is tested.

import { createRegistry, type Registry } from '../../../src/adapters/metrics/registry.ts';
import type { DialCall, Log, OutgoingMessage, Session } from '../../../src/agent/ports.ts';
import type { QueueId } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import type { NonEmpty } from '../../../src/core/base/result.ts';
import type { Accepted, Cleared } from '../../../src/core/policy/model.ts';
import type { Envelope, EnvelopeRecipient, Mailbox } from '../../../src/core/smtp/envelope.ts';

export const loopback: IpAddress = '127.0.0.1' as IpAddress;

export const silentLog: Log = { event: () => undefined };

export const metrics = (): Registry => createRegistry();

export const callOf = (port: number, more: Partial<DialCall> = {}): DialCall => ({
  host: domainName('mx.example'),
  address: loopback,
  port,
  ehloName: 'relay.example',
  mode: 'starttls',
  sni: domainName('mx.example'),
  store: { kind: 'webpki' },
  ...more,
});

export const mailbox = (text: string): Mailbox => {
  const name = text.slice(text.lastIndexOf('@') + 1);
  return {
    text,
    domain: { kind: 'name', name: /^[a-z0-9.-]+$/i.test(name) ? domainName(name) : domainName('odd.example') },
  };
};

export const recipient = (text: string, more: Partial<EnvelopeRecipient> = {}): EnvelopeRecipient => ({
  mailbox: mailbox(text),
  ...more,
});

type Wish = Partial<Omit<OutgoingMessage, 'envelope' | 'body'>> & {
  readonly envelope?: Partial<Envelope>;
  readonly text?: string | Uint8Array | readonly (string | Uint8Array)[];
};

/** A message to two recipients, unless wished otherwise. */
export function messageOf(wish: Wish = {}): OutgoingMessage {
  const { envelope, text = 'Subject: x\r\n\r\nhello\r\n', ...rest } = wish;
  const chunks = (Array.isArray(text) ? text : [text]).map((part) => Buffer.from(part as string));
  const recipients: NonEmpty<EnvelopeRecipient> = rest.recipients ?? [
    recipient('a@to.example'),
    recipient('b@to.example'),
  ];
  return {
    queueId: 'Q1' as QueueId,
    envelope: {
      reversePath: mailbox('from@sender.example'),
      recipients,
      smtputf8: false,
      tlsTag: 'none',
      ...envelope,
    },
    recipients,
    size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    content: { has8bit: false, hasUtf8Header: false, longestLine: 20 },
    requiretls: 'omit',
    ...rest,
    body: async function* () {
      yield* chunks;
    },
  };
}

export const accepted = (session: Session): Accepted<Session> => session as Accepted<Session>;
export const cleared = (session: Session): Cleared<Session> => session as Cleared<Session>;
export const running = (): AbortSignal => new AbortController().signal;
