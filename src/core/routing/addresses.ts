// Addresses that a stranger's DNS may not send us to (RTE-16, STS-18): what points into this machine or the inner
// network, also when it is wrapped in IPv6. Leaves out what needs the machine: our own interfaces are handed in (RTE-8).

import type { IpAddress } from '../base/lookup.ts';
import { fault, ok, type Result } from '../base/result.ts';
import { octetsOf, textOf } from './ip-address.ts';

/** Address range in CIDR form. */
export type Prefix = { readonly octets: Uint8Array; readonly bits: number };

export type RefusedRange = 'unspecified' | 'loopback' | 'multicast' | 'link-local' | 'private' | 'shared' | 'reserved';

/** @param text `10.0.0.0/8`, `2001:db8::/32`, or a single address. Host bits may be set; they are ignored. */
export function parsePrefix(text: string): Result<Prefix, 'bad-address' | 'bad-length'> {
  const [address = '', length, ...rest] = text.split('/');
  const octets = octetsOf(address);
  if (!octets || rest.length > 0) return fault('bad-address');
  if (length === undefined) return ok({ octets, bits: octets.length * 8 });
  if (!/^\d{1,3}$/.test(length) || Number(length) > octets.length * 8) return fault('bad-length');
  return ok({ octets, bits: Number(length) });
}

/** Families are kept apart: `0.0.0.0/0` holds no IPv6 address, mapped ones included. */
export function isWithin(octets: Uint8Array, prefix: Prefix): boolean {
  if (octets.length !== prefix.octets.length) return false;
  for (let bit = 0; bit < prefix.bits; bit += 8) {
    const mask = prefix.bits - bit >= 8 ? 0xff : (0xff << (8 - (prefix.bits - bit))) & 0xff;
    const index = bit >> 3;
    if ((((octets[index] ?? 0) ^ (prefix.octets[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** @returns the range that forbids the address, or undefined when it may be used (RTE-16). */
export function refusalOf(address: IpAddress, allowed: readonly Prefix[]): RefusedRange | undefined {
  const octets = octetsOf(address);
  if (!octets) return 'reserved';
  if (allowed.some((prefix) => isWithin(octets, prefix))) return undefined;
  return rangeOf(octets);
}

/** For the question "is this address us": mapped IPv4 and IPv4 are one address (RTE-8). */
export function unmapped(address: IpAddress): IpAddress {
  const octets = octetsOf(address);
  return octets?.length === 16 && isWithin(octets, mapped) ? textOf(octets.slice(12)) : address;
}

function rangeOf(octets: Uint8Array): RefusedRange | undefined {
  for (const { prefix, range } of octets.length === 4 ? ranges4 : ranges6)
    if (isWithin(octets, prefix)) return typeof range === 'string' ? range : rangeOf(range(octets));
  return undefined;
}

type Row = { readonly prefix: Prefix; readonly range: RefusedRange | ((octets: Uint8Array) => Uint8Array) };

function row(text: string, range: Row['range']): Row {
  const prefix = parsePrefix(text);
  if (prefix.kind === 'fault') throw new Error(`no prefix: ${text}`);
  return { prefix: prefix.value, range };
}

const last4 = (octets: Uint8Array): Uint8Array => octets.slice(12);

// The registries of RFC 6890 and its successors, without the documentation ranges: nobody answers there.
const ranges4: readonly Row[] = [
  row('0.0.0.0/8', 'unspecified'),
  row('10.0.0.0/8', 'private'),
  row('100.64.0.0/10', 'shared'),
  row('127.0.0.0/8', 'loopback'),
  row('169.254.0.0/16', 'link-local'),
  row('172.16.0.0/12', 'private'),
  row('192.0.0.0/24', 'reserved'),
  row('192.168.0.0/16', 'private'),
  row('198.18.0.0/15', 'private'),
  row('224.0.0.0/4', 'multicast'),
  row('240.0.0.0/4', 'reserved'),
];

// The first row that holds the address decides; a function gives the IPv4 address inside.
const ranges6: readonly Row[] = [
  row('::/128', 'unspecified'),
  row('::1/128', 'loopback'),
  row('::ffff:0:0/96', last4),
  row('::ffff:0:0:0/96', last4),
  row('::/96', last4),
  row('64:ff9b::/96', last4),
  row('64:ff9b:1::/48', 'private'),
  row('100::/64', 'reserved'),
  // Teredo: the client's address stands inverted at the end.
  row('2001::/32', (octets) => octets.slice(12).map((octet) => octet ^ 0xff)),
  row('2002::/16', (octets) => octets.slice(2, 6)),
  row('fc00::/7', 'private'),
  row('fe80::/10', 'link-local'),
  row('fec0::/10', 'private'),
  row('ff00::/8', 'multicast'),
];

const mapped: Prefix = row('::ffff:0:0/96', last4).prefix;
