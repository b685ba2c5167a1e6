// What acceptance must know of the header section, read once while it passes by: how many Received fields, TLS-Required,
// Date, Message-ID, octets beyond ASCII (SRV-28, TRC-7, SMUG-12). Changes nothing, keeps no text but one short value.

import { addTlsRequired, type TlsRequiredFinding } from './requiretls.ts';

/** Grows with every call of `scanHeader`. */
export type HeaderScan = {
  received: number;
  tlsRequired: TlsRequiredFinding;
  hasDate: boolean;
  hasMessageId: boolean;
  hasUtf8: boolean;
  /** Of the header section so far. */
  octets: number;
  /** The value of a TLS-Required field that may still be continued. */
  openValue: string | undefined;
};

/** Where the section ended: at the empty line, or before a line that can be no field. */
export type HeaderEnd = { readonly at: number; readonly because: 'empty-line' | 'no-field' };

const maxValue = 200;
/** Stands for a value that cannot be `No`, whatever follows it. */
const tooLong = '?';
const LF = 0x0a;
const CR = 0x0d;
const colon = 0x3a;

export const startHeaderScan = (): HeaderScan => ({
  received: 0,
  tlsRequired: 'absent',
  hasDate: false,
  hasMessageId: false,
  hasUtf8: false,
  octets: 0,
  openValue: undefined,
});

/**
 * @param lines whole lines with their line ends.
 * @returns where the section ends within these lines, or undefined when it goes on.
 */
export function scanHeader(scan: HeaderScan, lines: Uint8Array): HeaderEnd | undefined {
  let from = 0;
  while (from < lines.length) {
    const feed = lines.indexOf(LF, from);
    const next = feed < 0 ? lines.length : feed + 1;
    const end = endOfText(lines, from, next);
    const blank = lines[from] === 0x20 || lines[from] === 0x09;
    if (blank) continueField(scan, lines, from, end);
    else {
      const nameEnd = end === from ? -1 : fieldNameEnd(lines, from, end);
      finishHeader(scan);
      // SMUG-12: the section ends at the first empty line; what is no field line cannot be above fields either.
      if (nameEnd < 0) return { at: from, because: end === from ? 'empty-line' : 'no-field' };
      startField(scan, lines, from, nameEnd, end);
    }
    for (let at = from; !scan.hasUtf8 && at < end; at++) scan.hasUtf8 = (lines[at] as number) >= 0x80;
    scan.octets += next - from;
    from = next;
  }
  return undefined;
}

/** Call it when the message ended within the header section. */
export function finishHeader(scan: HeaderScan): void {
  if (scan.openValue === undefined) return;
  scan.tlsRequired = addTlsRequired(scan.tlsRequired, scan.openValue);
  scan.openValue = undefined;
}

function endOfText(lines: Uint8Array, from: number, next: number): number {
  const feed = lines[next - 1] === LF ? next - 1 : next;
  return feed > from && lines[feed - 1] === CR ? feed - 1 : feed;
}

/** RFC 5322 §2.2: printable ASCII up to the colon, with blanks before it tolerated (§4.5.1); -1 when it is no field. */
function fieldNameEnd(lines: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (lines[at] as number) > 0x20 && (lines[at] as number) < 0x7f && lines[at] !== colon) at++;
  const nameEnd = at;
  while (at < end && (lines[at] === 0x20 || lines[at] === 0x09)) at++;
  return nameEnd > from && lines[at] === colon && at < end ? nameEnd : -1;
}

function startField(scan: HeaderScan, lines: Uint8Array, from: number, nameEnd: number, end: number): void {
  const is = (name: string): boolean => isName(lines, from, nameEnd, name);
  if (is('received')) scan.received++;
  else if (is('date')) scan.hasDate = true;
  else if (is('message-id')) scan.hasMessageId = true;
  // RFC 8689 §3 has no blank before the colon: such a field is there, but says nothing that we follow.
  else if (is('tls-required'))
    scan.openValue = lines[nameEnd] === colon ? boundedText(lines, nameEnd + 1, end) : tooLong;
}

function continueField(scan: HeaderScan, lines: Uint8Array, from: number, end: number): void {
  if (scan.openValue === undefined) return;
  const value = scan.openValue + boundedText(lines, from, end);
  scan.openValue = value.length > maxValue ? tooLong : value;
}

function isName(lines: Uint8Array, from: number, end: number, name: string): boolean {
  if (end - from !== name.length) return false;
  // Letters differ from their capitals in one bit, which the hyphen and the digits have set already.
  for (let at = 0; at < name.length; at++)
    if (((lines[from + at] as number) | 0x20) !== name.charCodeAt(at)) return false;
  return true;
}

/** One char per octet. What is longer than any accepted value must not look like the start of one. */
const boundedText = (lines: Uint8Array, from: number, end: number): string =>
  end - from > maxValue ? tooLong : String.fromCharCode(...lines.subarray(from, end));
