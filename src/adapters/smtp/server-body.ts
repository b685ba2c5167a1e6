// The message between the connection, which pushes, and acceptance, which pulls. Holds a bounded number of octets: a push
// beyond it waits, and with it the socket.

const highWater = 262_144;

type Step = IteratorResult<Uint8Array, undefined>;

const over: Step = { value: undefined, done: true };

export class BodyChannel implements AsyncIterable<Uint8Array> {
  #waiting: Uint8Array[] = [];
  #octets = 0;
  #over = false;
  #wakeReader: ((step: Step) => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  #blockedAt = 0;

  /** @returns a promise when the reader is behind; push again after it. */
  push(piece: Uint8Array): Promise<void> | undefined {
    if (this.#over || piece.length === 0) return undefined;
    const wake = this.#wakeReader;
    if (wake) {
      this.#wakeReader = undefined;
      wake({ value: piece, done: false });
      return undefined;
    }
    this.#waiting.push(piece);
    this.#octets += piece.length;
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
    this.#wakeReader?.(over);
    this.#wakeReader = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.discard();
        return Promise.resolve(over);
      },
    };
  }

  #next(): Promise<Step> {
    const piece = this.#waiting.shift();
    if (piece !== undefined) {
      this.#octets -= piece.length;
      if (this.#octets <= highWater) this.#release();
      return Promise.resolve({ value: piece, done: false });
    }
    if (this.#over) return Promise.resolve(over);
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
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
