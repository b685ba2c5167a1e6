// Delivery status notifications: failure and delay notices (RFC 3464, RFC 3461 §6, RFC 6522, RFC 6533), honouring NOTIFY
// and REQUIRETLS (RFC 8689 §5). Leaves out the "relayed" and "delivered" kinds and the return of whole messages.

import type { Instant } from '../base/brand.ts';
import type { NonEmpty } from '../base/result.ts';
import { type Language, translateLines } from '../words/say.ts';
import type { Envelope, EnvelopeRecipient, Mailbox } from './envelope.ts';
import { encodePart, type MimePart } from './quoted-printable.ts';
import type { Reply } from './reply.ts';
import { mailDate } from './trace-header.ts';

export type NoticeAction = 'failed' | 'delayed';

export type ReportedRecipient = {
  readonly recipient: EnvelopeRecipient;
  readonly action: NoticeAction;
  /** Enhanced status; class 4 stands beside `failed` where the queue life ended (DSN-9). */
  readonly status: string;
  readonly because: string;
  /** From the catalogue: what the reason means, and what can be done. */
  readonly sentence: string;
  readonly remedy: string;
  /** What was found this time. */
  readonly says: string;
  readonly host?: string;
  /** The answer of `host`; undefined when the failure is our own verdict (DSN-7). */
  readonly reply?: Reply;
  readonly lastAttemptAt: Instant;
  readonly retryUntil?: Instant;
};

export type Notice = {
  /** Names this notice: part of its Message-ID and boundary. */
  readonly id: string;
  readonly at: Instant;
  /** Our own host name. */
  readonly reportingMta: string;
  readonly postmaster: string;
  readonly to: Mailbox;
  readonly original: {
    readonly envelope: Envelope;
    readonly receivedAt: Instant;
    readonly ehlo: string;
    readonly address: string;
    /** Its header section, `headerSection` of the stored body. */
    readonly headers: Uint8Array;
  };
  readonly recipients: NonEmpty<ReportedRecipient>;
  /** Of the explanation; English stands in every notice. */
  readonly language?: Language;
};

/** Octets of the original header that are returned at most. */
export const maxReturnedHeaders = 65_536;

const maxDiagnostic = 2000;

/** Whether the sender hears of this recipient. */
export function wantsNotice(envelope: Envelope, recipient: EnvelopeRecipient, action: NoticeAction): boolean {
  // DSN-3: RFC 5321 §4.5.5: never about a message that is itself a notice.
  if (envelope.reversePath === 'null') return false;
  // RTLS-45: a delay notice that its return path could not protect must not exist; whether it can is not known here.
  if (action === 'delayed' && envelope.tlsTag === 'requiretls') return false;
  // DSN-1, DSN-14: RFC 3461 §4.1.
  if (recipient.notify === undefined) return true;
  return recipient.notify !== 'never' && recipient.notify.includes(action === 'failed' ? 'failure' : 'delay');
}

/** Envelope of the notice about a message with this envelope. */
export function noticeEnvelope(original: Envelope, to: Mailbox): Envelope {
  const utf8 = !isAscii(to.text);
  return {
    // DSN-2: null reverse-path, one recipient, no RET, no ENVID, no NOTIFY.
    reversePath: 'null',
    recipients: [{ mailbox: to }],
    // DSN-20: the address stands in a header field of the notice.
    smtputf8: utf8,
    body: utf8 ? '8bitmime' : '7bit',
    // DSN-18, RTLS-40, RTLS-55: the wish of the originator goes with it.
    tlsTag: original.tlsTag,
  };
}

/** The header section at the start of a message, with its last CRLF, cut at a line end if it is too long. */
export function headerSection(start: Uint8Array): Uint8Array {
  let end = 0;
  while (end < start.length) {
    const feed = start.indexOf(0x0a, end);
    if (feed < 0 || feed >= maxReturnedHeaders || feed - end <= 1) break;
    end = feed + 1;
  }
  return start.subarray(0, end);
}

/** The whole notice as it goes into the queue: CRLF lines, 7-bit unless the sender's own address is not ASCII. */
export function renderNotice(notice: Notice): Uint8Array {
  const { envelope } = notice.original;
  const redacted = envelope.tlsTag === 'requiretls';
  const global = isGlobal(notice);
  const parts: readonly MimePart[] = [
    {
      type: `text/plain; charset=${global || isJapanese(notice) ? 'utf-8' : 'us-ascii'}`,
      content: explained(notice, redacted, global),
    },
    {
      type: global ? 'message/global-delivery-status' : 'message/delivery-status',
      content: machinePart(notice, redacted, global),
    },
    {
      // DSN-17: headers only.
      type: global ? 'message/global-headers' : 'text/rfc822-headers',
      content: returnedHeaders(notice, redacted),
    },
  ];
  const encoded = parts.map(encodePart);
  const boundary = freeBoundary(notice.id, encoded);
  const body = encoded.map((part) => `--${boundary}\r\n${part}`).join('\r\n');
  return utf8(`${header(notice, boundary, global)}\r\n${body}\r\n--${boundary}--\r\n`);
}

/** RFC 6533 §3: needed as soon as an address or the returned header of an SMTPUTF8 message is not ASCII. */
const isGlobal = ({ to, recipients, original }: Notice): boolean =>
  !isAscii(to.text) ||
  recipients.some(({ recipient }) => !isAscii(recipient.mailbox.text)) ||
  (original.envelope.smtputf8 && original.headers.some((octet) => octet > 0x7e));

function header(notice: Notice, boundary: string, global: boolean): string {
  const failed = notice.recipients.some(({ action }) => action === 'failed');
  return [
    // DSN-19: RFC 3464 §2, RFC 3834 §3.1.7.
    `From: "Mail Delivery System" <${notice.postmaster}>`,
    `To: <${notice.to.text}>`,
    `Date: ${mailDate(notice.at)}`,
    `Message-ID: <${notice.id}.notice@${notice.reportingMta}>`,
    `Subject: ${failed ? 'Undelivered mail returned to sender' : 'Delayed mail, still being tried'}`,
    'Auto-Submitted: auto-replied',
    // RTLS-55: RFC 8689 §6.
    ...(notice.original.envelope.tlsTag === 'tls-required-no' ? ['TLS-Required: No'] : []),
    'MIME-Version: 1.0',
    // DSN-4: RFC 6522 §3: the report type is the subtype of the second part.
    `Content-Type: multipart/report; report-type=${global ? 'global-' : ''}delivery-status;`,
    `\tboundary="${boundary}"`,
    '',
  ].join('\r\n');
}

const isJapanese = ({ language }: Notice): boolean => language === 'ja';

/** OPS-64: senders abroad read English, so it stands below. */
function explained(notice: Notice, redacted: boolean, global: boolean): Uint8Array {
  const english = humanPart(notice, redacted, global);
  return isJapanese(notice) ? utf8(`${translateLines('ja', english)}\r\n----\r\n\r\n${english}`) : utf8(english);
}

function humanPart(notice: Notice, redacted: boolean, global: boolean): string {
  const { reportingMta, recipients } = notice;
  const lines = [`This is the mail relay ${reportingMta}.`, ''];
  const failed = recipients.filter(({ action }) => action === 'failed');
  const delayed = recipients.filter(({ action }) => action === 'delayed');
  const about = (list: readonly ReportedRecipient[]): void => {
    for (const one of list) lines.push('', `<${one.recipient.mailbox.text}>`, ...explanation(one, redacted));
  };
  if (failed.length > 0)
    lines.push('Your message could not be delivered to the following. It will not be tried again.');
  about(failed);
  if (delayed.length > 0) {
    lines.push(...(failed.length > 0 ? ['', ''] : []));
    lines.push('Your message still waits for the following. You need not send it again; it is tried further.');
  }
  about(delayed);
  if (redacted)
    lines.push('', 'It was sent with REQUIRETLS, so this notice repeats nothing of it but its id and date.');
  return lines.map((line) => `${line === '' ? '' : printable(line, global)}\r\n`).join('');
}

function explanation(one: ReportedRecipient, redacted: boolean): readonly string[] {
  const lines = [`  ${one.sentence}.`];
  if (!redacted) {
    if (one.reply !== undefined) lines.push(`  The host ${one.host ?? ''} said: ${replyText(one.reply)}`);
    else lines.push(`  Found${one.host === undefined ? '' : ` at ${one.host}`}: ${one.says.slice(0, maxDiagnostic)}.`);
    lines.push(`  What helps: ${one.remedy}.`);
  }
  // DSN-15: in plain words.
  if (/^[45]\.7\./.test(one.status) && one.reply === undefined)
    lines.push('  The message was not sent without the protection that it must have.');
  if (one.retryUntil !== undefined) lines.push(`  It is tried until ${mailDate(one.retryUntil)}.`);
  lines.push(`  (${one.because}, ${statusOf(one)})`);
  return lines;
}

function machinePart(notice: Notice, redacted: boolean, global: boolean): Uint8Array {
  const { original, recipients } = notice;
  const { envid } = original.envelope;
  // DSN-5: RFC 3464 §2.2.
  const perMessage = [
    field('Reporting-MTA', `dns; ${notice.reportingMta}`, global),
    ...(envid === undefined ? [] : [field('Original-Envelope-Id', decodeXtext(envid), global)]),
    ...(redacted ? [] : [field('Received-From-MTA', `dns; ${word(original.ehlo)} (${original.address})`, global)]),
    field('Arrival-Date', mailDate(original.receivedAt), global),
  ];
  const groups = recipients.map((one) => perRecipient(one, redacted, global));
  return utf8([perMessage, ...groups].map((group) => group.join('')).join('\r\n'));
}

/** DSN-6, DSN-22: one group each, with nothing of the others. RFC 3464 §2.3. */
function perRecipient(one: ReportedRecipient, redacted: boolean, global: boolean): readonly string[] {
  const { mailbox, orcpt } = one.recipient;
  const type = isAscii(mailbox.text) ? 'rfc822' : 'utf-8';
  const shown = !redacted && one.reply !== undefined && one.host !== undefined;
  return [
    ...(orcpt === undefined ? [] : [field('Original-Recipient', originalRecipient(orcpt), global)]),
    field('Final-Recipient', `${type}; ${mailbox.text}`, global),
    field('Action', one.action, global),
    field('Status', statusOf(one), global),
    ...(shown ? [field('Remote-MTA', `dns; ${one.host}`, global)] : []),
    field('Diagnostic-Code', diagnosticCode(one, redacted), global),
    field('Last-Attempt-Date', mailDate(one.lastAttemptAt), global),
    ...(one.action === 'delayed' && one.retryUntil !== undefined
      ? [field('Will-Retry-Until', mailDate(one.retryUntil), global)]
      : []),
  ];
}

function diagnosticCode(one: ReportedRecipient, redacted: boolean): string {
  // RTLS-43: recipient, status and reason alone.
  if (redacted) return `x-sekisho; ${one.because}`;
  if (one.reply !== undefined) return `smtp; ${replyText(one.reply)}`;
  // DSN-7: RFC 3464 §2.1.2(b): no reply, so a type of our own.
  const host = one.host === undefined ? '' : ` host=${one.host}`;
  return `x-sekisho; ${one.because}${host} ${one.says}`.slice(0, maxDiagnostic);
}

/** DSN-8: RFC 3461 §6.3(g): what is no status, or not of a class that fits the action, says nothing. */
function statusOf({ status, action }: ReportedRecipient): string {
  const fits = action === 'failed' ? /^[45]\.\d{1,3}\.\d{1,3}$/ : /^4\.\d{1,3}\.\d{1,3}$/;
  if (fits.test(status)) return status;
  return action === 'failed' ? '5.0.0' : '4.0.0';
}

const replyText = (reply: Reply): string =>
  [String(reply.code), ...(reply.enhanced === undefined ? [] : [reply.enhanced]), ...reply.lines]
    .join(' ')
    .slice(0, maxDiagnostic);

/** ORCPT is `type;xtext` (RFC 3461 §4.2); the form of RFC 6533 §3 is kept as it came. */
function originalRecipient(orcpt: string): string {
  const [type = '', ...rest] = orcpt.split(';');
  const text = rest.join(';');
  return `${type};${type.toLowerCase() === 'utf-8' ? text : decodeXtext(text)}`;
}

/** RFC 3461 §4. What decodes to a control character becomes harmless in `field`. */
const decodeXtext = (text: string): string =>
  text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function returnedHeaders({ original }: Notice, redacted: boolean): Uint8Array {
  if (!redacted) return original.headers;
  // RTLS-43: of the header, Message-ID and Date alone.
  const fields = new TextDecoder().decode(original.headers).split(/(?<=\r\n)(?![ \t])/);
  return utf8(fields.filter((one) => /^(message-id|date)[ \t]*:/i.test(one)).join(''));
}

function freeBoundary(id: string, parts: readonly string[]): string {
  let boundary = `notice-${id}`;
  while (parts.some((part) => part.includes(boundary))) boundary += '-';
  return boundary;
}

/** One field, folded at blanks. Strangers' text cannot begin another: control characters are gone before. */
function field(name: string, value: string, global: boolean): string {
  const lines = [`${name}:`];
  for (const token of printable(value, global).split(' ').flatMap(inPieces)) {
    const last = lines.at(-1) as string;
    if (last.length + token.length < 76 || last === `${name}:`) lines[lines.length - 1] = `${last} ${token}`;
    else lines.push(` ${token}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** No line may pass 998 octets. */
const inPieces = (token: string): readonly string[] => token.match(/.{1,200}/gu) ?? [];

const printable = (text: string, global: boolean): string =>
  text.replace(global ? /[\x00-\x1f\x7f-\x9f]/g : /[^\x20-\x7e]/g, '?');

const word = (text: string): string => text.replace(/[^\x21-\x7e]|[()\\]/g, '?').slice(0, 255) || 'unknown';

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
