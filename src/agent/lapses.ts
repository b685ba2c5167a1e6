// What holds today and would be over at a later instant: certificates, the policy, signatures of the zones on the way (OPS-10,
// `check --at`). Renewal is somebody's daily work, so each says what happens unless it is done.

import type { Instant } from '../core/base/brand.ts';
import type { CheckedHost, CheckReport } from './check-report.ts';
import { isOver } from './check-worlds.ts';

export type Lapse = {
  readonly what: 'certificate' | 'policy' | 'signature';
  readonly name: string;
  /** RFC 3339. */
  readonly until: string;
  readonly says: string;
};

/** An RRSIG on the way to an answer. */
export type SignatureEnd = { readonly zone: string; readonly what: string; readonly until: Instant };

/** @param today the report of now, @param at the instant asked for. */
export function lapsesIn(today: CheckReport, signatures: readonly SignatureEnd[], at: Instant): readonly Lapse[] {
  const all = [
    ...today.hosts.flatMap((host) => certificateLapses(host, at)),
    ...policyLapse(today, at),
    ...signatureLapses(signatures, at),
  ];
  const once = new Map(all.map((lapse) => [`${lapse.what} ${lapse.name} ${lapse.until}`, lapse]));
  return [...once.values()].sort((a, b) => (a.until < b.until ? -1 : 1));
}

function certificateLapses({ host, chain, authn }: CheckedHost, at: Instant): readonly Lapse[] {
  return chain.flatMap(({ notAfter, subject }, depth): readonly Lapse[] => {
    if (notAfter === null || !isOver(notAfter, at)) return [];
    const says = depth === 0 ? 'the certificate has expired' : 'a certificate of the chain has expired';
    return [
      {
        what: 'certificate',
        name: depth === 0 ? host : `${host}: ${subject ?? ''}`,
        until: notAfter,
        // DANE-44
        says: authn.includes('dane-ee') ? `${says}; DANE-EE does not look at dates` : says,
      },
    ];
  });
}

function policyLapse({ domain, sts }: CheckReport, at: Instant): readonly Lapse[] {
  if (sts.fetchedAt === null || sts.maxAge === null || sts.mode === 'none') return [];
  const until = new Date(Date.parse(sts.fetchedAt) + sts.maxAge * 1000).toISOString();
  return isOver(until, at)
    ? [
        {
          what: 'policy',
          name: domain,
          until,
          says: 'a sender that has not fetched the MTA-STS policy anew forgets it',
        },
      ]
    : [];
}

const signatureLapses = (signatures: readonly SignatureEnd[], at: Instant): readonly Lapse[] =>
  signatures
    .filter(({ until }) => until < at)
    .map(({ zone, what, until }) => ({
      what: 'signature',
      name: `${zone} ${what}`,
      until: new Date(until).toISOString(),
      says: 'the signature is over, unless the zone is signed anew',
    }));
