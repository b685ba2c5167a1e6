// Domain names as wire octets, lower-cased (RFC 1035 §3.1, RFC 4034 §6.2): text only at the edges. Compression belongs
// to the message codec (wire.ts).

import type { Brand, DomainName } from '../base/brand.ts';
import { labelsOf as domainLabels, parseDomainName } from '../base/domain-name.ts';
import { fault, ok, type Result } from '../base/result.ts';

/** Uncompressed wire form including the root octet; each char is one octet, ASCII letters in lower case. */
export type Name = Brand<string, 'Name'>;

export type NameFault = 'empty' | 'empty-label' | 'label-too-long' | 'name-too-long' | 'bad-escape' | 'bad-character';

export const rootName: Name = '\0' as Name;

/** A `DomainName` always fits: its parser keeps the limits of RFC 1035 §2.3.4. */
export const nameFromDomain = (domain: DomainName): Name => join(domainLabels(domain));

/** @returns undefined for the root and for names that no `DomainName` can hold, such as `*` or labels with a dot inside. */
export function domainFromName(name: Name): DomainName | undefined {
  const parsed = parseDomainName(labelsOf(name).join('.'));
  // A dot inside a label would come back as two labels.
  return parsed.kind === 'ok' && nameFromDomain(parsed.value) === name ? parsed.value : undefined;
}

/** Reads presentation form with the escapes of RFC 1035 §5.1; a missing final dot is taken as there. */
export function nameFromText(text: string): Result<Name, NameFault> {
  if (text === '') return fault('empty');
  if (text === '.') return ok(rootName);
  const labels: string[] = [];
  let label = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '.') {
      if (label === '') return fault('empty-label');
      labels.push(label);
      label = '';
      continue;
    }
    if (char !== '\\') {
      if (char < '!' || char > '~') return fault('bad-character');
      label += char;
      continue;
    }
    const octet = readEscape(text, at + 1);
    if (octet === undefined) return fault('bad-escape');
    label += octet.char;
    at += octet.length;
  }
  if (label !== '') labels.push(label);
  return nameFromLabels(labels);
}

function readEscape(text: string, at: number): { readonly char: string; readonly length: number } | undefined {
  const digits = /^[0-9]{3}/.exec(text.slice(at, at + 3))?.[0];
  if (digits !== undefined) {
    const octet = Number(digits);
    return octet > 255 ? undefined : { char: String.fromCharCode(octet), length: 3 };
  }
  const char = text[at];
  if (char === undefined || char < '!' || char > '~' || /[0-9]/.test(char)) return undefined;
  return { char, length: 1 };
}

/** For constants and tests. @throws Error if the text is no name. */
export function name(text: string): Name {
  const parsed = nameFromText(text);
  if (parsed.kind === 'fault') throw new Error(`not a DNS name: ${JSON.stringify(text)} (${parsed.fault})`);
  return parsed.value;
}

/** Presentation form with a final dot; octets outside printable ASCII and the special ones are escaped. */
export function nameToText(name: Name): string {
  if (name === rootName) return '.';
  return labelsOf(name)
    .map((label) => `${escapeLabel(label)}.`)
    .join('');
}

function escapeLabel(label: string): string {
  return label.replace(/[^!-~]|[."();@\\$]/g, (char) =>
    char < '!' || char > '~' ? `\\${String(char.charCodeAt(0)).padStart(3, '0')}` : `\\${char}`,
  );
}

/** Octets per char, first label first, without the root. */
export function labelsOf(name: Name): readonly string[] {
  const labels: string[] = [];
  for (let at = 0; at < name.length - 1; ) {
    const length = name.charCodeAt(at);
    labels.push(name.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels;
}

/** DNS-15: labels of at most 63 octets, names of at most 255 on the wire (RFC 1035 §2.3.4). */
export function nameFromLabels(labels: readonly string[]): Result<Name, NameFault> {
  for (const label of labels) {
    if (label === '') return fault('empty-label');
    if (label.length > 63) return fault('label-too-long');
  }
  const joined = join(labels);
  return joined.length > 255 ? fault('name-too-long') : ok(joined);
}

const join = (labels: readonly string[]): Name =>
  foldName(`${labels.map((label) => String.fromCharCode(label.length) + label).join('')}\0`);

/** Lower-cases ASCII letters only; length octets are below 64, so they are never touched. */
export const foldName = (wire: string): Name =>
  (/[A-Z]/.test(wire) ? wire.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : wire) as Name;

/** Labels without the root, the wildcard label counted. */
export function labelCount(name: Name): number {
  let count = 0;
  for (let at = 0; at < name.length - 1; at += 1 + name.charCodeAt(at)) count++;
  return count;
}

/** The name without its first label; undefined for the root. */
export const parentName = (name: Name): Name | undefined =>
  name === rootName ? undefined : (name.slice(1 + name.charCodeAt(0)) as Name);

/** The name's last `count` labels; the name itself if it has no more. */
export function lastLabels(name: Name, count: number): Name {
  let rest = name;
  for (let surplus = labelCount(name) - count; surplus > 0; surplus--) rest = parentName(rest) ?? rest;
  return rest;
}

/** True for the name itself and everything below it. */
export function isAtOrBelow(name: Name, ancestor: Name): boolean {
  const surplus = labelCount(name) - labelCount(ancestor);
  return surplus >= 0 && lastLabels(name, labelCount(ancestor)) === ancestor;
}

export const isBelow = (name: Name, ancestor: Name): boolean => name !== ancestor && isAtOrBelow(name, ancestor);

export const isWildcard = (name: Name): boolean => name.startsWith('\x01*');

/** `*.` before the name; undefined when the result would be too long to exist. */
export const wildcardAt = (name: Name): Name | undefined =>
  name.length + 2 > 255 ? undefined : (`\x01*${name}` as Name);

/** RFC 4034 §6.1: by labels from the right, octet by octet, absent before present. */
export function compareCanonical(left: Name, right: Name): number {
  const a = labelsOf(left);
  const b = labelsOf(right);
  for (let back = 1; back <= Math.min(a.length, b.length); back++) {
    const x = a[a.length - back]!;
    const y = b[b.length - back]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

export const nameToOctets = (name: Name): Uint8Array => octetsOf(name);

/** One octet per char, as in `Name`. */
export function octetsOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}
