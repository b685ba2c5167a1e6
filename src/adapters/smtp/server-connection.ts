// One connection: one command after the other, order, deadlines and counts (RFC 5321 §4.1, RFC 2920, RFC 3207, RFC 4954).
// Commands are judged by the Session, octets come and go by the Wire, the message goes through the Message.

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Acceptance } from '../../agent/ports.ts';
import type { IpAddress } from '../../core/base/lookup.ts';
import type { Login } from './server-auth.ts';
import type { Line } from './server-input.ts';
import { type Dialogue, dialogue } from './server-login.ts';
import { Message } from './server-message.ts';
import type { ListenerOptions, ServerPorts } from './server-options.ts';
import { isTrusted, type TlsFacts, tlsFactsOf } from './server-peer.ts';
import { type Answer, answers, replyOf } from './server-replies.ts';
import { Session } from './server-session.ts';
import type { Secure } from './server-tls.ts';
import { Wire } from './server-wire.ts';
import { isWeakSuite } from './tls.ts';

/** What the connections of one listener share; those that are open keep the `setup` they began with. */
export type Desktop = {
  readonly setup: { readonly listener: ListenerOptions; readonly secure: Secure | undefined };
  readonly ports: ServerPorts;
  readonly draining: boolean;
};

/** Who has to move: the client with a command, a handshake or data, or we with the greeting or a reply. */
type Phase = 'handshake' | 'greeting' | 'command' | 'data' | 'handler' | 'closing';

/** SRV-9: 512 octets and the increments of all extensions we offer (about 700), rounded up. AUTH lines may be longer. */
const maxCommand = 2048;
/** Commands run in one turn before others get theirs. */
const turn = 100;
const maxUnrecognized = 10;
/** Seconds that a client has to leave after the last reply. */
const farewell = 5;
const needsHello = new Set(['MAIL', 'RCPT', 'DATA', 'AUTH']);
const beforeTls = new Set(['NOOP', 'EHLO', 'STARTTLS', 'QUIT']);
/** A browser that was made to talk to us. */
const http = /^(OPTIONS|GET|HEAD|POST|PUT|DELETE|TRACE|CONNECT) \/.* HTTP\/\d\.\d$/i;
/** The client went away; its own business. */
const departures = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

export class Connection {
  readonly #desktop: Desktop;
  readonly #listener: ListenerOptions;
  readonly #secure: Secure | undefined;
  readonly #address: IpAddress;
  readonly #trusted: boolean;
  readonly #wire: Wire;
  readonly #session: Session;
  readonly #openedAt = performance.now();
  readonly #onClosed: () => void;
  #tls: TlsFacts | undefined;
  #message: Message | undefined;
  /** Takes the next line in place of a command. */
  #dialogue: Dialogue | undefined;
  #commands = 0;
  #unrecognized = 0;
  #errors = 0;
  #phase: Phase = 'greeting';
  /** When the phase began, as `tick` saw it; undefined: since the last tick. */
  #since: number | undefined;
  #onDeadline: (() => void) | undefined;
  /** Input waits: for a handler, the handshake, the client's reading, or the turn of others. */
  #held = false;
  #running = false;

  /** @param address of the client, without the IPv4-mapped prefix. */
  constructor(desktop: Desktop, socket: Socket, address: string, onClosed: () => void) {
    const { setup, ports } = desktop;
    this.#desktop = desktop;
    this.#listener = setup.listener;
    this.#secure = setup.secure;
    this.#address = address as IpAddress;
    this.#trusted = isTrusted(this.#listener, address);
    this.#onClosed = onClosed;
    this.#wire = new Wire(socket, {
      onInput: () => this.#run(),
      onClosed: () => this.#closed(),
      onError: (error) => this.#failed(error),
    });
    const peer = { address: this.#address, trusted: this.#trusted };
    this.#session = new Session(
      this.#listener,
      () => ({ ...peer, tls: this.#tls }),
      (domain) => ports.knownNullMx(domain),
    );
  }

  /** The handshake first where TLS is implicit, then the greeting. */
  begin(): void {
    if (this.#listener.tls === 'implicit') this.#shake(() => this.#greetSoon());
    else {
      this.#wire.start();
      this.#greetSoon();
    }
  }

  #greetSoon(): void {
    this.#enter('greeting');
    const delay = this.#trusted ? 0 : this.#listener.limits.greetingDelay * 1000;
    if (delay === 0) this.#welcome();
    else setTimeout(() => this.#welcome(), delay).unref();
  }

  #welcome(): void {
    if (this.#phase !== 'greeting') return;
    this.#enter('command');
    this.#reply(220, `${this.#listener.identity.hostname} ESMTP`);
    this.#wire.flush();
  }

  // ---- input

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    for (let count = 1; !this.#held && this.#phase !== 'closing'; count++) {
      if (this.#wire.congested) this.#awaitReading();
      else if (!this.#takeNext()) break;
      else if (count % turn === 0) this.#giveWay();
    }
    this.#running = false;
    this.#wire.flush();
    if (this.#phase !== 'closing') this.#wire.flow = this.#held ? 'held' : 'on';
  }

  /** @returns false when there is nothing to take. */
  #takeNext(): boolean {
    if (this.#message) {
      const piece = this.#wire.input.piece();
      if (piece) this.#feed(this.#message, piece);
      return piece !== undefined;
    }
    const line = this.#wire.input.line();
    if (line !== undefined) this.#takeLine(line);
    return line !== undefined;
  }

  #hold(): void {
    this.#held = true;
  }

  #proceed(): void {
    this.#held = false;
    this.#run();
  }

  #awaitReading(): void {
    this.#hold();
    this.#wire.whenWritable(() => this.#proceed());
  }

  #giveWay(): void {
    if (this.#held) return;
    this.#hold();
    setImmediate(() => this.#proceed());
  }

  // ---- replies

  #say(answer: Answer): void {
    const [code, enhanced, says] = answer;
    this.#reply(code, `${enhanced} ${says}`);
  }

  /** @param says one line, or several for a reply of several lines. */
  #reply(code: number, says: string | readonly string[]): void {
    if (this.#phase === 'closing') return;
    this.#wire.write(replyOf(code, says));
    if (code === 421) this.#close();
    else if (code >= 500) this.#countError(code);
  }

  /** SRV-26. A trusted client is not blamed for recipients that nobody can reach. */
  #countError(code: number): void {
    if (this.#trusted && (code === 550 || code >= 552)) return;
    if (++this.#errors > this.#listener.limits.errors) this.#say(answers.tooManyErrors);
  }

  #close(): void {
    if (this.#phase === 'closing') return;
    this.#enter('closing');
    this.#wire.end();
  }

  #closed(): void {
    this.#enter('closing');
    this.#message?.abandon();
    this.#onClosed();
  }

  #failed(error: Error): void {
    if (departures.has((error as NodeJS.ErrnoException).code ?? '')) return;
    const { ports } = this.#desktop;
    ports.log.event('debug', 'session-error', { listener: this.#listener.name, says: error.message });
  }

  #breakOff(event: string, answer: Answer): undefined {
    this.#log('warn', event, {});
    this.#say(answer);
    this.#close();
  }

  // ---- commands

  #takeLine(octets: Line): void {
    if (this.#phase === 'greeting') this.#tooSoon(octets);
    else if (octets === 'endless') this.#say(answers.endlessLine);
    else if ('tooLong' in octets) this.#tooLong(octets.tooLong);
    else {
      this.#enter('command');
      const line = textOf(octets);
      if (typeof line !== 'string') this.#say(line);
      else this.#takeCommand(line, octets.length);
    }
  }

  /** Whoever sends commands before the greeting reads no replies. */
  #tooSoon(octets: Line): void {
    const verb = octets instanceof Buffer ? verbOf(octets.toString('latin1')) : '';
    const says = `${this.#listener.identity.hostname} You talk too soon`;
    // RFC 2034 §4: no enhanced code in replies to EHLO and HELO.
    this.#reply(421, verb === 'EHLO' || verb === 'HELO' ? says : `4.4.2 ${says}`);
  }

  #tooLong(start: Buffer): void {
    const auth = this.#dialogue !== undefined || verbOf(start.toString('latin1')) === 'AUTH';
    this.#dialogue = undefined;
    this.#say(auth ? answers.longAuth : answers.longLine);
  }

  #takeCommand(line: string, octets: number): void {
    const verb = this.#dialogue ? 'AUTH' : verbOf(line);
    const answer = this.#refusal(line, verb, octets) ?? this.#perform(verb, line);
    if (answer) this.#say(answer);
  }

  /** @returns why no handler may see the line. */
  #refusal(line: string, verb: string, octets: number): Answer | undefined {
    if (octets + 2 > maxCommand && verb !== 'AUTH') return answers.longLine;
    if (++this.#commands > this.#listener.limits.commands) return answers.tooManyCommands;
    if (this.#desktop.draining && !this.#session.inTransaction) return answers.shutdown;
    // SRV-24: RFC 3207 §4.
    if (this.#listener.tls === 'required' && !this.#tls && !beforeTls.has(verb)) return answers.needTls;
    return http.test(line) ? answers.http : undefined;
  }

  /** @returns the reply, or undefined where it was given or will be. */
  #perform(verb: string, line: string): Answer | undefined {
    try {
      if (this.#dialogue) return this.#continue(this.#dialogue, line);
      if (needsHello.has(verb) && !this.#session.greeted) return answers.needHello;
      return this.#command(verb, line);
    } catch (error) {
      this.#log('error', 'handler-failed', { says: String(error) });
      return answers.internal;
    }
  }

  #command(verb: string, line: string): Answer | undefined {
    switch (verb) {
      case 'MAIL':
        return this.#session.mail(line);
      case 'RCPT':
        return this.#rcpt(line);
      case 'DATA':
        return this.#data(line);
      case 'EHLO':
      case 'HELO':
        return this.#greet(verb, line);
      case 'RSET':
        this.#session.reset();
        return answers.reset;
      case 'NOOP':
        return answers.noop;
      case 'QUIT':
        this.#say(answers.bye);
        this.#close();
        return undefined;
      case 'VRFY':
        return this.#session.vrfy(line);
      case 'STARTTLS':
        return this.#startTls(line);
      case 'AUTH':
        return this.#auth(line);
      default:
        // EXT-19.
        this.#unrecognized++;
        return this.#unrecognized < maxUnrecognized ? answers.unrecognized : answers.tooManyUnrecognized;
    }
  }

  #greet(verb: 'HELO' | 'EHLO', line: string): undefined {
    const { hostname } = this.#listener.identity;
    if (this.#session.greet(verb, line) === undefined) this.#reply(501, `Syntax: ${verb} hostname`);
    else this.#reply(250, verb === 'EHLO' ? [hostname, ...this.#session.keywords()] : hostname);
  }

  #rcpt(line: string): Answer {
    const answer = this.#session.rcpt(line);
    if (answer === answers.rcptOk) this.#commands--;
    return answer;
  }

  // TLS-8, ATK-8: what came in cleartext behind the command is dropped, and the connection with it.
  #startTls(line: string): Answer | undefined {
    const refusal = this.#session.startTlsRefusal() ?? (/^STARTTLS *$/i.test(line) ? undefined : answers.noArgument);
    if (refusal) return refusal;
    if (this.#wire.hasMore) return this.#breakOff('starttls-injection', answers.earlyTls);
    this.#say(answers.startTls);
    this.#wire.flush();
    this.#shake(() => {
      this.#session.forget();
      this.#enter('command');
    });
    return undefined;
  }

  #shake(done: () => void): void {
    this.#enter('handshake');
    this.#hold();
    const shaken = (socket: TLSSocket): void => {
      if (this.#phase !== 'handshake') return;
      // SRV-15: who the client is by its certificate is settled here, before its first command.
      this.#tls = tlsFactsOf(socket, this.#listener);
      done();
      this.#proceed();
    };
    if (this.#secure) this.#wire.secure(this.#secure, shaken);
    else this.#wire.destroy();
  }

  // ---- AUTH

  #auth(line: string): Answer | undefined {
    const [, mechanism = '', first, more] = line.trimEnd().split(/ +/);
    const refusal = this.#session.authRefusal(mechanism) ?? (more === undefined ? undefined : answers.authSyntax);
    if (refusal) return refusal;
    const talk = dialogue(mechanism.toUpperCase() === 'PLAIN' ? 'PLAIN' : 'LOGIN', first);
    return this.#step(talk, talk.next());
  }

  #continue(talk: Dialogue, line: string): Answer | undefined {
    this.#dialogue = undefined;
    return line === '*' ? answers.authAborted : this.#step(talk, talk.next(line));
  }

  #step(talk: Dialogue, step: ReturnType<Dialogue['next']>): Answer | undefined {
    if (!step.done) {
      this.#dialogue = talk;
      this.#reply(334, step.value);
    } else if ('user' in step.value) this.#logIn(step.value);
    else return step.value;
    return undefined;
  }

  #logIn({ user, password }: Login): void {
    this.#within(
      () => this.#desktop.ports.authenticate(user, password, this.#listener.name),
      (outcome = 'unavailable') => {
        this.#log('info', 'auth', { user, outcome });
        if (outcome === 'accepted') this.#session.user = user;
        const answer = { accepted: answers.authOk, refused: answers.authFailed, unavailable: answers.authUnavailable };
        this.#enter('command');
        this.#say(answer[outcome]);
        this.#proceed();
      },
    );
  }

  // ---- DATA

  #data(line: string): Answer | undefined {
    const ready = this.#session.data(line);
    if (!('kind' in ready)) return ready;
    // SMUG-4, ATK-92: nobody may speak between DATA and 354.
    if (this.#wire.hasMore) return this.#breakOff('early-data', answers.earlyData);
    const { limits, maxMessageSize, bareNewline } = this.#listener;
    const rules = {
      // SMUG-2: only those we know are helped.
      bareNewline: this.#trusted ? bareNewline : 'refuse',
      maxSize: maxMessageSize,
      maxLine: limits.line,
    } as const;
    this.#message = new Message(ready.incoming, rules, this.#desktop.ports.acceptor);
    this.#enter('data');
    this.#reply(354, 'End data with <CR><LF>.<CR><LF>');
    return undefined;
  }

  #feed(message: Message, octets: Buffer): void {
    const { rest, wait } = message.take(octets);
    if (rest !== undefined) {
      this.#wire.input.giveBack(rest);
      this.#within(
        () => message.accepted(),
        (outcome) => this.#endData(message, outcome),
      );
    } else if (wait) {
      this.#hold();
      void wait.then(() => this.#proceed());
    }
  }

  #endData(message: Message, outcome: Acceptance | undefined): void {
    message.abandon();
    this.#message = undefined;
    this.#report(message, outcome);
    this.#unrecognized = 0;
    this.#session.reset();
    if (outcome?.kind === 'queued') {
      this.#commands = 0;
      this.#errors = 0;
    }
    if (this.#phase === 'closing') return;
    this.#enter('command');
    this.#say(message.answer(outcome));
    if (this.#desktop.draining) this.#say(answers.shutdown);
    this.#proceed();
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
    this.#since = undefined;
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
    this.#hold();
    this.#enter('handler');
    this.#onDeadline = () => finish(undefined);
    work().then(finish, (error: unknown) => {
      this.#log('error', 'handler-failed', { says: String(error) });
      finish(undefined);
    });
  }

  /**
   * SRV-26, ATK-93: called every so often; the one clock of the session, so that no command needs a timer.
   * @param now as `performance.now()` counts.
   */
  tick(now: number): void {
    const { limits } = this.#listener;
    this.#since ??= now;
    const seconds = (now - this.#since) / 1000;
    if (this.#phase === 'command') {
      const old = !this.#trusted && (now - this.#openedAt) / 1000 > limits.session;
      if (seconds > limits.command || old) this.#say(answers.idle);
    } else if (this.#phase === 'handshake') {
      if (seconds > limits.handshake) this.#wire.destroy();
    } else if (this.#phase === 'handler') {
      if (seconds > limits.handler) this.#onDeadline?.();
    } else if (this.#phase === 'closing') {
      if (seconds > Math.min(limits.command, farewell)) this.#wire.destroy();
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
    if (this.#phase === 'handshake' && this.#listener.tls === 'implicit') this.#wire.destroy();
    else if ((this.#phase === 'greeting' || this.#phase === 'command') && !this.#session.inTransaction)
      this.#say(answers.shutdown);
  }

  /** The time to finish is over. */
  cutOff(): void {
    this.#message?.abandon();
    this.#say(answers.shutdown);
  }

  #log(level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
    const { name } = this.#listener;
    this.#desktop.ports.log.event(level, event, { listener: name, client: this.#address, ...fields });
  }
}

function verbOf(line: string): string {
  const end = line.indexOf(' ');
  return (end < 0 ? line : line.slice(0, end)).toUpperCase();
}

/** SMUG-3: a line with CR, LF or NUL inside is no command; beyond ASCII only UTF-8 is text (RFC 6531 §3.1). */
function textOf(command: Buffer): string | Answer {
  const line = command.toString('latin1');
  if (/[\0\n\r]/.test(line)) return answers.badLine;
  if (!/[\x80-\xff]/.test(line)) return line;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(command);
  } catch {
    return answers.notUtf8;
  }
}
