// One SMTP dialogue of a laboratory MX host (RFC 5321, 3207, 3030): it follows the behaviour it was given, right or
// wrong, and writes down all that was said. It judges nothing and stores every accepted message.

import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { MxBehaviour, Step } from './mx-behaviour.ts';

export type SeenMessage = {
  readonly host: string;
  /** What stood behind `MAIL FROM:` and `RCPT TO:`, parameters and all. */
  readonly mail: string;
  readonly recipients: readonly string[];
  /** The octets between 354 and the final dot, dots unstuffed; or the BDAT octets. */
  readonly raw: Buffer;
  readonly sha256: string;
  readonly session: SeenSession;
};

export type SeenTls = { readonly protocol: string; readonly cipher: string; readonly resumed: boolean };

export type SeenSession = {
  readonly host: string;
  readonly from: string;
  /** Set once the handshake ended well. */
  tls: SeenTls | undefined;
  /** Of the ClientHello, also of handshakes that failed. */
  sni: string | undefined;
  handshakeError: string | undefined;
  /** Every command line, in order; content is left out. */
  readonly said: { readonly line: string; readonly inTls: boolean }[];
  /** A bare LF or CR stood in the content. */
  bareNewline: boolean;
  /** Commands that came in TLS before the answer to the EHLO there: somebody else's reply was read for it. */
  hasty: number;
};

export type MxSessionOptions = {
  readonly hostName: string;
  readonly behaviour: MxBehaviour;
  readonly secureContext: SecureContext;
  readonly onMessage: (message: SeenMessage) => void;
};

/** Serves one connection until it closes. @returns what was seen, filled while it goes on. */
export function serveMxSession(socket: Socket, options: MxSessionOptions): SeenSession {
  const dialogue = new Dialogue(socket, options);
  dialogue.greet();
  return dialogue.seen;
}

const maxContent = 64 * 1024 * 1024;

class Dialogue {
  readonly seen: SeenSession;
  readonly #options: MxSessionOptions;
  readonly #behaviour: MxBehaviour;
  readonly #plain: Socket;
  #socket: Socket;
  #inTls = false;
  #pending: Buffer = Buffer.alloc(0);
  /** `deaf`: nothing is read any more, or not before the handshake. */
  #mode: 'command' | 'data' | 'bdat' | 'deaf' = 'command';
  #mail: string | undefined;
  #recipients: string[] = [];
  #content: Buffer[] = [];
  #contentSize = 0;
  #chunk = { left: 0, last: false };
  #ehloAnswerDue = false;
  /** Replies leave in order, each after the delay. */
  #replies: Promise<void> = Promise.resolve();

  constructor(socket: Socket, options: MxSessionOptions) {
    this.#plain = socket;
    this.#socket = socket;
    this.#options = options;
    this.#behaviour = options.behaviour;
    this.seen = {
      host: options.hostName,
      from: socket.remoteAddress ?? '',
      tls: undefined,
      sni: undefined,
      handshakeError: undefined,
      said: [],
      bareNewline: false,
      hasty: 0,
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', this.#onData);
  }

  greet(): void {
    if (this.#behaviour.web === 'at-connect') {
      this.#answerAsWeb();
      return;
    }
    const welcome = this.#answer('connect', `220 ${this.#options.hostName} ESMTP laboratory`);
    if (!welcome && this.#behaviour.dripAt !== 'connect') this.#then(() => this.#plain.end());
  }

  #answerAsWeb(): void {
    this.#mode = 'deaf';
    const page = '<!doctype html><title>400 Bad Request</title>';
    this.#socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`);
  }

  #onData = (octets: Buffer): void => {
    if (this.#mode === 'deaf') return;
    this.#pending = this.#pending.length === 0 ? octets : Buffer.concat([this.#pending, octets]);
    while (this.#isListening() && this.#turn());
  };

  #isListening(): boolean {
    return this.#mode !== 'deaf';
  }

  /** One line or chunk. @returns false when more octets are needed. */
  #turn(): boolean {
    if (this.#mode === 'bdat') return this.#takeChunk();
    const end = this.#pending.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end + 2);
    if (this.#mode === 'data') this.#takeLine(line);
    else this.#onCommand(line.toString('latin1'));
    return true;
  }

  #onCommand(line: string): void {
    this.seen.said.push({ line, inTls: this.#inTls });
    if (this.#ehloAnswerDue) this.seen.hasty++;
    if (this.#inTls && this.#behaviour.web === 'in-tls') {
      this.#answerAsWeb();
      return;
    }
    const verb = line.split(/[ :]/, 1)[0]?.toUpperCase() ?? '';
    const argument = line.slice(line.indexOf(':') + 1).trim();
    switch (verb) {
      case 'EHLO':
        this.#onEhlo();
        break;
      case 'HELO':
        this.#say(`250 ${this.#options.hostName}`);
        break;
      case 'STARTTLS':
        this.#onStarttls();
        break;
      case 'MAIL':
        if (this.#mail !== undefined) this.#say('503 5.5.1 one sender is enough');
        else if (this.#answer('mail', '250 2.1.0 ok')) this.#mail = argument;
        break;
      case 'RCPT':
        if (this.#mail === undefined) this.#say('503 5.5.1 MAIL first');
        else if (this.#answer('rcpt', '250 2.1.5 ok')) this.#recipients.push(argument);
        break;
      case 'DATA':
        if (this.#recipients.length === 0) this.#say('503 5.5.1 RCPT first');
        else if (this.#answer('data', '354 go on')) this.#mode = 'data';
        break;
      case 'BDAT':
        this.#chunk = { left: Number(line.split(' ')[1]), last: / LAST$/i.test(line) };
        this.#mode = 'bdat';
        break;
      case 'RSET':
        this.#forget();
        this.#say('250 2.0.0 ok');
        break;
      case 'NOOP':
        this.#say('250 2.0.0 ok');
        break;
      case 'QUIT':
        if (this.#answer('quit', '221 2.0.0 bye')) this.#then(() => this.#socket.end());
        break;
      default:
        this.#say('500 5.5.2 unknown');
    }
  }

  #onEhlo(): void {
    this.#forget();
    if (this.#behaviour.helo === 'helo-only') this.#say('502 5.5.1 what is EHLO');
    else if (this.#inTls && this.#behaviour.starttls === 'injected-then-tls') this.#answerEhloLate();
    else this.#answer(this.#inTls ? 'ehlo-in-tls' : 'ehlo', this.#ehloReply());
  }

  /** Whoever took forged lines for the answer does not wait for this one. */
  #answerEhloLate(): void {
    this.#ehloAnswerDue = true;
    this.#replies = this.#replies.then(() => new Promise((resolve) => setTimeout(resolve, 500).unref()));
    this.#answer('ehlo-in-tls', this.#ehloReply());
    this.#then(() => {
      this.#ehloAnswerDue = false;
    });
  }

  #ehloReply(): string {
    const { extensions, size, starttls, requiretls, beforeTls } = this.#behaviour;
    const lines = [this.#options.hostName, ...extensions, ...(this.#inTls ? [] : beforeTls)];
    if (size !== undefined) lines.push(size === 0 ? 'SIZE' : `SIZE ${size}`);
    if (!this.#inTls && starttls !== 'absent') lines.push(starttls === 'stripped' ? 'XXXXXXXX' : 'STARTTLS');
    const offered = { no: false, always: true, 'in-tls': this.#inTls, 'before-tls': !this.#inTls };
    if (offered[requiretls]) lines.push('REQUIRETLS');
    return lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n');
  }

  #onStarttls(): void {
    const { starttls } = this.#behaviour;
    if (this.#inTls) this.#say('503 5.5.1 already in TLS');
    else if (starttls === 'refused-454') this.#say('454 4.7.0 TLS not available');
    else if (starttls === 'refused-500') this.#say('500 5.5.1 unknown');
    else if (starttls === 'refused-503') this.#say('503 5.5.1 not now');
    else if (starttls === 'absent' || starttls === 'stripped' || starttls === 'refused-502') {
      this.#say('502 5.5.1 no STARTTLS');
    } else {
      // What the client sent behind STARTTLS is not read.
      this.#mode = 'deaf';
      this.#pending = Buffer.alloc(0);
      this.#then(() => this.#goAhead(starttls));
    }
  }

  #goAhead(
    how: 'offered' | 'injected' | 'injected-then-tls' | 'garbage' | 'alert' | 'sni-wanted' | 'dropped' | 'silent',
  ): void {
    const { hostName } = this.#options;
    // Who believes these goes on to MAIL; with a small SIZE he would stop before.
    const forged =
      how === 'injected' || how === 'injected-then-tls'
        ? `250-${hostName}\r\n250-REQUIRETLS\r\n250 PIPELINING\r\n`
        : '';
    this.#plain.write(`220 2.0.0 go ahead\r\n${forged}`);
    if (how === 'offered' || how === 'injected-then-tls') this.#startTls();
    // A fatal handshake_failure.
    if (how === 'alert') this.#plain.once('data', () => this.#plain.end(Buffer.from('15030300020228', 'hex')));
    if (how === 'sni-wanted') this.#wantName();
    if (how === 'garbage') this.#plain.once('data', () => this.#plain.end('this is not a ServerHello\r\n'));
    if (how === 'dropped') this.#plain.once('data', () => this.#plain.destroy());
  }

  /** A fatal unrecognized_name for a ClientHello that does not hold the host's own name. */
  #wantName(): void {
    this.#plain.removeListener('data', this.#onData);
    this.#plain.once('data', (hello: Buffer) => {
      if (hello.includes(this.#options.hostName)) {
        this.#plain.pause();
        this.#plain.unshift(hello);
        this.#startTls();
      } else this.#plain.end(Buffer.from('15030300020270', 'hex'));
    });
  }

  #startTls(): void {
    this.#plain.removeListener('data', this.#onData);
    const { secureContext } = this.#options;
    const secured = new TLSSocket(this.#plain, {
      isServer: true,
      secureContext,
      SNICallback: (name, done) => {
        this.seen.sni = name;
        done(null, secureContext);
      },
    });
    secured.on('error', (error: Error & { code?: string }) => {
      if (this.seen.tls === undefined) this.seen.handshakeError ??= error.code ?? error.message;
      this.#plain.destroy();
    });
    secured.once('secure', () => {
      this.#inTls = true;
      this.seen.tls = {
        protocol: secured.getProtocol() ?? 'unknown',
        cipher: secured.getCipher().standardName,
        resumed: secured.isSessionReused(),
      };
    });
    secured.on('data', this.#onData);
    this.#socket = secured;
    this.#mode = 'command';
    this.#forget();
  }

  #takeChunk(): boolean {
    const part = this.#pending.subarray(0, this.#chunk.left);
    this.#keep(part);
    this.#pending = this.#pending.subarray(part.length);
    this.#chunk.left -= part.length;
    if (this.#chunk.left > 0) return false;
    this.#mode = 'command';
    if (this.#chunk.last) this.#accept();
    else this.#say('250 2.0.0 chunk taken');
    return true;
  }

  #takeLine(line: Buffer): void {
    const isDot = line[0] === 0x2e;
    if (isDot && line.length === 1) {
      this.#mode = 'command';
      this.#accept();
      return;
    }
    if (line.includes(0x0a) || line.includes(0x0d)) this.seen.bareNewline = true;
    this.#keep(Buffer.concat([isDot ? line.subarray(1) : line, Buffer.from('\r\n')]));
  }

  #keep(octets: Buffer): void {
    this.#contentSize += octets.length;
    if (this.#contentSize > maxContent) this.#socket.destroy();
    else this.#content.push(octets);
  }

  #accept(): void {
    const raw = Buffer.concat(this.#content);
    const message: SeenMessage = {
      host: this.#options.hostName,
      mail: this.#mail ?? '',
      recipients: this.#recipients,
      raw,
      sha256: createHash('sha256').update(raw).digest('hex'),
      session: this.seen,
    };
    if (this.#answer('dot', '250 2.0.0 stored')) this.#options.onMessage(message);
    this.#forget();
  }

  #forget(): void {
    this.#mail = undefined;
    this.#recipients = [];
    this.#content = [];
    this.#contentSize = 0;
  }

  /** The scripted reply of this step or the usual one. @returns whether it was a good one. */
  #answer(step: Step, usual: string): boolean {
    if (this.#behaviour.dropAt === step) {
      this.#mode = 'deaf';
      this.#socket.destroy();
      return false;
    }
    const reply = this.#behaviour.replies[step] ?? usual;
    if (this.#behaviour.cutAt === step) return this.#cut(reply);
    if (this.#behaviour.dripAt === step) return this.#drip(reply);
    const unasked = this.#behaviour.unasked[step];
    this.#say(unasked === undefined ? reply : `${reply}\r\n${unasked}`);
    // A reply that says two things, or nothing readable, is no promise: nothing is stored on it.
    return /(^|\n)[23]\d\d .*$/.test(reply);
  }

  #cut(reply: string): false {
    this.#mode = 'deaf';
    this.#then(() => this.#socket.write(reply.slice(0, reply.length / 2), () => this.#plain.destroy()));
    return false;
  }

  #drip(reply: string): false {
    this.#mode = 'deaf';
    let at = 0;
    const timer = setInterval(() => this.#socket.write(reply.charAt(at++ % reply.length)), 1000);
    this.#plain.once('close', () => clearInterval(timer));
    return false;
  }

  #say(reply: string): void {
    this.#then(() => {
      if (this.#socket.writable) this.#socket.write(`${reply}\r\n`);
    });
  }

  #then(act: () => void): void {
    const { delay } = this.#behaviour;
    this.#replies = this.#replies.then(async () => {
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay).unref());
      act();
    });
  }
}
