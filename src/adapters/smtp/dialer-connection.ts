// nodemailer's SMTPConnection, guarded (A4): replies are read strictly, keywords compared whole, the session falls silent when
// the handshake is done, no second EHLO leaves before it is told to, every phase has an absolute deadline, and commands
// carry exactly the parameters composed for them. Each override says what it replaces; dialer-pins.test.ts pins them.

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { OutgoingMessage } from '../../agent/ports.ts';
import type { SecurityState, TransferOutcome } from '../../core/policy/model.ts';
import { endsSession, meansHeloOnly } from '../../core/smtp/classify.ts';
import { authMechanisms, type Extensions, noExtensions, parseExtensions } from '../../core/smtp/extensions.ts';
import { emptyReplyBuffer, formatReply, holdsOctets, type Reply, readReplies } from '../../core/smtp/reply.ts';
import { type NodemailerCallback, NodemailerConnection, type NodemailerEnvelope } from './dialer-internals.ts';
import { BareNewline, guardBody, type Transaction } from './dialer-message.ts';
import { newTransferRecord, outcomeOf, type TransferRecord } from './dialer-transfer.ts';
import { type HandshakeCall, shakeHands } from './tls.ts';

// SMTP-2, SMTP-3: seconds, absolute: a peer that trickles octets does not prolong them.
export type Timeouts = {
  readonly connect: number;
  readonly greeting: number;
  readonly ehlo: number;
  readonly starttls: number;
  readonly handshake: number;
  readonly auth: number;
  readonly mail: number;
  readonly rcpt: number;
  readonly data: number;
  /** For each block of the message. */
  readonly block: number;
  readonly finalDot: number;
  readonly quit: number;
};

export const defaultTimeouts: Timeouts = {
  connect: 30,
  greeting: 300,
  ehlo: 300,
  starttls: 120,
  handshake: 60,
  auth: 300,
  mail: 300,
  rcpt: 300,
  data: 120,
  block: 180,
  finalDot: 600,
  quit: 5,
};

export type Lost = { readonly kind: 'lost'; readonly during: Phase; readonly says: string };
type Phase = Exclude<keyof Timeouts, 'connect'>;

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

export type ConnectionCall = {
  readonly ehloName: string;
  readonly mode: 'starttls' | 'implicit' | 'cleartext';
  readonly timeouts: Timeouts;
  readonly handshake: HandshakeCall;
};

type Cleartext =
  | { readonly because: 'helo-only' | 'starttls-missing' | 'starttls-skipped' }
  | { readonly because: 'starttls-refused'; readonly reply: Reply };

/** Milliseconds; the idle timers of the base are not used, for they start anew with every octet. */
const never = 0x7fffffff;

export class GuardedConnection extends NodemailerConnection {
  greeting: string | undefined;
  extensions: Extensions = noExtensions;
  readonly #call: ConnectionCall;
  #buffer = emptyReplyBuffer;
  #reply: Reply = { code: 200, lines: [''] };
  /** Octets stood behind the reply that is being handled. */
  #surplus: 'none' | 'some' = 'none';
  #phase: Phase = 'greeting';
  #says = 'connection closed by the peer';
  #security: Extract<SecurityState, { kind: 'cleartext' | 'encrypted' }> | undefined;
  #record: TransferRecord = newTransferRecord();
  #transaction: Transaction = { mail: '', recipients: [] };
  #settle: (result: Introduction | Announcement) => void = () => undefined;
  #lose: () => void = () => undefined;

  /** @param socket connected, and for `implicit` already inside TLS. */
  constructor(socket: Socket, call: ConnectionCall) {
    const secured = call.mode === 'implicit';
    super({
      connection: socket,
      secure: secured,
      secured,
      name: call.ehloName,
      greetingTimeout: call.timeouts.greeting * 1000,
      connectionTimeout: never,
      socketTimeout: never,
    });
    this.#call = call;
    this._socket = socket;
    this.on('error', (error) => {
      this.#says = error.message;
    });
    this.on('end', () => this.#lose());
  }

  /** Greeting, EHLO, and STARTTLS with its handshake; silent afterwards. Not for implicit TLS. */
  introduce(): Promise<Introduction> {
    return this.#ask(() => this.connect());
  }

  /**
   * EHLO inside TLS; after implicit TLS the greeting first; HELO where EHLO was refused; nothing where the list was read in
   * cleartext.
   */
  announce(): Promise<Announcement> {
    if (this._destroyed || this._socket.destroyed) return Promise.resolve(this.#lost());
    if (this.#call.mode === 'implicit') return this.#ask(() => this.connect());
    if (this.#security?.kind !== 'cleartext') return this.#ask(() => this.#introduceAs('EHLO'));
    if (this.#security.because === 'helo-only') return this.#ask(() => this.#introduceAs('HELO'));
    return Promise.resolve({ kind: 'ready' });
  }

  /** AUTH by the mechanisms listed; resolves with the reply that settled it. */
  logIn(
    user: string,
    pass: string,
  ): Promise<Lost | { readonly kind: 'done' } | { readonly kind: 'refused'; readonly reply: Reply }> {
    if (this._destroyed) return Promise.resolve(this.#lost());
    return new Promise((resolve) => {
      this.#lose = () => resolve(this.#lost());
      this.#await('auth');
      this.login({ user, pass }, (error) => {
        this._clearPhase();
        resolve(error === null ? { kind: 'done' } : { kind: 'refused', reply: this.#reply });
      });
    });
  }

  /** MAIL, RCPT, DATA and the octets. The connection is destroyed if its state is not known for certain afterwards. */
  async deliver(transaction: Transaction, message: OutgoingMessage): Promise<TransferOutcome> {
    const recipients = message.recipients.map(({ mailbox }) => mailbox.text);
    const record = newTransferRecord();
    this.#record = record;
    this.#transaction = transaction;
    this.#says = 'connection closed by the peer';
    this.#phase = 'mail';
    if (this._destroyed) return outcomeOf(record, recipients, this.#lost());
    const body = Readable.from(
      guardBody(message.body(), (octets) => {
        record.octets += octets;
        this.#await('block');
      }),
      { objectMode: false },
    );
    const failure = await new Promise<Error | null>((resolve) => {
      this.#lose = () => resolve(null);
      this.send({}, body, (error) => resolve(error));
    });
    this._clearPhase();
    body.destroy();
    // A source that failed leaves the connection inside DATA: the next command would become content.
    if (endedInsideData(record)) this.abort(failure?.message);
    if (failure instanceof BareNewline) {
      return { kind: 'refused-before-data', because: 'content-binary', says: failure.message };
    }
    return outcomeOf(record, recipients, this.#lost());
  }

  /** Open, idle, and nothing unread. */
  get usable(): boolean {
    return !this._destroyed && !this._closing && this._responseActions.length === 0 && !holdsOctets(this.#buffer);
  }

  // SMTP-11: QUIT, and a short wait for the reply.
  leave(): void {
    if (!this.usable) {
      this.abort();
      return;
    }
    this.#await('quit');
    this.quit();
  }

  /** Nothing more is said; the socket is gone at once. */
  abort(says?: string): void {
    if (says !== undefined) this.#says = says;
    const socket = this._socket;
    this.close();
    socket.destroy();
  }

  // ---- overrides: reading

  /** Replaces the line splitting, which takes bare LF and unbounded lines: SMTP-6. */
  override _onData(chunk: Buffer): void {
    const step = readReplies(this.#buffer, chunk);
    this.#buffer = step.buffer;
    let asked = this._responseActions.length;
    for (const [index, reply] of step.replies.entries()) {
      if (this._destroyed) return;
      // Nothing was asked: an answer to the next command must not be taken from here (trap 22).
      if (asked === 0 && !endsSession(reply)) {
        this.#break(`a reply without a command: ${formatReply(reply)}`);
        return;
      }
      asked = Math.max(0, asked - 1);
      const behind = index < step.replies.length - 1 || step.fault !== undefined || holdsOctets(step.buffer);
      this.#surplus = behind ? 'some' : 'none';
      this.#hear(reply);
    }
    if (step.fault !== undefined && !this._destroyed) this.#break(`a reply that is none: ${step.fault}`);
  }

  #hear(reply: Reply): void {
    const action = this._responseActions.shift();
    this.#reply = reply;
    const text = `${reply.code} ${reply.enhanced ?? ''} ${reply.lines.join(' ')}`;
    action?.call(this, text);
    if (!this._destroyed && endsSession(reply)) this._onServerClosing(text);
  }

  /** Replaces the answer to the greeting: another code than 220 is kept, and EHLO gets its own deadline. */
  override _actionGreeting(_text: string): void {
    const reply = this.#reply;
    if (reply.code >= 400) this.#settle({ kind: 'refused', reply });
    else if (reply.code !== 220) this.#break(`no greeting: ${formatReply(reply)}`);
    else {
      this.greeting = reply.lines.join(' ');
      this.#introduceAs('EHLO');
    }
  }

  /** Replaces the keyword search by substring, the silent way into cleartext, and the automatic HELO (SMTP-1). */
  override _actionEHLO(_text: string): void {
    const reply = this.#reply;
    this._clearPhase();
    if (reply.code >= 300 && reply.code < 400) this.#break(`no answer to EHLO: ${formatReply(reply)}`);
    else if (this.secure || this.#security !== undefined) this.#announced(reply);
    else if (reply.code < 300) this.#beginTls(reply);
    else if (meansHeloOnly(reply)) this.#cleartext({ because: 'helo-only' });
    else this.#settle({ kind: 'refused', reply });
  }

  #announced(reply: Reply): void {
    // TLS-6, RFC 3207 §4.2: the list of this EHLO alone counts; after HELO there is none.
    const helo = this.#security?.kind === 'cleartext';
    if (reply.code < 300) this.extensions = helo ? noExtensions : parseExtensions(reply);
    this.#settle(reply.code < 300 ? { kind: 'ready' } : { kind: 'refused', reply });
  }

  #beginTls(reply: Reply): void {
    this.extensions = parseExtensions(reply);
    // TLS-1, TLS-3: STARTTLS whenever it is listed, never when it is not.
    if (!this.extensions.has('STARTTLS')) this.#cleartext({ because: 'starttls-missing' });
    else if (this.#call.mode === 'cleartext') this.#cleartext({ because: 'starttls-skipped' });
    else {
      this.#await('starttls');
      this._responseActions.push(this._actionSTARTTLS);
      this._sendCommand('STARTTLS');
    }
  }

  /** Replaces "go on in cleartext or fail", the discarding of what stands behind the 220, and the EHLO after it. */
  override _actionSTARTTLS(_text: string): void {
    this._clearPhase();
    // TLS-4, RFC 3207 §4: whatever is not 220 means not now.
    if (this.#reply.code !== 220) this.#cleartext({ because: 'starttls-refused', reply: this.#reply });
    // TLS-5: octets behind the 220 are somebody's forgery; none of them is ever read.
    else if (this.#surplus === 'some' || this._socket.readableLength > 0) this.#giveUp({ kind: 'injected' });
    else this.#secure();
  }

  #secure(): void {
    this.extensions = noExtensions;
    this.#phase = 'handshake';
    const plain = this._socket;
    plain.removeListener('data', this._onSocketData);
    plain.removeListener('timeout', this._onSocketTimeout);
    plain.removeListener('close', this._onSocketClose);
    plain.removeListener('end', this._onSocketEnd);
    plain.removeListener('error', this._onSocketError);
    plain.setTimeout(0);
    shakeHands(plain, this.#call.handshake).then((result) => {
      if (result.kind === 'failed') {
        this.#giveUp(result.security);
        return;
      }
      this.secure = true;
      this._socket = result.socket;
      this._socket.on('error', this._onSocketError);
      this._socket.once('close', this._onSocketClose);
      this._socket.once('end', this._onSocketEnd);
      this._socket.on('data', this._onSocketData);
      // TLS-22: silent from here; the peer is judged before it hears another octet.
      this.#security = result.security;
      this.#settle({ kind: 'settled', security: result.security });
    }, this.#failHandshake);
  }

  /** A fault of ours: without this the promise would be nobody's, and its rejection would end the process. */
  readonly #failHandshake = (error: unknown): void =>
    this.#giveUp({ kind: 'lost', during: 'handshake', says: String(error) });

  #cleartext(how: Cleartext): void {
    this.#security = { kind: 'cleartext', ...how };
    this.#settle({ kind: 'settled', security: this.#security });
  }

  #giveUp(security: Extract<Introduction, { kind: 'no-session' }>['security']): void {
    this.#settle({ kind: 'no-session', security });
    this.abort();
  }

  // ---- overrides: sending

  /** Adds: nothing leaves that could be more than one command (trap 18). */
  override _sendCommand(line: string, logged?: string): void {
    if (/[\x00-\x1f\x7f\u2028\u2029]/.test(line)) throw new Error('a command with a control character');
    super._sendCommand(line, logged);
  }

  /** Replaces the parameters, which followed substrings of EHLO and were one DSN set for all. */
  override _setEnvelope(_envelope: object, callback: NodemailerCallback): void {
    const pipelined = this.extensions.has('PIPELINING');
    const envelope: NodemailerEnvelope = {
      rcptQueue: [...this.#transaction.recipients],
      rejected: [],
      rejectedErrors: [],
      accepted: [],
      pipelined,
    };
    this._envelope = envelope;
    this.#await('mail');
    this._responseActions.push((text) => this._actionMAIL(text, callback));
    this._socket.cork();
    this._sendCommand(this.#transaction.mail);
    if (pipelined) this.#sendRest(envelope, callback);
    this._socket.uncork();
  }

  // EXT-5, RFC 2920 §3.1: one group that ends in DATA.
  #sendRest(envelope: NodemailerEnvelope, callback: NodemailerCallback): void {
    for (const command of envelope.rcptQueue.splice(0)) this._sendRcpt(command, callback);
    this._responseActions.push((text) => this._actionDATA(text, callback));
    this._sendCommand('DATA');
  }

  /** Replaces the composing of RCPT: the queue holds whole commands. */
  override _sendRcpt(command: string, callback: NodemailerCallback): void {
    this._responseActions.push((text) => this._actionRCPT(text, callback));
    this._sendCommand(command);
  }

  /** Adds: the reply is kept, and the next phase begins. */
  override _actionMAIL(text: string, callback: NodemailerCallback): void {
    if (!this.#isFinal('MAIL')) return;
    this.#record.mail = this.#reply;
    this.#await('rcpt');
    super._actionMAIL(text, callback);
  }

  override _actionRCPT(text: string, callback: NodemailerCallback): void {
    if (!this.#isFinal('RCPT')) return;
    this.#record.rcpt.push(this.#reply);
    this.#await(this.#record.rcpt.length < this.#transaction.recipients.length ? 'rcpt' : 'data');
    super._actionRCPT(text, callback);
  }

  /** Adds: only 3yz opens the data phase; the base takes 2yz too (ATK-94). */
  override _actionDATA(text: string, callback: NodemailerCallback): void {
    if (this.#reply.code < 300) {
      this.#break(`no answer to DATA: ${formatReply(this.#reply)}`);
      return;
    }
    this.#record.data = this.#reply;
    this.#await('finalDot');
    super._actionDATA(text, callback);
  }

  /** Adds: the deadline of each block, and the moment the final dot is out. */
  override _createSendStream(callback: NodemailerCallback): Readable {
    const stream = super._createSendStream(callback);
    this.#await('block');
    stream.once('end', () => {
      this.#record.dot = 'sent';
      this.#await('finalDot');
    });
    return stream;
  }

  /** Adds: a reply to the final dot cannot come before it; a refusal may, and ends the connection (ATK-94). */
  override _actionSMTPStream(text: string, callback: NodemailerCallback): void {
    const early = this.#record.dot === 'unsent';
    if (!this.#isFinal('the final dot')) return;
    if (early && this.#reply.code < 400) {
      this.#break('a reply to the final dot before it was sent');
      return;
    }
    this.#record.final = this.#reply;
    super._actionSMTPStream(text, callback);
    if (early) this.abort();
  }

  // ---- parts

  #ask<Result extends Introduction | Announcement>(start: () => void): Promise<Result> {
    return new Promise((resolve) => {
      const end = (result: Introduction | Announcement): void => {
        this._clearPhase();
        this.#settle = () => undefined;
        resolve(result as Result);
      };
      this.#settle = end;
      this.#lose = () => end(this.#lost());
      start();
    });
  }

  /** The list of mechanisms for `login`, weakest last; none is assumed. */
  offerMechanisms(): boolean {
    const listed = authMechanisms(this.extensions);
    this._supportedAuth = ['PLAIN', 'LOGIN', 'CRAM-MD5'].filter((name) => listed.includes(name));
    return this._supportedAuth.length > 0;
  }

  #introduceAs(verb: 'EHLO' | 'HELO'): void {
    this.#await('ehlo');
    this._responseActions.push(this._actionEHLO);
    this._sendCommand(`${verb} ${this.name}`);
  }

  #isFinal(command: string): boolean {
    if (this.#reply.code < 300 || this.#reply.code >= 400) return true;
    this.#break(`no answer to ${command}: ${formatReply(this.#reply)}`);
    return false;
  }

  #await(phase: Phase): void {
    if (this._destroyed) return;
    this.#phase = phase;
    this._startPhase(this.#call.timeouts[phase] * 1000, new Error(`time-out during ${phase}`));
  }

  #break(says: string): void {
    this.#says = says;
    this._onError(new Error(says), 'EPROTOCOL', false, 'CONN');
  }

  #lost(): Lost {
    return { kind: 'lost', during: this.#phase, says: this.#says };
  }
}

/** DATA was opened for somebody and never answered. With nobody accepted the empty message has ended it (EXT-6). */
const endedInsideData = (record: TransferRecord): boolean =>
  record.data !== undefined &&
  record.data.code < 400 &&
  record.final === undefined &&
  record.rcpt.some((reply) => reply.code < 400);
