// Name servers as an operator writes them, and as resolv.conf(5) lists them. Addresses only: a resolver that had to be
// looked up could not be asked for itself. Search lists and options of resolv.conf are left out on purpose (DNS-15).

import { isIP, isIPv4, SocketAddress } from 'node:net';
import type { DomainName } from '../../core/base/brand.ts';
import { parseDomainName } from '../../core/base/domain-name.ts';
import { fault, ok, type Result } from '../../core/base/result.ts';

export type ServerAddress = {
  /** Canonical text; an IPv6 address may carry a zone (`fe80::1%eth0`). */
  readonly host: string;
  readonly port: number;
  /** DNS over TLS (RFC 7858), and the name that its certificate must hold: nothing is asked of anybody else (RFC 8310 §5). */
  readonly tls?: { readonly name: DomainName };
};

export type ServerAddressFault = 'not-an-address' | 'bad-port' | 'tls-name-missing' | 'bad-tls-name';

/**
 * Reads `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:53`, `fe80::1%eth0`, and for DNS over TLS
 * `tls://192.0.2.1#dns.example`, `tls://[2001:db8::1]:853#dns.example`.
 */
export function parseServerAddress(text: string): Result<ServerAddress, ServerAddressFault> {
  const secured = /^tls:\/\/([^#]*)(?:#(.*))?$/i.exec(text);
  if (secured === null) return parsePlace(text, 53);
  // RFC 7858 §3.1: port 853. RFC 8310 §5: without a name nobody could be told from anybody.
  const place = parsePlace(secured[1] ?? '', 853);
  if (place.kind === 'fault') return place;
  if (secured[2] === undefined || secured[2] === '') return fault('tls-name-missing');
  const name = parseDomainName(secured[2]);
  return name.kind === 'ok' ? ok({ ...place.value, tls: { name: name.value } }) : fault('bad-tls-name');
}

function parsePlace(text: string, usualPort: number): Result<ServerAddress, ServerAddressFault> {
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/.exec(text);
  // A bare IPv6 address holds at least two colons; only then is no colon left for a port.
  const split = bracketed ?? /^([^:]+)(?::([^:]*))?$/.exec(text) ?? [text, text, undefined];
  const host = split[1] ?? '';
  if (isIP(host) === 0 || (bracketed !== null && isIPv4(host))) return fault('not-an-address');
  const port = split[2] === undefined ? usualPort : readPort(split[2]);
  return port === undefined ? fault('bad-port') : ok({ host: canonicalAddress(host), port });
}

export function formatServerAddress({ host, port, tls }: ServerAddress): string {
  const place = isIPv4(host) ? `${host}:${port}` : `[${host}]:${port}`;
  return tls === undefined ? place : `tls://${place}#${tls.name}`;
}

/** DNS-6: what it says of DNSSEC comes from this machine, or through a channel that nobody else can write into. */
export const isCredible = (server: ServerAddress): boolean => server.tls !== undefined || isLoopback(server);

/** What never leaves this machine. */
export function isLoopback(server: ServerAddress): boolean {
  const bare = server.host.replace(/^::ffff:/, '');
  return isIPv4(bare) ? bare.startsWith('127.') : bare === '::1';
}

/** One text per address, so that the source of a datagram can be compared (DNS-4). The zone is kept as it is. */
export function canonicalAddress(host: string): string {
  const [address = '', zone] = host.split('%', 2);
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const text = new SocketAddress({ address, family }).address;
  return zone === undefined ? text : `${text}%${zone}`;
}

/**
 * The name servers of a resolv.conf text, in order, without repetition, eight at most. Lines that are no address are
 * skipped. resolv.conf(5): without any the machine itself is asked.
 */
export function readResolvConf(text: string): readonly ServerAddress[] {
  const found = new Map<string, ServerAddress>();
  for (const line of text.split('\n')) {
    const words = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (words[0] !== 'nameserver') continue;
    const server = parseServerAddress(words[1] ?? '');
    if (server.kind === 'ok' && found.size < 8) found.set(formatServerAddress(server.value), server.value);
  }
  return found.size > 0 ? [...found.values()] : [{ host: '127.0.0.1', port: 53 }];
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port < 65_536 ? port : undefined;
}
