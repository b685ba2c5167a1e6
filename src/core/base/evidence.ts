// A fact, the rule it was judged by, and the sentence it supports. Made by the decision itself, rendered by everyone else.

export type Rung = 'dnssec' | 'mx' | 'mta-sts' | 'tlsa' | 'starttls' | 'certificate' | 'requiretls' | 'operator';

export type Evidence = {
  readonly rung: Rung;
  readonly outcome: 'pass' | 'fail' | 'unknown' | 'not-applicable';
  /** The source: "RFC 7672 §2.2" or a requirement ID. */
  readonly rule: string;
  /** One sentence in English without a final full stop, free of control characters. */
  readonly says: string;
  /** A stable word for tests and machines where one exists, e.g. `nsec3-iterations`. */
  readonly code?: string;
};
