// IP addresses between text and octets, without `node:net`: RFC 4291 §2.2 read strictly, RFC 5952 written. Leaves out
// zones, short IPv4 forms and octal numbers: what two parsers could read differently is no address.

import type { IpAddress } from '../base/lookup.ts';

/** Four octets for IPv4, sixteen for IPv6; undefined when the text is no address. */
export function octetsOf(text: string): Uint8Array | undefined {
  return text.includes(':') ? octetsOf6(text) : octetsOf4(text);
}

/** The canonical text, so that equal addresses are equal strings. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const octets = octetsOf(text);
  return octets && textOf(octets);
}

/** Tells an address from a domain name: no checked name reads as an address and the other way round. */
export const isIpAddress = (text: string): text is IpAddress => octetsOf(text) !== undefined;

/** @param octets four or sixteen of them. */
export function textOf(octets: Uint8Array): IpAddress {
  if (octets.length === 4) return octets.join('.') as IpAddress;
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0));
  // RFC 5952 §5: mapped addresses are easier to know with the IPv4 part in dots.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${octets.slice(12).join('.')}` as IpAddress;
  const [start, length] = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':') as IpAddress;
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}` as IpAddress;
}

function octetsOf4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function octetsOf6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? '', halves.length === 1 ? 'last' : 'inner');
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', 'last') : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  // RFC 4291 §2.2: "::" stands for one or more groups.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Only the last two groups of an address may be written as IPv4. */
function groupsOf(text: string, place: 'inner' | 'last'): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const four = place === 'last' && index === parts.length - 1 ? octetsOf4(part) : undefined;
      if (!four) return undefined;
      groups.push(((four[0] ?? 0) << 8) | (four[1] ?? 0), ((four[2] ?? 0) << 8) | (four[3] ?? 0));
    }
  }
  return groups;
}

function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
