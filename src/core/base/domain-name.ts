// Domain names as text: A-labels, folded to lower case, without the final dot. Underscore labels are allowed, for they
// stand in TLSA and policy names; whether a name may be a host is the caller's question. (DNS-15, NAME-1, RFC 5890)

import { domainToASCII } from 'node:url';
import type { DomainName } from './brand.ts';
import { fault, ok, type Result } from './result.ts';

export type DomainNameFault =
  | 'empty'
  | 'label-too-long'
  | 'name-too-long'
  | 'empty-label'
  | 'bad-character'
  | 'bad-idna';

const asciiLabel = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

/** @returns the folded name, or why the text is none. IP addresses in text form are names too: see `looksLikeAddress`. */
export function parseDomainName(text: string): Result<DomainName, DomainNameFault> {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  if (bare === '') return fault('empty');
  if (bare.length > 1024) return fault('name-too-long');
  const labels: string[] = [];
  for (const label of bare.split('.')) {
    if (label === '') return fault('empty-label');
    const folded = /^[\x21-\x7e]+$/.test(label) ? label.toLowerCase() : toALabel(label);
    if (folded === undefined) return fault('bad-idna');
    if (folded.length > 63) return fault('label-too-long');
    if (!asciiLabel.test(folded)) return fault('bad-character');
    labels.push(folded);
  }
  const name = labels.join('.');
  // RFC 1035 §2.3.4: 255 octets on the wire are 253 characters of text.
  return name.length > 253 ? fault('name-too-long') : ok(name as DomainName);
}

/** One label at a time: the URL rules would rewrite `1.2.3` and percent signs. */
function toALabel(label: string): string | undefined {
  if (/[\x00-\x20\x7f%]/.test(label)) return undefined;
  const ascii = domainToASCII(`${label}.invalid`);
  return ascii.endsWith('.invalid') && ascii.startsWith('xn--') ? ascii.slice(0, -'.invalid'.length) : undefined;
}

/** For constants and tests. @throws Error if the text is no domain name. */
export function domainName(text: string): DomainName {
  const parsed = parseDomainName(text);
  if (parsed.kind === 'fault') throw new Error(`not a domain name: ${JSON.stringify(text)} (${parsed.fault})`);
  return parsed.value;
}

export const labelsOf = (name: DomainName): readonly string[] => name.split('.');

/** The name without its first label; undefined at the top. */
export function parentOf(name: DomainName): DomainName | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : (name.slice(dot + 1) as DomainName);
}

/** True for the name itself and everything below it. */
export const isAtOrBelow = (name: DomainName, ancestor: DomainName): boolean =>
  name === ancestor || name.endsWith(`.${ancestor}`);

/** Exactly one label more: the reach of a wildcard (NAME-2, STS-60). */
export const isOneLabelBelow = (name: DomainName, ancestor: DomainName): boolean => parentOf(name) === ancestor;

/** A name whose last label is numeric is an address or a mistake, never a host (RTE-12, RFC 1123 §2.1). */
export const looksLikeAddress = (name: string): boolean => /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i.test(name);
