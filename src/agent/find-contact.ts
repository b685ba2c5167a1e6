// Who can be told that mail for a domain waits (RFC 7672 §9.1): the addresses for TLS reports, the mailbox of the zone,
// postmaster. Leaves out telling them: that is the operator's decision.

import type { DomainName } from '../core/base/brand.ts';
import { findReporting } from './find-reporting.ts';
import type { Resolver } from './ports.ts';

export type Contacts = {
  readonly domain: string;
  /** RFC 8460 §3: as published, in order. */
  readonly tlsrpt: readonly string[];
  /** RFC 1035 §3.3.13: RNAME of the zone as a mail address; null when it could not be had. */
  readonly zone: string | null;
  /** RFC 5321 §4.5.1. */
  readonly postmaster: string;
};

/** @param soa RNAME in presentation form, at exactly that name; undefined where there is none. */
export async function findContacts(
  resolver: Resolver,
  soa: (name: string) => Promise<string | undefined>,
  domain: DomainName,
): Promise<Contacts> {
  // A broken zone has contacts too, and they are for eyes only: nothing is decided by them.
  const reporting = await findReporting(resolver, domain, 'unvalidated');
  return { domain, tlsrpt: reporting.rua, zone: await zoneMailbox(soa, domain), postmaster: `postmaster@${domain}` };
}

/** Names above that are asked at most. */
const highest = 6;

async function zoneMailbox(
  soa: (name: string) => Promise<string | undefined>,
  domain: DomainName,
): Promise<string | null> {
  const labels = domain.split('.');
  for (let from = 0; from < Math.min(labels.length - 1, highest); from += 1) {
    const rname = await soa(labels.slice(from).join('.'));
    if (rname !== undefined) return mailboxOf(rname);
  }
  return null;
}

/** RFC 1035 §8: the first dot that is not escaped stands for the @. @returns null for a name that is no mailbox. */
export function mailboxOf(rname: string): string | null {
  const match = /^((?:[^.\\]|\\\D)+)\.((?:[^\\\s@]+\.)+)$/.exec(rname);
  const [local, host] = [match?.[1]?.replace(/\\(.)/g, '$1'), match?.[2]?.replace(/\.$/, '')];
  return local === undefined || host === undefined || !/^[!-?A-~]+$/.test(local) ? null : `${local}@${host}`;
}
