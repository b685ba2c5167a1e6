// Reference identifiers against the names of a certificate (RFC 9525 §6, NAME-1 to NAME-7). Compares the octets of the
// certificate, not somebody's rendering of them: NUL, partial wildcards and wrong types never match.

import type { DomainName } from '../base/brand.ts';
import { isOneLabelBelow, looksLikeAddress, parseDomainName } from '../base/domain-name.ts';
import type { IpAddress } from '../base/lookup.ts';
import { sameOctets } from '../base/octets.ts';
import type { Certificate } from './certificate.ts';

export type IdentityMatch =
  | { readonly kind: 'match'; readonly name: DomainName | IpAddress }
  /** What the certificate carries, for people. */
  | { readonly kind: 'mismatch'; readonly carries: readonly string[] };

/**
 * @param names any one suffices, tried in order.
 * @param commonName `without-dns-id`: the CN counts where there is no dNSName at all (NAME-5, DANE-TA); else never (NAME-4).
 */
export function matchNames(
  certificate: Certificate,
  names: readonly DomainName[],
  commonName: 'never' | 'without-dns-id',
): IdentityMatch {
  const presented = presentedNames(certificate, commonName);
  for (const name of names) {
    // NAME-7: an address in text form is no DNS-ID.
    if (!looksLikeAddress(name) && presented.some((pattern) => covers(pattern, name))) return { kind: 'match', name };
  }
  return { kind: 'mismatch', carries: presentedForPeople(certificate) };
}

/** RFC 5280 §4.2.1.6: an iPAddress holds four or sixteen octets in network order. */
export function matchAddress(certificate: Certificate, address: IpAddress, octets: Uint8Array): IdentityMatch {
  const { names } = certificate;
  return names.kind === 'read' && names.ip.some((presented) => sameOctets(presented, octets))
    ? { kind: 'match', name: address }
    : { kind: 'mismatch', carries: presentedForPeople(certificate) };
}

/** `exact` or, for `*.` before it, everything one label below. */
type Pattern = { readonly kind: 'exact' | 'below'; readonly name: DomainName };

function presentedNames({ names }: Certificate, commonName: 'never' | 'without-dns-id'): readonly Pattern[] {
  if (names.kind === 'malformed') return [];
  // NAME-5: any dNSName, even one that matches nothing, keeps the CN out.
  if (names.dns.length > 0) return names.dns.flatMap((octets) => patternOf(asciiText(octets)));
  return commonName === 'without-dns-id' && names.commonName !== undefined ? patternOf(names.commonName) : [];
}

// NAME-2: `*` stands alone in the left-most label or nowhere. NAME-6: what is no domain name matches nothing.
function patternOf(text: string | undefined): readonly Pattern[] {
  if (text === undefined) return [];
  const wildcard = text.startsWith('*.');
  const name = parseDomainName(wildcard ? text.slice(2) : text);
  if (name.kind === 'fault' || looksLikeAddress(name.value)) return [];
  return [{ kind: wildcard ? 'below' : 'exact', name: name.value }];
}

const covers = ({ kind, name }: Pattern, reference: DomainName): boolean =>
  kind === 'exact' ? reference === name : isOneLabelBelow(reference, name);

/** IA5String: octets above 127 make it no name (RFC 5280 §4.2.1.6). */
const asciiText = (octets: Uint8Array): string | undefined =>
  octets.every((octet) => octet < 0x80) ? String.fromCharCode(...octets.subarray(0, 256)) : undefined;

const shown = 8;

function presentedForPeople({ names }: Certificate): readonly string[] {
  if (names.kind === 'malformed') return [];
  const texts = [
    ...names.dns.slice(0, shown).map((octets) => String.fromCharCode(...octets.subarray(0, 256))),
    ...(names.dns.length === 0 && names.commonName !== undefined ? [`CN=${names.commonName.slice(0, 256)}`] : []),
  ];
  return texts.map((text) => text.replace(/[^\x21-\x7e]/g, '?'));
}
