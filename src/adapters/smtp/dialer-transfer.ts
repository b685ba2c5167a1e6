// One transaction on a line: MAIL, RCPT, DATA in one flight where PIPELINING is listed (RFC 2920), the octets, and the reply to
// the final dot. Replies are counted, never matched by text (EXT-5): the n-th reply after MAIL belongs to the n-th RCPT.

import type { OutgoingMessage, StoredOctets } from '../../agent/ports.ts';
import type { TransferOutcome } from '../../core/policy/model.ts';
import { formatReply, type Reply } from '../../core/smtp/reply.ts';
import { BareNewline, createStuffing } from './dialer-body.ts';
import type { Asked, Line, Lost } from './dialer-line.ts';
import type { Transaction } from './dialer-message.ts';
import { newTransferRecord, outcomeOf, type TransferRecord } from './dialer-outcome.ts';
import type { Phase } from './dialer-timeouts.ts';

export type TransferCall = {
  readonly line: Line;
  readonly transaction: Transaction;
  readonly message: OutgoingMessage;
  readonly pipelining: 'listed' | 'missing';
  /**
   * RFC 2920 §3.1: the final dot is about to leave, and another envelope may stand behind it. `taken`: it will be said before
   * the next turn of the event loop.
   */
  readonly onFinalDot: () => 'taken' | 'none';
  readonly onEnd: (outcome: TransferOutcome) => void;
};

export class Transfer {
  readonly #call: TransferCall;
  readonly #record: TransferRecord = newTransferRecord();
  #state: 'open' | 'ended' = 'open';
  #body: StoredOctets | undefined;

  constructor(call: TransferCall) {
    this.#call = call;
  }

  /** The first of its replies is the next one that nobody waits for yet. */
  begin(): void {
    const { line, transaction, pipelining } = this.#call;
    if (pipelining === 'missing') {
      this.#ask('mail', this.#onMail);
      line.say(transaction.mail);
      return;
    }
    // EXT-5, RFC 2920 §3.1: one group that ends in DATA.
    line.say(transaction.mail, ...transaction.recipients, 'DATA');
    this.#ask('mail', this.#onMail);
    for (const _ of transaction.recipients) this.#ask('rcpt', this.#onRcpt);
    this.#ask('data', this.#onData);
  }

  /** The peer is not waited for any longer. */
  giveUp(says: string): void {
    this.#end(this.#outcome({ kind: 'lost', during: 'mail', says }));
  }

  // ---- the envelope

  readonly #onMail = (reply: Reply): void => {
    if (!this.#isFinal(reply, 'mail')) return;
    this.#record.mail = reply;
    if (this.#call.pipelining === 'missing') this.#next();
  };

  readonly #onRcpt = (reply: Reply): void => {
    if (!this.#isFinal(reply, 'rcpt')) return;
    this.#record.rcpt.push(reply);
    if (this.#call.pipelining === 'missing') this.#next();
  };

  /** Without PIPELINING each command waits for the reply to the one before. */
  #next(): void {
    const { line, transaction } = this.#call;
    if (line.ended) return;
    const recipient = transaction.recipients[this.#record.rcpt.length];
    if (this.#record.mail !== undefined && this.#record.mail.code >= 400) this.#conclude();
    else if (recipient !== undefined) {
      this.#ask('rcpt', this.#onRcpt);
      line.say(recipient);
    } else if (this.#isForSomebody()) {
      this.#ask('data', this.#onData);
      line.say('DATA');
    } else this.#conclude();
  }

  #isForSomebody(): boolean {
    const { mail, rcpt } = this.#record;
    return mail !== undefined && mail.code < 400 && rcpt.some(({ code }) => code < 400);
  }

  readonly #onData = (reply: Reply): void => {
    // ATK-94: only 3yz opens the data phase.
    if (reply.code < 300) {
      this.#fail('data', `no answer to DATA: ${formatReply(reply)}`);
      return;
    }
    this.#record.data = reply;
    if (reply.code >= 400) this.#conclude();
    else if (this.#isForSomebody()) void this.#sendBody();
    else this.#sendNothing();
  };

  // ---- the octets

  /** EXT-6: DATA was opened though nobody was accepted; the empty message ends it. */
  #sendNothing(): void {
    this.#record.dot = 'sent';
    this.#call.line.write(createStuffing().finish());
    this.#ask('finalDot', this.#onFinal);
  }

  async #sendBody(): Promise<void> {
    const { line, message } = this.#call;
    // Asked before the dot: a refusal may come earlier.
    const final = this.#ask('block', this.#onFinal);
    try {
      const stuffing = createStuffing();
      // One block stays back, so that the last one leaves together with the dot.
      let waiting: readonly Uint8Array[] = [];
      this.#body = message.body();
      for await (const block of this.#body) {
        if (this.#state === 'ended') return;
        const pieces = stuffing.add(block);
        // SMTP-2: each block has its own deadline.
        line.renew(final, 'block');
        if (writeAll(line, waiting) === 'full') await line.drained();
        if (this.#hasEnded()) return;
        waiting = pieces;
        this.#record.octets += block.length;
      }
      if (this.#hasEnded()) return;
      this.#sendLast(final, [...waiting, stuffing.finish()]);
    } catch (error) {
      this.#breakOff(error);
    }
  }

  #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  #sendLast(final: Asked, pieces: readonly Uint8Array[]): void {
    const { line, onFinalDot } = this.#call;
    line.cork();
    writeAll(line, pieces);
    this.#record.dot = 'sent';
    line.renew(final, 'finalDot');
    // The envelope behind the dot is composed in promises only, so it is there by then.
    if (onFinalDot() === 'taken') setImmediate(() => line.uncork());
    else line.uncork();
  }

  /** Inside DATA the next command would become content: nothing but the end of the connection is left. */
  #breakOff(error: unknown): void {
    const says = error instanceof Error ? error.message : String(error);
    if (error instanceof BareNewline) this.#end({ kind: 'refused-before-data', because: 'content-binary', says });
    this.#call.line.end(says);
  }

  /** A reply to the final dot cannot come before it; a refusal may, and ends the connection (ATK-94). */
  readonly #onFinal = (reply: Reply): void => {
    const early = this.#record.dot === 'unsent';
    if (!this.#isFinal(reply, early ? 'block' : 'finalDot')) return;
    if (early && reply.code < 400) {
      this.#fail('block', 'a reply to the final dot before it was sent');
      return;
    }
    this.#record.final = reply;
    this.#conclude();
    if (early) this.#call.line.end('the message was refused before its end');
  };

  // ---- parts

  #ask(phase: Phase, hear: Asked['hear']): Asked {
    const asked: Asked = { phase, hear, lose: this.#onLost };
    this.#call.line.ask(asked);
    return asked;
  }

  /** Only DATA is answered with 3yz. */
  #isFinal(reply: Reply, phase: Phase): boolean {
    if (reply.code < 300 || reply.code >= 400) return true;
    this.#fail(phase, `no answer: ${formatReply(reply)}`);
    return false;
  }

  #fail(during: Phase, says: string): void {
    this.#onLost({ kind: 'lost', during, says });
    this.#call.line.end(says);
  }

  /** Every recipient has a reply. */
  #conclude(): void {
    this.#onLost({ kind: 'lost', during: 'finalDot', says: 'a reply is missing' });
  }

  readonly #onLost = (lost: Lost): void => this.#end(this.#outcome(lost));

  #outcome(lost: Lost): TransferOutcome {
    const recipients = this.#call.message.recipients.map(({ mailbox }) => mailbox.text);
    return outcomeOf(this.#record, recipients, lost);
  }

  #end(outcome: TransferOutcome): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // An early reply may come while octets of it still wait to be written.
    if (this.#call.line.written) this.#body?.done?.();
    this.#call.onEnd(outcome);
  }
}

function writeAll(line: Line, pieces: readonly Uint8Array[]): 'more' | 'full' {
  let room: 'more' | 'full' = 'more';
  line.cork();
  for (const piece of pieces) room = line.write(piece);
  line.uncork();
  return room;
}
