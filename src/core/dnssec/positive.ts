// The state of an RRset that is there (RFC 4035 §5.3), wildcard expansions included (§5.3.4).

import { type Seconds, seconds } from '../base/brand.ts';
import type { ResourceRecord } from '../dns/message.ts';
import type { Name } from '../dns/name.ts';
import { proveNoCloser } from './denial.ts';
import { gatherDenial } from './negative.ts';
import type { ZoneProof } from './proof.ts';
import { type SignedRrset, verifyRrset } from './rrset.ts';
import {
  anchorOf,
  bogusAnswer,
  type NotSecure,
  noAnchor,
  prefer,
  type Run,
  type Step,
  signersOf,
  standing,
  walkDown,
  zoneOf,
} from './run.ts';

export type Secured = { readonly kind: 'secure'; readonly ttl: Seconds; readonly zone: Name };

type SecureZone = Extract<ZoneProof, { kind: 'secure' }>;

/** `authority` holds the proof that a wildcard needs. */
export function* judgeRrset(
  run: Run,
  set: SignedRrset,
  authority: readonly ResourceRecord[],
): Step<Secured | NotSecure> {
  const { owner, type } = set.rrset;
  const anchor = anchorOf(run, owner, type);
  if (anchor === undefined) return noAnchor;
  const signers = signersOf(run, set.signatures, owner, type, anchor);
  if (signers.length === 0) {
    // DNS-7: unsigned data is insecure only where it is proven that nothing can be signed.
    return (yield* walkDown(run, owner, type, anchor)) ?? bogusAnswer('missing-signature');
  }
  let found: NotSecure | undefined;
  for (const signer of signers) {
    const zone = yield* zoneOf(run, signer);
    const finding = zone.kind === 'secure' ? yield* judgeInZone(run, set, authority, zone) : standing(zone);
    if (finding.kind === 'secure') return finding;
    found = prefer(found, finding);
  }
  return found ?? bogusAnswer('missing-signature');
}

function* judgeInZone(
  run: Run,
  set: SignedRrset,
  authority: readonly ResourceRecord[],
  zone: SecureZone,
): Step<Secured | NotSecure> {
  const verdict = yield* verifyRrset(set, zone.apex, zone.keys, run);
  const because = verdict.kind === 'bogus' ? verdict.because : 'no-matching-key';
  const rrsig = verdict.kind === 'unsupported' ? undefined : verdict.rrsig;
  run.chain.push({
    zone: zone.apex,
    what: 'rrset',
    keyTag: rrsig?.keyTag ?? null,
    algorithm: rrsig?.algorithm ?? null,
    outcome: verdict.kind === 'secure' ? 'secure' : because,
    ...(rrsig === undefined ? {} : { inception: rrsig.inception, expiration: rrsig.expiration }),
  });
  if (verdict.kind !== 'secure') return bogusAnswer(because);
  const secured: Secured = { kind: 'secure', ttl: verdict.ttl, zone: zone.apex };
  if (verdict.expandedAt === undefined) return secured;
  return yield* judgeExpansion(run, set.rrset.owner, verdict.expandedAt, authority, zone, secured);
}

// SEC-19
function* judgeExpansion(
  run: Run,
  owner: Name,
  labels: number,
  authority: readonly ResourceRecord[],
  zone: SecureZone,
  secured: Secured,
): Step<Secured | NotSecure> {
  const gathered = yield* gatherDenial(run, authority, zone);
  if (gathered.kind === 'bogus') return gathered;
  const limits = { budget: run.budget, nsec3Limit: run.rules.nsec3Limit };
  const proof = proveNoCloser(gathered.records, owner, labels, limits);
  switch (proof.kind) {
    case 'no-closer':
      return { ...secured, ttl: seconds(Math.min(secured.ttl, gathered.ttl)) };
    case 'insecure':
      return { ...proof, ttl: gathered.ttl };
    case 'unproven':
      return bogusAnswer(
        proof.because === 'denial-incomplete' ? (gathered.fault ?? 'wildcard-unproven') : proof.because,
      );
  }
}
