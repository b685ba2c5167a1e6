// A client for tests that sends exactly what it is told and reads whole replies; it understands nothing.

import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

export class SmtpTalk {
  #socket: Socket;
  #text = '';
  #wake: () => void = () => {};
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  static to(host: { readonly address: string; readonly port: number }): SmtpTalk {
    return new SmtpTalk(connect({ host: host.address, port: host.port }));
  }

  #listen(socket: Socket): void {
    socket.on('data', (octets) => {
      this.#text += octets.toString('latin1');
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('error', end);
    socket.on('close', end);
  }

  /** The next whole reply, without the last CRLF; `closed` when the peer went away. */
  async reply(): Promise<string> {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#text)?.[0];
      if (whole !== undefined) {
        this.#text = this.#text.slice(whole.length);
        return whole.slice(0, -2);
      }
      if (this.#ended) return 'closed';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What has come and was not read as a reply. */
  get rest(): string {
    return this.#text;
  }

  async say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.reply();
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** @throws Error when the handshake fails. */
  async secure(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const secured = connectTls({ socket: plain, rejectUnauthorized: false, ...options });
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve);
      secured.once('error', reject);
      secured.once('close', () => reject(new Error('closed in the handshake')));
    });
    this.#socket = secured;
    this.#listen(secured);
    return secured;
  }

  close(): void {
    this.#socket.destroy();
  }
}
