// One client's socket: what came and waits to be taken, replies gathered into one write, no more read than is taken, and the
// change from cleartext to TLS. Knows no SMTP.

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Input } from './server-input.ts';
import type { Secure } from './server-tls.ts';

export type WireEvents = {
  /** There is input; called only while it flows. */
  onInput(): void;
  onClosed(): void;
  onError(error: Error): void;
};

/** Replies held back before they are written: RFC 2920 §3.2 lets those of one group of commands leave together. */
const maxHeld = 16_384;

export class Wire {
  readonly input: Input = new Input();
  readonly #events: WireEvents;
  #socket: Socket;
  #state: 'open' | 'handshake' | 'ending' = 'open';
  #flow: 'on' | 'held' = 'on';
  /** Replies not yet written. */
  #out = '';

  constructor(socket: Socket, events: WireEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('error', (error) => this.#failed(socket, error));
    socket.on('close', () => this.#closed(socket));
  }

  /** Begins to read. */
  start(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** SMUG-4, TLS-8: whether there is more than what was taken. */
  get hasMore(): boolean {
    return this.input.hasMore || this.#socket.readableLength > 0;
  }

  /** The client does not read what we say. */
  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  whenWritable(next: () => void): void {
    this.#socket.once('drain', next);
  }

  /** @param text ends in CRLF. */
  write(text: string): void {
    this.#out += text;
    if (this.#out.length > maxHeld) this.flush();
  }

  flush(): void {
    // While the handshake runs anything written would be cleartext in the middle of it.
    if (this.#out === '' || this.#state === 'handshake') return;
    const text = this.#out;
    this.#out = '';
    if (this.#socket.writable) this.#socket.write(text, 'latin1');
  }

  /** `held`: what comes is kept, and soon nothing more is read. */
  set flow(flow: 'on' | 'held') {
    if (this.#flow === flow) return;
    this.#flow = flow;
    if (flow === 'on' && this.#state === 'open' && this.#socket.isPaused()) this.#socket.resume();
  }

  /** TLS-8: what was said in cleartext and not taken is gone. @param done called when the handshake is over. */
  secure(secure: Secure, done: (socket: TLSSocket) => void): void {
    const socket = this.#socket;
    this.input.clear();
    socket.removeAllListeners('data');
    socket.pause();
    this.#state = 'handshake';
    const wrapped = secure.wrap(socket);
    this.#socket = wrapped;
    wrapped.on('error', (error) => this.#failed(wrapped, error));
    // On a socket that no tls.Server made, the one event for what goes wrong inside TLS, before and after the handshake.
    wrapped.on('_tlsError', (error: Error) => {
      this.#events.onError(error);
      wrapped.destroy();
    });
    wrapped.on('close', () => this.#closed(wrapped));
    // Once: nothing that a client does later may run this again.
    wrapped.once('secure', () => {
      if (this.#state !== 'handshake') return;
      this.#state = 'open';
      done(wrapped);
      this.start();
    });
  }

  /** Says what is left to say, reads the rest into nothing. */
  end(): void {
    const shaking = this.#state === 'handshake';
    this.flush();
    this.#state = 'ending';
    this.input.clear();
    if (shaking) this.destroy();
    else {
      this.#socket.end();
      this.#socket.resume();
    }
  }

  destroy(): void {
    // The uppermost socket: a TLS layer must not lose the one below in the middle of a handshake.
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.input.put(chunk);
    if (this.#flow === 'held') this.#socket.pause();
    else this.#events.onInput();
  }

  #failed(socket: Socket, error: Error): void {
    if (socket === this.#socket) this.#events.onError(error);
  }

  #closed(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#state = 'ending';
    this.#events.onClosed();
  }
}
