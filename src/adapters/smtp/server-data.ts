// The octets behind DATA: where they end, which dots are stuffing, which line ends are none (RFC 5321 §4.1.1.4, §4.5.2).
// One pass over each chunk, sixteen octets at a time where nothing happens; octets are copied only where something changes.
// Knows no header and keeps no message.

import { isAscii } from 'node:buffer';
import { pastText, wordsOf } from './text-scan.ts';

export type DataRules = {
  readonly bareNewline: 'normalize' | 'refuse';
  /** Octets of the whole message. */
  readonly maxSize: number;
  /** Octets of one line, its CRLF included. */
  readonly maxLine: number;
};

export type DataFault = 'bare-newline' | 'nul' | 'line-too-long' | 'too-large';

/** `rest` is what follows the end of data; undefined while the data goes on. */
export type DataStep = { readonly piece: Buffer; readonly rest: Buffer | undefined };

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const SPACE = 0x20;
const nothing = Buffer.alloc(0);

/** What the octets just before the next one were. */
type Place = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr';

/** Fed with every chunk behind DATA until it says that the end came. */
export class DataFilter {
  /** The first reason to refuse the message; it is read to its end all the same (SMUG-2). */
  fault: DataFault | undefined;
  has8bit = false;
  /** Octets without the line end. */
  longestLine = 0;
  /** How many bare CR and LF were mended. */
  mended = 0;
  /** Octets taken in, for the least rate. */
  taken = 0;
  readonly #rules: DataRules;
  #size = 0;
  #place: Place = 'line-start';
  /** Octets of the present line in earlier chunks. */
  #lineBefore = 0;
  #out: Buffer | undefined;
  #used = 0;

  constructor(rules: DataRules) {
    this.#rules = rules;
  }

  take(chunk: Buffer): DataStep {
    this.taken += chunk.length;
    let place = this.#place;
    /** Start of the octets that are not given out yet. */
    let start = 0;
    /** Where the undecided CR or dot stands; -1 when it came with an earlier chunk and is held. */
    let held = -1;
    let lineFrom = 0 - this.#lineBefore;
    let rest: Buffer | undefined;
    const words = wordsOf(chunk);
    for (let at = 0; at < chunk.length; at++) {
      if (place === 'text') {
        at = pastText(words, at);
        // Line after line, as long as nothing happens.
        while (chunk[at] === CR && chunk[at + 1] === LF && (chunk[at + 2] ?? 0) > DOT) {
          this.#endLine(at - lineFrom);
          lineFrom = at + 2;
          at = pastText(words, lineFrom);
        }
        if (at === chunk.length) break;
      }
      const octet = chunk[at] as number;
      if (place === 'cr') {
        if (octet === LF) {
          if (held < 0) this.#put(chunk, CR);
          this.#endLine(at - 1 - lineFrom);
          lineFrom = at + 1;
          place = 'line-start';
          continue;
        }
        start = this.#mendCr(chunk, start, held, at);
        place = 'text';
      } else if (place === 'dot') {
        if (octet === CR) {
          place = 'dot-cr';
          continue;
        }
        // SMUG-8: the first of several octets in a line is stuffing.
        start = this.#drop(chunk, start, held, at);
        lineFrom++;
        place = 'text';
      } else if (place === 'dot-cr') {
        // SMUG-1: CR LF "." CR LF, and nothing else, ends the data.
        if (octet === LF) {
          rest = chunk.subarray(at + 1);
          break;
        }
        start = this.#drop(chunk, start, held, at);
        lineFrom++;
        this.#mendCr(chunk, at, -1, at);
        place = 'text';
      } else if (place === 'line-start') {
        if (octet === DOT) {
          held = at;
          place = 'dot';
          continue;
        }
        place = 'text';
      }
      if (octet === CR) {
        held = at;
        place = 'cr';
      } else if (octet === LF) {
        // SMUG-2: a bare LF becomes a line end, but what follows it is no line start that could end the data.
        this.#bareNewline();
        this.#copy(chunk, start, at);
        this.#put(chunk, CR);
        start = at;
        this.#endLine(at - lineFrom);
        lineFrom = at + 1;
      } else if (octet === 0) this.fault ??= 'nul'; // SMUG-11
    }
    this.#place = place;
    this.#lineBefore = chunk.length - lineFrom;
    if (rest === undefined && this.#lineBefore > this.#rules.maxLine) this.fault ??= 'line-too-long';
    const undecided = rest !== undefined || place === 'cr' || place === 'dot' || place === 'dot-cr';
    const end = undecided ? Math.max(held, 0) : chunk.length;
    return { piece: this.#give(chunk, start, Math.max(end, start)), rest };
  }

  /** A CR that no LF followed is a blank from now on; `at` is the octet behind it. */
  #mendCr(chunk: Buffer, start: number, held: number, at: number): number {
    this.#bareNewline();
    this.#copy(chunk, start, Math.max(held, start));
    this.#put(chunk, SPACE);
    return at;
  }

  /** Leaves out what stands between `held` and `at`. */
  #drop(chunk: Buffer, start: number, held: number, at: number): number {
    if (held >= 0) this.#copy(chunk, start, held);
    return at;
  }

  #bareNewline(): void {
    if (this.#rules.bareNewline === 'refuse') this.fault ??= 'bare-newline';
    this.mended++;
  }

  #endLine(length: number): void {
    if (length > this.longestLine) this.longestLine = length;
    // SMUG-10.
    if (length + 2 > this.#rules.maxLine) this.fault ??= 'line-too-long';
  }

  #copy(chunk: Buffer, from: number, to: number): void {
    const out = this.#room(chunk, to - from);
    // Short runs, as between stuffed dots, cost less octet by octet than by a call each.
    if (to - from < 32) for (let at = from; at < to; at++) out[this.#used++] = chunk[at] as number;
    else this.#used += chunk.copy(out, this.#used, from, to);
  }

  #put(chunk: Buffer, octet: number): void {
    this.#room(chunk, 1)[this.#used++] = octet;
  }

  /** Unstuffed dots make a message shorter; only mended line ends make it longer than the chunk, by one octet each. */
  #room(chunk: Buffer, more: number): Buffer {
    this.#out ??= Buffer.allocUnsafe(chunk.length + 64);
    if (this.#used + more <= this.#out.length) return this.#out;
    const larger = Buffer.allocUnsafe(2 * (this.#used + more));
    this.#out.copy(larger, 0, 0, this.#used);
    this.#out = larger;
    return larger;
  }

  #give(chunk: Buffer, start: number, end: number): Buffer {
    let piece: Buffer;
    if (this.#out === undefined) piece = chunk.subarray(start, end);
    else {
      this.#copy(chunk, start, end);
      piece = this.#out.subarray(0, this.#used);
      this.#out = undefined;
      this.#used = 0;
    }
    this.#size += piece.length;
    if (this.#size > this.#rules.maxSize) this.fault ??= 'too-large';
    if (!this.has8bit && !isAscii(piece)) this.has8bit = true;
    return this.fault === undefined ? piece : nothing;
  }
}
