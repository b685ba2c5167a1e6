// What an attack is: one file each, over the laboratory, judged by what the laboratory's own hosts saw and never by what
// the relay under siege says (decision-tables.md, part c).

import type { LabDestination } from '../lab/destination-plan.ts';
import type { Lab } from '../lab/world.ts';

/** What a relay must claim for an attack to say anything about it. */
export type Claim =
  | 'dane'
  | 'mta-sts'
  | 'requiretls'
  | 'dnssec'
  | 'smtp-server'
  | 'tls-required-no'
  /**
   * A broken reply is a reason to try again and never to give up, and so are lines of one reply that differ in their
   * code. RFC 5321 §4.2.1 lets a client go by any of the lines.
   */
  | 'strict-replies'
  /** Its clock is the laboratory's, which an attack may move. */
  | 'clock'
  /** It brings the command line tools of this package along. */
  | 'tools';

export const allClaims: readonly Claim[] = [
  'dane',
  'mta-sts',
  'requiretls',
  'dnssec',
  'smtp-server',
  'tls-required-no',
  'strict-replies',
  'clock',
  'tools',
];

export type Finding =
  /** The attack ran its course and the relay withstood it. */
  | { readonly kind: 'held'; readonly saw: string }
  | { readonly kind: 'fell'; readonly saw: string }
  /** A documented limit of the protocols, or something that the relay does not claim. */
  | { readonly kind: 'not-applicable'; readonly because: string }
  /** The attack could not be carried out, or a control message did not arrive. */
  | { readonly kind: 'undetermined'; readonly because: string };

export type Attack = {
  readonly id: `ATK-${number}`;
  /** Named after what the attacker does. */
  readonly title: string;
  readonly controls: string;
  readonly sends: string;
  /** What the sink may see at most. */
  readonly sinkMaySee: string;
  readonly mustBeVisible: string;
  readonly claims: readonly Claim[];
  /** A documented limit: the row is shown and never run. */
  readonly limit?: string;
  /**
   * `alone`: it reaches what others rest on, so nothing else runs beside it. `last`: the world is not what it was
   * afterwards (the clock was moved, policies have run out), so the others are judged before.
   */
  readonly runs?: 'alone' | 'last';
  readonly run?: (arena: Arena) => Promise<Finding>;
};

export type Submission = {
  readonly from: string;
  readonly to: string;
  readonly requiretls?: 'asked' | 'no';
  /** Header lines before the empty line, without CRLF. */
  readonly headers?: readonly string[];
  readonly body?: string;
};

/** What the laboratory's hosts saw of one submission, recognised by its marker. */
export type Seen = {
  /** Host names that got MAIL FROM for it. */
  readonly mailAt: readonly string[];
  /** Host names that took the whole message. */
  readonly messageAt: readonly string[];
  /** Whether any part of it crossed a connection without TLS. */
  readonly inCleartext: 'yes' | 'no';
};

/** The world of one attack: fresh destinations, the relay under siege in front of it. */
export interface Arena {
  readonly lab: Lab;
  /** What the relay under siege claims. */
  readonly claims: readonly Claim[];
  /** Where the relay takes mail, for attacks that speak to it themselves. */
  readonly target: { readonly host: string; readonly port: number };
  /** Hands a message over; resolves when it was accepted or refused. */
  submit(
    submission: Submission,
  ): Promise<
    { readonly kind: 'accepted'; readonly marker: string } | { readonly kind: 'refused'; readonly reply: string }
  >;
  /** Waits until the relay has tried the message (a sink, a resolver or a policy host was asked), then a while longer. */
  watch(marker: string): Promise<Seen>;
  /** What was seen until now. */
  seen(marker: string): Seen;
  /** Has the relay try again what waits for the domain; `not-heard` when it has no way to be told. */
  retry(domain: string): Promise<'tried' | 'not-heard'>;
  /** A message to an honest destination must arrive; else the finding is undetermined. */
  control(): Promise<'arrived' | 'missing'>;
  /**
   * A domain of its own for this attack, so that no cache has heard of it: copied from a laboratory destination by name,
   * or made to a plan. Its names are those of the plan with the new domain in place of the old.
   */
  fresh(destination: string | LabDestination): Promise<string>;
}
