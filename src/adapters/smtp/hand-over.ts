// Hands one message to a listener on this machine, as an application beside the relay does: STARTTLS when it is offered, the
// certificate not looked at, for the way is loopback. Used by the laboratory.

import { once } from 'node:events';
import { connect } from 'node:net';
import type { OutgoingMessage } from '../../agent/ports.ts';
import type { QueueId } from '../../core/base/brand.ts';
import { domainName } from '../../core/base/domain-name.ts';
import type { Mailbox } from '../../core/smtp/envelope.ts';
import { formatReply } from '../../core/smtp/reply.ts';
import { ClientConnection } from './dialer-connection.ts';
import { composeTransaction } from './dialer-message.ts';
import { defaultTimeouts } from './dialer-timeouts.ts';
import { createTlsClient } from './tls.ts';

export type HandOver = {
  readonly port: number;
  readonly from: string;
  readonly to: string;
  readonly requiretls: 'asked' | 'no';
  /** Lines end in CRLF. */
  readonly raw: Uint8Array;
};

const loopback = '127.0.0.1';
/** Seconds. */
const timeouts = { ...defaultTimeouts, greeting: 10, transaction: 60 };

/** @returns the final reply. @throws Error with the reply that refused it, or with what went wrong. */
export async function handOver(message: HandOver): Promise<string> {
  const socket = connect(message.port, loopback);
  await once(socket, 'connect', { signal: AbortSignal.timeout(10_000) });
  const client = createTlsClient({
    trustStore: { certificates: [], source: 'none' },
    suites: 'default',
    minVersion: 'TLSv1.2',
  });
  const handshake = { client, store: { kind: 'webpki' }, sni: undefined, milliseconds: 10_000 } as const;
  const connection = new ClientConnection(socket, { ehloName: 'localhost', mode: 'starttls', timeouts, handshake });
  try {
    return await say(connection, outgoing(message));
  } finally {
    connection.close('quit');
  }
}

async function say(connection: ClientConnection, message: OutgoingMessage): Promise<string> {
  const introduced = await connection.introduce();
  if (introduced.kind !== 'settled') throw new Error(JSON.stringify(introduced));
  const announced = await connection.announce();
  if (announced.kind !== 'ready') throw new Error(JSON.stringify(announced));
  const transaction = composeTransaction(message, connection.extensions, 'send-as-it-is');
  if ('kind' in transaction) throw new Error(transaction.says);
  const outcome = await connection.deliver(transaction, message, new AbortController().signal, () => 'none');
  if (outcome.kind !== 'replied') throw new Error(outcome.says);
  const text = formatReply(outcome.replies[0].reply);
  if (outcome.replies[0].reply.code >= 300) throw new Error(text);
  return text;
}

function outgoing({ from, to, requiretls, raw }: HandOver): OutgoingMessage {
  const recipients = [{ mailbox: mailbox(to) }] as const;
  const reversePath = from === '' ? 'null' : mailbox(from);
  return {
    queueId: 'hand-over' as QueueId,
    envelope: { reversePath, recipients, smtputf8: false, tlsTag: 'none' },
    recipients,
    size: raw.length,
    content: { has8bit: raw.some((octet) => octet > 0x7f), hasUtf8Header: false, longestLine: 0 },
    requiretls: requiretls === 'asked' ? 'send' : 'omit',
    body: async function* () {
      yield raw;
    },
  };
}

/** The domain is not looked at: where it goes is the listener's concern. */
const mailbox = (text: string): Mailbox => ({ text, domain: { kind: 'name', name: domainName('localhost') } });
