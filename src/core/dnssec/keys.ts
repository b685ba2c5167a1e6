// From DS records that hold to the keys of a zone (RFC 4035 §5.2, RFC 4509, RFC 6840 §5.2).

import type { Seconds } from '../base/brand.ts';
import { RrType } from '../dns/message.ts';
import { type Name, nameToOctets } from '../dns/name.ts';
import { compareOctets } from './canonical.ts';
import { maxKeysInSet, maxKeysPerTag } from './limits.ts';
import type { BogusCause } from './proof.ts';
import { type Ds, isZoneKey, readDnskey } from './rdata.ts';
import { findRrset, type RrsetVerdict, type SignedRrset, verifyRrset } from './rrset.ts';
import { ask, bogusAnswer, type Heard, type NotSecure, type Run, type Step, type Unheard } from './run.ts';
import {
  dsDigest,
  isSupportedAlgorithm,
  isSupportedDigest,
  keyFitness,
  makeZoneKey,
  type Sha1Use,
  type ZoneKey,
} from './signature.ts';

export type UsableDs =
  | { readonly kind: 'ds'; readonly ds: readonly Ds[] }
  | { readonly kind: 'unsupported'; readonly because: 'unsupported-algorithm' | 'unsupported-digest' };

/** SEC-27: the records that this validator can follow; a set without any makes the zone insecure. */
export function usableDs(all: readonly Ds[], sha1: Sha1Use): UsableDs {
  const known = all.filter((ds) => isSupportedAlgorithm(ds.algorithm, sha1));
  const usable = known.filter((ds) => isSupportedDigest(ds.digestType, sha1));
  if (known.length === 0) return { kind: 'unsupported', because: 'unsupported-algorithm' };
  if (usable.length === 0) return { kind: 'unsupported', because: 'unsupported-digest' };
  // SEC-9, RFC 4509 §3
  const strong = usable.filter((ds) => ds.digestType !== 1);
  return { kind: 'ds', ds: strong.length > 0 ? strong : usable };
}

export type Keyed = { readonly kind: 'keys'; readonly keys: readonly ZoneKey[]; readonly ttl: Seconds };

/** Where the DS records come from: the parent zone, or the configuration. */
type Origin = 'ds' | 'anchor';

/**
 * The keys of the zone at `apex`, given DS records that hold and are usable. `answer` is what was heard about DNSKEY.
 * SEC-34: asks once more if that does not hold.
 */
export function* proveKeys(
  run: Run,
  apex: Name,
  ds: readonly Ds[],
  origin: Origin,
  answer: Heard | Unheard,
): Step<Keyed | NotSecure> {
  if (answer.kind !== 'message') return answer;
  const first = yield* judgeKeys(run, apex, ds, origin, answer);
  if (first.kind !== 'bogus' || first.at !== 'answer') return first;
  const again = yield* ask(run, apex, RrType.DNSKEY, 'again');
  const second = again.kind === 'message' ? yield* judgeKeys(run, apex, ds, origin, again) : first;
  return second.kind === 'keys' || second.kind === 'insecure' ? second : first;
}

function* judgeKeys(
  run: Run,
  apex: Name,
  ds: readonly Ds[],
  origin: Origin,
  { message }: Heard,
): Step<Keyed | NotSecure> {
  const set = findRrset(message.answer, apex, RrType.DNSKEY);
  if (set === undefined) {
    run.chain.push({ ...stepOf(apex, ds[0]), what: 'dnskey', outcome: 'no-dnskey' });
    return bogusAnswer('no-dnskey');
  }
  const keys = zoneKeysOf(set);
  const matches = matchKeys(apex, ds, keys);
  const fit = matches.filter(({ key }) => keyFitness(key.dnskey) !== 'unsupported');
  // SEC-28: the parent vouches for a key that is too small to be worth anything.
  const onlySmall = matches.length > 0 && fit.length === 0 && matches.length === ds.length;
  if (onlySmall && origin === 'ds') {
    noteKeys(run, apex, matches[0], undefined, 'unsupported-algorithm');
    return { kind: 'insecure', because: 'unsupported-algorithm', ttl: ttlOf(set) };
  }
  // SEC-8
  if (fit.length === 0) return missed(run, apex, ds, origin);
  run.chain.push({ ...stepOf(apex, fit[0]!.ds), what: origin, outcome: 'secure', digestType: fit[0]!.ds.digestType });

  // SEC-8: only a key that a DS names may vouch for the others.
  const vouching = [...new Set(fit.map(({ key }) => key))];
  const verdict = yield* verifyRrset(set, apex, vouching, run);
  if (verdict.kind === 'unsupported' && origin === 'ds' && ds.every(isSha1Signed)) {
    // INT-13: the library refuses SHA-1.
    noteKeys(run, apex, fit[0], undefined, 'unsupported-algorithm');
    return { kind: 'insecure', because: 'unsupported-algorithm', ttl: ttlOf(set) };
  }
  const outcome = verdict.kind === 'secure' ? 'secure' : verdict.kind === 'bogus' ? verdict.because : 'no-matching-key';
  noteKeys(run, apex, fit[0], verdict, outcome);
  return verdict.kind === 'secure' ? { kind: 'keys', keys, ttl: verdict.ttl } : bogusAnswer(outcome as BogusCause);
}

function missed(run: Run, apex: Name, ds: readonly Ds[], origin: Origin): NotSecure {
  const because = origin === 'anchor' ? 'anchor-mismatch' : 'ds-mismatch';
  run.chain.push({ ...stepOf(apex, ds[0]), what: origin, outcome: because });
  return bogusAnswer(because);
}

const stepOf = (
  zone: Name,
  ds: Ds | undefined,
): { readonly zone: Name; readonly keyTag: number | null; readonly algorithm: number | null } => ({
  zone,
  keyTag: ds?.keyTag ?? null,
  algorithm: ds?.algorithm ?? null,
});

function noteKeys(
  run: Run,
  apex: Name,
  match: Match | undefined,
  verdict: RrsetVerdict | undefined,
  outcome: 'secure' | BogusCause | 'unsupported-algorithm',
): void {
  const rrsig = verdict === undefined || verdict.kind === 'unsupported' ? undefined : verdict.rrsig;
  run.chain.push({
    ...stepOf(apex, match?.ds),
    ...(rrsig === undefined
      ? {}
      : {
          keyTag: rrsig.keyTag,
          algorithm: rrsig.algorithm,
          inception: rrsig.inception,
          expiration: rrsig.expiration,
        }),
    what: 'dnskey',
    outcome,
  });
}

const isSha1Signed = (ds: Ds): boolean => ds.algorithm === 5 || ds.algorithm === 7;

const ttlOf = ({ rrset }: SignedRrset): Seconds => Math.min(...rrset.records.map((record) => record.ttl)) as Seconds;

// SEC-5, TA-4: no key without the zone bit, none that is revoked. SEC-40: no more than so many.
const zoneKeysOf = ({ rrset }: SignedRrset): readonly ZoneKey[] =>
  rrset.records
    .slice(0, maxKeysInSet)
    .flatMap((record) => readDnskey(record.rdata) ?? [])
    .filter(isZoneKey)
    .map(makeZoneKey);

type Match = { readonly ds: Ds; readonly key: ZoneKey };

/** SEC-8: digest over owner and RDATA; per DS record at most one key fits. */
function matchKeys(apex: Name, all: readonly Ds[], keys: readonly ZoneKey[]): readonly Match[] {
  const owner = nameToOctets(apex);
  return all.flatMap((ds) => {
    const key = keys
      .filter(({ dnskey }) => dnskey.keyTag === ds.keyTag && dnskey.algorithm === ds.algorithm)
      .slice(0, maxKeysPerTag)
      .find(({ dnskey }) => {
        const digest = dsDigest(ds.digestType, owner, dnskey.rdata);
        return digest !== undefined && compareOctets(digest, ds.digest) === 0;
      });
    return key === undefined ? [] : [{ ds, key }];
  });
}
