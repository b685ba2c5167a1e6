// The message between the connection, which pushes, and acceptance, which pulls. Holds a bounded number of octets: a push
// beyond it waits, and with it the socket. A piece is the reader's until it asks for the next one; then its memory is free.

import { freeMemory } from '../../core/base/free-memory.ts';

const highWater = 262_144;

type Step = IteratorResult<Uint8Array, undefined>;

/** `memory`: all of it is the piece's alone, and nobody else refers to any of it. */
type Piece = { readonly octets: Uint8Array; readonly memory: Uint8Array | undefined };

const over: Step = { value: undefined, done: true };

export class BodyChannel implements AsyncIterable<Uint8Array> {
  #waiting: Piece[] = [];
  #lent: Uint8Array | undefined;
  #octets = 0;
  #over = false;
  #wakeReader: ((step: Step) => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  #blockedAt = 0;

  /**
   * @param memory what may be freed when the octets were read, if they are all that anybody wants of it
   * @returns a promise when the reader is behind; push again after it.
   */
  push(octets: Uint8Array, memory?: Uint8Array): Promise<void> | undefined {
    if (this.#over || octets.length === 0) return undefined;
    const wake = this.#wakeReader;
    if (wake) {
      this.#wakeReader = undefined;
      wake(this.#lend({ octets, memory }));
      return undefined;
    }
    this.#waiting.push({ octets, memory });
    this.#octets += octets.length;
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

  #lend({ octets, memory }: Piece): Step {
    this.#lent = memory;
    return { value: octets, done: false };
  }

  #next(): Promise<Step> {
    if (this.#lent !== undefined) freeMemory(this.#lent);
    this.#lent = undefined;
    const piece = this.#waiting.shift();
    if (piece !== undefined) {
      this.#octets -= piece.octets.length;
      if (this.#octets <= highWater) this.#release();
      return Promise.resolve(this.#lend(piece));
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
