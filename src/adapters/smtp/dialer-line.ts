// One line to a server: commands out, replies in, in the order asked (RFC 5321 §4.2, RFC 2920 §3.1). Replies are read strictly
// (SMTP-6), belong to the command they follow, and each is waited for with an absolute deadline. What they mean is not
// known here.

import type { Socket } from 'node:net';
import { endsSession } from '../../core/smtp/classify.ts';
import { emptyReplyBuffer, formatReply, holdsOctets, type Reply, readReplies } from '../../core/smtp/reply.ts';
import { createDeadline, type Deadline, type Phase, type Timeouts } from './dialer-timeouts.ts';

export type Lost = { readonly kind: 'lost'; readonly during: Phase; readonly says: string };

/** A reply that is waited for. Of `hear` and `lose` one is called, once. */
export type Asked = {
  phase: Phase;
  /** @param behind whether octets stand behind the reply already. */
  readonly hear: (reply: Reply, behind: 'some' | 'none') => void;
  readonly lose: (lost: Lost) => void;
};

const closedByPeer = 'connection closed by the peer';

export class Line {
  #socket: Socket;
  readonly #timeouts: Timeouts;
  readonly #deadline: Deadline;
  readonly #whole: Deadline;
  #buffer = emptyReplyBuffer;
  readonly #asked: Asked[] = [];
  #state: 'open' | 'ended' = 'open';
  #says = closedByPeer;

  constructor(socket: Socket, timeouts: Timeouts) {
    this.#socket = socket;
    this.#timeouts = timeouts;
    this.#deadline = createDeadline(() => this.end(`time-out during ${this.#asked[0]?.phase}`));
    this.#whole = createDeadline(() => this.end('time-out of the transaction'));
    this.attach(socket);
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Why nothing can be asked any more. */
  get says(): string {
    return this.#says;
  }

  /** Nothing is waited for and nothing is unread. */
  get quiet(): boolean {
    return this.#asked.length === 0 && !holdsOctets(this.#buffer);
  }

  /** Nothing that was written waits to leave. */
  get written(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Octets that were sent by the peer and not yet looked at. */
  get unread(): number {
    return this.#socket.readableLength;
  }

  /** The next reply that nobody waits for yet is this one's. */
  ask(asked: Asked): void {
    if (this.#state === 'ended') {
      asked.lose({ kind: 'lost', during: asked.phase, says: this.#says });
      return;
    }
    this.#asked.push(asked);
    if (this.#asked.length === 1) this.#deadline.set(this.#timeouts[asked.phase]);
  }

  /** The reply is waited for in another phase, or anew in the same one. */
  renew(asked: Asked, phase: Phase): void {
    asked.phase = phase;
    if (this.#asked[0] === asked) this.#deadline.set(this.#timeouts[phase]);
  }

  /** Besides the deadline of each phase, one for all that follows. `none`: nothing follows. */
  allow(seconds: number | 'none'): void {
    if (seconds === 'none' || this.#state === 'ended') this.#whole.clear();
    else this.#whole.set(seconds);
  }

  /**
   * Sends command lines, in one piece.
   * @throws Error for a command that could be more than one (trap 18); nothing is sent then.
   */
  say(...commands: readonly string[]): void {
    if (commands.some((command) => /[\x00-\x1f\x7f\u2028\u2029]/.test(command)))
      throw new Error('a command with a control character');
    this.write(`${commands.join('\r\n')}\r\n`);
  }

  /** @returns `full` when `drained` should be awaited before more is written. */
  write(octets: Uint8Array | string): 'more' | 'full' {
    if (this.#state === 'ended') return 'more';
    return this.#socket.write(octets) ? 'more' : 'full';
  }

  /** Resolves when there is room for more, or when the line has ended. */
  drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (this.#state === 'ended' || !socket.writableNeedDrain) {
        resolve();
        return;
      }
      const done = (): void => {
        socket.removeListener('drain', done);
        socket.removeListener('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** Hears no more from the socket, and hands it over. */
  detach(): Socket {
    const socket = this.#socket;
    socket.removeListener('data', this.#onData);
    socket.removeListener('error', this.#onError);
    socket.removeListener('end', this.#onEnd);
    socket.removeListener('close', this.#onEnd);
    this.#deadline.clear();
    return socket;
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', this.#onError);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
    socket.on('data', this.#onData);
    if (socket.destroyed) this.end(closedByPeer);
  }

  /** The socket is gone at once; whoever waits is told. */
  end(says: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#deadline.end();
    this.#whole.end();
    this.#says = says;
    this.#socket.destroy();
    for (const { phase, lose } of this.#asked.splice(0)) lose({ kind: 'lost', during: phase, says });
  }

  readonly #onError = (error: Error): void => this.end(error.message);
  readonly #onEnd = (): void => this.end(closedByPeer);

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'ended') return;
    const step = readReplies(this.#buffer, chunk);
    this.#buffer = step.buffer;
    let left = this.#asked.length;
    for (const [index, reply] of step.replies.entries()) {
      // Nothing was asked: an answer to the next command must not be taken from here (trap 22).
      if (left === 0 && !endsSession(reply)) {
        this.end(`a reply without a command: ${formatReply(reply)}`);
        return;
      }
      left = Math.max(0, left - 1);
      const behind = index < step.replies.length - 1 || step.fault !== undefined || holdsOctets(step.buffer);
      this.#hear(reply, behind ? 'some' : 'none');
      if (this.ended) return;
    }
    if (step.fault !== undefined) this.end(`a reply that is none: ${step.fault}`);
  };

  #hear(reply: Reply, behind: 'some' | 'none'): void {
    const asked = this.#asked.shift();
    const [next] = this.#asked;
    if (next === undefined) this.#deadline.clear();
    else this.#deadline.set(this.#timeouts[next.phase]);
    asked?.hear(reply, behind);
    // SMTP-7: after 421 nothing more is said or heard.
    if (endsSession(reply)) this.end(`the peer ends the session: ${formatReply(reply)}`);
  }
}
