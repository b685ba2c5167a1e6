// What the proofs of one question share: asking within the budget, the zones known so far, the choice of the zone by
// signer, and the walk for names under which nothing is signed (RFC 4035 §5.1, §5.2).

import { type Instant, type Seconds, seconds } from '../base/brand.ts';
import { spend } from '../base/budget.ts';
import { type Message, Rcode, RrType } from '../dns/message.ts';
import { isAtOrBelow, labelCount, lastLabels, type Name, parentName, rootName } from '../dns/name.ts';
import { type Anchors, anchorZone } from './anchors.ts';
import { maxSigners } from './limits.ts';
import type {
  BogusCause,
  ChainStep,
  Fact,
  IndeterminateCause,
  InsecureCause,
  Need,
  ProofBudget,
  ProofRules,
  Unanswered,
  ZoneProof,
} from './proof.ts';
import type { Signature, Verifying } from './rrset.ts';

/** A part of a proof: asks for facts, gives its finding. */
export type Step<Finding> = Generator<readonly Need[], Finding, readonly Fact[]>;

/** Anything but secure. `at` tells whether another answer to the same question could mend it (SEC-34). */
export type NotSecure =
  /** `ttl`: how long the ground of it holds. */
  | { readonly kind: 'insecure'; readonly because: InsecureCause; readonly ttl: Seconds }
  | { readonly kind: 'bogus'; readonly because: BogusCause; readonly at: 'answer' | 'zone' }
  | { readonly kind: 'indeterminate'; readonly because: IndeterminateCause };

export type Run = Verifying & {
  readonly anchors: Anchors;
  /** SEC-42; grows as the proof goes on. */
  readonly chain: ChainStep[];
  readonly zones: Map<Name, ZoneProof>;
  /** While a zone itself is being proven, only zones above it may be asked for. */
  readonly proving: Name | undefined;
};

export const startRun = (
  anchors: Anchors,
  now: Instant,
  budget: ProofBudget,
  rules: ProofRules,
  proving?: Name,
): Run => ({ anchors, now, budget, rules, proving, chain: [], zones: new Map() });

/** It changes with the configuration only. */
export const noAnchor: NotSecure & { readonly kind: 'insecure' } = {
  kind: 'insecure',
  because: 'no-anchor',
  ttl: seconds(3_600),
};

export const bogusAnswer = (because: BogusCause): NotSecure & { readonly kind: 'bogus' } => ({
  kind: 'bogus',
  because,
  // SEC-40: a limit that was passed is passed for the second answer too.
  at: because === 'budget' ? 'zone' : 'answer',
});

export type Heard = { readonly kind: 'message'; readonly message: Message };
export type Unheard = Exclude<NotSecure, { kind: 'insecure' }>;

/** Asks once; every rcode but NOERROR and NXDOMAIN is no answer (DNS-5, RFC 7672 §2.1.1). */
export function* ask(run: Run, name: Name, type: number, which: 'first' | 'again' = 'first'): Step<Heard | Unheard> {
  if (!spend(run.budget, 'queries')) return { kind: 'bogus', because: 'budget', at: 'zone' };
  const need: Need = { kind: 'ask', name, type, ...(which === 'again' ? { again: true } : {}) };
  const [fact] = yield [need];
  return heard(fact);
}

export function heard(fact: Fact | undefined): Heard | Unheard {
  if (fact?.kind === 'unanswered') return { kind: 'indeterminate', because: fact.because };
  if (fact?.kind !== 'message') throw new Error('the driver did not answer a question');
  const { message } = fact;
  const failed = message.truncated ? 'malformed' : failureOf(message.rcode);
  return failed === undefined ? { kind: 'message', message } : { kind: 'indeterminate', because: failed };
}

function failureOf(rcode: number): Unanswered | undefined {
  if (rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN) return undefined;
  if (rcode === Rcode.REFUSED || rcode === Rcode.NOTIMP) return 'refused';
  return rcode === Rcode.FORMERR || rcode === Rcode.BADVERS ? 'malformed' : 'servfail';
}

/** Asks the driver for a zone unless it is known from this question. */
export function* zoneOf(run: Run, apex: Name): Step<ZoneProof> {
  const known = run.zones.get(apex);
  if (known !== undefined) return known;
  const [fact] = yield [{ kind: 'zone', apex }];
  return learnZone(run, fact);
}

export function learnZone(run: Run, fact: Fact | undefined): ZoneProof {
  if (fact?.kind !== 'zone') throw new Error('the driver did not prove a zone');
  run.zones.set(fact.proof.apex, fact.proof);
  for (const step of fact.proof.chain) if (!run.chain.includes(step)) run.chain.push(step);
  return fact.proof;
}

/** What a zone that is not secure means for the data in it. */
export function standing(zone: Exclude<ZoneProof, { kind: 'secure' }>): NotSecure {
  switch (zone.kind) {
    case 'insecure':
      return { kind: 'insecure', because: zone.because, ttl: zone.ttl };
    case 'indeterminate':
      return { kind: 'indeterminate', because: zone.because };
    case 'inside':
      return bogusAnswer('signer-not-a-zone');
    case 'bogus':
      return { kind: 'bogus', because: zone.because, at: 'zone' };
  }
}

// SEC-10: what a DS answer says is held by the parent; so it is for all that is asked to prove a zone.
const mustBeAbove = (run: Run, owner: Name, type: number): boolean =>
  owner !== rootName && (type === RrType.DS || run.proving === owner);

/** The lowest name whose zone may hold the RRset. */
const holder = (run: Run, owner: Name, type: number): Name =>
  mustBeAbove(run, owner, type) ? (parentName(owner) ?? rootName) : owner;

/** The anchor that the RRset hangs on; undefined where there is none (SEC-3). */
export const anchorOf = (run: Run, owner: Name, type: number): Name | undefined =>
  anchorZone(run.anchors, holder(run, owner, type), run.now);

/**
 * SEC-31: the signers that may be the zone of the RRset, longest first. One above the nearest anchor is passed over, lest
 * an insecure zone up there speak for an island.
 */
export function signersOf(
  run: Run,
  signatures: readonly Signature[],
  owner: Name,
  type: number,
  anchor: Name,
): readonly Name[] {
  const lowest = holder(run, owner, type);
  const names = new Set(signatures.map(({ rrsig }) => rrsig.signer));
  return [...names]
    .filter((signer) => isAtOrBelow(lowest, signer) && isAtOrBelow(signer, anchor))
    .sort((left, right) => labelCount(right) - labelCount(left))
    .slice(0, maxSigners);
}

/**
 * SEC-3, SEC-31: where nothing is signed, looks for an insecure zone from the anchor down, label by label.
 *
 * @returns undefined when every zone down to the RRset is secure, so that it should have been signed.
 */
export function* walkDown(run: Run, owner: Name, type: number, anchor: Name): Step<NotSecure | undefined> {
  const lowest = holder(run, owner, type);
  for (let labels = labelCount(anchor); labels <= labelCount(lowest); labels++) {
    const zone = yield* zoneOf(run, lastLabels(lowest, labels));
    if (zone.kind !== 'secure' && zone.kind !== 'inside') return standing(zone);
  }
  return undefined;
}

const order = ['insecure', 'indeterminate', 'bogus'] as const;

/** Of several signers' findings the one that counts: a proven insecurity, then the unanswered question. */
export function prefer(left: NotSecure | undefined, right: NotSecure): NotSecure {
  return left !== undefined && order.indexOf(left.kind) <= order.indexOf(right.kind) ? left : right;
}
