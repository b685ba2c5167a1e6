// The shapes between the validator and whoever drives it: what it asks for, what it is told, what it concludes
// (RFC 4035 §4.3). Types only.

import type { Seconds } from '../base/brand.ts';
import type { Budget } from '../base/budget.ts';
import type { Message, ResourceRecord } from '../dns/message.ts';
import type { Name } from '../dns/name.ts';
import type { Sha1Use, ZoneKey } from './signature.ts';

/** Always class IN. */
export type Question = { readonly name: Name; readonly type: number };

/**
 * What the proof wants to know next. Needs of one list may be served at the same time; the facts come back in the same
 * order. An empty list asks for nothing but a turn of the event loop (SEC-41).
 */
export type Need =
  | {
      readonly kind: 'ask';
      readonly name: Name;
      readonly type: number;
      /** SEC-34: the first answer did not hold; ask past the cache, by TCP, another server, or with CD clear. */
      readonly again?: true;
    }
  /** Answered by running `proveZone`, memoised and coalesced for as long as the proof's `ttl` says. */
  | { readonly kind: 'zone'; readonly apex: Name };

export type Fact =
  /** Any answer that parsed and matched the question, whatever its rcode. */
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'unanswered'; readonly because: Unanswered }
  | { readonly kind: 'zone'; readonly proof: ZoneProof };

export type Unanswered = 'servfail' | 'timeout' | 'refused' | 'malformed';

/** RFC 4035 §4.3. */
export type ProofState = 'secure' | 'insecure' | 'bogus' | 'indeterminate';

/** SEC-42: why a proof came out other than plainly secure. Stable words. */
export type InsecureCause =
  /** No trust anchor at or above the name. */
  | 'no-anchor'
  /** An authenticated denial of DS at a delegation. */
  | 'unsigned-delegation'
  /** SEC-17, SEC-18: only an opt-out span stands behind the statement. */
  | 'opt-out'
  | 'unsupported-algorithm'
  | 'unsupported-digest'
  | 'nsec3-iterations'
  /** INT-15: a dated exception; nothing was validated. */
  | 'validation-ignored';

export type BogusCause =
  | 'missing-signature'
  | 'signature-expired'
  | 'signature-not-yet-valid'
  | 'signature-mismatch'
  | 'signature-malformed'
  /** No key of the zone has the tag and algorithm of any signature. */
  | 'no-matching-key'
  /** DS records stand, none fits a key that signs the DNSKEY set. */
  | 'ds-mismatch'
  /** A trust anchor fits no key that signs the DNSKEY set (TA-7). */
  | 'anchor-mismatch'
  | 'no-dnskey'
  /** Neither DS nor a proof that there is none. */
  | 'no-ds-proof'
  | 'denial-incomplete'
  /** SEC-19: a wildcard expansion without proof that the name itself is absent. */
  | 'wildcard-unproven'
  | 'nsec3-parameters-differ'
  | 'dname-synthesis'
  /** The signer named by the RRSIG is no zone. */
  | 'signer-not-a-zone'
  /** SEC-40: a work limit was passed. */
  | 'budget';

export type IndeterminateCause = Unanswered | 'alias-loop' | 'alias-limit' | 'alias-name-too-long' | 'meta-type';

export type ProofCause = InsecureCause | BogusCause | IndeterminateCause;

/** SEC-42: one step from the anchor towards the answer. */
export type ChainStep = {
  readonly zone: Name;
  /** Of the key that signed, or of the DS record tried; null where no key played a part. */
  readonly keyTag: number | null;
  readonly algorithm: number | null;
  readonly outcome: 'secure' | ProofCause;
  /** What the step is about: the DS set, the DNSKEY set, the RRset or the denial. */
  readonly what: 'anchor' | 'ds' | 'dnskey' | 'rrset' | 'denial';
  /** Of the RRSIG that decided, in seconds since the epoch. */
  readonly inception?: number;
  readonly expiration?: number;
  readonly digestType?: number;
};

/** Work spent on one question; zones proven meanwhile are counted where they were proven. */
export type WorkKind = 'queries' | 'verifications' | 'failedVerifications' | 'nsec3Hashes' | 'zoneCuts';
export type ProofBudget = Budget<WorkKind>;

/** Where one zone stands. `ttl` says how long the finding may be reused. */
export type ZoneProof = { readonly apex: Name; readonly chain: readonly ChainStep[]; readonly ttl: Seconds } & (
  | { readonly kind: 'secure'; readonly keys: readonly ZoneKey[] }
  | { readonly kind: 'insecure'; readonly because: InsecureCause }
  /** Proven to be no zone cut: the name belongs to the secure zone `zone`. */
  | { readonly kind: 'inside'; readonly zone: Name }
  | { readonly kind: 'bogus'; readonly because: BogusCause }
  | { readonly kind: 'indeterminate'; readonly because: IndeterminateCause }
);

/** One CNAME or DNAME step. DNS-11: from the first insecure step on, all are insecure. */
export type AliasLink = {
  readonly from: Name;
  readonly to: Name;
  readonly by: 'CNAME' | 'DNAME';
  readonly state: 'secure' | 'insecure';
};

/** The verdict on one question. */
export type Proof = {
  readonly question: Question;
  /** DNS-11: the weakest of all steps. */
  readonly state: ProofState;
  /** Of the last message looked at; null if there was none. */
  readonly rcode: number | null;
  /** The RRset asked for, without duplicates or RRSIGs. Empty for denials and whenever the state is bogus or indeterminate. */
  readonly records: readonly ResourceRecord[];
  /** In order; those that stood before a failure are kept. */
  readonly aliases: readonly AliasLink[];
  readonly denial: 'nxdomain' | 'nodata' | null;
  /** Null when secure. */
  readonly because: ProofCause | null;
  readonly chain: readonly ChainStep[];
  /** How long answer and proof may be cached together (DNS-8, SEC-33). 0 for bogus and indeterminate: the driver's clamp. */
  readonly ttl: Seconds;
  /** What the budget says was spent so far. */
  readonly work: Readonly<Record<WorkKind, number>>;
};

/** Settings of a resolver that every proof of it shares. */
export type ProofRules = {
  readonly sha1: Sha1Use;
  /** SEC-23, INT-12: more iterations than this make a denial insecure. */
  readonly nsec3Limit: number;
  /** SEC-29: how far in the future an inception may lie; 0 to 300. */
  readonly inceptionTolerance: Seconds;
  /** DNS-10: so many CNAME or DNAME steps work, one more is an error. */
  readonly aliasLimit: number;
};
