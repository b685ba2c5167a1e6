// One authenticator against one TLS session: does the presented chain prove what it asks for (RFC 7672 §3, RFC 8461 §4.2,
// RFC 8689 §4.2.1)? The path verdicts come from OpenSSL; names, dates and digests are compared here.

import type { DomainName, Instant } from '../base/brand.ts';
import type { Evidence } from '../base/evidence.ts';
import { sameOctets } from '../base/octets.ts';
import { isNonEmpty, type NonEmpty } from '../base/result.ts';
import { type Anchor, matchDane } from '../dane/match.ts';
import { formatTlsa } from '../dane/tlsa.ts';
import { octetsOf } from '../routing/ip-address.ts';
import { type Certificate, isSelfIssued, readCertificate } from '../x509/certificate.ts';
import { matchAddress, matchNames } from '../x509/identity.ts';
import type { PathFault, PathVerdict, TrustStoreRef } from '../x509/path-verdict.ts';
import { isValidAt, pathFrom, readChain } from '../x509/presented-chain.ts';
import type { Authenticator, AuthnFact, SecurityState } from './model.ts';
import type { Reason } from './reasons.ts';

export type Encrypted = Extract<SecurityState, { kind: 'encrypted' }>;

export type CertReason = Extract<Reason, `cert-${string}` | 'floor-verify'>;

export type Authentication =
  | { readonly kind: 'holds'; readonly fact: AuthnFact; readonly evidence: Evidence }
  | { readonly kind: 'fails'; readonly because: CertReason; readonly evidence: Evidence }
  /** The path was not yet verified against these. */
  | { readonly kind: 'undecided'; readonly need: NonEmpty<TrustStoreRef> };

/** @param at the instant for which validity counts; OpenSSL's verdict is of the machine's time (A5). */
export function authenticate(asked: Authenticator, session: Encrypted, at: Instant): Authentication {
  const chain = readChain(session.chain);
  // PKIX-10
  if (chain.kind === 'too-large') return fails('cert-untrusted', 'PKIX-10', `the chain is refused: ${chain.says}`);
  const [leaf] = chain.certificates;
  if (leaf === undefined) return fails('cert-untrusted', 'RFC 5280 §4.1', 'the certificate of the host cannot be read');
  const seen: Seen = { leaf, certificates: chain.certificates, paths: session.paths, at };
  return asked.by === 'dane' ? byDane(asked, seen) : byWebPki(asked, seen);
}

type Seen = {
  readonly leaf: Certificate;
  readonly certificates: readonly (Certificate | undefined)[];
  readonly paths: readonly PathVerdict[];
  readonly at: Instant;
};

// ---- DANE

function byDane(asked: Extract<Authenticator, { by: 'dane' }>, seen: Seen): Authentication {
  const match = matchDane(asked.records, seen.certificates, seen.at);
  switch (match.kind) {
    case 'none':
      // DANE-40, DT-7.11
      return fails('cert-no-tlsa-match', 'RFC 7672 §3.2', 'no TLSA record matches the chain');
    case 'ee': {
      // TLS-23: names, dates and issuers do not count (DANE-44), but a key that can be broken proves nothing.
      if (seen.leaf.key.kind === 'rsa' && seen.leaf.key.bits < 1024)
        return fails('cert-untrusted', 'TLS-23', `the RSA key has only ${seen.leaf.key.bits} bits`);
      return holds(
        { authn: 'dane-ee', tlsa: { record: match.record, depth: 0 } },
        'RFC 7672 §3.1.1',
        `the certificate matches TLSA ${formatTlsa(match.record)}`,
      );
    }
    case 'ta':
      return bestOf(match.anchors.map((anchor) => byAnchor(asked.names, anchor, seen)));
  }
}

/** DANE-61: one anchor that holds is enough; a failure counts only when nothing is left to be tried. */
function bestOf(results: readonly Authentication[]): Authentication {
  const held = results.find(({ kind }) => kind === 'holds');
  if (held !== undefined) return held;
  const need = results.flatMap((result) => (result.kind === 'undecided' ? result.need : []));
  if (isNonEmpty(need)) return { kind: 'undecided', need };
  const failed = results.filter((result) => result.kind === 'fails');
  return failed.toSorted((a, b) => rank(b.because) - rank(a.because))[0] as Authentication;
}

/** The failure that got furthest tells most. */
const rank = (because: CertReason): number =>
  ['cert-no-tlsa-match', 'cert-untrusted', 'cert-expired', 'cert-name'].indexOf(because);

function byAnchor(names: NonEmpty<DomainName>, anchor: Anchor, seen: Seen): Authentication {
  const store: TrustStoreRef = { kind: 'anchor', certificate: anchor.certificate };
  const verdict = verdictOf(seen.paths, store);
  if (verdict === undefined) return { kind: 'undecided', need: [store] };
  const record = formatTlsa(anchor.record);
  if (verdict.kind === 'untrusted') {
    const says = `the path to the certificate of TLSA ${record} fails: ${verdict.says}`;
    // DANE-56: a key or certificate that only DNS has, and no path to it, is no match at all.
    return anchor.from === 'dns' && verdict.fault === 'untrusted'
      ? fails('cert-no-tlsa-match', 'RFC 7671 §5.2.3', says)
      : untrusted(verdict, says, seen);
  }
  const certificate = readCertificate(anchor.certificate);
  // DANE-52, DANE-53: the certificates below the anchor and the anchor itself.
  const path = pathFrom(seen.certificates, seen.at, certificate);
  // An anchor is trusted without its signature.
  const below = path.filter(({ der }) => !sameOctets(der, anchor.certificate));
  const fault = faultInUse(path, below, seen.at);
  if (fault !== undefined) return fault;
  // NAME-5: without any DNS-ID the CN counts for DANE-TA.
  const match = matchNames(seen.leaf, names, 'without-dns-id');
  if (match.kind === 'mismatch') return nameFails('RFC 7672 §3.2.2', names, match.carries);
  return holds(
    { authn: 'dane-ta', name: match.name as DomainName, tlsa: { record: anchor.record, depth: anchor.depth } },
    'RFC 7672 §3.1.2',
    `the chain leads to TLSA ${record}, and the certificate is for ${match.name}`,
  );
}

// ---- WebPKI

function byWebPki(asked: Exclude<Authenticator, { by: 'dane' }>, seen: Seen): Authentication {
  const rule = { 'pkix-sts': 'RFC 8461 §4.2', 'pkix-floor': 'DT-4.9', 'pkix-requiretls': 'RFC 8689 §4.2.1' }[asked.by];
  if (asked.names.length === 0 && asked.address === undefined)
    return fails('floor-verify', rule, 'no name is known that the certificate could be checked for');
  const store: TrustStoreRef = { kind: 'webpki' };
  const verdict = verdictOf(seen.paths, store);
  if (verdict === undefined) return { kind: 'undecided', need: [store] };
  if (verdict.kind === 'untrusted')
    return untrusted(verdict, `the path to a public authority fails: ${verdict.says}`, seen);
  const path = pathFrom(seen.certificates, seen.at);
  // The top of a longer chain may stand beside a root of the same name in the store, which OpenSSL prefers.
  const inUse = path.length > 2 ? path.slice(0, -1) : path;
  const fault = faultInUse(
    inUse,
    inUse.filter((certificate) => !isSelfIssued(certificate)),
    seen.at,
  );
  if (fault !== undefined) return fault;
  // NAME-4: DNS-IDs only.
  const match = matchNames(seen.leaf, asked.names, 'never');
  if (match.kind === 'match')
    return holds({ authn: asked.by, name: match.name as DomainName }, rule, `the certificate is for ${match.name}`);
  const octets = asked.address === undefined ? undefined : octetsOf(asked.address);
  if (asked.address !== undefined && octets !== undefined) {
    // NAME-7: an address is looked for among the iPAddress entries alone.
    const byAddress = matchAddress(seen.leaf, asked.address, octets);
    if (byAddress.kind === 'match') return holds({ authn: asked.by }, rule, `the certificate is for ${asked.address}`);
  }
  const wanted = [...asked.names, ...(asked.address === undefined ? [] : [asked.address])];
  return nameFails(rule, wanted, match.carries);
}

// ---- parts

/** A verdict counts for the store it was made with, and no other. */
function verdictOf(paths: readonly PathVerdict[], wanted: TrustStoreRef): PathVerdict | undefined {
  return paths.find(({ store }) =>
    store.kind === 'anchor' && wanted.kind === 'anchor'
      ? sameOctets(store.certificate, wanted.certificate)
      : store.kind === wanted.kind && store.kind === 'webpki',
  );
}

const faultReasons: Readonly<Record<PathFault, CertReason>> = {
  expired: 'cert-expired',
  'not-yet-valid': 'cert-expired',
  untrusted: 'cert-untrusted',
  constraint: 'cert-untrusted',
  weak: 'cert-untrusted',
  other: 'cert-untrusted',
};

function untrusted(
  { fault }: Extract<PathVerdict, { kind: 'untrusted' }>,
  says: string,
  { certificates, at }: Seen,
): Authentication {
  const because = faultReasons[fault];
  // A5: OpenSSL judged by the machine's clock. If every date fits the asked instant, nobody knows; nothing is sent.
  const unknown = because === 'cert-expired' && certificates.every((one) => one !== undefined && isValidAt(one, at));
  const result = fails(because, 'RFC 5280 §6.1.3', unknown ? `${says}; undetermined for the asked instant` : says);
  return unknown ? { ...result, evidence: { ...result.evidence, outcome: 'unknown' } } : result;
}

/** Dates at the asked instant (A5, DANE-52) and keys of the certificates in use, digests of those that somebody signed (TLS-23). */
function faultInUse(
  inUse: readonly Certificate[],
  signed: readonly Certificate[],
  at: Instant,
): Extract<Authentication, { kind: 'fails' }> | undefined {
  if (!inUse.every((certificate) => isValidAt(certificate, at)))
    return fails('cert-expired', 'RFC 5280 §6.1.3', 'a certificate of the chain is outside its validity period');
  const weak = inUse.find(
    ({ key }) => (key.kind === 'rsa' && key.bits < 2048) || (key.kind === 'ec' && key.bits < 224),
  );
  if (weak !== undefined)
    return fails('cert-untrusted', 'TLS-23', `a key of the chain is too weak (${weak.key.kind} ${weak.key.bits} bits)`);
  return signed.some(({ signature }) => signature.digest === 'weak')
    ? fails('cert-untrusted', 'TLS-23', 'a certificate of the chain is signed over MD5 or SHA-1')
    : undefined;
}

const nameFails = (rule: string, wanted: readonly string[], carries: readonly string[]): Authentication =>
  fails(
    'cert-name',
    rule,
    `the certificate is for ${carries.join(', ') || 'no name'}, and ${wanted.join(' or ')} is needed`,
  );

const holds = (fact: AuthnFact, rule: string, says: string): Authentication => ({
  kind: 'holds',
  fact,
  evidence: { rung: 'certificate', outcome: 'pass', rule, says, code: fact.authn },
});

const fails = (because: CertReason, rule: string, says: string): Extract<Authentication, { kind: 'fails' }> => ({
  kind: 'fails',
  because,
  evidence: { rung: 'certificate', outcome: 'fail', rule, says, code: because },
});
