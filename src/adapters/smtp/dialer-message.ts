// An outgoing message to the exact command lines and octets of one transaction (RFC 5321 §4.1.1, RFC 1870, 3461, 6152, 6531,
// 8689): which parameters a host gets, and when it must not get the message at all.

import type { OutgoingMessage } from '../../agent/ports.ts';
import type { TransferOutcome } from '../../core/policy/model.ts';
import type { EnvelopeRecipient, Mailbox } from '../../core/smtp/envelope.ts';
import { type Extensions, sizeLimit } from '../../core/smtp/extensions.ts';

export type Transaction = { readonly mail: string; readonly recipients: readonly string[] };

/** EXT-4: what happens to undeclared 8-bit octets for a host without 8BITMIME. */
export type EightBit = 'send-as-it-is' | 'refuse';

type Refusal = Extract<TransferOutcome, { kind: 'refused-before-data' }>;

/**
 * @returns the command lines, or why this host cannot take the message.
 * @throws Error for an envelope that acceptance should never have let in; nothing was sent then.
 */
export function composeTransaction(
  message: OutgoingMessage,
  extensions: Extensions,
  eightBit: EightBit,
): Transaction | Refusal {
  const refusal = refusalOf(message, extensions, eightBit);
  if (refusal !== undefined) return refusal;
  return {
    mail: mailCommand(message, extensions),
    recipients: message.recipients.map((recipient) => rcptCommand(recipient, extensions)),
  };
}

function refusalOf(message: OutgoingMessage, extensions: Extensions, eightBit: EightBit): Refusal | undefined {
  const limit = sizeLimit(extensions);
  // EXT-2, RFC 1870 §6.2: not transmitted at all.
  if (limit !== undefined && message.size > limit) {
    return refuse('size', `the message has ${message.size} octets, the host takes ${limit}`);
  }
  // EXT-11, RFC 6531 §3.2: UTF-8 addresses and header fields go only to hosts that list SMTPUTF8.
  if (!extensions.has('SMTPUTF8') && needsUtf8(message)) {
    const what = hasUtf8Address(message) ? 'an address' : 'a header field';
    return refuse('content-utf8', `${what} is not ASCII and the host lists no SMTPUTF8`);
  }
  // EXT-4, RFC 6152 §3.
  const declared = message.envelope.body === '8bitmime' || eightBit === 'refuse';
  if (message.content.has8bit && !extensions.has('8BITMIME') && declared) {
    return refuse('content-8bit', 'the message has 8-bit octets and the host lists no 8BITMIME');
  }
  return undefined;
}

const refuse = (because: Refusal['because'], says: string): Refusal => ({ kind: 'refused-before-data', because, says });

/** EXT-11, EXT-12: flagged is not enough, it must really be needed. */
const needsUtf8 = (message: OutgoingMessage): boolean =>
  hasUtf8Address(message) || (message.envelope.smtputf8 && message.content.hasUtf8Header);

const hasUtf8Address = ({ envelope, recipients }: OutgoingMessage): boolean =>
  [...recipients.map(({ mailbox }) => mailbox.text), reversePath(envelope.reversePath)].some((text) =>
    /[^\x00-\x7f]/.test(text),
  );

const reversePath = (mailbox: Mailbox | 'null'): string => (mailbox === 'null' ? '' : mailbox.text);

function mailCommand(message: OutgoingMessage, extensions: Extensions): string {
  const { envelope } = message;
  const offers = (keyword: string): boolean => extensions.has(keyword);
  if (message.requiretls === 'send' && !offers('REQUIRETLS')) throw new Error('REQUIRETLS to a host that lists none');
  return [
    `MAIL FROM:<${checkedAddress(reversePath(envelope.reversePath))}>`,
    offers('SIZE') ? `SIZE=${message.size}` : '',
    // EXT-3
    message.content.has8bit && offers('8BITMIME') ? 'BODY=8BITMIME' : '',
    // EXT-12
    needsUtf8(message) ? 'SMTPUTF8' : '',
    // DSN-10, DSN-11: unchanged, and only where DSN is listed.
    offers('DSN') && envelope.ret !== undefined ? `RET=${envelope.ret.toUpperCase()}` : '',
    offers('DSN') && envelope.envid !== undefined ? `ENVID=${checkedValue(envelope.envid)}` : '',
    // RTLS-20
    message.requiretls === 'send' ? 'REQUIRETLS' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function rcptCommand(recipient: EnvelopeRecipient, extensions: Extensions): string {
  const { mailbox, notify, orcpt } = recipient;
  if (mailbox.text === '') throw new Error('a recipient without an address');
  const command = `RCPT TO:<${checkedAddress(mailbox.text)}>`;
  if (!extensions.has('DSN')) return command;
  const conditions = notify === undefined || notify === 'never' ? notify : notify.join(',');
  return [
    command,
    conditions === undefined ? '' : `NOTIFY=${conditions.toUpperCase()}`,
    orcpt === undefined ? '' : `ORCPT=${checkedValue(orcpt)}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

// ATK-91: whatever could end the line, close the path, or start a parameter.
function checkedAddress(text: string): string {
  const unquoted = text.replace(/^"(?:[^"\\]|\\.)*"(?=@)/, '');
  if (/[\p{Cc}\u2028\u2029<>]/u.test(text) || /\s/u.test(unquoted))
    throw new Error('an address with a character it may not have');
  return text;
}

/** RFC 3461 §4: xtext as received; printable ASCII without a blank. */
function checkedValue(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error('a DSN parameter with a character it may not have');
  return text;
}
