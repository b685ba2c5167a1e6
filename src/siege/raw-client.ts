// The hostile client: octets as they are given, and what the relay said to them. Holds to no protocol (ATK-88 to ATK-93).

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TargetUnreachable } from './hand-over.ts';

/** Milliseconds without a whole reply: the relay waits for more, or says nothing to such a thing. */
const patience = 5000;

export const newMarker = (): string => randomBytes(6).toString('hex');

export class RawClient {
  #socket: Socket;
  #text = '';
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connected, greeted and introduced. @throws TargetUnreachable when there is no greeting. */
  static async to(target: { readonly host: string; readonly port: number }): Promise<RawClient> {
    const client = new RawClient(connect({ host: target.host, port: target.port }));
    if (!(await client.reply()).startsWith('220')) throw new TargetUnreachable('the relay does not greet');
    return client;
  }

  #listen(socket: Socket): void {
    socket.on('data', (octets: Buffer) => {
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

  get isClosed(): boolean {
    return this.#ended;
  }

  write(octets: string | Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
  }

  /** @returns the next whole reply, `closed`, or `silent` when none comes. */
  async reply(): Promise<string> {
    const until = Date.now() + patience;
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#text)?.[0];
      if (whole !== undefined) {
        this.#text = this.#text.slice(whole.length);
        return whole.trimEnd();
      }
      if (this.#ended) return 'closed';
      if (Date.now() > until) return 'silent';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - Date.now() + 1);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** One command line and its reply. */
  async say(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  /** EHLO, and MAIL and RCPT up to the 354. @throws Error with the reply that is in the way. */
  async openData(from: string, to: string): Promise<void> {
    for (const line of ['EHLO besieger.test', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']) {
      const reply = await this.say(line);
      if (!/^[23]/.test(reply)) throw new Error(`${line.slice(0, 60)}: ${reply}`);
    }
  }

  /** STARTTLS and the handshake, the certificate not looked at. */
  async secure(): Promise<void> {
    const answer = await this.say('STARTTLS');
    if (!answer.startsWith('220')) throw new Error(`STARTTLS: ${answer}`);
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const secured = connectTls({ socket: plain, rejectUnauthorized: false });
    this.#socket = secured;
    this.#listen(secured);
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve);
      secured.once('close', () => reject(new Error('the relay broke the TLS handshake off')));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
