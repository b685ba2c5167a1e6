// A conversation as the client (RFC 5321, RFC 3207, RFC 4954): greeting, EHLO, STARTTLS with its handshake, and then silence
// until it is told to go on; AUTH, transactions, QUIT. It reports what it saw and decides nothing. Leaves out BDAT.

import { createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import type { OutgoingMessage } from '../../agent/ports.ts';
import type { SecurityState, TransferOutcome } from '../../core/policy/model.ts';
import { meansHeloOnly } from '../../core/smtp/classify.ts';
import { authMechanisms, type Extensions, noExtensions, parseExtensions } from '../../core/smtp/extensions.ts';
import { formatReply, type Reply } from '../../core/smtp/reply.ts';
import { Line, type Lost } from './dialer-line.ts';
import type { Transaction } from './dialer-message.ts';
import { type Phase, slowest, type Timeouts } from './dialer-timeouts.ts';
import { Transfer } from './dialer-transfer.ts';
import { type HandshakeCall, shakeHands } from './tls.ts';

/** What the cleartext part came to. */
export type Introduction =
  | Lost
  | { readonly kind: 'refused'; readonly reply: Reply }
  | { readonly kind: 'settled'; readonly security: Extract<SecurityState, { kind: 'cleartext' | 'encrypted' }> }
  | {
      readonly kind: 'no-session';
      readonly security: Extract<SecurityState, { kind: 'injected' | 'lost' | 'handshake-failed' }>;
    };

export type Announcement = Lost | { readonly kind: 'ready' } | { readonly kind: 'refused'; readonly reply: Reply };

export type LogIn = Lost | { readonly kind: 'done' } | { readonly kind: 'refused'; readonly reply: Reply };

export type ConnectionCall = {
  readonly ehloName: string;
  readonly mode: 'starttls' | 'implicit' | 'cleartext';
  readonly timeouts: Timeouts;
  readonly handshake: HandshakeCall;
};

export type Ending = 'quit' | 'abort';

export class ClientConnection {
  greeting: string | undefined;
  extensions: Extensions = noExtensions;
  readonly #call: ConnectionCall;
  readonly #line: Line;
  #security: Extract<SecurityState, { kind: 'cleartext' | 'encrypted' }> | undefined;
  /** In the order of their envelopes: the first may wait for its last reply while the next one's envelope is out. */
  readonly #transfers: Transfer[] = [];
  readonly #onQuiet: (() => void)[] = [];
  #ending: Ending | undefined;

  /** @param socket connected, and for `implicit` already inside TLS. */
  constructor(socket: Socket, call: ConnectionCall) {
    this.#call = call;
    this.#line = new Line(socket, call.timeouts);
  }

  // ---- the introduction

  /** Greeting, EHLO, and STARTTLS with its handshake; silent afterwards. Not for implicit TLS. */
  introduce(): Promise<Introduction> {
    return new Promise((settle) => {
      this.#hearGreeting(settle, () => this.#sayHello('EHLO', settle, (reply) => this.#onFirstEhlo(reply, settle)));
    });
  }

  /**
   * EHLO inside TLS; after implicit TLS the greeting first; HELO where EHLO was refused; nothing where the list was read in
   * cleartext.
   */
  announce(): Promise<Announcement> {
    return new Promise((settle) => {
      const helo = this.#security?.kind === 'cleartext' && this.#security.because === 'helo-only';
      const hello = (): void =>
        this.#sayHello(helo ? 'HELO' : 'EHLO', settle, (reply) => {
          // TLS-6, RFC 3207 §4.2: the list of this EHLO alone counts; after HELO there is none.
          if (reply.code < 300) this.extensions = helo ? noExtensions : parseExtensions(reply);
          settle(reply.code < 300 ? { kind: 'ready' } : { kind: 'refused', reply });
        });
      if (this.#line.ended) settle({ kind: 'lost', during: 'ehlo', says: this.#line.says });
      else if (this.#call.mode === 'implicit') this.#hearGreeting(settle, hello);
      else if (helo || this.#security?.kind !== 'cleartext') hello();
      else settle({ kind: 'ready' });
    });
  }

  #hearGreeting(settle: (result: Lost | { kind: 'refused'; reply: Reply }) => void, then: () => void): void {
    this.#ask('greeting', settle, (reply) => {
      if (reply.code >= 400) settle({ kind: 'refused', reply });
      else if (reply.code !== 220) settle(this.#breakOff('greeting', `no greeting: ${formatReply(reply)}`));
      else {
        this.greeting = reply.lines.join(' ');
        then();
      }
    });
  }

  #sayHello(verb: 'EHLO' | 'HELO', settle: (lost: Lost) => void, then: (reply: Reply) => void): void {
    this.#ask('ehlo', settle, (reply) => {
      if (reply.code < 300 || reply.code >= 400) then(reply);
      else settle(this.#breakOff('ehlo', `no answer to ${verb}: ${formatReply(reply)}`));
    });
    this.#line.say(`${verb} ${this.#call.ehloName}`);
  }

  #onFirstEhlo(reply: Reply, settle: (result: Introduction) => void): void {
    const cleartext = (how: Cleartext): void => {
      this.#security = { kind: 'cleartext', ...how };
      settle({ kind: 'settled', security: this.#security });
    };
    if (reply.code >= 400) {
      if (meansHeloOnly(reply)) cleartext({ because: 'helo-only' });
      else settle({ kind: 'refused', reply });
      return;
    }
    this.extensions = parseExtensions(reply);
    // TLS-1, TLS-3: STARTTLS whenever it is listed, never when it is not.
    if (!this.extensions.has('STARTTLS')) cleartext({ because: 'starttls-missing' });
    else if (this.#call.mode === 'cleartext') cleartext({ because: 'starttls-skipped' });
    else {
      this.#ask('starttls', settle, (answer, behind) => {
        // TLS-4, RFC 3207 §4: whatever is not 220 means not now.
        if (answer.code !== 220) cleartext({ because: 'starttls-refused', reply: answer });
        // TLS-5: octets behind the 220 are somebody's forgery; none of them is ever read.
        else if (behind === 'some' || this.#line.unread > 0) {
          settle({ kind: 'no-session', security: { kind: 'injected' } });
          this.#line.end('octets behind the 220');
        } else void this.#secure(settle);
      });
      this.#line.say('STARTTLS');
    }
  }

  async #secure(settle: (result: Introduction) => void): Promise<void> {
    this.extensions = noExtensions;
    const lose = (security: Extract<Introduction, { kind: 'no-session' }>['security']): void => {
      settle({ kind: 'no-session', security });
      this.#line.end('the handshake failed');
    };
    try {
      const result = await shakeHands(this.#line.detach(), this.#call.handshake);
      if (result.kind === 'failed') {
        lose(result.security);
        return;
      }
      // TLS-22: silent from here; the peer is judged before it hears another octet.
      this.#line.attach(result.socket);
      this.#security = result.security;
      settle({ kind: 'settled', security: result.security });
    } catch (error) {
      // A fault of ours must not end the process.
      lose({ kind: 'lost', during: 'handshake', says: String(error) });
    }
  }

  // ---- AUTH

  /** The mechanism that is used of those listed; none is assumed. */
  get mechanism(): Mechanism | undefined {
    const listed = authMechanisms(this.extensions);
    return mechanisms.find((name) => listed.includes(name));
  }

  /** RFC 4954 §4: resolves with the reply that settled it. */
  logIn(mechanism: Mechanism, user: string, pass: string): Promise<LogIn> {
    return new Promise((settle) => {
      const steps = stepsOf(mechanism, user, pass);
      const next = (line: string): void => {
        this.#ask('auth', settle, (reply) => {
          const step = reply.code === 334 ? steps.shift() : undefined;
          if (step !== undefined) next(step(reply.lines[0]));
          else if (reply.code >= 200 && reply.code < 300 && steps.length === 0) settle({ kind: 'done' });
          else if (reply.code >= 400) settle({ kind: 'refused', reply });
          else settle(this.#breakOff('auth', `no answer to AUTH: ${formatReply(reply)}`));
        });
        this.#line.say(line);
      };
      if (this.#line.ended) settle({ kind: 'lost', during: 'auth', says: this.#line.says });
      else next(steps.shift()?.('') ?? '');
    });
  }

  // ---- transactions

  /**
   * MAIL, RCPT, DATA and the octets. It may be called again from within `onFinalDot`, and only then before it has resolved.
   * The line ends if its state is not known for certain afterwards.
   */
  deliver(
    transaction: Transaction,
    message: OutgoingMessage,
    signal: AbortSignal,
    onFinalDot: () => 'taken' | 'none',
  ): Promise<TransferOutcome> {
    return new Promise((resolve) => {
      const giveUp = (): void => this.#giveUp(transfer);
      const transfer = new Transfer({
        line: this.#line,
        transaction,
        message,
        pipelining: this.extensions.has('PIPELINING') ? 'listed' : 'missing',
        onFinalDot: () => (this.#mayCarryAnother() ? onFinalDot() : 'none'),
        onEnd: (outcome) => {
          signal.removeEventListener('abort', giveUp);
          this.#transfers.splice(this.#transfers.indexOf(transfer), 1);
          if (this.#transfers.length === 0) this.#rest();
          resolve(outcome);
        },
      });
      this.#transfers.push(transfer);
      this.#line.allow(this.#call.timeouts.transaction + message.size / slowest);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      else transfer.begin();
    });
  }

  /** RFC 2920 §3.1: only where it is listed. */
  #mayCarryAnother(): boolean {
    return this.extensions.has('PIPELINING') && this.#ending === undefined && !this.#line.ended;
  }

  /** Somebody else's message, whose reply is still to come, must not be given up with this one. */
  #giveUp(transfer: Transfer): void {
    if (this.#transfers[0] === transfer) this.#line.end('aborted');
    else this.close('abort');
    transfer.giveUp('aborted');
  }

  #rest(): void {
    this.#line.allow('none');
    for (const wake of this.#onQuiet.splice(0)) wake();
    if (this.#ending !== undefined) this.close(this.#ending);
  }

  /** Resolves when no transaction is under way. */
  rested(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#transfers.length === 0) resolve();
      else this.#onQuiet.push(resolve);
    });
  }

  /** Open, idle, and nothing unread. */
  get usable(): boolean {
    return !this.#line.ended && this.#ending === undefined && this.#transfers.length === 0 && this.#line.quiet;
  }

  // ---- the end

  /** At once, or when the transactions under way are over. */
  close(how: Ending): void {
    const wish = this.#ending === 'abort' ? 'abort' : how;
    this.#ending = wish;
    if (this.#transfers.length > 0) return;
    if (wish === 'quit' && this.#line.quiet && !this.#line.ended) this.#quit();
    else this.#line.end('closed');
  }

  // SMTP-11: QUIT, and a short wait for the reply.
  #quit(): void {
    const end = (): void => this.#line.end('closed');
    this.#line.ask({ phase: 'quit', hear: end, lose: () => undefined });
    this.#line.say('QUIT');
  }

  // ---- parts

  #breakOff(during: Phase, says: string): Lost {
    this.#line.end(says);
    return { kind: 'lost', during, says };
  }

  #ask(phase: Phase, lose: (lost: Lost) => void, hear: (reply: Reply, behind: 'some' | 'none') => void): void {
    this.#line.ask({ phase, hear, lose });
  }
}

type Cleartext =
  | { readonly because: 'helo-only' | 'starttls-missing' | 'starttls-skipped' }
  | { readonly because: 'starttls-refused'; readonly reply: Reply };

const mechanisms = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const;
export type Mechanism = (typeof mechanisms)[number];

/** The lines to say, each from the challenge before it. RFC 4616, RFC 2195; LOGIN has no standard. */
function stepsOf(mechanism: Mechanism, user: string, pass: string): ((challenge: string) => string)[] {
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  switch (mechanism) {
    case 'PLAIN':
      return [() => `AUTH PLAIN ${base64(`\0${user}\0${pass}`)}`];
    case 'LOGIN':
      return [() => 'AUTH LOGIN', () => base64(user), () => base64(pass)];
    case 'CRAM-MD5':
      return [() => 'AUTH CRAM-MD5', (challenge) => base64(`${user} ${keyed(pass, challenge)}`)];
  }
}

const keyed = (pass: string, challenge: string): string =>
  createHmac('md5', pass).update(Buffer.from(challenge, 'base64')).digest('hex');
