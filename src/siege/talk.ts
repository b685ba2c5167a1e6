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

  /** The next whole reply, after the line where there is one. @throws TargetUnreachable */
  async ask(line: string | undefined): Promise<string> {
    if (line !== undefined) this.write(line);
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#text)?.[0];
      if (whole !== undefined) {
        this.#text = this.#text.slice(whole.length);
        return whole.trimEnd();
      }
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
