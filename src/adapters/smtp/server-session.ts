// What one client said so far and what it may say next: greeting, sender, recipients. Reads command lines and gives answers;
// knows neither sockets nor time (RFC 5321 §4.1, §3.3).

import type { ClientFacts, Incoming } from '../../agent/ports.ts';
import type { DomainName } from '../../core/base/brand.ts';
import type { IpAddress } from '../../core/base/lookup.ts';
import { isNonEmpty, type Result } from '../../core/base/result.ts';
import { admitRecipient, admitSender, type Desk } from '../../core/smtp/admission.ts';
import {
  type CommandRefusal,
  type EnvelopeRecipient,
  type Mailbox,
  type MailCommand,
  type MailExtension,
  type Offer,
  parseMail,
  parseRcpt,
} from '../../core/smtp/envelope.ts';
import type { ListenerOptions } from './server-options.ts';
import { type Answer, answers } from './server-replies.ts';

/** What is true of the connection now. */
export type Peer = {
  readonly address: IpAddress;
  readonly trusted: boolean;
  readonly tls: NonNullable<ClientFacts['tls']> | undefined;
};

type Transaction = {
  readonly mail: MailCommand;
  readonly reversePath: Mailbox | 'null';
  readonly recipients: EnvelopeRecipient[];
  /** Texts of the recipients' mailboxes. */
  readonly known: Set<string>;
};

export class Session {
  readonly #listener: ListenerOptions;
  readonly #peer: () => Peer;
  readonly #knownNullMx: (domain: DomainName) => boolean;
  /** Set by AUTH. */
  user: string | undefined;
  #hello: { readonly verb: 'HELO' | 'EHLO'; readonly name: string } | undefined;
  #transaction: Transaction | undefined;
  /** What MAIL and RCPT may carry; made anew after every greeting. */
  #offered: Offer | undefined;
  readonly #desk: Desk;

  constructor(listener: ListenerOptions, peer: () => Peer, knownNullMx: (domain: DomainName) => boolean) {
    this.#listener = listener;
    this.#peer = peer;
    this.#knownNullMx = knownNullMx;
    const { kind, identity, aliases } = listener;
    this.#desk = { kind, identity, aliases };
  }

  /** Whether HELO or EHLO was taken. */
  get greeted(): boolean {
    return this.#hello !== undefined;
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  /** SRV-5: RSET, a new greeting, the end of a message. */
  reset(): void {
    this.#transaction = undefined;
  }

  /** RFC 3207 §4.2: after the handshake nothing of what the client said before counts. */
  forget(): void {
    this.reset();
    this.#hello = undefined;
    this.#offered = undefined;
    this.user = undefined;
  }

  /** SRV-6: the name is written down, never judged. @returns the name, or undefined when the line is no greeting. */
  greet(verb: 'HELO' | 'EHLO', line: string): string | undefined {
    const [, name, ...more] = line.trimEnd().split(/ +/);
    if (name === undefined || more.length > 0 || !/^[\x21-\x7e]{1,255}$/.test(name)) return undefined;
    this.#hello = { verb, name };
    this.#offered = undefined;
    this.reset();
    return name;
  }

  /** The lines behind the first one of the reply to EHLO. */
  keywords(): readonly string[] {
    const { maxMessageSize, requiretls } = this.#listener;
    const secure = this.#peer().tls !== undefined;
    return [
      'PIPELINING',
      `SIZE ${maxMessageSize}`,
      '8BITMIME',
      'SMTPUTF8',
      'DSN',
      'ENHANCEDSTATUSCODES',
      // EXT-17.
      ...(this.startTlsRefusal() === undefined ? ['STARTTLS'] : []),
      // EXT-14: no plaintext mechanism without TLS.
      ...(this.#offersAuth() && this.user === undefined ? ['AUTH PLAIN LOGIN'] : []),
      // RTLS-1, EXT-18.
      ...(secure && requiretls === 'offer' ? ['REQUIRETLS'] : []),
    ];
  }

  startTlsRefusal(): Answer | undefined {
    if (this.#peer().tls) return answers.tlsActive;
    const { tls, certificates } = this.#listener;
    return tls === 'off' || tls === 'implicit' || certificates.length === 0 ? answers.noTls : undefined;
  }

  /** EXT-14: why AUTH with this mechanism cannot begin now. */
  authRefusal(mechanism: string): Answer | undefined {
    if (this.#listener.auth !== 'password') return answers.authOff;
    if (this.user !== undefined) return answers.authTwice;
    if (this.#transaction) return answers.authInMail;
    // RFC 4954 §4; 538 is deprecated.
    return this.#offersAuth() && /^(PLAIN|LOGIN)$/i.test(mechanism) ? undefined : answers.authMechanism;
  }

  vrfy(line: string): Answer {
    return /^VRFY +\S/i.test(line) ? answers.vrfy : answers.vrfySyntax;
  }

  mail(line: string): Answer {
    if (this.#transaction) return answers.nestedMail;
    // SRV-25.
    if (this.#listener.kind === 'submission' && !this.#mayRelay()) return answers.needAuth;
    const mail = parseMail(line, this.#offer());
    if (mail.kind === 'fault') return asAnswer(mail.fault);
    const sender = admitSender(mail.value.path, this.#desk);
    if (sender.kind === 'fault') return asAnswer(sender.fault);
    this.#transaction = { mail: mail.value, reversePath: sender.value, recipients: [], known: new Set() };
    return answers.mailOk;
  }

  rcpt(line: string): Answer {
    const transaction = this.#transaction;
    if (!transaction) return answers.needMail;
    const recipient = this.#recipient(line, transaction);
    if (recipient.kind === 'fault') return asAnswer(recipient.fault);
    const { text } = recipient.value.mailbox;
    // The same mailbox twice is one recipient; local parts that differ in case are two (RFC 5321 §2.4).
    if (transaction.known.has(text)) return answers.rcptOk;
    // SRV-10.
    if (transaction.recipients.length >= this.#listener.maxRecipients) return answers.tooManyRecipients;
    transaction.known.add(text);
    transaction.recipients.push(recipient.value);
    return answers.rcptOk;
  }

  #recipient(line: string, { mail }: Transaction): Result<EnvelopeRecipient, CommandRefusal> {
    const read = parseRcpt(line, this.#offer(), mail.smtputf8 ? 'utf8' : 'ascii');
    if (read.kind === 'fault') return read;
    const { path, ...parameters } = read.value;
    const client = this.#mayRelay() ? 'may-relay' : 'stranger';
    const admitted = admitRecipient(path, this.#desk, client, this.#knownNullMx);
    return admitted.kind === 'fault' ? admitted : { kind: 'ok', value: { mailbox: admitted.value, ...parameters } };
  }

  /** SRV-4. @returns the message to come, or why there is none. */
  data(line: string): { readonly kind: 'incoming'; readonly incoming: Incoming } | Answer {
    if (!/^DATA *$/i.test(line)) return answers.noArgument;
    if (!this.#transaction) return answers.needMail;
    const { mail, reversePath, recipients } = this.#transaction;
    if (!isNonEmpty(recipients)) return answers.needRcpt;
    const { path: _path, ...asked } = mail;
    const client = this.#clientFacts();
    const hello = this.#hello?.verb ?? 'HELO';
    return { kind: 'incoming', incoming: { client, hello, envelope: { ...asked, reversePath, recipients } } };
  }

  #offersAuth(): boolean {
    return this.#listener.auth === 'password' && this.#peer().tls !== undefined;
  }

  /** What MAIL and RCPT may carry: nothing after HELO, else what `keywords` listed. */
  #offer(): Offer {
    this.#offered ??= this.#makeOffer();
    return this.#offered;
  }

  #makeOffer(): Offer {
    const extensions: readonly MailExtension[] = ['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN'];
    const listed = this.#offersAuth() ? [...extensions, 'AUTH' as const] : extensions;
    const offered = this.#listener.requiretls === 'offer' && this.#hello?.verb === 'EHLO';
    return {
      extensions: new Set(this.#hello?.verb === 'EHLO' ? listed : []),
      requiretls: this.#peer().tls === undefined ? 'needs-tls' : offered ? 'offered' : 'off',
      maxSize: this.#listener.maxMessageSize,
    };
  }

  // SRV-15.
  #mayRelay(): boolean {
    const { trusted, tls } = this.#peer();
    return trusted || this.user !== undefined || tls?.clientCertificate === 'verified';
  }

  #clientFacts(): ClientFacts {
    const { address, trusted, tls } = this.#peer();
    return {
      listener: this.#listener.name,
      kind: this.#listener.kind,
      address,
      ehlo: this.#hello?.name ?? '',
      trusted,
      ...(tls && { tls }),
      ...(this.user !== undefined && { user: this.user }),
    };
  }
}

const asAnswer = ({ code, enhanced, says }: CommandRefusal): Answer => [code, enhanced, says];
