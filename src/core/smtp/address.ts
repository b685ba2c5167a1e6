// Mailboxes and paths as they stand in MAIL and RCPT: RFC 5321 §4.1.2 and §4.1.3 read strictly, RFC 6531 §3.3 for what is
// not ASCII. Source routes are read and dropped (SRV-16). Leaves out header addresses (RFC 5322).

import type { DomainName } from '../base/brand.ts';
import { looksLikeAddress, parseDomainName } from '../base/domain-name.ts';
import type { IpAddress } from '../base/lookup.ts';
import { fault, ok, type Result } from '../base/result.ts';
import type { Mailbox } from './envelope.ts';

export type AddressFault = 'syntax' | 'bad-character' | 'local-part-too-long' | 'bad-domain';

/** What stands between `<` and `>`. `local` has no domain: `<postmaster>`, or a partial address on a submission listener. */
export type Path =
  | { readonly kind: 'null' }
  | { readonly kind: 'mailbox'; readonly mailbox: Mailbox }
  | { readonly kind: 'local'; readonly localPart: string };

// RFC 5321 §4.5.3.1.1, counted in octets (RFC 6531 §3.3).
const maxLocalPart = 64;

const atom = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]+";
const dotString = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u');
// Angle brackets are legal inside quotes, but no address needs them, and half of all parsers stop at them (ATK-91).
const quotedString = /^"(?:[\x20\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e\u0080-\u{10ffff}]|\\[\x20-\x3b\x3d\x3f-\x7e])*"$/u;
// ATK-91: controls, line separators, and what hides or turns text, are no part of an address; nor is undecodable UTF-8.
const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffd]/u;
const sourceRoute = /^@[^\s,:@<>"]+(?:,@[^\s,:@<>"]+)*:/;

/**
 * Reads a path from the start of the text, which begins with `<`.
 * @returns the path and what follows its `>`.
 */
export function parsePath(text: string): Result<{ readonly path: Path; readonly rest: string }, AddressFault> {
  const end = closingBracket(text);
  if (end === undefined) return fault('syntax');
  const rest = text.slice(end + 1);
  const inner = text.slice(1, end);
  if (inner === '') return ok({ path: { kind: 'null' }, rest });
  // SRV-16: the listed hops are never used, the last element is the address.
  const address = inner.replace(sourceRoute, '');
  // A domain holds no quote, so an `@` that counts stands behind the last one.
  if (address.lastIndexOf('@') <= address.lastIndexOf('"')) {
    const found = unsafe.test(address) ? 'bad-character' : localPartFault(address);
    return found ? fault(found) : ok({ path: { kind: 'local', localPart: address }, rest });
  }
  const mailbox = parseMailbox(address);
  return mailbox.kind === 'fault' ? mailbox : ok({ path: { kind: 'mailbox', mailbox: mailbox.value }, rest });
}

/** @param text `local@domain` without brackets. Non-ASCII is read; whether it is allowed here is the caller's question. */
export function parseMailbox(text: string): Result<Mailbox, AddressFault> {
  if (unsafe.test(text)) return fault('bad-character');
  const at = text.lastIndexOf('@');
  if (at <= 0) return fault('syntax');
  const localPart = text.slice(0, at);
  const found = localPartFault(localPart);
  if (found) return fault(found);
  const domain = parseDomain(text.slice(at + 1));
  return domain === undefined ? fault('bad-domain') : ok({ text: `${localPart}@${domainText(domain)}`, domain });
}

/** A mailbox made of a checked local part and a domain. */
export const mailboxAt = (localPart: string, name: DomainName): Mailbox => ({
  text: `${localPart}@${name}`,
  domain: { kind: 'name', name },
});

/** As the client wrote it, quotes included. */
export const localPartOf = (mailbox: Mailbox): string => mailbox.text.slice(0, mailbox.text.lastIndexOf('@'));

/** RFC 5321 §4.1.3: `[192.0.2.1]` or `[IPv6:2001:db8::1]`. */
export const formatLiteral = (address: IpAddress): string =>
  address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;

function closingBracket(text: string): number | undefined {
  if (text[0] !== '<') return undefined;
  let quoted = false;
  for (let at = 1; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\\' && quoted) at++;
    else if (letter === '"') quoted = !quoted;
    else if (letter === '>' && !quoted) return at;
  }
  return undefined;
}

function localPartFault(localPart: string): AddressFault | undefined {
  if (!dotString.test(localPart) && !quotedString.test(localPart)) return 'syntax';
  const octets = /^[\x00-\x7f]*$/.test(localPart) ? localPart.length : new TextEncoder().encode(localPart).length;
  return octets > maxLocalPart ? 'local-part-too-long' : undefined;
}

function parseDomain(text: string): Mailbox['domain'] | undefined {
  if (text.startsWith('[')) {
    const address = parseLiteral(text);
    return address && { kind: 'literal', address };
  }
  // RFC 5321 §2.3.5: no final dot in mail addresses.
  if (text.endsWith('.') || looksLikeAddress(text)) return undefined;
  const name = parseDomainName(text);
  return name.kind === 'ok' ? { kind: 'name', name: name.value } : undefined;
}

const domainText = (domain: Mailbox['domain']): string =>
  domain.kind === 'name' ? domain.name : formatLiteral(domain.address);

function parseLiteral(text: string): IpAddress | undefined {
  const inner = /^\[(?:IPv6:([0-9a-f:.]+)|([0-9.]+))\]$/i.exec(text);
  if (inner?.[1] !== undefined) return isIpv6(inner[1]) ? (inner[1].toLowerCase() as IpAddress) : undefined;
  return inner?.[2] !== undefined && isIpv4(inner[2]) ? (inner[2] as IpAddress) : undefined;
}

const isIpv4 = (text: string): boolean =>
  /^(?:(?:0|[1-9]\d{0,2})(?:\.|$)){4}$/.test(text) &&
  !text.endsWith('.') &&
  text.split('.').every((part) => Number(part) <= 255);

/** RFC 4291 §2.2, the forms that RFC 5321 §4.1.3 lists. */
function isIpv6(text: string): boolean {
  const dotted = /^(.*:)([0-9.]+)$/.exec(text);
  if (dotted?.[2]?.includes('.')) return isIpv4(dotted[2]) && isIpv6(`${dotted[1]}0:0`);
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length <= 7;
}
