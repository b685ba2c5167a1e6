// A client that says exactly what it is told and reads whole replies (RFC 5321 §4.2); it understands nothing.

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Nobody takes mail there, or no longer. */
export class TargetUnreachable extends Error {
  override readonly name = 'TargetUnreachable';
}

const patience = 30_000;

export const openTalk = (target: { readonly host: string; readonly port: number }): Talk =>
  new Talk(connect({ host: target.host, port: target.port }));

export class Talk {
  #socket: Socket;
  #text = '';
  #wake: () => void = () => {};
  #ended: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    const end = (why: string) => (): void => {
      this.#ended ??= why;
      this.#wake();
    };
    socket.setTimeout(patience, end('is silent'));
    socket.on('data', (octets) => {
      this.#text += octets.toString('latin1');
      this.#wake();
    });
    socket.on('error', (error) => end(`cannot be reached: ${error.message}`)());
    socket.on('close', end('closed the connection'));
  }

  write(line: string): void {
    this.#socket.write(`${line}\r\n`, 'latin1');
  }

  /** As they are, an octet for each character. */
  send(octets: string): void {
    if (this.#socket.writable) this.#socket.write(octets, 'latin1');
  }

  /** @returns the next whole reply, `closed`, or `silent` when none comes in so many milliseconds. */
  async hear(within: number): Promise<string> {
    const until = Date.now() + within;
    for (;;) {
      const whole = this.#takeReply();
      if (whole !== undefined) return whole;
      if (this.#ended !== undefined) return 'closed';
      if (Date.now() >= until) return 'silent';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, until - Date.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #takeReply(): string | undefined {
    const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#text)?.[0];
    this.#text = this.#text.slice(whole?.length ?? 0);
    return whole?.trimEnd();
  }

  /** The next whole reply, after the line where there is one. @throws TargetUnreachable */
  async ask(line: string | undefined): Promise<string> {
    if (line !== undefined) this.write(line);
    for (;;) {
      const whole = this.#takeReply();
      if (whole !== undefined) return whole;
      if (this.#ended !== undefined) throw new TargetUnreachable(`the relay ${this.#ended}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The certificate is not looked at. @throws TargetUnreachable */
  async secure(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const secured = connectTls({ socket: plain, rejectUnauthorized: false });
    this.#listen(secured);
    this.#socket = secured;
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve);
      secured.once('close', () => reject(new TargetUnreachable('the relay broke the TLS handshake off')));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
