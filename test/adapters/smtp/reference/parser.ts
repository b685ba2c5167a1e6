// The reference's parser. From socket octets to command lines and message pieces. Takes the place of the package's parser, which also ends lines at
// a bare LF and unstuffs dots behind one (SMUG-3, SMUG-8); its Writable and its wiring stay.

import { SMTPStream } from 'smtp-server/lib/smtp-stream';
import type { BodyChannel } from './body.ts';
import type { DataFilter } from './data.ts';

/** EXT-14: RFC 4954 §4: the longest line that must be read, CRLF included. */
const maxLine = 12_288;
/** SRV-26: an unfinished line beyond this ends the session. */
const maxUnfinished = 65_536;
/** Commands run in one turn before others get theirs. */
const turn = 100;

const LF = 0x0a;
const CR = 0x0d;
const nothing: Buffer = Buffer.alloc(0);

type Next = (error?: Error | null) => void;

export class CommandParser extends SMTPStream {
  /** Called for a line that is too long to be read, with its first octets. */
  onTooLong: (start: Buffer, resume: () => void) => void = (_start, resume) => resume();
  #unfinished = nothing;
  /** Octets of the unfinished line that were thrown away. */
  #dropped = 0;
  #data: { readonly filter: DataFilter; readonly channel: BodyChannel; readonly onEnd: () => void } | undefined;
  #resume: (() => void) | undefined;
  /** Octets behind the command that runs now. */
  #behind = 0;
  #chunk = 0;

  /** SMUG-4, TLS-8: whether the client has sent more than the command that runs now. */
  get hasMore(): boolean {
    return this.#behind > 0 || this.writableLength > this.#chunk;
  }

  /** Everything up to the end of data goes through the filter into the channel; then nothing is read until `proceed`. */
  receive(filter: DataFilter, channel: BodyChannel, onEnd: () => void): void {
    this.#data = { filter, channel, onEnd };
  }

  /** The message was answered: the next command may run. */
  proceed(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding | 'buffer', next: Next): void {
    this.#chunk = chunk.length;
    this.#read(chunk, next);
  }

  /** SMUG-3: what no CRLF ended was no command. */
  override _flushData(): void {
    this.#unfinished = nothing;
  }

  #read(chunk: Buffer, next: Next): void {
    if (this.isClosed) next();
    else if (this.#data) this.#feed(chunk, next);
    else {
      const octets = this.#unfinished.length === 0 ? chunk : Buffer.concat([this.#unfinished, chunk]);
      this.#lines(octets, octets.length - chunk.length, next);
    }
  }

  /** @param known octets at the start that were searched already. */
  #lines(octets: Buffer, known: number, next: Next): void {
    let from = 0;
    let busy = false;
    let ready = false;
    let count = 0;
    /** Runs lines until a handler keeps us waiting; a handler that is done at once must not deepen the stack. */
    const run = (): void => {
      ready = true;
      if (busy) return;
      busy = true;
      while (ready && !this.isClosed && !this.#data) {
        const end = lineEnd(octets, Math.max(known - 1, from));
        if (end < 0) {
          this.#keep(octets.subarray(from), next);
          return;
        }
        const line = octets.subarray(from, end);
        from = end + 2;
        ready = false;
        this.#unfinished = nothing;
        this.#behind = octets.length - from;
        this.#dispatch(line, ++count % turn === 0 ? () => setImmediate(run) : run);
      }
      busy = false;
      if (ready) this.#read(octets.subarray(from), next);
    };
    run();
  }

  #dispatch(line: Buffer, resume: () => void): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0 || line.length + 2 > maxLine) this.onTooLong(line.subarray(0, 16), resume);
    else this.oncommand(line, resume);
  }

  #keep(rest: Buffer, next: Next): void {
    this.#behind = 0;
    if (rest.length > maxLine) {
      this.#dropped += rest.length;
      // Enough to know the command again, and the CR that may be half of the line end.
      const tail = rest[rest.length - 1] === CR ? 1 : 0;
      this.#unfinished = Buffer.concat([rest.subarray(0, 16), rest.subarray(rest.length - tail)]);
    } else this.#unfinished = rest;
    next(this.#dropped > maxUnfinished ? new Error('line too long') : null);
  }

  #feed(chunk: Buffer, next: Next): void {
    const data = this.#data;
    if (!data) throw new Error('no message is being received');
    const { piece, rest } = data.filter.take(chunk);
    if (data.filter.fault !== undefined) data.channel.end();
    const wait = data.channel.push(piece);
    if (rest !== undefined) {
      this.#data = undefined;
      this.#resume = () => this.#read(rest, next);
      data.channel.end();
      data.onEnd();
    } else if (wait) wait.then(() => next());
    else next();
  }
}

/** Index of the CR of the first CR LF at or behind `from`; -1 when there is none. */
function lineEnd(octets: Buffer, from: number): number {
  let feed = octets.indexOf(LF, from);
  while (feed >= 0 && (feed === 0 || octets[feed - 1] !== CR)) feed = octets.indexOf(LF, feed + 1);
  return feed < 0 ? -1 : feed - 1;
}
