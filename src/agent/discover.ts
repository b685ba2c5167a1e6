// A next hop to everything that is known of it before a connection: MX, policy, and for each host addresses and TLSA
// (RFC 5321 §5.1, RFC 7672 §2.2). Asks, never decides: plan and ruleDestination read what stands here.

import type { DomainName } from '../core/base/brand.ts';
import type { Evidence } from '../core/base/evidence.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { tlsaCandidates } from '../core/dane/base-domain.ts';
import type { StsFinding } from '../core/mtasts/policy.ts';
import type { Candidate, Destination, MxFinding } from '../core/policy/model.ts';
import { isIpAddress } from '../core/routing/ip-address.ts';
import { betterThanUs, isAddressTarget, isOwnSocket, type OwnSocket, readMx } from '../core/routing/mx.ts';
import { isLocalName, isUnder, type NextHop } from '../core/routing/next-hop.ts';
import {
  type AddressOptions,
  failureNote,
  findAddresses,
  findLocalAddresses,
  type Located,
  withoutRefused,
} from './find-addresses.ts';
import { findTlsa } from './find-tlsa.ts';
import { mapLimited } from './map-limited.ts';
import { findPolicy, type PolicyPorts } from './policies.ts';
import type { LocalResolver } from './ports.ts';

export type DiscoverPorts = PolicyPorts & { readonly local: LocalResolver };

export type DiscoverOptions = AddressOptions & {
  /** `delivery.port`, where neither the route nor its TLS mode says another. */
  readonly port: number;
  /** `identity.own_names` (RTE-8). */
  readonly ownNames: readonly DomainName[];
  /** Wildcard listeners as one entry per interface address. */
  readonly ownSockets: readonly OwnSocket[];
  /** `resolver.local_zones` (RTE-17). */
  readonly localZones: readonly DomainName[];
  /** `mta_sts.enabled`. */
  readonly mtaSts: 'on' | 'off';
};

export type Discovered = { readonly destination: Destination; readonly candidates: readonly Candidate[] };

/** @returns the destination, and its hosts in visiting order; none where the MX finding ends the matter. */
export async function discover(ports: DiscoverPorts, nextHop: NextHop, options: DiscoverOptions): Promise<Discovered> {
  const observedAt = ports.clock.now();
  const found = await findHosts(ports, nextHop, options);
  const port = portOf(nextHop, options);
  const [sts, located] = await Promise.all([
    findSts(ports, nextHop, found.mx, options),
    mapLimited(found.hosts, hostsAtOnce, async (host) => ({ ...host, ...(await locate(ports, host, options)) })),
  ]);
  // RTE-8, STS-64: on the full list, before any policy is looked at.
  const left = betterThanUs(located, (host) =>
    host.addresses.some((address) => isOwnSocket(address, port, options.ownSockets)),
  );
  const mx: MxFinding = located.length > 0 && left.length === 0 ? { kind: 'loop' } : found.mx;
  const candidates = await mapLimited(left, hostsAtOnce, (host) => inspect(ports, host, port, options));
  const { expandedNextHop, notes } = found;
  return { destination: { nextHop, expandedNextHop, mx, sts, observedAt, notes }, candidates };
}

type Host = {
  readonly host: DomainName | IpAddress;
  readonly preference: number;
  /** Who named it decides which addresses are acceptable; `inside` names are not asked of public DNS (RTE-17). */
  readonly origin: 'mx' | 'next-hop' | 'route' | 'inside';
};

type FoundHosts = {
  readonly mx: MxFinding;
  readonly expandedNextHop: DomainName | undefined;
  readonly hosts: readonly Host[];
  readonly notes: readonly Evidence[];
};

// A domain with more MX hosts than this gains nothing, and each costs questions.
export const maxHosts = 20;
const hostsAtOnce = 5;

async function findHosts(ports: DiscoverPorts, nextHop: NextHop, options: DiscoverOptions): Promise<FoundHosts> {
  const alone = (mx: MxFinding, host: Host['host'], origin: Host['origin']): FoundHosts => ({
    mx,
    expandedNextHop: isIpAddress(host) ? undefined : host,
    hosts: [{ host, preference: 0, origin }],
    notes: [],
  });
  if (nextHop.kind === 'literal') return alone({ kind: 'literal' }, nextHop.address, 'next-hop');
  // DT-1.9: the operator named the host.
  if (nextHop.kind === 'host') {
    const { host } = nextHop;
    return alone({ kind: 'relay' }, host, !isIpAddress(host) && isInside(nextHop, host, options) ? 'inside' : 'route');
  }
  const { domain } = nextHop;
  if (isInside(nextHop, domain, options)) return alone({ kind: 'implicit', status: 'insecure' }, domain, 'inside');
  const { answer, aliases, because } = await ports.resolver.resolve(domain, 'MX', options.reading);
  const steps = aliases.map((step) => step.status);
  const draws = answer.kind === 'found' ? answer.value.map(() => ports.clock.random()) : [];
  const mx = readMx(answer, steps, draws, options.ownNames);
  // RTE-2, DANE-19: without MX the domain itself is the host. One of our own names is a loop here too.
  if (mx.kind === 'implicit') {
    const implicit = alone(mx, domain, 'next-hop');
    const expandedNextHop = aliases.at(-1)?.to ?? domain;
    return options.ownNames.includes(domain)
      ? { ...implicit, mx: { kind: 'loop' }, hosts: [] }
      : { ...implicit, expandedNextHop };
  }
  return {
    mx,
    // RTE-1: MX hosts belong to the end of the alias chain; policies stay with the name that was asked for.
    expandedNextHop: aliases.at(-1)?.to ?? domain,
    hosts: mx.kind === 'mx' ? mx.hosts.slice(0, maxHosts).map((host) => ({ ...host, origin: 'mx' })) : [],
    notes: mx.kind === 'failed' ? [failureNote(`the MX hosts of ${domain} are unknown`, mx.reason, because)] : [],
  };
}

/** STS-1: the next hop as it is named, never the end of its alias chain. */
async function findSts(
  ports: DiscoverPorts,
  nextHop: NextHop,
  mx: MxFinding,
  options: DiscoverOptions,
): Promise<StsFinding> {
  const ended = mx.kind !== 'mx' && mx.kind !== 'implicit' && mx.kind !== 'relay';
  if (options.mtaSts === 'off' || ended || nextHop.kind === 'literal') return { kind: 'none' };
  const domain = nextHop.kind === 'domain' ? nextHop.domain : nextHop.host;
  if (isIpAddress(domain) || isInside(nextHop, domain, options)) return { kind: 'none' };
  return findPolicy(ports, domain, options.reading);
}

async function locate(ports: DiscoverPorts, { host, origin }: Host, options: DiscoverOptions): Promise<Located> {
  // RTE-12: an address that poses as a name is not even dialled as an address.
  if (origin === 'mx' && isAddressTarget(host))
    return { finding: { kind: 'none' }, addresses: [], firstAlias: undefined, notes: [addressTargetNote(host)] };
  if (isIpAddress(host)) return literalAddress(host, origin, options);
  if (origin === 'inside') return findLocalAddresses(ports.local, host);
  return findAddresses(ports.resolver, host, origin === 'route' ? 'trusted' : 'judged', options);
}

/** RTE-13, RTE-17. A literal comes from the sender, a stranger: it opens no door that a name would not (RTE-16). */
function literalAddress(address: IpAddress, origin: Host['origin'], options: DiscoverOptions): Located {
  const located: Located = {
    finding: { kind: 'addresses', status: 'insecure', expanded: undefined, addresses: [address] },
    addresses: [address],
    firstAlias: undefined,
    notes: [],
  };
  return origin === 'route' ? located : withoutRefused(located, options.allowed);
}

/** DANE-7: each host has its own base domain and its own records. */
async function inspect(
  ports: DiscoverPorts,
  located: Host & Located,
  port: number,
  options: DiscoverOptions,
): Promise<Candidate> {
  const { host, preference, finding, notes } = located;
  const base = { host, port, preference, addresses: finding };
  // DANE-21, RTE-17: no DANE without a public name; without an address nothing would be done with the answer.
  if (finding.kind !== 'addresses' || isIpAddress(host) || located.origin === 'inside')
    return { ...base, dane: { kind: 'not-applicable' }, notes };
  const { status, expanded = host } = finding;
  const names = tlsaCandidates({ host, expanded, addresses: status, firstAlias: located.firstAlias });
  const { finding: dane, because } = await findTlsa(ports.resolver, names, port, options.reading);
  const further: Evidence[] = [];
  if (dane.kind === 'failed')
    further.push(failureNote(`the TLSA records of ${host} are unknown`, dane.reason, because));
  if (expanded !== host && located.origin === 'mx') {
    // RTE-11: outside the standard, followed all the same.
    further.push(aliasNote(host, expanded));
    ports.log.event('warn', 'mx-cname', { mx_host: host, addr_name: expanded });
  }
  return { ...base, dane, notes: [...notes, ...further] };
}

/** RTE-17: of names in routes more is believed to be local than of recipients' domains, for senders choose those. */
const isInside = (nextHop: NextHop, name: DomainName, { localZones }: DiscoverOptions): boolean =>
  nextHop.kind !== 'literal' && nextHop.route ? isLocalName(name, localZones) : isUnder(name, localZones);

// DANE-14, TLS-26: implicit TLS has its own port unless the route says another.
function portOf(nextHop: NextHop, options: DiscoverOptions): number {
  if (nextHop.kind === 'literal') return options.port;
  return nextHop.port ?? (nextHop.route?.tls === 'implicit' ? 465 : options.port);
}

const addressTargetNote = (host: DomainName | IpAddress): Evidence => ({
  rung: 'mx',
  outcome: 'fail',
  rule: 'RTE-12',
  says: `${host} is an address in place of an MX host name and is ignored`,
  code: 'mx-address',
});

const aliasNote = (host: DomainName, expanded: DomainName): Evidence => ({
  rung: 'mx',
  outcome: 'pass',
  rule: 'RTE-11',
  says: `the MX host ${host} is an alias of ${expanded}`,
  code: 'mx-cname',
});
