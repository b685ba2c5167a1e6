// The reference that the accepting side is compared with: the session loop of smtp-server, with every method that decides
// something replaced by a strict one, as it took mail before there was a loop of our own.

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection';
import type { Login } from '../../../../src/adapters/smtp/server-auth.ts';
import { type Dialogue, dialogue } from '../../../../src/adapters/smtp/server-login.ts';
import type { ListenerOptions, ServerPorts } from '../../../../src/adapters/smtp/server-options.ts';
import { isTrusted, type TlsFacts, tlsFactsOf } from '../../../../src/adapters/smtp/server-peer.ts';
import { type Answer, answers } from '../../../../src/adapters/smtp/server-replies.ts';
import { Session } from '../../../../src/adapters/smtp/server-session.ts';
import { isWeakSuite } from '../../../../src/adapters/smtp/tls.ts';
import type { Acceptance } from '../../../../src/agent/ports.ts';
import type { IpAddress } from '../../../../src/core/base/lookup.ts';
import { Message } from './message.ts';
import { CommandParser } from './parser.ts';

/** What the connections of one listener share. */
export type Desktop = {
  readonly listener: ListenerOptions;
  readonly ports: ServerPorts;
  readonly draining: boolean;
};

/** Who has to move: the client with a command, a handshake or data, or we with a reply. */
type Phase = 'command' | 'handshake' | 'data' | 'handler';

type Resume = () => void;

/** SRV-9: 512 octets and the increments of all extensions we offer (about 700), rounded up. AUTH lines may be longer. */
const maxCommand = 2048;
const beforeTls = new Set(['NOOP', 'EHLO', 'STARTTLS', 'QUIT']);
const ownEnhanced = /^[245]\.\d{1,3}\.\d{1,3}( |$)/;

export class GuardedConnection extends SMTPConnection {
  readonly #desktop: Desktop;
  readonly #listener: ListenerOptions;
  readonly #trusted: boolean;
  readonly #openedAt = performance.now();
  readonly #session: Session;
  #tls: { readonly socket: TLSSocket; readonly facts: TlsFacts } | undefined;
  #message: Message | undefined;
  /** The command that runs now, as text. */
  #line = '';
  #commands = 0;
  #errors = 0;
  #phase: Phase = 'command';
  #since = performance.now();
  #onDeadline: (() => void) | undefined;
  /** Replies not yet written. */
  #out = '';

  constructor(
    server: SMTPServer,
    desktop: Desktop,
    socket: Socket | TLSSocket,
    options?: SMTPConnectionOptions | null,
  ) {
    super(server, socket, options);
    const { listener, ports } = desktop;
    this.#desktop = desktop;
    this.#listener = listener;
    this.#trusted = isTrusted(listener, this.remoteAddress);
    const peer = () => ({ address: this.remoteAddress as IpAddress, trusted: this.#trusted, tls: this.#tlsFacts() });
    this.#session = new Session(listener, peer, (domain) => ports.knownNullMx(domain));
  }

  // ---- greeting, parser, replies

  /** The package waits 100 ms before every greeting; here only strangers do. */
  override init(): void {
    this._setListeners(() => {
      const delay = this.#trusted ? 0 : this.#listener.limits.greetingDelay * 1000;
      if (delay === 0) this.connectionReady();
      else setTimeout(() => this.connectionReady(), delay).unref();
    });
  }

  /** Called by the package's constructor, before any field of this class exists. */
  override _createParser(): CommandParser {
    const parser = new CommandParser();
    parser.oncommand = (command, resume) => this._onCommand(command, resume);
    parser.onTooLong = (start, resume) => this.#tooLong(start, resume);
    parser.on('error', () => this.#say(answers.endlessLine));
    return parser;
  }

  /** SRV-21: a text that brings its own enhanced code keeps it; the package would put its own before it. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const lines = Array.isArray(data) ? data : [data ?? ''];
    const enhanced = ownEnhanced.test(lines[0] ?? '') ? '' : this._getEnhancedStatusCode(code, context);
    // Replies to one group of commands leave in one write (RFC 2920 §3.2): a write each is most of what a session costs.
    if (this.#out === '') process.nextTick(() => this.#flush());
    for (const [index, line] of lines.entries()) {
      const between = index < lines.length - 1 ? '-' : ' ';
      const text = enhanced === '' ? line : `${enhanced} ${line}`;
      // ATK-91: a control in a reply would end its line.
      this.#out += `${code}${between}${text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')}\r\n`;
    }
    if (code === 421) this.close();
    else if (code >= 500) this.#countError(code);
  }

  override close(): void {
    this.#flush();
    super.close();
  }

  override _whenWritable(next: Resume): void {
    if (this.#out.length > 16_384) this.#flush();
    super._whenWritable(next);
  }

  override _onClose(): void {
    this.#message?.abandon();
    super._onClose();
  }

  /** Also called by the package on RSET and after a handshake (SRV-5). */
  override _resetSession(): void {
    super._resetSession();
    this.#session.reset();
  }

  #flush(): void {
    const text = this.#out;
    if (text === '' || this._upgrading) return;
    this.#out = '';
    if (this._socket.writable) this._socket.write(text, 'latin1');
  }

  #say([code, enhanced, says]: Answer): void {
    this.send(code, `${enhanced} ${says}`);
  }

  #answer(answer: Answer, resume: Resume): void {
    this.#say(answer);
    resume();
  }

  /** SRV-26. A trusted client is not blamed for recipients that nobody can reach. */
  #countError(code: number): void {
    if (this._closing || (this.#trusted && (code === 550 || code >= 552))) return;
    if (++this.#errors > this.#listener.limits.errors) this.#say(answers.tooManyErrors);
  }

  // ---- commands

  override _onCommand(command: Buffer, callback?: Resume): void {
    if (this._upgrading || !this._ready || this._closing) {
      super._onCommand(command, callback);
      return;
    }
    this.#enter('handler');
    const resume = (): void => {
      if (this.#phase === 'handler') this.#enter('command');
      callback?.();
    };
    const refusal = this.#readCommand(command);
    if (refusal === undefined) super._onCommand(command, resume);
    else this.#answer(refusal, resume);
  }

  /** Keeps the line as text. @returns why no handler may see it. */
  #readCommand(command: Buffer): Answer | undefined {
    const line = textOf(command);
    if (typeof line !== 'string') return line;
    this.#line = line;
    const verb = this._nextHandler ? 'AUTH' : verbOf(line);
    if (command.length + 2 > maxCommand && verb !== 'AUTH') return answers.longLine;
    if (++this.#commands > this.#listener.limits.commands) return answers.tooManyCommands;
    if (this.#desktop.draining && !this.#session.inTransaction) return answers.shutdown;
    // SRV-24: RFC 3207 §4.
    if (this.#listener.tls === 'required' && !this.secure && !beforeTls.has(verb)) return answers.needTls;
    return undefined;
  }

  #tooLong(start: Buffer, resume: Resume): void {
    const auth = this._nextHandler || verbOf(start.toString('latin1')) === 'AUTH';
    this._nextHandler = false;
    this.#answer(auth ? answers.longAuth : answers.longLine, resume);
  }

  override handler_EHLO(_command: Buffer, callback: Resume): void {
    this.#greet('EHLO');
    callback();
  }

  override handler_HELO(_command: Buffer, callback: Resume): void {
    this.#greet('HELO');
    callback();
  }

  #greet(verb: 'HELO' | 'EHLO'): void {
    const name = this.#session.greet(verb, this.#line);
    if (name === undefined) this.send(501, `Syntax: ${verb} hostname`, false);
    else {
      this.hostNameAppearsAs = name;
      this.send(250, verb === 'EHLO' ? [this.name, ...this.#session.keywords()] : this.name, false);
    }
  }

  override handler_VRFY(_command: Buffer, callback: Resume): void {
    this.#answer(this.#session.vrfy(this.#line), callback);
  }

  override handler_MAIL(_command: Buffer, callback: Resume): void {
    this.#answer(this.#session.mail(this.#line), callback);
  }

  override handler_RCPT(_command: Buffer, callback: Resume): void {
    const answer = this.#session.rcpt(this.#line);
    if (answer === answers.rcptOk) this.#commands--;
    this.#answer(answer, callback);
  }

  // TLS-8, ATK-8: what came in cleartext behind the command is dropped, and the connection with it.
  override handler_STARTTLS(_command: Buffer, callback: Resume): void {
    const refusal =
      this.#session.startTlsRefusal() ?? (/^STARTTLS *$/i.test(this.#line) ? undefined : answers.noArgument);
    if (refusal) this.#answer(refusal, callback);
    else if (this.#hasMore()) this.#breakOff('starttls-injection', answers.earlyTls);
    else {
      this.send(220, '2.0.0 Ready to start TLS');
      this.#flush();
      this.upgrade(callback);
    }
  }

  override upgrade(callback: Resume, secureCallback?: Resume): void {
    this.#enter('handshake');
    super.upgrade(callback, () => {
      this.#session.forget();
      this.#enter('command');
      secureCallback?.();
    });
  }

  #hasMore(): boolean {
    return this._socket.readableLength > 0 || (this._parser instanceof CommandParser && this._parser.hasMore);
  }

  #breakOff(event: string, answer: Answer): void {
    this.#log('warn', event, {});
    this.#say(answer);
    this.close();
  }

  // ---- AUTH

  override handler_AUTH(_command: Buffer, callback: Resume): void {
    const [, mechanism = '', first, more] = this.#line.trimEnd().split(/ +/);
    const refusal = this.#session.authRefusal(mechanism) ?? (more === undefined ? undefined : answers.authSyntax);
    if (refusal) this.#answer(refusal, callback);
    else {
      const talk = dialogue(mechanism.toUpperCase() === 'PLAIN' ? 'PLAIN' : 'LOGIN', first);
      this.#step(talk, talk.next(), callback);
    }
  }

  #step(talk: Dialogue, step: ReturnType<Dialogue['next']>, resume: Resume): void {
    if (!step.done) {
      this._nextHandler = (_line, callback) => {
        if (this.#line === '*') this.#answer(answers.authAborted, callback);
        else this.#step(talk, talk.next(this.#line), callback);
      };
      this.send(334, step.value, false);
      resume();
    } else if ('user' in step.value) this.#logIn(step.value, resume);
    else this.#answer(step.value, resume);
  }

  #logIn(login: Login, resume: Resume): void {
    this.#within(
      () => this.#desktop.ports.authenticate(login.user, login.password, this.#listener.name),
      (outcome = 'unavailable') => {
        this.#log('info', 'auth', { user: login.user, outcome });
        if (outcome === 'accepted') this.#session.user = login.user;
        const answer = { accepted: answers.authOk, refused: answers.authFailed, unavailable: answers.authUnavailable };
        this.#answer(answer[outcome], resume);
      },
    );
  }

  // ---- DATA

  override handler_DATA(_command: Buffer, callback: Resume): void {
    const ready = this.#session.data(this.#line);
    const parser = this._parser;
    if (!('kind' in ready)) this.#answer(ready, callback);
    // SMUG-4, ATK-92: nobody may speak between DATA and 354.
    else if (this.#hasMore()) this.#breakOff('early-data', answers.earlyData);
    else if (parser instanceof CommandParser) {
      const { limits, maxMessageSize, bareNewline } = this.#listener;
      // SMUG-2: only those we know are helped.
      const rules = {
        bareNewline: this.#trusted ? bareNewline : 'refuse',
        maxSize: maxMessageSize,
        maxLine: limits.line,
      } as const;
      const message = new Message(ready.incoming, rules, this.#desktop.ports.acceptor);
      this.#message = message;
      parser.receive(message.filter, message.channel, () =>
        this.#within(
          () => message.accepted,
          (outcome) => this.#endData(message, outcome),
        ),
      );
      this.#enter('data');
      this.send(354, 'End data with <CR><LF>.<CR><LF>');
      callback();
    }
  }

  #endData(message: Message, outcome: Acceptance | undefined): void {
    message.abandon();
    this.#message = undefined;
    this.#report(message, outcome);
    this._transactionCounter++;
    this._unrecognizedCommands = 0;
    this._resetSession();
    if (outcome?.kind === 'queued') {
      this.#commands = 0;
      this.#errors = 0;
    }
    this.#enter('command');
    if (this._closing || !(this._parser instanceof CommandParser)) return;
    this.#say(message.answer(outcome));
    if (this.#desktop.draining) this.#say(answers.shutdown);
    else this._parser.proceed();
  }

  #report(message: Message, outcome: Acceptance | undefined): void {
    const { metrics } = this.#desktop.ports;
    const listener = this.#listener.name;
    const { mended } = message.filter;
    const because = message.because(outcome);
    const queued = because === 'queued';
    metrics.count('sekisho_messages_received_total', { listener, outcome: queued ? 'accepted' : 'refused' });
    if (!queued) this.#log('warn', 'message-refused', { because });
    // SMUG-2.
    if (queued && mended > 0) {
      metrics.count('sekisho_bare_newlines_total', { listener });
      this.#log('info', 'bare-newline-mended', { count: mended });
    }
    if (isWeakSuite(message.incoming.client.tls?.cipher ?? ''))
      metrics.count('sekisho_weak_suite_total', { role: 'server' });
  }

  // ---- deadlines

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = performance.now();
  }

  /** Runs our own part of a command; `done` hears undefined when it failed or took too long, and hears it once. */
  #within<T>(work: () => Promise<T>, done: (result: T | undefined) => void): void {
    let open = true;
    const finish = (result: T | undefined): void => {
      if (!open) return;
      open = false;
      this.#onDeadline = undefined;
      done(result);
    };
    this.#enter('handler');
    this.#onDeadline = () => finish(undefined);
    Promise.resolve()
      .then(work)
      .then(finish, (error: unknown) => {
        this.#log('error', 'handler-failed', { says: String(error) });
        finish(undefined);
      });
  }

  /** SRV-26, ATK-93: called every so often. @param now as `performance.now()` counts. */
  tick(now: number): void {
    const { limits } = this.#listener;
    const seconds = (now - this.#since) / 1000;
    if (this._closing) return;
    if (this.#phase === 'command') {
      const old = !this.#trusted && (now - this.#openedAt) / 1000 > limits.session;
      if (seconds > limits.command || old) this.#say(answers.idle);
    } else if (this.#phase === 'handshake') {
      if (seconds > limits.handshake) this._socket.destroy();
    } else if (this.#phase === 'handler') {
      if (seconds > limits.handler) this.#onDeadline?.();
    } else if (this.#message) this.#tickData(this.#message, now, seconds);
  }

  #tickData(message: Message, now: number, seconds: number): void {
    const { handler, dataWindow, dataRate } = this.#listener.limits;
    if (now - (message.channel.blockedSince ?? now) > handler * 1000) message.giveUp();
    if (seconds <= dataWindow) return;
    this.#since = now;
    if (message.keptPace(dataRate * seconds)) return;
    message.abandon();
    this.#say(answers.slow);
  }

  /** No new transaction; an idle session is told so at once, a busy one after its reply. */
  drain(): void {
    if (this.#phase === 'command' && !this.#session.inTransaction && !this._closing) this.#say(answers.shutdown);
  }

  /** The time to finish is over. */
  cutOff(): void {
    this.#message?.abandon();
    this.#say(answers.shutdown);
    this._socket.destroySoon();
  }

  #tlsFacts(): TlsFacts | undefined {
    const socket = this._socket;
    if (!this.secure || !(socket instanceof TLSSocket)) return undefined;
    if (this.#tls?.socket !== socket) this.#tls = { socket, facts: tlsFactsOf(socket, this.#listener) };
    return this.#tls.facts;
  }

  #log(level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
    const { name } = this.#listener;
    this.#desktop.ports.log.event(level, event, { listener: name, client: this.remoteAddress, ...fields });
  }
}

const verbOf = (line: string): string => (line.split(' ', 1)[0] ?? '').toUpperCase();

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** SMUG-3: a line with CR, LF or NUL inside is no command; beyond ASCII only UTF-8 is text (RFC 6531 §3.1). */
function textOf(command: Buffer): string | Answer {
  let high = false;
  for (const octet of command) {
    if (octet === 0 || octet === 0x0a || octet === 0x0d) return answers.badLine;
    if (octet >= 0x80) high = true;
  }
  if (!high) return command.toString('latin1');
  try {
    return utf8.decode(command);
  } catch {
    return answers.notUtf8;
  }
}
