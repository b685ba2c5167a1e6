// A received message becomes a queued one, durably, before the 250 (SRV-12, SRV-13, SRV-18). Chunks flow through: what is
// held is one unfinished header line. Leaves out the SMTP dialogue, which has judged line ends and size already.

import type { Instant, QueueId, Seconds } from '../core/base/brand.ts';
import { instant } from '../core/base/brand.ts';
import type { NonEmpty } from '../core/base/result.ts';
import type { Envelope, EnvelopeRecipient } from '../core/smtp/envelope.ts';
import { finishHeader, type HeaderScan, scanHeader, startHeaderScan } from '../core/smtp/header-scan.ts';
import { makeQueueId } from '../core/smtp/queue-id.ts';
import { settleTlsTag } from '../core/smtp/requiretls.ts';
import { mailDate, traceHeader } from '../core/smtp/trace-header.ts';
import {
  type Acceptance,
  type BodyWriter,
  type Clock,
  type ContentFacts,
  type Incoming,
  type IncomingBody,
  type Log,
  type QueuedMessage,
  QueueFull,
  type QueueStore,
} from './ports.ts';

export type AcceptPorts = {
  readonly queue: Pick<QueueStore, 'begin'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Our EHLO name, for Received and Message-ID. */
  readonly hostname: string;
  readonly nextHopOf: (recipient: EnvelopeRecipient) => string;
  /** QUE-3. */
  readonly life: { readonly normal: Seconds; readonly nullSender: Seconds };
};

// TRC-7: RFC 5321 §6.3.
const maxReceived = 100;
/** Octets; what the scan and every bounce with headers must be able to bear (ATK-93). */
const maxHeader = 1_048_576;
const LF = 0x0a;
const nothing = new Uint8Array(0);

/** Never rejects: a broken store is an answer (SRV-13). */
export async function accept(ports: AcceptPorts, incoming: Incoming, body: IncomingBody): Promise<Acceptance> {
  const at = ports.clock.now();
  const id = makeQueueId(at, ports.clock.random);
  let writer: BodyWriter | undefined;
  try {
    writer = ports.queue.begin(id);
    const copied = await copyBody(ports, incoming, body, { id, at, writer });
    if (copied.kind !== 'copied') {
      await writer.abort();
      return copied;
    }
    const { message, recipients } = describe(ports, incoming, { id, at }, copied);
    await writer.commit(message, recipients);
    logAccepted(ports.log, message, copied);
    return { kind: 'queued', id };
  } catch (error) {
    ports.log.event('error', 'message-not-stored', { queue_id: id, says: String(error) });
    // An abort that fails as well leaves an orphan for the store to sweep; the first error is the one that counts.
    await writer?.abort().catch(() => undefined);
    return { kind: 'not-stored', because: isFull(error) ? 'queue-full' : 'storage-failed' };
  }
}

type Birth = { readonly id: QueueId; readonly at: Instant };
type Copied = {
  readonly kind: 'copied';
  readonly size: number;
  readonly scan: HeaderScan;
  readonly content: ContentFacts;
};

async function copyBody(
  ports: AcceptPorts,
  incoming: Incoming,
  body: IncomingBody,
  birth: Birth & { readonly writer: BodyWriter },
): Promise<Copied | Extract<Acceptance, { kind: 'refused' | 'cut' }>> {
  const scan = startHeaderScan();
  let size = 0;
  const put = (octets: Uint8Array): Promise<void> | undefined => {
    size += octets.length;
    return octets.length === 0 ? undefined : birth.writer.write(octets);
  };
  // TRC-1: the trace field stands before the first octet.
  await put(encode(traceOf(ports, incoming, birth)));
  let unfinished: Uint8Array = nothing;
  let inHeader = true;
  for await (const chunk of body.chunks) {
    if (!inHeader) {
      await put(chunk);
      continue;
    }
    const octets = join(unfinished, chunk);
    const lines = octets.subarray(0, octets.lastIndexOf(LF) + 1);
    const end = scanHeader(scan, lines);
    // TRC-7.
    if (scan.received > maxReceived) return { kind: 'refused', because: 'loop-received' };
    if (scan.octets > maxHeader || octets.length - lines.length > maxHeader)
      return { kind: 'refused', because: 'header-size' };
    inHeader = end === undefined;
    // A copy: the chunk is ours only until the next one.
    unfinished = inHeader ? new Uint8Array(octets.subarray(lines.length)) : nothing;
    const added = end === undefined ? nothing : additions(ports, incoming, birth, scan, end.because);
    // Whole, where nothing is put in between: a copy less.
    if (end === undefined) await put(lines);
    else if (added.length === 0) await put(octets);
    else for (const part of [octets.subarray(0, end.at), added, octets.subarray(end.at)]) await put(part);
  }
  if (inHeader) {
    scanHeader(scan, unfinished);
    finishHeader(scan);
    await put(unfinished);
    await put(additions(ports, incoming, birth, scan, 'empty-line'));
  }
  const ending = body.ending();
  if (ending.kind === 'cut') return ending;
  const content = { has8bit: ending.has8bit, longestLine: ending.longestLine, hasUtf8Header: scan.hasUtf8 };
  return { kind: 'copied', size, scan, content };
}

function traceOf(ports: AcceptPorts, { client, hello, envelope }: Incoming, { id, at }: Birth): string {
  const [first, second] = envelope.recipients;
  return traceHeader({
    hello,
    ehlo: client.ehlo,
    address: client.address,
    by: ports.hostname,
    id,
    at,
    smtputf8: envelope.smtputf8,
    authenticated: client.user !== undefined,
    ...(client.tls && { tls: client.tls }),
    ...(second === undefined && { onlyRecipient: first.mailbox.text }),
  });
}

/** SRV-27: RFC 6409 §8: what a submitted message lacks; a relayed one is left as it is. They end the header section. */
function additions(
  ports: AcceptPorts,
  { client }: Incoming,
  { id, at }: Birth,
  scan: HeaderScan,
  ended: 'empty-line' | 'no-field',
): Uint8Array {
  if (client.kind === 'relay') return nothing;
  if (scan.hasDate && scan.hasMessageId) return nothing;
  const fields = [
    ...(scan.hasDate ? [] : [`Date: ${mailDate(at)}\r\n`]),
    ...(scan.hasMessageId ? [] : [`Message-ID: <${id}@${ports.hostname}>\r\n`]),
  ];
  // A message that is all text gets the empty line that parts its new header from it.
  if (fields.length > 0 && ended === 'no-field') fields.push('\r\n');
  return encode(fields.join(''));
}

function describe(
  ports: AcceptPorts,
  { client, envelope: draft }: Incoming,
  { id, at }: Birth,
  { size, scan, content }: Copied,
): {
  readonly message: QueuedMessage;
  readonly recipients: NonEmpty<{ readonly recipient: EnvelopeRecipient; readonly nextHop: string }>;
} {
  const { requiretls, ...rest } = draft;
  const envelope: Envelope = { ...rest, tlsTag: settleTlsTag(requiretls, scan.tlsRequired) };
  const life = envelope.reversePath === 'null' ? ports.life.nullSender : ports.life.normal;
  const [first, ...others] = envelope.recipients;
  const routed = (recipient: EnvelopeRecipient) => ({ recipient, nextHop: ports.nextHopOf(recipient) });
  return {
    message: { id, envelope, receivedAt: at, expiresAt: instant(at + life * 1000), size, content, client },
    recipients: [routed(first), ...others.map(routed)],
  };
}

function logAccepted(log: Log, message: QueuedMessage, { scan }: Copied): void {
  const { id, envelope, size, client } = message;
  if (scan.tlsRequired === 'unknown-value' || scan.tlsRequired === 'repeated')
    // RTLS-7, RTLS-8.
    log.event('warn', 'tls-required-ignored', { queue_id: id, because: scan.tlsRequired });
  // SMUG-10: passed on as it is, but worth knowing when a far host refuses it.
  if (message.content.longestLine > 998)
    log.event('info', 'long-line', { queue_id: id, octets: message.content.longestLine });
  log.event('info', 'message-accepted', {
    queue_id: id,
    listener: client.listener,
    client: client.address,
    from: envelope.reversePath === 'null' ? '<>' : envelope.reversePath.text,
    recipients: envelope.recipients.length,
    size,
    msg_tls: envelope.tlsTag,
    // OPS-6.
    tls_version: client.tls?.protocol ?? null,
    tls_cipher: client.tls?.cipher ?? null,
    tls_bits: client.tls?.bits ?? null,
    client_certificate: client.tls?.clientCertificate ?? null,
  });
}

/** EXT-1: no room is told apart from a broken disk. */
const isFull = (error: unknown): boolean =>
  error instanceof QueueFull || /^(ENOSPC|EDQUOT)$/.test((error as { code?: string } | null)?.code ?? '');

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
