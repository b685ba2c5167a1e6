// The reference's channel. The message between the parser, which pushes, and acceptance, which pulls. Holds a bounded number of octets: a push
// beyond it waits, and with it the socket.

const highWater = 262_144;

export class BodyChannel implements AsyncIterable<Uint8Array> {
  #waiting: Uint8Array[] = [];
  #octets = 0;
  #over = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  #blockedAt = 0;

  /** @returns a promise when the reader is behind; push again after it. */
  push(piece: Uint8Array): Promise<void> | undefined {
    if (this.#over || piece.length === 0) return undefined;
    this.#waiting.push(piece);
    this.#octets += piece.length;
    this.#wakeReader?.();
    if (this.#octets <= highWater) return undefined;
    this.#blockedAt = performance.now();
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  /** Since when (`performance.now()`) a push waits for the reader: then it is us who are slow, not the client. */
  get blockedSince(): number | undefined {
    return this.#wakeWriter && this.#blockedAt;
  }

  /** Nothing comes any more; what waits is still read. */
  end(): void {
    this.#over = true;
    this.#wakeReader?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      while (true) {
        const piece = this.#waiting.shift();
        if (piece !== undefined) {
          this.#octets -= piece.length;
          if (this.#octets <= highWater) this.#release();
          yield piece;
        } else if (this.#over) return;
        else
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
      }
    } finally {
      this.discard();
    }
  }

  /** Nobody reads any more: the rest of the message passes into nothing. */
  discard(): void {
    this.#waiting = [];
    this.#octets = 0;
    this.end();
    this.#release();
  }

  #release(): void {
    const wake = this.#wakeWriter;
    this.#wakeWriter = undefined;
    wake?.();
  }
}
