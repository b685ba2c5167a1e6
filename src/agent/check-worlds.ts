// One session through the eyes of three senders, and what in a host's set-up is not in line with itself: DANE, WebPKI for the MX
// name (MTA-STS and REQUIRETLS ask for the same), and neither (OPS-1, OPS-2). Judged by delivery's own rules; decides nothing.

import type { DomainName, Instant } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { hexOf } from '../core/dane/forms.ts';
import { associationMatches } from '../core/dane/match.ts';
import { formatTlsa, type TlsaRecord } from '../core/dane/tlsa.ts';
import { type Authentication, authenticate, type Encrypted } from '../core/policy/authenticate.ts';
import type { Attempt, Authenticator, Candidate, Destination, OperatorDemand } from '../core/policy/model.ts';
import { plan } from '../core/policy/plan.ts';
import { isIpAddress } from '../core/routing/ip-address.ts';
import { type Certificate, digestOf, readCertificate } from '../core/x509/certificate.ts';
import { matchNames } from '../core/x509/identity.ts';
import { whyNot } from './presented.ts';

export type World = {
  readonly outcome: 'pass' | 'fail' | 'unknown' | 'not-applicable';
  readonly says: string;
};

/** OPS-1: what each kind of sender makes of this host. */
export type Worlds = { readonly dane: World; readonly webpki: World; readonly opportunistic: World };

export type Deviation = { readonly code: string; readonly says: string };

type Seen = { readonly destination: Destination; readonly candidate: Candidate; readonly attempt: Attempt };

/** @returns undefined where no session came about that could be judged. */
export function worldsOf(seen: Seen): Worlds | undefined {
  const { security, endedAt } = seen.attempt;
  if (security === undefined || (security.kind === 'lost' && security.during === 'connect')) return undefined;
  if (security.kind === 'lost' || security.kind === 'greeting-refused') {
    const gone: World = { outcome: 'unknown', says: whyNot(security) };
    return { dane: gone, webpki: gone, opportunistic: gone };
  }
  const dane = daneOf(seen);
  const host = seen.candidate.host;
  const named: Authenticator = { by: 'pkix-sts', names: isIpAddress(host) ? [] : [host] };
  if (security.kind !== 'encrypted') {
    const without: World = { outcome: 'fail', says: whyNot(security) };
    // DT-7.8: nobody goes on in a session that somebody else spoke into.
    const opportunistic: World =
      security.kind === 'injected' ? without : { outcome: 'pass', says: `in cleartext: ${whyNot(security)}` };
    return { dane: dane === undefined ? noDane(seen) : without, webpki: without, opportunistic };
  }
  return {
    dane: dane === undefined ? noDane(seen) : worldOf(authenticate(dane, security, endedAt)),
    webpki: worldOf(authenticate(named, security, endedAt)),
    opportunistic: { outcome: 'pass', says: `${security.protocol}, not authenticated` },
  };
}

const worldOf = (result: Authentication): World =>
  result.kind === 'undecided'
    ? { outcome: 'unknown', says: 'the path was not verified against this store' }
    : { outcome: result.kind === 'holds' ? 'pass' : 'fail', says: result.evidence.says };

/** The rules of `--as dane`. */
const daneSender: OperatorDemand = {
  floor: 'may',
  names: [],
  ignore: ['mta-sts'],
  requiretls: 'as-asked',
  enforce: true,
  source: 'as a DANE sender',
};

type DaneAuthenticator = Extract<Authenticator, { by: 'dane' }>;

/** What a DANE sender would ask of this host; undefined where it asks nothing. */
export function daneOf({
  destination,
  candidate,
}: Pick<Seen, 'destination' | 'candidate'>): DaneAuthenticator | undefined {
  const planned = plan({ destination, candidate, messageClass: 'normal', operator: daneSender });
  return planned.kind === 'dial'
    ? planned.demand.all.flat().find((one): one is DaneAuthenticator => one.by === 'dane')
    : undefined;
}

const absences: Readonly<Record<Exclude<Candidate['dane']['kind'], 'usable'>, World>> = {
  unusable: { outcome: 'not-applicable', says: 'only records that mail may not use' },
  absent: { outcome: 'not-applicable', says: 'no TLSA record' },
  insecure: { outcome: 'not-applicable', says: 'the zone is not signed' },
  failed: { outcome: 'fail', says: 'the TLSA records cannot be had: mail waits' },
  'not-applicable': { outcome: 'not-applicable', says: 'DANE does not apply here' },
};

const noDane = ({ candidate: { dane } }: Seen): World =>
  dane.kind === 'usable' ? { outcome: 'not-applicable', says: 'DANE does not apply here' } : absences[dane.kind];

// ---- what is not in line

const day = 86_400_000;

/** OPS-2: names that differ are warnings: a DANE-EE host works without any of them. */
export function deviationsOf(seen: Seen): readonly Deviation[] {
  const { candidate, attempt } = seen;
  const { host } = candidate;
  if (isIpAddress(host)) return [];
  const found: Deviation[] = [];
  const greeted = greetedName(attempt.greeting);
  if (greeted !== undefined && greeted !== host)
    found.push({ code: 'greeting-name', says: `the greeting names ${greeted}, the MX record ${host}` });
  const leaf = leafOf(attempt);
  if (leaf === undefined) return found;
  const match = matchNames(leaf, [host], 'never');
  if (match.kind === 'mismatch')
    found.push({
      code: 'certificate-name',
      says: `the certificate does not name ${host}${match.carries.length > 0 ? `, but ${match.carries.join(', ')}` : ''}`,
    });
  return [...found, ...mismatches(seen, leaf)];
}

/** RFC 5321 §4.2: the name stands first in the greeting. */
function greetedName(greeting: string | undefined): DomainName | undefined {
  const [word = ''] = (greeting ?? '').split(/\s/);
  const name = parseDomainName(word);
  return name.kind === 'ok' && name.value.includes('.') ? name.value : undefined;
}

const leafOf = ({ security }: Attempt): Certificate | undefined =>
  security?.kind === 'encrypted' ? readCertificate(security.chain[0]) : undefined;

/** Which mistake a mismatch looks like. */
function mismatches(seen: Seen, leaf: Certificate): readonly Deviation[] {
  const dane = daneOf(seen);
  const { security, endedAt } = seen.attempt;
  if (dane === undefined || security?.kind !== 'encrypted') return [];
  if (authenticate(dane, security, endedAt).kind !== 'fails') return [];
  const likely = dane.records.flatMap((record) => likelyMistake(record, security, leaf));
  if (likely.length > 0) return likely;
  const age = endedAt - leaf.notBefore;
  return age >= 0 && age < 14 * day
    ? [
        {
          code: 'rollover-missed',
          says: `the certificate was issued ${agoOf(age)} ago, and no record of its key is published`,
        },
      ]
    : [];
}

function likelyMistake(record: TlsaRecord, { chain }: Encrypted, leaf: Certificate): readonly Deviation[] {
  const other = record.selector === 'cert' ? 'spki' : 'cert';
  const text = formatTlsa(record);
  if (associationMatches({ ...record, selector: other }, leaf))
    return [{ code: 'tlsa-selector', says: `TLSA ${text} fits selector ${other === 'cert' ? 0 : 1}` }];
  const issuers = chain.slice(1).flatMap((der) => readCertificate(der) ?? []);
  if (record.usage === 'dane-ee' && issuers.some((issuer) => associationMatches(record, issuer)))
    return [{ code: 'tlsa-usage', says: `TLSA ${text} names an issuer: usage 2 fits` }];
  if (record.usage === 'dane-ta' && associationMatches(record, leaf))
    return [{ code: 'tlsa-usage', says: `TLSA ${text} names the certificate itself: usage 3 fits` }];
  return [];
}

function agoOf(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

/** The record that would match what was presented; null where nothing is wrong with DANE, or nothing was presented. */
export function wouldMatch(seen: Seen, worlds: Worlds | undefined): string | null {
  const leaf = leafOf(seen.attempt);
  const dane = daneOf(seen);
  if (leaf === undefined || dane === undefined || worlds?.dane.outcome !== 'fail') return null;
  const { port } = seen.candidate;
  return `_${port}._tcp.${dane.baseDomain}. IN TLSA 3 1 1 ${hexOf(digestOf(leaf.spki, 'sha256'))}`;
}

/** For `check --at`: whether a date still lies ahead. */
export const isOver = (until: string | null, at: Instant): boolean => until !== null && Date.parse(until) < at;
