// Reply lines to code, enhanced code and text (RFC 5321 §4.2, SMTP-6). Bytes come in as the network cuts them; only lines
// that end in CRLF count, everything else is a fault that ends the session.

import type { NonEmpty } from '../base/result.ts';

export type Reply = {
  /** 200 to 599. */
  readonly code: number;
  /** "5.7.1" if the reply carried a well-formed one of the same class (RFC 3463). */
  readonly enhanced?: string;
  /** One entry per line, code and enhanced code kept out of it, control characters replaced. */
  readonly lines: NonEmpty<string>;
};

// SMTP-6: the bounds of one line in octets, and of the lines of one reply.
export const maxReplyLine = 4096;
export const maxReplyLines = 128;
/** ATK-93: and of all lines of a reply, for a hundred recipients keep one each. RFC 5321 lines fit, 128 of them. */
const maxReplyOctets = 65_536;

export type ReplyFault = 'line-too-long' | 'too-many-lines' | 'malformed' | 'mixed-codes' | 'bare-newline';

/** What waits between two chunks: an unfinished line (one char per octet) and the lines of an unfinished reply. */
export type ReplyBuffer = { readonly rest: string; readonly code: number; readonly lines: readonly string[] };

export const emptyReplyBuffer: ReplyBuffer = { rest: '', code: 0, lines: [] };

/** `replies` are those completed before the fault, if there is one; after a fault the buffer is of no use. */
export type ReplyStep = {
  readonly replies: readonly Reply[];
  readonly buffer: ReplyBuffer;
  readonly fault?: ReplyFault;
};

/** Adds a chunk from the peer and takes out every reply that is now complete. Never throws. */
export function readReplies(buffer: ReplyBuffer, chunk: Uint8Array): ReplyStep {
  const text = buffer.rest + octets(chunk);
  const replies: Reply[] = [];
  let { code, lines } = buffer;
  let from = 0;
  for (let feed = text.indexOf('\n'); feed >= 0; feed = text.indexOf('\n', from)) {
    const step = takeLine(code, lines, text.slice(from, feed));
    if (typeof step === 'string') return { replies, buffer: emptyReplyBuffer, fault: step };
    from = feed + 1;
    if (step.last) replies.push(makeReply(step.code, step.lines));
    code = step.last ? 0 : step.code;
    lines = step.last ? [] : step.lines;
  }
  const rest = text.slice(from);
  const buffered = { rest, code, lines };
  return rest.length > maxReplyLine
    ? { replies, buffer: buffered, fault: 'line-too-long' }
    : { replies, buffer: buffered };
}

/** True when octets stand behind the last complete reply. */
export const holdsOctets = (buffer: ReplyBuffer): boolean => buffer.rest !== '' || buffer.lines.length > 0;

/** The reply as one line of text for records and notices: "550 5.7.1 not here". */
export const formatReply = (reply: Reply): string =>
  [String(reply.code), reply.enhanced ?? '', ...reply.lines].filter((part) => part !== '').join(' ');

type Line = { readonly code: number; readonly lines: NonEmpty<string>; readonly last: boolean };

function takeLine(code: number, lines: readonly string[], raw: string): Line | ReplyFault {
  if (raw.length + 1 > maxReplyLine) return 'line-too-long';
  // ATK-95: a line is complete with CRLF only; a lone CR or LF is the peer's fault or somebody's forgery.
  if (raw.indexOf('\r') !== raw.length - 1) return 'bare-newline';
  const parts = /^([2-5]\d\d)(?:([ -])(.*))?\r$/s.exec(raw);
  if (parts === null) return 'malformed';
  const own = Number(parts[1]);
  // ATK-94: one reply has one code (RFC 5321 §4.2.1).
  if (lines.length > 0 && own !== code) return 'mixed-codes';
  if (lines.length >= maxReplyLines) return 'too-many-lines';
  if (lines.reduce((sum, { length }) => sum + length, raw.length) > maxReplyOctets) return 'too-many-lines';
  return { code: own, lines: [...lines, parts[3] ?? ''] as unknown as NonEmpty<string>, last: parts[2] !== '-' };
}

// RFC 3463 §2, RFC 2034 §4.
const enhancedCode = /^([2-5])\.\d{1,3}\.\d{1,3}(?: +|$)/;

/** Octets of the enhanced code and the blank behind it. Its class is that of the reply, or it is none. */
function lengthOfCode(line: string, digit: string): number {
  const found = enhancedCode.exec(line);
  return found === null || found[1] !== digit ? 0 : found[0].length;
}

function makeReply(code: number, raw: NonEmpty<string>): Reply {
  const digit = String(code).charAt(0);
  const enhanced = raw[0].slice(0, lengthOfCode(raw[0], digit)).trimEnd();
  if (enhanced === '') return { code, lines: raw.map(printable) as unknown as NonEmpty<string> };
  const lines = raw.map((line) => printable(line.slice(lengthOfCode(line, digit))));
  return { code, enhanced, lines: lines as unknown as NonEmpty<string> };
}

function octets(chunk: Uint8Array): string {
  let text = '';
  // As many arguments as every engine takes.
  for (let from = 0; from < chunk.length; from += 4096)
    text += String.fromCharCode.apply(undefined, chunk.subarray(from, from + 4096) as unknown as number[]);
  return text;
}

/** UTF-8 if it is, else each octet as a character; nothing that moves a cursor or reorders text (ATK-112, ATK-115). */
function printable(line: string): string {
  if (/^[\x20-\x7e]*$/.test(line)) return line;
  return asUtf8(line).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (control) => (control === '\t' ? ' ' : '?'));
}

function asUtf8(line: string): string {
  if (!/[\x80-\xff]/.test(line)) return line;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(line, (char) => char.charCodeAt(0)));
  } catch {
    return line;
  }
}
