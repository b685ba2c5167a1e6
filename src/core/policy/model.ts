// The nouns of the decision: what was discovered about a destination, what a host must prove, what a session turned out
// to be, and the ruling on it. Types only; `plan`, `judge` and `conclude` are the verbs. (DT-, decision-tables.md)

import type { Brand, DomainName, Instant, Seconds } from '../base/brand.ts';
import type { Evidence } from '../base/evidence.ts';
import type { DnssecStatus, IpAddress, LookupFailure } from '../base/lookup.ts';
import type { NonEmpty } from '../base/result.ts';
import type { DaneFinding, TlsaRecord } from '../dane/tlsa.ts';
import type { StsFinding } from '../mtasts/policy.ts';
import type { NextHop } from '../routing/next-hop.ts';
import type { Extensions } from '../smtp/extensions.ts';
import type { Reply } from '../smtp/reply.ts';
import type { PathVerdict, TrustStoreRef } from '../x509/path-verdict.ts';
import type { PresentedChain } from '../x509/presented-chain.ts';
import type { Reason } from './reasons.ts';

// ---- what is known

export type MxHost = { readonly host: DomainName; readonly preference: number };

/** DT-1.1 to DT-1.10. */
export type MxFinding =
  | { readonly kind: 'mx'; readonly status: DnssecStatus; readonly hosts: NonEmpty<MxHost> }
  | { readonly kind: 'implicit'; readonly status: DnssecStatus }
  | { readonly kind: 'relay' }
  | { readonly kind: 'literal' }
  | { readonly kind: 'null-mx' }
  | { readonly kind: 'nxdomain' }
  /** RTE-8: our own preference is the best one, nothing better is left. */
  | { readonly kind: 'loop' }
  | { readonly kind: 'failed'; readonly reason: LookupFailure };

/** The log word of requirements.md §3. */
export type MxState =
  | 'secure'
  | 'insecure'
  | 'implicit-secure'
  | 'implicit-insecure'
  | 'error'
  | 'null-mx'
  | 'nxdomain'
  | 'relay'
  | 'literal';

export type Destination = {
  readonly nextHop: NextHop;
  /** Where the CNAME chain of the next-hop domain ends; equal to its domain without one (RTE-1, DT-4.2). */
  readonly expandedNextHop: DomainName | undefined;
  readonly mx: MxFinding;
  readonly sts: StsFinding;
  readonly observedAt: Instant;
  /** Facts worth showing that decide nothing, e.g. which step of the MX proof failed (OPS-15). */
  readonly notes?: readonly Evidence[];
};

/** DT-1.20 to DT-1.25. `expanded` is the end of the host's own alias chain; undefined for address literals. */
export type AddressFinding =
  | {
      readonly kind: 'addresses';
      readonly status: DnssecStatus;
      readonly expanded: DomainName | undefined;
      readonly addresses: NonEmpty<IpAddress>;
    }
  | { readonly kind: 'none' }
  /** RTE-16: only private, loopback or otherwise refused addresses. */
  | { readonly kind: 'refused'; readonly addresses: NonEmpty<IpAddress> }
  | { readonly kind: 'failed'; readonly reason: LookupFailure };

/** One host that may take the message. `host` is the name as in the MX record, unexpanded. */
export type Candidate = {
  readonly host: DomainName | IpAddress;
  readonly port: number;
  readonly preference: number;
  readonly addresses: AddressFinding;
  readonly dane: DaneFinding;
  /** Facts worth showing that decide nothing, e.g. one family failed (DANE-13), MX host is an alias (RTE-11). */
  readonly notes: readonly Evidence[];
};

export type MessageClass = 'normal' | 'requiretls' | 'requiretls-null' | 'tls-required-no';

export type OperatorFloor = 'may' | 'encrypt' | 'verify' | 'secure' | 'dane-only';

/** What the operator's rules and exceptions come to for one recipient domain (RTE-18). */
export type OperatorDemand = {
  readonly floor: OperatorFloor;
  /** Further certificate names accepted by the rule. */
  readonly names: readonly DomainName[];
  /** A dated exception in force switches these off (INT-15). */
  readonly ignore: readonly ('floor' | 'dane' | 'mta-sts' | 'dnssec')[];
  readonly requiretls: 'as-asked' | 'always';
  /** false: the floor is decided and recorded but not applied (`policy.enforce`). */
  readonly enforce: boolean;
  /** Which rule or exception this came from, for evidence. */
  readonly source: string;
};

// ---- what is demanded

export type Authn = 'dane' | 'pkix-sts' | 'pkix-floor' | 'pkix-requiretls';

export type Authenticator =
  | {
      readonly by: 'dane';
      readonly baseDomain: DomainName;
      readonly records: NonEmpty<TlsaRecord>;
      readonly names: NonEmpty<DomainName>;
    }
  | {
      readonly by: 'pkix-sts' | 'pkix-floor' | 'pkix-requiretls';
      readonly names: readonly DomainName[];
      readonly address?: IpAddress;
    };

export type Demand = {
  readonly tls: 'opportunistic' | 'encrypted' | 'authenticated';
  /** Every group must pass; one of each group suffices (`dane-or-pkix-floor` is one group of two). */
  readonly all: readonly NonEmpty<Authenticator>[];
  /** Tried and recorded, but binding nothing: `testing` policies, `TLS-Required: No`, rehearsed floors. */
  readonly observed: readonly Authenticator[];
  readonly requiretls: 'no' | 'must' | 'if-offered';
  /** TLS-19; undefined for address literals. */
  readonly sni: DomainName | undefined;
  readonly sniSource: 'tlsa-base' | 'mx-host' | 'none';
  /** OBS-3. */
  readonly nexthopAuthenticated: boolean;
  /** What follows when the demand is not met at any host (DT-2 rule 11). */
  readonly onFailure: 'continue' | 'defer' | 'bounce-if-definitive';
  /** SMTP-17: credentials are configured, so the host must be authenticated for AUTH. */
  readonly credentials: 'none' | 'configured';
};

export type Plan =
  | {
      readonly kind: 'dial';
      readonly candidate: Candidate;
      readonly demand: Demand;
      readonly evidence: NonEmpty<Evidence>;
    }
  | {
      readonly kind: 'skip';
      readonly candidate: Candidate;
      readonly because: Reason;
      /** Enhanced status while it is retried, e.g. "4.7.5"; "5.7.10" for a definitive one. */
      readonly status: string;
      readonly final: 'defer' | 'bounce';
      readonly evidence: NonEmpty<Evidence>;
    };

/** The whole destination is settled before any host is looked at (DT-2 rule 1, DT-1.42a). */
export type DestinationRuling =
  | { readonly kind: 'try-hosts' }
  | {
      readonly kind: 'settled';
      readonly because: Reason;
      readonly status: string;
      readonly final: 'defer' | 'bounce';
      readonly evidence: NonEmpty<Evidence>;
    };

// ---- what the session turned out to be

export type SecurityState =
  /** `starttls-skipped`: offered, but this is the explicit second connection of DT-7.9. */
  | { readonly kind: 'cleartext'; readonly because: 'starttls-missing' | 'helo-only' | 'starttls-skipped' }
  | { readonly kind: 'cleartext'; readonly because: 'starttls-refused'; readonly reply: Reply }
  /** Bytes stood behind the 220 to STARTTLS (TLS-5). */
  | { readonly kind: 'injected' }
  | {
      readonly kind: 'lost';
      readonly during: 'connect' | 'greeting' | 'ehlo' | 'starttls' | 'handshake';
      readonly says: string;
      /** RTE-9: this machine has no route to the address; costs no try. */
      readonly noRoute?: true;
    }
  | { readonly kind: 'greeting-refused'; readonly reply: Reply }
  | { readonly kind: 'handshake-failed'; readonly alert: string; readonly unrecognizedName: boolean }
  | {
      readonly kind: 'encrypted';
      readonly protocol: string;
      readonly cipher: string;
      readonly group?: string;
      readonly chain: PresentedChain;
      /** One verdict per trust store that was tried on byte-identical chains (A5). */
      readonly paths: readonly PathVerdict[];
    };

/** The ruling between the handshake and the next byte. */
export type PeerVerdict =
  | {
      readonly kind: 'accepted';
      readonly achieved: 'cleartext' | 'encrypted' | 'authenticated';
      readonly authn: readonly AuthnFact[];
      readonly evidence: NonEmpty<Evidence>;
      readonly failures: readonly OverriddenFailure[];
    }
  /** A path verdict under these stores is missing: dial again with the first of them (A5, DANE-TA). */
  | { readonly kind: 'undecided'; readonly need: NonEmpty<TrustStoreRef> }
  /** DT-7.9, TLS-20: nothing is demanded, a new connection is made this way. */
  | { readonly kind: 'redial'; readonly how: 'cleartext' | 'without-sni'; readonly evidence: NonEmpty<Evidence> }
  | Blocked;

export type Blocked = {
  readonly kind: 'blocked';
  readonly because: Reason;
  readonly status: string;
  readonly temporary: boolean;
  readonly evidence: NonEmpty<Evidence>;
};

/** Which authenticator held, and what it rested on (DANE-64). */
export type AuthnFact = {
  readonly authn: 'dane-ee' | 'dane-ta' | 'pkix-sts' | 'pkix-floor' | 'pkix-requiretls';
  readonly name?: DomainName;
  readonly tlsa?: { readonly record: TlsaRecord; readonly depth: number };
};

/** A failure that did not stop delivery but is counted (RTLS-56, RTLS-57, STS-66). */
export type OverriddenFailure = { readonly authn: Authn; readonly because: Reason };

declare const cleared: unique symbol;
/** Only `judgeOffer` makes one; `transfer` takes nothing else. */
export type Cleared<Session> = Session & { readonly [cleared]: true };

declare const accepted: unique symbol;
/** Only `judgePeer` makes one: the peer may hear our next EHLO. */
export type Accepted<Session> = Session & { readonly [accepted]: true };

// ---- what happened

export type RecipientReply = {
  readonly recipient: string;
  readonly reply: Reply;
  /** The command it answered: 552 means another thing at RCPT than at the final dot (SMTP-5). */
  readonly at?: 'mail' | 'rcpt' | 'data' | 'final-dot';
};

/** How the dialogue after the verdict ended. */
export type TransferOutcome =
  /** `replies` has one reply per recipient: to RCPT if it was refused, else to the final dot. */
  | { readonly kind: 'replied'; readonly replies: NonEmpty<RecipientReply>; readonly bytes: number }
  | {
      readonly kind: 'refused-before-data';
      readonly because: 'size' | 'content-8bit' | 'content-utf8' | 'content-binary';
      readonly says: string;
    }
  /** `afterDot`: the reply to the final dot is missing, a duplicate is possible (SMTP-10). */
  | { readonly kind: 'lost'; readonly during: string; readonly afterDot: 'yes' | 'no'; readonly says: string };

/** One try at one address of one host, whole. The delivery record (OBS-1) is rendered from it. */
export type Attempt = {
  readonly plan: Plan;
  readonly address: IpAddress | undefined;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly security?: SecurityState;
  /** The text after 220, where a session came about. */
  readonly greeting?: string;
  readonly extensions?: Extensions;
  readonly verdict?: Exclude<PeerVerdict, { kind: 'undecided' }>;
  readonly transfer?: TransferOutcome;
  /** Reason of failure; absent exactly when something was transferred and answered. */
  readonly because?: Reason;
  readonly retryAfter?: Seconds;
  /** Nothing was tried: all sessions of the host were taken. When to come back. */
  readonly crowded?: Seconds;
};

/** What the round means for one recipient. */
export type RecipientOutcome =
  | {
      readonly kind: 'sent';
      readonly recipient: string;
      readonly reply: Reply;
      readonly host: string;
      readonly evidence: readonly Evidence[];
    }
  | {
      readonly kind: 'deferred' | 'bounced';
      readonly recipient: string;
      readonly because: Reason;
      /** Enhanced status code, class 4 or 5. */
      readonly status: string;
      readonly host?: string;
      readonly reply?: Reply;
      readonly says: string;
      readonly evidence: readonly Evidence[];
    };

/** A8: everything the verdict depended on. Equal keys mean a session of one would clear the other. */
export type PoolKey = Brand<string, 'PoolKey'>;
