// One RRset under the keys of its zone (RFC 4035 §5.3): which signatures and keys are tried, in what order, how many.

import { type Instant, type Seconds, seconds } from '../base/brand.ts';
import { spend } from '../base/budget.ts';
import { isNonEmpty } from '../base/result.ts';
import { toHex } from '../dns/encodings.ts';
import { classIn, type ResourceRecord, RrType } from '../dns/message.ts';
import { isAtOrBelow, isWildcard, labelCount, type Name } from '../dns/name.ts';
import { lowerRdata } from '../dns/wire.ts';
import { type Rrset, signedOctets, signedOwner } from './canonical.ts';
import {
  maxKeysPerTag,
  maxOwnersInSection,
  maxPairsPerSet,
  maxSignaturesOnSet,
  verificationsPerTurn,
} from './limits.ts';
import type { BogusCause, Fact, Need, ProofBudget, ProofRules } from './proof.ts';
import { type Rrsig, readRrsig } from './rdata.ts';
import { isSupportedAlgorithm, secondsLeft, timeFault, verifySignature, type ZoneKey } from './signature.ts';

/** An RRSIG with the TTL its record came with. */
export type Signature = { readonly rrsig: Rrsig; readonly ttl: number };

export type SignedRrset = { readonly rrset: Rrset; readonly signatures: readonly Signature[] };

/** The part of a proof's state that verification needs. */
export type Verifying = { readonly now: Instant; readonly budget: ProofBudget; readonly rules: ProofRules };

export type RrsetVerdict =
  | {
      readonly kind: 'secure';
      readonly rrsig: Rrsig;
      readonly ttl: Seconds;
      /** Labels of the closest encloser when a wildcard was expanded. */
      readonly expandedAt: number | undefined;
    }
  | { readonly kind: 'bogus'; readonly because: BogusCause; readonly rrsig?: Rrsig }
  /** Every signature that fits is of a kind the library refuses (INT-13). */
  | { readonly kind: 'unsupported' };

/** The RRset of one owner and type in a section, with the signatures over it. Records that repeat are left out. */
export function findRrset(section: readonly ResourceRecord[], owner: Name, type: number): SignedRrset | undefined {
  const records = distinct(section.filter((record) => isOf(record, owner, type)));
  if (!isNonEmpty(records)) return undefined;
  return { rrset: { owner, type, class: classIn, records }, signatures: findSignatures(section, owner, type) };
}

const isOf = (record: ResourceRecord, owner: Name, type: number): boolean =>
  record.owner === owner && record.type === type && record.class === classIn;

/** RFC 4034 §6.3: answers merged along an alias chain repeat records. */
function distinct(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (records.length < 2) return records;
  const seen = new Map<string, ResourceRecord>();
  for (const record of records) {
    const form = toHex(lowerRdata(record.rdata, record.type) ?? record.rdata);
    if (!seen.has(form)) seen.set(form, record);
  }
  return [...seen.values()];
}

// SEC-40: at most so many are looked at.
function findSignatures(section: readonly ResourceRecord[], owner: Name, type: number): readonly Signature[] {
  return section
    .filter((record) => isOf(record, owner, RrType.RRSIG) && (record.rdata[0]! << 8) + record.rdata[1]! === type)
    .slice(0, maxSignaturesOnSet)
    .flatMap((record) => {
      const rrsig = readRrsig(record.rdata);
      return rrsig === undefined ? [] : [{ rrsig, ttl: record.ttl }];
    });
}

/** All RRsets of one type in a section, each under its owner; of very many owners the first. */
export function findRrsets(section: readonly ResourceRecord[], type: number): readonly SignedRrset[] {
  const owners = new Set(section.filter((record) => record.type === type).map((record) => record.owner));
  return [...owners].slice(0, maxOwnersInSection).flatMap((owner) => findRrset(section, owner, type) ?? []);
}

/**
 * SEC-5, SEC-7: one valid signature by one key of the zone suffices; signatures by unknown keys or algorithms are passed
 * over. The cause of a failure is that of the signature that came closest.
 */
export function* verifyRrset(
  { rrset, signatures }: SignedRrset,
  zone: Name,
  keys: readonly ZoneKey[],
  { now, budget, rules }: Verifying,
): Generator<readonly Need[], RrsetVerdict, readonly Fact[]> {
  // SEC-5: a zone's keys speak for nothing outside of it.
  const ofZone = isAtOrBelow(rrset.owner, zone) ? signatures.filter(({ rrsig }) => rrsig.signer === zone) : [];
  let worst: RrsetVerdict = { kind: 'bogus', because: 'missing-signature' };
  let pairs = 0;
  for (const { rrsig, ttl } of ofZone) {
    const fitting = fittingKeys(keys, rrsig);
    const because = hasFittingLabels(rrset, rrsig, zone)
      ? presentedFault(rrsig, fitting, { now, rules })
      : 'signature-malformed';
    const octets = because === undefined ? signedOctets(rrset, rrsig) : undefined;
    if (octets === undefined) {
      worst = closer(worst, { kind: 'bogus', because: because ?? 'signature-malformed', rrsig });
      continue;
    }
    for (const key of fitting) {
      if (++pairs > maxPairsPerSet || !spend(budget, 'verifications')) return { kind: 'bogus', because: 'budget' };
      // SEC-41
      if (budget.spent.verifications % verificationsPerTurn === 0) yield [];
      const found = verifySignature(octets, rrsig, key);
      if (found === 'valid') return secureBy(rrset, rrsig, ttl, now);
      worst = closer(worst, found === 'unsupported' ? { kind: found } : mismatch(rrsig));
      if (!spend(budget, 'failedVerifications')) return { kind: 'bogus', because: 'budget' };
    }
  }
  return worst;
}

const mismatch = (rrsig: Rrsig): RrsetVerdict => ({ kind: 'bogus', because: 'signature-mismatch', rrsig });

// SEC-40: no more than two keys that share tag and algorithm.
const fittingKeys = (keys: readonly ZoneKey[], rrsig: Rrsig): readonly ZoneKey[] =>
  keys
    .filter(({ dnskey }) => dnskey.keyTag === rrsig.keyTag && dnskey.algorithm === rrsig.algorithm)
    .slice(0, maxKeysPerTag);

// SEC-5: no more labels than the owner has; no wildcard above the apex.
const hasFittingLabels = (rrset: Rrset, rrsig: Rrsig, zone: Name): boolean =>
  rrsig.labels >= labelCount(zone) && signedOwner(rrset.owner, rrsig.labels) !== undefined;

function presentedFault(
  rrsig: Rrsig,
  fitting: readonly ZoneKey[],
  { now, rules }: Pick<Verifying, 'now' | 'rules'>,
): BogusCause | undefined {
  if (fitting.length === 0 || !isSupportedAlgorithm(rrsig.algorithm, rules.sha1)) return 'no-matching-key';
  return timeFault(rrsig, now, rules.inceptionTolerance);
}

const closeness: readonly BogusCause[] = [
  'missing-signature',
  'no-matching-key',
  'signature-malformed',
  'signature-not-yet-valid',
  'signature-expired',
  'signature-mismatch',
];

/** The failure that says most; `unsupported` only stands where nothing else does. */
function closer(left: RrsetVerdict, right: RrsetVerdict): RrsetVerdict {
  const rank = (verdict: RrsetVerdict): number =>
    verdict.kind === 'bogus' ? closeness.indexOf(verdict.because) : closeness.indexOf('no-matching-key');
  return rank(right) > rank(left) ? right : left;
}

function secureBy(rrset: Rrset, rrsig: Rrsig, signatureTtl: number, now: Instant): RrsetVerdict {
  const own = labelCount(rrset.owner) - (isWildcard(rrset.owner) ? 1 : 0);
  // DNS-8, RFC 4035 §5.3.3
  const ttls = [...rrset.records.map((record) => record.ttl), signatureTtl, rrsig.originalTtl, secondsLeft(rrsig, now)];
  return {
    kind: 'secure',
    rrsig,
    ttl: seconds(Math.min(...ttls)),
    expandedAt: rrsig.labels < own ? rrsig.labels : undefined,
  };
}
