// May this sender be taken and this recipient be relayed to, and under which address: completion and aliases on submission
// listeners, nothing of the kind on relay listeners (SRV-2, SRV-15, SRV-17, SRV-19). Knows no network; trust is told to it.

import type { DomainName } from '../base/brand.ts';
import { fault, ok, type Result } from '../base/result.ts';
import type { Language } from '../words/say.ts';
import { localPartOf, mailboxAt, type Path } from './address.ts';
import type { CommandRefusal, Mailbox } from './envelope.ts';

/** Who we are, as the configuration says under `[identity]`. */
export type Identity = {
  /** EHLO name: a domain name in lower case, or an address literal. */
  readonly hostname: string;
  readonly origin: DomainName;
  readonly ownNames: readonly DomainName[];
  readonly postmaster: Mailbox;
  /** Of notices: that of the environment, not of the configuration. */
  readonly language?: Language;
};

/** What a listener does to addresses. */
export type Desk = {
  readonly kind: 'relay' | 'submission';
  readonly identity: Identity;
  /** Local part in lower case to mailbox; submission only. */
  readonly aliases: ReadonlyMap<string, Mailbox>;
};

const refuse = (code: number, enhanced: string, says: string): { kind: 'fault'; fault: CommandRefusal } =>
  fault({ code, enhanced, says });

/** @returns the reverse-path to queue. */
export function admitSender(path: Path, desk: Desk): Result<Mailbox | 'null', CommandRefusal> {
  if (path.kind === 'null') return ok('null');
  if (path.kind === 'local')
    return desk.kind === 'submission'
      ? ok(mailboxAt(path.localPart, desk.identity.origin))
      : refuse(501, '5.1.7', 'Sender address needs a domain');
  return isPartial(path.mailbox) && desk.kind === 'relay'
    ? refuse(550, '5.1.8', 'Sender domain is not fully qualified')
    : ok(path.mailbox);
}

/**
 * @param client `stranger` may write to the postmaster of our own names, and to nobody else.
 * @param knownNullMx true only when the domain is already known to take no mail; asks no one.
 * @returns the mailbox to queue, which may differ from the one asked for.
 */
export function admitRecipient(
  path: Exclude<Path, { kind: 'null' }>,
  desk: Desk,
  client: 'may-relay' | 'stranger',
  knownNullMx: (domain: DomainName) => boolean,
): Result<Mailbox, CommandRefusal> {
  const ours = path.kind === 'local' || isOwnName(path.mailbox, desk.identity);
  const localPart = (path.kind === 'local' ? path.localPart : localPartOf(path.mailbox)).toLowerCase();
  if (ours && desk.kind === 'submission' && client === 'may-relay') {
    const alias = desk.aliases.get(localPart);
    if (alias) return ok(alias);
  }
  // SRV-2: RFC 5321 §4.5.1: postmaster in any case, with our own names or without a domain.
  if (localPart === 'postmaster') {
    if (ours) return ok(desk.identity.postmaster);
    if (path.mailbox.domain.kind === 'name' && path.mailbox.domain.name === desk.identity.origin)
      return ok(path.mailbox);
  }
  // SRV-15: RFC 5321 §3.6.2.
  if (client === 'stranger') return refuse(550, '5.7.1', 'Relaying denied');
  if (path.kind === 'local')
    return desk.kind === 'submission'
      ? ok(mailboxAt(path.localPart, desk.identity.origin))
      : refuse(550, '5.1.2', 'Recipient address needs a domain');
  if (isPartial(path.mailbox) && desk.kind === 'relay')
    return refuse(550, '5.1.2', 'Recipient domain is not fully qualified');
  // SRV-19: RFC 7505 §4.1.
  if (path.mailbox.domain.kind === 'name' && knownNullMx(path.mailbox.domain.name))
    return refuse(556, '5.1.10', 'Recipient domain takes no mail');
  return ok(path.mailbox);
}

const isPartial = ({ domain }: Mailbox): boolean => domain.kind === 'name' && !domain.name.includes('.');

const isOwnName = ({ domain }: Mailbox, { hostname, ownNames }: Identity): boolean =>
  domain.kind === 'name' && (domain.name === hostname || ownNames.includes(domain.name));
