// TLSA rdata to a record, or to the reason SMTP may not use it (RFC 7672 §3.1, DANE-30 to DANE-38).

import type { DomainName } from '../base/brand.ts';
import type { LookupFailure } from '../base/lookup.ts';
import { fault, isNonEmpty, type NonEmpty, ok, type Result } from '../base/result.ts';
import { isCertificate, isPublicKeyInfo } from '../x509/certificate.ts';

export type TlsaRecord = {
  readonly usage: 'dane-ta' | 'dane-ee';
  readonly selector: 'cert' | 'spki';
  readonly matching: 'full' | 'sha2-256' | 'sha2-512';
  readonly data: Uint8Array;
};

export type UnusableTlsa = {
  readonly rdata: Uint8Array;
  readonly because: 'usage' | 'selector' | 'matching-type' | 'length' | 'not-der' | 'short-rdata';
};

/** The log word `tlsa_state`: usable, unusable, none, insecure, bogus or servfail, n/a. */
export type DaneFinding =
  | {
      readonly kind: 'usable';
      readonly baseDomain: DomainName;
      readonly records: NonEmpty<TlsaRecord>;
      readonly ignored: readonly UnusableTlsa[];
    }
  | { readonly kind: 'unusable'; readonly baseDomain: DomainName; readonly ignored: NonEmpty<UnusableTlsa> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'insecure'; readonly because?: 'nsec3-iterations' }
  | { readonly kind: 'failed'; readonly reason: LookupFailure }
  /** Address literals, local names, or addresses that could not be had: nothing was asked. */
  | { readonly kind: 'not-applicable' };

/** Digests by rank, strongest first; what is not listed is switched off (DANE-35, RFC 7671 §9). */
export type Digests = readonly ('sha2-256' | 'sha2-512')[];
export const defaultDigests: Digests = ['sha2-512', 'sha2-256'];

// DANE-38
export const maxRecords = 64;

const usages: Readonly<Record<number, TlsaRecord['usage']>> = { 2: 'dane-ta', 3: 'dane-ee' };
const selectors: Readonly<Record<number, TlsaRecord['selector']>> = { 0: 'cert', 1: 'spki' };
const matchings: Readonly<Record<number, TlsaRecord['matching']>> = { 0: 'full', 1: 'sha2-256', 2: 'sha2-512' };

/** The secure record set of one candidate name as a finding: usable if one record is (DANE-30 to DANE-33). */
export function readTlsa(
  baseDomain: DomainName,
  rdatas: NonEmpty<Uint8Array>,
  digests: Digests = defaultDigests,
): DaneFinding {
  // DANE-38: more than this is nobody's real record set.
  if (rdatas.length > maxRecords) return { kind: 'failed', reason: 'malformed' };
  const parsed = rdatas.map((rdata) => parseTlsa(rdata, digests));
  const records = parsed.flatMap((result) => (result.kind === 'ok' ? [result.value] : []));
  const ignored = parsed.flatMap((result) => (result.kind === 'fault' ? [result.fault] : []));
  // DANE-32: the unusable ones of a mixed set play no part.
  if (isNonEmpty(records)) return { kind: 'usable', baseDomain, records, ignored };
  return { kind: 'unusable', baseDomain, ignored: ignored as unknown as NonEmpty<UnusableTlsa> };
}

/** One record, or why SMTP may not use it (RFC 6698 §2.1, RFC 7672 §3.1). */
export function parseTlsa(rdata: Uint8Array, digests: Digests = defaultDigests): Result<TlsaRecord, UnusableTlsa> {
  const unusable = (because: UnusableTlsa['because']): Result<TlsaRecord, UnusableTlsa> => fault({ rdata, because });
  const [first, second, third] = rdata;
  if (first === undefined || second === undefined || third === undefined) return unusable('short-rdata');
  const usage = usages[first];
  const selector = selectors[second];
  const matching = matchings[third];
  // DANE-31, INT-11: usages 0 and 1 are undefined for SMTP.
  if (usage === undefined) return unusable('usage');
  if (selector === undefined) return unusable('selector');
  if (matching === undefined || (matching !== 'full' && !digests.includes(matching))) return unusable('matching-type');
  const data = rdata.slice(3);
  if (matching === 'full') {
    const reads = selector === 'cert' ? isCertificate(data) : isPublicKeyInfo(data);
    return reads ? ok({ usage, selector, matching, data }) : unusable('not-der');
  }
  if (data.length !== (matching === 'sha2-256' ? 32 : 64)) return unusable('length');
  return ok({ usage, selector, matching, data });
}

/** "3 1 1 8a9a70…": the first octets suffice to tell records apart (DANE-64). */
export function formatTlsa({ usage, selector, matching, data }: TlsaRecord): string {
  const head = [
    usage === 'dane-ta' ? 2 : 3,
    selector === 'cert' ? 0 : 1,
    ['full', 'sha2-256', 'sha2-512'].indexOf(matching),
  ];
  const hex = [...data.subarray(0, 8)].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return `${head.join(' ')} ${hex}…`;
}
