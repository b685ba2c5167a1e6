// The reference's message. One message between 354 and its reply: the filter it passes, the channel to acceptance, and what came of both.

import { type Answer, faultAnswers, outcomeAnswer } from '../../../../src/adapters/smtp/server-replies.ts';
import type { Acceptance, Acceptor, Incoming } from '../../../../src/agent/ports.ts';
import { BodyChannel } from './body.ts';
import { DataFilter, type DataRules } from './data.ts';

export class Message {
  readonly incoming: Incoming;
  readonly filter: DataFilter;
  readonly channel: BodyChannel;
  /** Settles when acceptance has; may do so before the data is over. */
  readonly accepted: Promise<Acceptance>;
  #abandoned = false;
  #takenBefore = 0;

  /** Acceptance starts at once, so that octets need not wait anywhere. */
  constructor(incoming: Incoming, rules: DataRules, acceptor: Acceptor) {
    this.incoming = incoming;
    this.filter = new DataFilter(rules);
    this.channel = new BodyChannel();
    const ending = () =>
      this.#abandoned || this.filter.fault !== undefined
        ? ({ kind: 'cut' } as const)
        : ({ kind: 'whole', has8bit: this.filter.has8bit, longestLine: this.filter.longestLine } as const);
    this.accepted = Promise.resolve()
      .then(() => acceptor.accept(incoming, { chunks: this.channel, ending }))
      .finally(() => this.channel.discard());
    // Looked at when the data is over; until then a rejection must not count as unhandled.
    this.accepted.catch(() => undefined);
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
