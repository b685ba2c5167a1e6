// Hands one message to the relay under siege, as an honest client beside it does: plain SMTP (RFC 5321), TLS only where
// REQUIRETLS needs it (RFC 8689 §4.1), the certificate not looked at. Understands no more than that.

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export type Letter = {
  readonly from: string;
  readonly to: string;
  readonly requiretls: 'asked' | 'no';
  /** Header and body with CRLF lines, dots not yet doubled. */
  readonly content: string;
};

/** Nobody takes mail there, or no longer. */
export class TargetUnreachable extends Error {
  override readonly name = 'TargetUnreachable';
}

export type Handed =
  | { readonly kind: 'accepted'; readonly reply: string }
  | { readonly kind: 'refused'; readonly reply: string };

const patience = 30_000;

/** @throws TargetUnreachable when no dialogue comes about. */
export async function handOver(target: { host: string; port: number }, letter: Letter): Promise<Handed> {
  const talk = new Talk(connect({ host: target.host, port: target.port }));
  try {
    return await dialogue(talk, letter);
  } finally {
    talk.close();
  }
}

async function dialogue(talk: Talk, letter: Letter): Promise<Handed> {
  let refusal = '';
  const asked = async (line: string | undefined, wanted: RegExp): Promise<boolean> => {
    const reply = await talk.ask(line);
    if (!wanted.test(reply)) refusal ||= reply;
    return refusal === '';
  };
  const hello = (): Promise<boolean> => asked('EHLO besieger.test', /^250/);
  let ready = (await asked(undefined, /^220/)) && (await hello());
  if (ready && letter.requiretls === 'asked') {
    ready = await asked('STARTTLS', /^220/);
    if (ready) await talk.secure();
    ready &&= await hello();
  }
  const mail = `MAIL FROM:<${letter.from}>${letter.requiretls === 'asked' ? ' REQUIRETLS' : ''}`;
  ready &&= await asked(mail, /^250/);
  ready &&= await asked(`RCPT TO:<${letter.to}>`, /^25/);
  ready &&= await asked('DATA', /^354/);
  if (!ready) return { kind: 'refused', reply: refusal };
  const reply = await talk.ask(`${letter.content.replace(/^\./gm, '..')}\r\n.`);
  talk.write('QUIT');
  return { kind: reply.startsWith('250') ? 'accepted' : 'refused', reply };
}

class Talk {
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

  /** The next whole reply, after the line where there is one. */
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
