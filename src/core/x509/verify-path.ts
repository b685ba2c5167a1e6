// The path of a chain that is not live yet, from the leaf to a certificate of a store: names, signatures, dates, the CA flag
// (RFC 5280 §6.1, in part). For tools that look ahead (OPS-13); what decides delivery is OpenSSL's verdict of a handshake (A5).

import { X509Certificate } from 'node:crypto';
import type { Instant } from '../base/brand.ts';
import { sameOctets } from '../base/octets.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import type { PathFault, PathVerdict, TrustStoreRef } from './path-verdict.ts';
import { isValidAt, type PresentedChain } from './presented-chain.ts';

const maxDepth = 10;

type Link = Certificate & { readonly x509: X509Certificate };

/**
 * @param anchors DER of the certificates that a path may end in.
 * @param ref the store they stand for, in the verdict.
 */
export function verifyPath(
  chain: PresentedChain,
  anchors: readonly Uint8Array[],
  ref: TrustStoreRef,
  at: Instant,
): PathVerdict {
  const untrusted = (fault: PathFault, says: string): PathVerdict => ({ kind: 'untrusted', store: ref, fault, says });
  const sent = chain.map(linkOf);
  const [leaf] = sent;
  if (leaf === undefined) return untrusted('other', 'the certificate cannot be read');
  const found = climb([leaf], {
    sent: sent.flatMap((link) => link ?? []),
    anchors: anchors.flatMap((der) => linkOf(der) ?? []),
  });
  if (found === undefined) return untrusted('untrusted', 'no path leads to a certificate of the store');
  if (found.slice(1).some(({ x509 }) => !x509.ca)) return untrusted('constraint', 'an issuer is no authority');
  if (found.some(({ notBefore }) => at < notBefore))
    return untrusted('not-yet-valid', 'a certificate is not valid yet');
  if (found.some((link) => !isValidAt(link, at))) return untrusted('expired', 'a certificate has expired');
  if (found.slice(0, -1).some(({ signature }) => signature.digest === 'weak'))
    return untrusted('weak', 'a signature uses a weak digest');
  return { kind: 'trusted', store: ref };
}

type Around = { readonly sent: readonly Link[]; readonly anchors: readonly Link[] };

/** The first path upward that ends in an anchor. */
function climb(path: readonly [Link, ...Link[]], around: Around): readonly Link[] | undefined {
  const top = path.at(-1) as Link;
  if (around.anchors.some(({ der }) => sameOctets(der, top.der))) return path;
  const anchor = around.anchors.find((candidate) => issued(candidate, top));
  if (anchor !== undefined) return [...path, anchor];
  if (path.length > maxDepth) return undefined;
  for (const candidate of around.sent) {
    if (path.some(({ der }) => sameOctets(der, candidate.der)) || !issued(candidate, top)) continue;
    const found = climb([...path, candidate], around);
    if (found !== undefined) return found;
  }
  return undefined;
}

function issued(issuer: Link, below: Link): boolean {
  return sameOctets(issuer.subject, below.issuer) && below.x509.verify(issuer.x509.publicKey);
}

function linkOf(der: Uint8Array): Link | undefined {
  const read = readCertificate(der);
  if (read === undefined) return undefined;
  try {
    return { ...read, x509: new X509Certificate(der) };
  } catch {
    // PKIX-10
    return undefined;
  }
}
