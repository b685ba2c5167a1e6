// Sender, recipients and what was asked for them, as it stands in the queue (QUE-1), and the MAIL and RCPT commands it is
// read from: RFC 5321 §4.1.1.2 and §4.1.1.3 with the parameters of RFC 1870, 3461, 4954, 6152, 6531, 6533 and 8689.

import type { DomainName } from '../base/brand.ts';
import type { IpAddress } from '../base/lookup.ts';
import { fault, isNonEmpty, type NonEmpty, ok, type Result } from '../base/result.ts';
import { type AddressFault, type Path, parsePath } from './address.ts';

/** A mailbox as the client wrote it, with its domain folded to A-labels. */
export type Mailbox = {
  /** As it goes onto the wire between `<` and `>`; never holds CR, LF, NUL, space outside quotes, or angle brackets. */
  readonly text: string;
  readonly domain:
    | { readonly kind: 'name'; readonly name: DomainName }
    | { readonly kind: 'literal'; readonly address: IpAddress };
};

export type NotifyCondition = 'success' | 'failure' | 'delay';

export type EnvelopeRecipient = {
  readonly mailbox: Mailbox;
  /** RFC 3461 §4.1: undefined when not given; `never` or at least one condition. */
  readonly notify?: 'never' | NonEmpty<NotifyCondition>;
  /** As received, xtext still encoded: "rfc822;user@example" (DSN-10). */
  readonly orcpt?: string;
};

export type Envelope = {
  /** Empty text is the null reverse-path. */
  readonly reversePath: Mailbox | 'null';
  readonly recipients: NonEmpty<EnvelopeRecipient>;
  /** What the client declared; undefined when nothing (EXT-4). */
  readonly body?: '7bit' | '8bitmime';
  readonly smtputf8: boolean;
  /** RTLS-4, RTLS-5: settled once at acceptance. */
  readonly tlsTag: 'none' | 'requiretls' | 'tls-required-no';
  readonly ret?: 'full' | 'hdrs';
  /** xtext still encoded. */
  readonly envid?: string;
};

/** The envelope before the header was read: what the client asked for in MAIL, the tag not yet settled. */
export type EnvelopeDraft = Omit<Envelope, 'tlsTag'> & { readonly requiretls: 'asked' | 'not-asked' };

/** The reply that a command deserves instead of 250. */
export type CommandRefusal = { readonly code: number; readonly enhanced: string; readonly says: string };

export type MailExtension = 'SIZE' | '8BITMIME' | 'SMTPUTF8' | 'DSN' | 'AUTH';

/** What EHLO listed in this session; a parameter counts only if its extension stands here. */
export type Offer = {
  readonly extensions: ReadonlySet<MailExtension>;
  readonly requiretls: 'offered' | 'needs-tls' | 'off';
  /** Octets. */
  readonly maxSize: number;
};

export type MailCommand = {
  readonly path: Path;
  readonly body?: '7bit' | '8bitmime';
  readonly smtputf8: boolean;
  readonly requiretls: 'asked' | 'not-asked';
  readonly ret?: 'full' | 'hdrs';
  readonly envid?: string;
};

export type RcptCommand = {
  readonly path: Exclude<Path, { kind: 'null' }>;
  readonly notify?: 'never' | NonEmpty<NotifyCondition>;
  readonly orcpt?: string;
};

type Refused = { readonly kind: 'fault'; readonly fault: CommandRefusal };
/** Keyword in upper case to value, undefined for a bare keyword. */
type Parameters = ReadonlyMap<string, string | undefined>;

const refuse = (code: number, enhanced: string, says: string): Refused => fault({ code, enhanced, says });
const badValue = (keyword: string): Refused => refuse(501, '5.5.4', `Bad value of ${keyword}`);
const unknown = (keyword: string): Refused => refuse(555, '5.5.4', `${keyword} is not recognized here`);

/** @param line the whole MAIL command without CRLF. */
export function parseMail(line: string, offer: Offer): Result<MailCommand, CommandRefusal> {
  const read = readCommand(line, /^MAIL FROM: */i, '5.1.7');
  if (read.kind === 'fault') return read;
  const { path, parameters, ascii } = read.value;
  let command: MailCommand = { path, smtputf8: false, requiretls: 'not-asked' };
  for (const [keyword, value] of parameters) {
    const added = mailParameter(keyword, value, offer);
    if (added.kind === 'fault') return added;
    command = { ...command, ...added.value };
  }
  // RFC 6531 §3.5.
  if (!ascii && !command.smtputf8) return refuse(553, '5.6.7', 'Address is not ASCII and SMTPUTF8 was not asked for');
  return ok(command);
}

/**
 * @param line the whole RCPT command without CRLF.
 * @param transaction `utf8` when MAIL carried SMTPUTF8.
 */
export function parseRcpt(
  line: string,
  offer: Offer,
  transaction: 'ascii' | 'utf8',
): Result<RcptCommand, CommandRefusal> {
  const read = readCommand(line, /^RCPT TO: */i, '5.1.3');
  if (read.kind === 'fault') return read;
  const { path, parameters, ascii } = read.value;
  if (path.kind === 'null') return refuse(501, '5.1.3', 'A recipient is needed');
  if (!ascii && transaction === 'ascii')
    return refuse(553, '5.6.7', 'Address is not ASCII and SMTPUTF8 was not asked for');
  let command: RcptCommand = { path };
  for (const [keyword, value] of parameters) {
    const added = rcptParameter(keyword, value, offer);
    if (added.kind === 'fault') return added;
    command = { ...command, ...added.value };
  }
  return ok(command);
}

function mailParameter(
  keyword: string,
  value: string | undefined,
  offer: Offer,
): Result<Partial<MailCommand>, CommandRefusal> {
  const has = (extension: MailExtension): boolean => offer.extensions.has(extension);
  switch (keyword) {
    case 'SIZE':
      if (!has('SIZE')) return unknown(keyword);
      if (value === undefined || !/^\d{1,20}$/.test(value)) return badValue(keyword);
      // EXT-1: RFC 1870 §6.1.
      if (Number(value) > offer.maxSize)
        return refuse(552, '5.3.4', `Message size exceeds the limit of ${offer.maxSize} octets`);
      return ok({});
    case 'BODY': {
      if (!has('8BITMIME')) return unknown(keyword);
      const body = value?.toLowerCase();
      return body === '7bit' || body === '8bitmime' ? ok({ body }) : badValue(keyword);
    }
    case 'SMTPUTF8':
      if (!has('SMTPUTF8')) return unknown(keyword);
      return value === undefined ? ok({ smtputf8: true }) : badValue(keyword);
    case 'REQUIRETLS':
      // RTLS-3: the session itself must employ TLS (RFC 8689 §2).
      if (offer.requiretls === 'needs-tls') return refuse(530, '5.7.0', 'REQUIRETLS needs TLS: STARTTLS first');
      if (offer.requiretls === 'off') return unknown(keyword);
      // RTLS-2: the keyword takes no value.
      return value === undefined ? ok({ requiretls: 'asked' }) : badValue(keyword);
    case 'RET': {
      if (!has('DSN')) return unknown(keyword);
      const ret = value?.toLowerCase();
      return ret === 'full' || ret === 'hdrs' ? ok({ ret }) : badValue(keyword);
    }
    case 'ENVID':
      if (!has('DSN')) return unknown(keyword);
      // RFC 3461 §4.4: at most 100 characters.
      return value !== undefined && value.length <= 100 && isXtext(value) ? ok({ envid: value }) : badValue(keyword);
    case 'AUTH':
      if (!has('AUTH')) return unknown(keyword);
      // EXT-15: read for its syntax and taken for `<>`: whom a client names proves nothing to the next host.
      return value !== undefined && (value === '<>' || isXtext(value)) ? ok({}) : badValue(keyword);
    default:
      return unknown(keyword);
  }
}

function rcptParameter(
  keyword: string,
  value: string | undefined,
  offer: Offer,
): Result<Partial<RcptCommand>, CommandRefusal> {
  if (!offer.extensions.has('DSN')) return unknown(keyword);
  switch (keyword) {
    case 'NOTIFY': {
      const notify = parseNotify(value ?? '');
      return notify === undefined ? badValue(keyword) : ok({ notify });
    }
    case 'ORCPT':
      return value !== undefined && isOrcpt(value) ? ok({ orcpt: value }) : badValue(keyword);
    default:
      return unknown(keyword);
  }
}

// DSN-12: RFC 3461 §4.1: NEVER stands alone.
function parseNotify(value: string): RcptCommand['notify'] | undefined {
  const words = [...new Set(value.toLowerCase().split(','))];
  if (words.length === 1 && words[0] === 'never') return 'never';
  const conditions = words.filter((word) => word === 'success' || word === 'failure' || word === 'delay');
  return conditions.length === words.length && isNonEmpty(conditions) ? conditions : undefined;
}

// RFC 3461 §4: xtext of printable ASCII. ATK-91: an encoded control stays out, for it would be decoded by somebody.
const isXtext = (text: string): boolean =>
  /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[2-7][0-9A-F])+$/.test(text) && !text.includes('+7F');

/** RFC 3461 §4.2, at most 500 characters; the type `utf-8` has an encoding of its own (RFC 6533 §3). */
function isOrcpt(value: string): boolean {
  const [, type, address] = /^([A-Za-z0-9!#$%&'*/?^_`{|}~.-]+);(.+)$/u.exec(value) ?? [];
  if (type === undefined || address === undefined || value.length > 500) return false;
  if (type.toLowerCase() !== 'utf-8') return isXtext(address);
  return [...address.matchAll(/\\x\{([0-9A-F]{2,6})\}|(.)/gsu)].every(([, point, letter]) =>
    point === undefined
      ? /^[\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e\u00a0-\u{10ffff}]$/u.test(letter ?? '')
      : isPlainPoint(Number.parseInt(point, 16)),
  );
}

const isPlainPoint = (point: number): boolean =>
  (point >= 0x20 && point < 0x7f) || (point >= 0xa0 && point < 0xd800) || (point >= 0xe000 && point <= 0x10ffff);

type Command = { readonly path: Path; readonly parameters: Parameters; readonly ascii: boolean };

function readCommand(line: string, verb: RegExp, enhanced: string): Result<Command, CommandRefusal> {
  const start = verb.exec(line)?.[0];
  if (start === undefined) return refuse(501, '5.5.4', 'Syntax error in command');
  const read = parsePath(line.slice(start.length));
  if (read.kind === 'fault') return refuse(501, enhanced, addressFaults[read.fault]);
  const parameters = readParameters(read.value.rest);
  if (parameters.kind === 'fault') return parameters;
  return ok({ path: read.value.path, parameters: parameters.value, ascii: /^[\x00-\x7f]*$/.test(line) });
}

const addressFaults: Readonly<Record<AddressFault, string>> = {
  syntax: 'Bad address syntax',
  'bad-character': 'Bad character in address',
  'local-part-too-long': 'Local part is longer than 64 octets',
  'bad-domain': 'Bad domain in address',
};

function readParameters(rest: string): Result<Parameters, CommandRefusal> {
  const parameters = new Map<string, string | undefined>();
  if (rest !== '' && rest[0] !== ' ') return refuse(501, '5.5.4', 'Syntax error behind the address');
  for (const word of rest.split(' ')) {
    if (word === '') continue;
    const [, name, value] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?$/.exec(word) ?? [];
    if (name === undefined) return refuse(501, '5.5.4', 'Syntax error in parameters');
    const keyword = name.toUpperCase();
    // DSN-12: a parameter may be given once (RFC 3461 §5.1).
    if (parameters.has(keyword)) return refuse(501, '5.5.4', `${keyword} was given twice`);
    parameters.set(keyword, value);
  }
  return ok(parameters);
}
