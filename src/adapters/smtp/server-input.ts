// What came in and was not taken yet: command lines, or the octets behind DATA. Lines end in CRLF only (SMUG-3); what no CRLF
// ended stays, bounded. Small rests are copied, so that an idle session keeps no large block alive.

/** EXT-14: RFC 4954 §4: the longest line that must be read, CRLF included. */
const maxLine = 12_288;
/** SRV-26: an unfinished line beyond this ends the session. */
const maxUnfinished = 65_536;

const LF = 0x0a;
const CR = 0x0d;
const nothing: Buffer = Buffer.alloc(0);

/** A line without its CRLF, the first octets of one that is too long to be read, or one that does not end. */
export type Line = Buffer | { readonly tooLong: Buffer } | 'endless';

export class Input {
  #octets = nothing;
  #at = 0;
  #later: Buffer[] = [];
  #unfinished = nothing;
  /** Octets of the unfinished line that were thrown away. */
  #dropped = 0;

  put(chunk: Buffer): void {
    if (this.#at >= this.#octets.length) {
      this.#octets = chunk;
      this.#at = 0;
    } else this.#later.push(chunk);
  }

  /** SMUG-4, TLS-8: whether the client has sent more than the lines taken so far. */
  get hasMore(): boolean {
    return this.#at < this.#octets.length || this.#later.length > 0;
  }

  /** @returns the next whole line; undefined when it has not come yet. */
  line(): Line | undefined {
    while (this.#advance()) {
      const known = this.#joinUnfinished();
      const end = lineEnd(this.#octets, known);
      if (end >= 0) {
        const line = this.#octets.subarray(this.#at, end);
        this.#at = end + 2;
        const cut = this.#dropped > 0 || line.length + 2 > maxLine;
        this.#dropped = 0;
        return cut ? { tooLong: line.subarray(0, 16) } : line;
      }
      this.#keep(this.#octets.subarray(this.#at));
      if (this.#dropped > maxUnfinished) return 'endless';
    }
    return undefined;
  }

  /** @returns all octets of one chunk; undefined when there are none. */
  piece(): Buffer | undefined {
    if (!this.#advance()) return undefined;
    const piece = this.#at === 0 ? this.#octets : this.#octets.subarray(this.#at);
    this.#octets = nothing;
    this.#at = 0;
    return piece;
  }

  /** What the taker of the last piece did not want: it comes next. */
  giveBack(rest: Buffer): void {
    this.#octets = rest;
    this.#at = 0;
  }

  /** TLS-8, SMUG-3: nothing that came so far is ever read. */
  clear(): void {
    this.#octets = nothing;
    this.#at = 0;
    this.#later = [];
    this.#unfinished = nothing;
    this.#dropped = 0;
  }

  #advance(): boolean {
    if (this.#at < this.#octets.length) return true;
    this.#octets = this.#later.shift() ?? nothing;
    this.#at = 0;
    return this.#octets.length > 0;
  }

  /** @returns from where the line end is to be looked for. */
  #joinUnfinished(): number {
    const held = this.#unfinished;
    if (held.length === 0) return this.#at;
    this.#octets = Buffer.concat([held, this.#octets.subarray(this.#at)]);
    this.#at = 0;
    this.#unfinished = nothing;
    return held.length - 1;
  }

  #keep(rest: Buffer): void {
    this.#octets = nothing;
    this.#at = 0;
    if (rest.length > maxLine) {
      this.#dropped += rest.length;
      // Enough to know the command again, and the CR that may be half of the line end.
      const tail = rest[rest.length - 1] === CR ? 1 : 0;
      this.#unfinished = Buffer.concat([rest.subarray(0, 16), rest.subarray(rest.length - tail)]);
    } else this.#unfinished = Buffer.from(rest);
  }
}

/** Index of the CR of the first CR LF at or behind `from`; -1 when there is none. */
function lineEnd(octets: Buffer, from: number): number {
  let feed = octets.indexOf(LF, from);
  while (feed >= 0 && (feed === 0 || octets[feed - 1] !== CR)) feed = octets.indexOf(LF, feed + 1);
  return feed < 0 ? -1 : feed - 1;
}
