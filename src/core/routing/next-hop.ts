// Recipient and routes to a next hop: MX look-up, host, or literal (RTE-13, RTE-14), and the hop as the text by which the
// queue groups recipients. Leaves out what is asked of DNS: agent/discover.

import type { DomainName } from '../base/brand.ts';
import { isAtOrBelow, looksLikeAddress, parentOf, parseDomainName } from '../base/domain-name.ts';
import type { IpAddress } from '../base/lookup.ts';
import { fault, isNonEmpty, type NonEmpty, ok, type Result } from '../base/result.ts';
import { isIpAddress, parseIpAddress } from './ip-address.ts';

export type NextHop =
  /** MX look-up of this domain. `port` only where a route names one. */
  | { readonly kind: 'domain'; readonly domain: DomainName; readonly port?: number; readonly route?: RouteRef }
  /** `[host]:port` of a route: no MX look-up. */
  | { readonly kind: 'host'; readonly host: DomainName | IpAddress; readonly port?: number; readonly route: RouteRef }
  /** The recipient's own address literal. */
  | { readonly kind: 'literal'; readonly address: IpAddress };

/** The route of the configuration that chose the hop. */
export type RouteRef = {
  /** Canonical text of `formatVia`. */
  readonly via: string;
  readonly tls: 'starttls' | 'implicit';
  readonly credentials: 'none' | 'configured';
};

/** `via` of a route, read: in brackets no MX look-up, without them the MX of the domain. */
export type Via =
  | { readonly kind: 'domain'; readonly domain: DomainName; readonly port?: number }
  | { readonly kind: 'host'; readonly host: DomainName | IpAddress; readonly port?: number };

/** `*` is every recipient, `below` all names under the domain but not itself (`*.example.com`). */
export type RoutePattern =
  | { readonly kind: 'all' }
  | { readonly kind: 'below'; readonly domain: DomainName }
  | { readonly kind: 'name'; readonly domain: DomainName };

export type Route = {
  readonly to: NonEmpty<RoutePattern>;
  readonly via: Via;
  readonly tls: RouteRef['tls'];
  readonly credentials: RouteRef['credentials'];
};

/** The part of a mailbox that decides where it goes. */
export type Addressed = {
  readonly domain:
    | { readonly kind: 'name'; readonly name: DomainName }
    | { readonly kind: 'literal'; readonly address: IpAddress };
};

/** RTE-14: the most specific route wins; without one the domain itself. Equal patterns: the first. */
export function nextHopOf(mailbox: Addressed, routes: readonly Route[]): NextHop {
  const { domain } = mailbox;
  const route = routeFor(domain.kind === 'name' ? domain.name : undefined, routes);
  if (route) return hopBy(route);
  // RTE-13: a smart host for everything takes literals too; else they are dialled as they stand.
  return domain.kind === 'name'
    ? { kind: 'domain', domain: domain.name }
    : { kind: 'literal', address: domain.address };
}

/**
 * One text per hop: equal texts share transactions. `domain`, `[literal]`, or, by a route, `starttls:` or `implicit:`,
 * with `+auth` where credentials are configured, and its `via`.
 */
export function formatNextHop(hop: NextHop): string {
  if (hop.kind === 'literal') return bracketed(hop.address);
  const { route } = hop;
  if (!route) return hop.kind === 'domain' ? hop.domain : bracketed(hop.host);
  const { via, tls, credentials } = route;
  return `${tls}${credentials === 'configured' ? '+auth' : ''}:${via}`;
}

/** The inverse for hops of these routes. `no-such-route`: the configuration changed, the recipient needs a new hop. */
export function parseNextHop(text: string, routes: readonly Route[]): Result<NextHop, ViaFault | 'no-such-route'> {
  const routed = /^(?:starttls|implicit)(?:\+auth)?:/.test(text);
  if (routed) {
    const hop = routes.map(hopBy).find((candidate) => formatNextHop(candidate) === text);
    return hop ? ok(hop) : fault('no-such-route');
  }
  const via = parseVia(text);
  if (via.kind === 'fault') return via;
  if (via.value.port !== undefined) return fault('no-such-route');
  if (via.value.kind === 'domain') return ok({ kind: 'domain', domain: via.value.domain });
  return isIpAddress(via.value.host) ? ok({ kind: 'literal', address: via.value.host }) : fault('no-such-route');
}

export type ViaFault = 'bad-host' | 'bad-port' | 'bad-address' | 'address-without-brackets' | 'brackets';

/** @param text `[host]:587`, `host:587`, `domain`, `[192.0.2.1]`, `[2001:db8::1]:25`, `[IPv6:2001:db8::1]`. */
export function parseVia(text: string): Result<Via, ViaFault> {
  if (isIpAddress(text)) return fault('address-without-brackets');
  const match = /^(?:\[([^[\]]*)\]|([^[\]:]*))(?::(.*))?$/.exec(text);
  if (!match) return fault('brackets');
  const [, inside, bare, portText] = match;
  const port = portText === undefined ? undefined : portOf(portText);
  if (portText !== undefined && port === undefined) return fault('bad-port');
  const tail = port === undefined ? {} : { port };
  if (inside === undefined) {
    if (looksLikeAddress(bare ?? '')) return fault('address-without-brackets');
    const domain = parseDomainName(bare ?? '');
    return domain.kind === 'ok' ? ok({ kind: 'domain', domain: domain.value, ...tail }) : fault('bad-host');
  }
  const address = parseIpAddress(inside.replace(/^IPv6:/i, ''));
  if (address) return ok({ kind: 'host', host: address, ...tail });
  if (looksLikeAddress(inside) || inside.includes(':')) return fault('bad-address');
  const host = parseDomainName(inside);
  return host.kind === 'ok' ? ok({ kind: 'host', host: host.value, ...tail }) : fault('bad-host');
}

export function formatVia(via: Via): string {
  const place = via.kind === 'domain' ? via.domain : bracketed(via.host);
  return via.port === undefined ? place : `${place}:${via.port}`;
}

/** @returns the pattern, or undefined: `*`, `example.org`, `*.example.org`. */
export function parseRoutePattern(text: string): RoutePattern | undefined {
  if (text === '*') return { kind: 'all' };
  const domain = parseDomainName(text.startsWith('*.') ? text.slice(2) : text);
  if (domain.kind === 'fault') return undefined;
  return { kind: text.startsWith('*.') ? 'below' : 'name', domain: domain.value };
}

/** The words of one `[[route]]` table to a route, or a sentence that says what is wrong. */
export function parseRoute(words: {
  readonly to: readonly string[];
  readonly via: string;
  readonly tls: RouteRef['tls'];
  readonly credentials: RouteRef['credentials'];
}): Result<Route, string> {
  const to: RoutePattern[] = [];
  for (const text of words.to) {
    const pattern = parseRoutePattern(text);
    if (!pattern) return fault(`"${text}" is no domain, "*.domain" or "*"`);
    to.push(pattern);
  }
  if (!isNonEmpty(to)) return fault('a route needs at least one domain in "to"');
  const via = parseVia(words.via);
  if (via.kind === 'fault') return fault(`"${words.via}" is no next hop: ${viaSays[via.fault]}`);
  return ok({ to, via: via.value, tls: words.tls, credentials: words.credentials });
}

/** The name whose policies count (RTE-14, STS-1): undefined for addresses. */
export function nextHopDomain(hop: NextHop): DomainName | undefined {
  if (hop.kind === 'domain') return hop.domain;
  return hop.kind === 'host' && !isIpAddress(hop.host) ? hop.host : undefined;
}

const viaSays: Readonly<Record<ViaFault, string>> = {
  'bad-host': 'the host is no domain name',
  'bad-port': 'a port is a number from 1 to 65535',
  'bad-address': 'what stands in the brackets is neither an address nor a name',
  'address-without-brackets': 'an address stands in brackets, such as "[192.0.2.1]:25"',
  brackets: 'write "[host]:port" for a host, "domain" for the MX hosts of a domain',
};

function routeFor(name: DomainName | undefined, routes: readonly Route[]): Route | undefined {
  const matching = (wanted: (pattern: RoutePattern) => boolean): Route | undefined =>
    routes.find((route) => route.to.some(wanted));
  if (name !== undefined) {
    const exact = matching((pattern) => pattern.kind === 'name' && pattern.domain === name);
    if (exact) return exact;
    for (let above = parentOf(name); above !== undefined; above = parentOf(above)) {
      const below = matching((pattern) => pattern.kind === 'below' && pattern.domain === above);
      if (below) return below;
    }
  }
  return matching((pattern) => pattern.kind === 'all');
}

const hopBy = (route: Route): NextHop => ({
  ...route.via,
  route: { via: formatVia(route.via), tls: route.tls, credentials: route.credentials },
});

const bracketed = (host: DomainName | IpAddress): string =>
  isIpAddress(host) && host.includes(':') ? `[IPv6:${host}]` : `[${host}]`;

const portOf = (text: string): number | undefined =>
  /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;

/** RTE-17: a name of a route that only the machine's own resolver may know. */
export const isLocalName = (name: DomainName, localZones: readonly DomainName[]): boolean =>
  parentOf(name) === undefined || isUnder(name, specialUse) || isUnder(name, localZones);

export const isUnder = (name: DomainName, zones: readonly DomainName[]): boolean =>
  zones.some((zone) => isAtOrBelow(name, zone));

// RFC 6761, RFC 6762, RFC 9476, RFC 8375 and the reserved `internal`: served, if at all, only inside. `test` is left to the
// configured resolver, for that is where a private signed tree for tests lives.
const specialUse = ['localhost', 'local', 'internal', 'home.arpa', 'alt'] as readonly string[] as readonly DomainName[];
