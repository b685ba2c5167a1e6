// One message between 354 and its reply: the filter it passes, the channel to acceptance, and what came of both.

import type { Acceptance, Acceptor, Incoming } from '../../agent/ports.ts';
import { BodyChannel } from './server-body.ts';
import { DataFilter, type DataRules } from './server-data.ts';
import { type Answer, faultAnswers, outcomeAnswer } from './server-replies.ts';

/** `rest`: what follows the end of data. `wait`: the reader is behind; go on after it. */
export type Taken = { readonly rest: Buffer | undefined; readonly wait: Promise<void> | undefined };

export class Message {
  readonly incoming: Incoming;
  readonly filter: DataFilter;
  readonly channel: BodyChannel = new BodyChannel();
  readonly #acceptor: Acceptor;
  #accepted: Promise<Acceptance> | undefined;
  #abandoned = false;
  #takenBefore = 0;

  constructor(incoming: Incoming, rules: DataRules, acceptor: Acceptor) {
    this.incoming = incoming;
    this.filter = new DataFilter(rules);
    this.#acceptor = acceptor;
  }

  /** Octets behind DATA, up to the end of data. */
  take(octets: Buffer): Taken {
    const { piece, rest } = this.filter.take(octets);
    if (this.filter.fault !== undefined) this.channel.end();
    const isAlone = rest === undefined || rest.length === 0;
    const wait = this.channel.push(piece, isAlone ? octets : undefined);
    if (rest !== undefined) this.channel.end();
    // Not before there is something to accept, and then at once, so that octets need not wait anywhere.
    if (piece.length > 0) this.accepted();
    return { rest, wait };
  }

  /** Settles when acceptance has; may do so before the data is over. */
  accepted(): Promise<Acceptance> {
    if (this.#accepted === undefined) {
      this.#accepted = this.#accept();
      // Looked at when the data is over; until then a rejection must not count as unhandled.
      this.#accepted.catch(() => undefined);
    }
    return this.#accepted;
  }

  async #accept(): Promise<Acceptance> {
    const ending = () =>
      this.#abandoned || this.filter.fault !== undefined
        ? ({ kind: 'cut' } as const)
        : ({ kind: 'whole', has8bit: this.filter.has8bit, longestLine: this.filter.longestLine } as const);
    try {
      return await this.#acceptor.accept(this.incoming, { chunks: this.channel, ending });
    } finally {
      this.channel.discard();
    }
  }

  /** The rest will not come, or nobody waits for it: nothing may be queued any more. */
  abandon(): void {
    this.#abandoned = true;
    this.channel.end();
  }

  /** Acceptance stands still: the rest is read into nothing, so that the client gets its reply. */
  giveUp(): void {
    this.#abandoned = true;
    this.channel.discard();
  }

  /** ATK-93: whether the client sent enough since the last call. Time that acceptance took is not the client's. */
  keptPace(octets: number): boolean {
    const came = this.filter.taken - this.#takenBefore;
    this.#takenBefore = this.filter.taken;
    return came >= octets || this.channel.blockedSince !== undefined;
  }

  /** @param outcome undefined when acceptance failed or did not end in time. */
  answer(outcome: Acceptance | undefined): Answer {
    return this.filter.fault === undefined ? outcomeAnswer(outcome) : faultAnswers[this.filter.fault];
  }

  /** A word for log and metrics. */
  because(outcome: Acceptance | undefined): string {
    if (this.filter.fault !== undefined) return this.filter.fault;
    if (outcome === undefined) return 'deadline';
    return 'because' in outcome ? outcome.because : outcome.kind;
  }
}
