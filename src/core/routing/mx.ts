// MX answer to the hosts to visit, in order: null MX, implicit MX, loops back to us (RFC 5321 §5.1, RFC 7505). Leaves out
// addresses and TLSA, and asks nothing: the agent hands in answers and random numbers.

import type { DomainName } from '../base/brand.ts';
import { looksLikeAddress, parseDomainName } from '../base/domain-name.ts';
import { type DnssecStatus, type IpAddress, type Lookup, type LookupFailure, weakest } from '../base/lookup.ts';
import { isNonEmpty, type NonEmpty } from '../base/result.ts';
import { unmapped } from './addresses.ts';

export type MxTarget = {
  readonly preference: number;
  readonly exchange: DomainName | '.' | { readonly unusable: string };
};

export type RankedHost = { readonly host: DomainName; readonly preference: number };

/** What the MX question came to, before any address is known. Fits `MxFinding` of core/policy/model. */
export type MxAnswer =
  | { readonly kind: 'mx'; readonly status: DnssecStatus; readonly hosts: NonEmpty<RankedHost> }
  | { readonly kind: 'implicit'; readonly status: DnssecStatus }
  | { readonly kind: 'null-mx' }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'loop' }
  | { readonly kind: 'failed'; readonly reason: LookupFailure };

/**
 * DT-1.1 to DT-1.8.
 * @param steps states of the alias steps before the answer
 * @param draws one random number per record, in [0, 1), drawn anew for each attempt
 * @param ownNames `identity.own_names`; the EHLO name alone does not make a host us (RTE-8)
 */
export function readMx(
  answer: Lookup<NonEmpty<MxTarget>>,
  steps: readonly DnssecStatus[],
  draws: readonly number[],
  ownNames: readonly DomainName[],
): MxAnswer {
  // RFC 7672 §2.1.2, RTE-4: an unanswered question is no absence.
  if (answer.kind === 'failed') return answer;
  if (answer.kind === 'absent') {
    if (answer.reason === 'nxdomain') return { kind: 'nxdomain' };
    // RTE-2: the domain exists and has no MX: it is its own host.
    return { kind: 'implicit', status: weakest(answer.status, ...steps) };
  }
  // RTE-5: beside other records the root target means nothing.
  const named = answer.value.filter((record) => record.exchange !== '.');
  if (named.length === 0) return { kind: 'null-mx' };
  const hosts = inOrder(named.flatMap(hostOf), draws);
  // RTE-3: records without one usable name do not bring the domain's own addresses back.
  if (hosts.length === 0) return { kind: 'failed', reason: 'malformed' };
  const left = betterThanUs(hosts, (host) => ownNames.includes(host.host));
  return isNonEmpty(left) ? { kind: 'mx', status: weakest(answer.status, ...steps), hosts: left } : { kind: 'loop' };
}

/** RTE-8: of hosts in order, those with a better preference than the first that is us. */
export function betterThanUs<Host extends { readonly preference: number }>(
  hosts: readonly Host[],
  isUs: (host: Host) => boolean,
): readonly Host[] {
  const ours = hosts.filter(isUs).map((host) => host.preference);
  return ours.length === 0 ? hosts : hosts.filter((host) => host.preference < Math.min(...ours));
}

/** An address and port that we listen on; wildcard listeners are expanded by whoever knows the interfaces. */
export type OwnSocket = { readonly address: IpAddress; readonly port: number };

/** RTE-8: an address alone is not us, for another MTA may share the machine. */
export function isOwnSocket(address: IpAddress, port: number, own: readonly OwnSocket[]): boolean {
  const bare = unmapped(address);
  return own.some((socket) => socket.port === port && unmapped(socket.address) === bare);
}

/** RTE-12: an address in place of a name is kept here, so that the record can say why the host was passed over. */
export const isAddressTarget = (host: string): boolean => looksLikeAddress(host);

function hostOf(record: MxTarget): readonly RankedHost[] {
  const { exchange, preference } = record;
  if (typeof exchange === 'string') return exchange === '.' ? [] : [{ host: exchange, preference }];
  const name = parseDomainName(exchange.unusable);
  return name.kind === 'ok' ? [{ host: name.value, preference }] : [];
}

/** RTE-6, RTE-7, DANE-25: by preference, by lot within one, by nothing else. One name twice counts once, at its best. */
function inOrder(hosts: readonly RankedHost[], draws: readonly number[]): readonly RankedHost[] {
  const drawn = hosts.map((host, index) => ({ host, draw: draws[index] ?? 0 }));
  drawn.sort((a, b) => a.host.preference - b.host.preference || a.draw - b.draw);
  const names = drawn.map(({ host }) => host.host);
  return drawn.map(({ host }) => host).filter((host, index) => names.indexOf(host.host) === index);
}
