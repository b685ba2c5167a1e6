// The Received field that we put before every accepted message (RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3, RFC 8314 §4.3).
// Never Return-Path, and never a change to the fields below (TRC-6, TRC-9).

import type { Instant, QueueId } from '../base/brand.ts';
import type { IpAddress } from '../base/lookup.ts';
import { formatLiteral } from './address.ts';

export type Trace = {
  readonly hello: 'HELO' | 'EHLO';
  /** As the client said it; anything. */
  readonly ehlo: string;
  readonly address: IpAddress;
  /** Our own EHLO name. */
  readonly by: string;
  readonly id: QueueId;
  readonly at: Instant;
  readonly smtputf8: boolean;
  readonly authenticated: boolean;
  readonly tls?: {
    readonly protocol: string;
    readonly cipher: string;
    readonly bits?: number;
    readonly group?: string;
    readonly clientCertificate: string;
  };
  /** The one recipient; undefined when there are several. */
  readonly onlyRecipient?: string;
};

/** @returns the field in ASCII, folded, with its final CRLF. */
export function traceHeader(trace: Trace): string {
  const { tls, onlyRecipient } = trace;
  const lines = [`Received: from ${safeName(trace.ehlo)} (${formatLiteral(trace.address)})`];
  if (tls) {
    const bits = tls.bits === undefined ? '' : ` (${tls.bits} bits)`;
    // TRC-5.
    lines.push(`(using ${tls.protocol} with cipher ${tls.cipher}${bits}, client certificate ${tls.clientCertificate})`);
  }
  lines.push(`by ${trace.by} with ${protocolWord(trace)} id ${trace.id}`);
  // TRC-2: one path only, so that no blind recipient shows; a mailbox beyond ASCII would make our own field need SMTPUTF8.
  if (onlyRecipient !== undefined && /^[\x21-\x7e]+$/.test(onlyRecipient)) lines.push(`for <${onlyRecipient}>`);
  // TRC-4: RFC 8314 §4.3.
  if (tls) lines.push(`tls ${tls.cipher}${tls.group === undefined ? '' : ` group ${tls.group}`}`);
  return `${lines.join('\r\n\t')};\r\n\t${mailDate(trace.at)}\r\n`;
}

// TRC-3: RFC 3848 and RFC 6531 §4.3. Without EHLO there is no extension that the word could name.
export function protocolWord(trace: Pick<Trace, 'hello' | 'smtputf8' | 'authenticated' | 'tls'>): string {
  if (trace.hello === 'HELO') return 'SMTP';
  return `${trace.smtputf8 ? 'UTF8SMTP' : 'ESMTP'}${trace.tls ? 'S' : ''}${trace.authenticated ? 'A' : ''}`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** RFC 5322 §3.3 with the numeric offset that RFC 5321 §4.4 asks for. */
export function mailDate(at: Instant): string {
  const date = new Date(at);
  const day = `${days[date.getUTCDay()]}, ${two(date.getUTCDate())} ${months[date.getUTCMonth()]}`;
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day} ${date.getUTCFullYear()} ${time} +0000`;
}

// ATK-91: what could end a word, open a comment or fold a line is no part of a name.
const safeName = (ehlo: string): string => {
  const name = ehlo.replace(/[^A-Za-z0-9.:_[\]-]/g, '?').slice(0, 255);
  return name === '' ? 'unknown' : name;
};
