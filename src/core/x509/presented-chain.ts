// The DER certificates the peer sent, in the order sent, leaf first (DANE-43). Nothing here comes from a local store.

import type { Instant } from '../base/brand.ts';
import { sameOctets } from '../base/octets.ts';
import type { NonEmpty } from '../base/result.ts';
import { type Certificate, isSelfIssued, readCertificate } from './certificate.ts';

export type PresentedChain = NonEmpty<Uint8Array>;

export const sameChain = (a: PresentedChain, b: PresentedChain): boolean =>
  a.length === b.length && a.every((certificate, index) => sameOctets(certificate, b[index] as Uint8Array));

// PKIX-10
const maxCertificates = 20;
const maxPath = 10;
const maxOctets = 128 * 1024;

/** @returns the certificates that can be read, or why the chain is not looked at. */
export function readChain(chain: PresentedChain): ReadChain {
  const read = known.get(chain) ?? readAnew(chain);
  known.set(chain, read);
  return read;
}

type ReadChain = { readonly kind: 'ok'; readonly certificates: readonly (Certificate | undefined)[] } | ChainTooLarge;

/** The chain of an open session is judged for each message that rides it. Nobody writes into one. */
const known = new WeakMap<PresentedChain, ReadChain>();

function readAnew(chain: PresentedChain): ReadChain {
  if (chain.length > maxCertificates) return { kind: 'too-large', says: `more than ${maxCertificates} certificates` };
  if (chain.reduce((sum, { length }) => sum + length, 0) > maxOctets)
    return { kind: 'too-large', says: `more than ${maxOctets} octets of certificates` };
  return { kind: 'ok', certificates: chain.map(readCertificate) };
}

export type ChainTooLarge = { readonly kind: 'too-large'; readonly says: string };

/**
 * The path from the leaf upward among the presented certificates, by names alone, up to `anchor` where one is given (it
 * stands last then). Of several certificates with one name the first that is valid at the instant is taken.
 */
export function pathFrom(
  certificates: readonly (Certificate | undefined)[],
  at: Instant,
  anchor?: Certificate,
): readonly Certificate[] {
  const [leaf, ...others] = certificates;
  if (leaf === undefined) return [];
  const path: Certificate[] = [leaf];
  for (let top = leaf; path.length <= maxPath; ) {
    if (anchor !== undefined && sameOctets(top.der, anchor.der)) return path;
    if (anchor !== undefined && sameOctets(top.issuer, anchor.subject)) return [...path, anchor];
    if (isSelfIssued(top)) return path;
    const issuers = others.filter(
      (other) => other !== undefined && !path.includes(other) && sameOctets(other.subject, top.issuer),
    ) as readonly Certificate[];
    const next = issuers.find((issuer) => isValidAt(issuer, at)) ?? issuers[0];
    if (next === undefined) return path;
    path.push(next);
    top = next;
  }
  return path;
}

export const isValidAt = ({ notBefore, notAfter }: Certificate, at: Instant): boolean =>
  notBefore <= at && at <= notAfter;
