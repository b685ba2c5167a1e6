// Published TLSA records against what the server presents, as strictly as a rollover wants it: every combination of usage,
// selector and matching type has a record that matches, on every address, with and without SNI (RFC 7671 §8, RFC 7672 §8.1,
// DANE-81, DANE-88, OPS-53). Matching, path and names are delivery's own.

import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { IpAddress, Lookup } from '../core/base/lookup.ts';
import { isNonEmpty, type NonEmpty } from '../core/base/result.ts';
import { hexOf } from '../core/dane/forms.ts';
import type { TlsaData } from '../core/dane/make.ts';
import { readTlsa, type TlsaRecord } from '../core/dane/tlsa.ts';
import { authenticate, type Encrypted } from '../core/policy/authenticate.ts';
import { withPaths } from '../core/policy/judge.ts';
import type { Authenticator, Candidate, Destination, OperatorDemand } from '../core/policy/model.ts';
import { plan } from '../core/policy/plan.ts';
import { digestOf, readCertificate } from '../core/x509/certificate.ts';
import { type CertificateFacts, describeCertificate } from '../core/x509/describe.ts';
import type { TrustStoreRef } from '../core/x509/path-verdict.ts';
import type { SendPorts } from './attempt.ts';
import { type DiscoverPorts, discover } from './discover.ts';
import { aimAt, type Service } from './host-aim.ts';
import { type LookOptions, whyNot } from './presented.ts';

export type TlsaSubject =
  | { readonly kind: 'service'; readonly service: Service }
  /** Every MX host, at the port where mail goes. */
  | { readonly kind: 'domain'; readonly domain: DomainName };

export type TlsaCheckOptions = LookOptions & {
  /** Judged instead of what is published: a record that is to be published. */
  readonly supposed: readonly TlsaData[];
  /** `once`: the chain is known already, so one look at it is enough (OPS-13). */
  readonly looks: 'every-address' | 'once';
};

export type TlsaCheck = {
  readonly host: string;
  readonly port: number;
  /** Where the records stand or would stand, with a final dot. */
  readonly owner: string;
  /** `insecure`: they are there, and no sender believes them (OPS-62). */
  readonly published: 'secure' | 'unusable' | 'insecure' | 'none' | 'bogus' | 'failed' | 'supposed';
  /** Seconds. */
  readonly ttl: number | null;
  readonly records: readonly { readonly record: string; readonly usable: 'yes' | 'no' }[];
  readonly presented: readonly Presented[];
  readonly verdict: 'match' | 'mismatch' | 'not-published' | 'undetermined';
  /** What would match the chain that was seen, once it is published. */
  readonly wouldMatch: string | null;
  readonly says: string;
};

export type Presented = {
  readonly address: string;
  readonly sni: string | null;
  readonly outcome: 'match' | 'mismatch' | 'unreached';
  readonly says: string;
  readonly combinations: readonly Combination[];
  readonly chain: readonly CertificateFacts[];
};

export type Combination = {
  /** "3 1 1" */
  readonly parameters: string;
  readonly outcome: 'match' | 'mismatch';
  readonly says: string;
};

export type TlsaPorts = DiscoverPorts & Pick<SendPorts, 'dialer'>;

export async function* checkTlsa(
  ports: TlsaPorts,
  subject: TlsaSubject,
  options: TlsaCheckOptions,
): AsyncGenerator<TlsaCheck | { readonly kind: 'no-hosts'; readonly state: string }> {
  const nextHop =
    subject.kind === 'domain' ? ({ kind: 'domain', domain: subject.domain } as const) : aimAt(subject.service);
  const { destination, candidates } = await discover(ports, nextHop, { ...options.discover, reading: 'validated' });
  if (candidates.length === 0) {
    const { mx } = destination;
    yield { kind: 'no-hosts', state: mx.kind === 'failed' ? mx.reason : mx.kind };
    return;
  }
  const tls = subject.kind === 'service' ? subject.service.tls : 'starttls';
  for (const candidate of candidates) yield checkHost(ports, { destination, candidate, tls }, options);
}

type Host = { readonly destination: Destination; readonly candidate: Candidate; readonly tls: Service['tls'] };

async function checkHost(ports: TlsaPorts, host: Host, options: TlsaCheckOptions): Promise<TlsaCheck> {
  const { candidate } = host;
  const published = await publishedAt(ports, candidate, options);
  const base = {
    host: candidate.host,
    port: candidate.port,
    owner: `_${candidate.port}._tcp.${published.baseDomain}.`,
    published: published.state,
    ttl: published.ttl,
    records: published.records,
  };
  const supposed: Candidate = { ...candidate, dane: published.dane };
  const presented = await presentAll(ports, { ...host, candidate: supposed }, options);
  const leaf = presented.find(({ leafSpki }) => leafSpki !== undefined)?.leafSpki;
  const outcomes = presented.map(({ shown }) => shown.outcome);
  return {
    ...base,
    presented: presented.map(({ shown }) => shown),
    ...verdictOf(published, outcomes),
    wouldMatch: leaf === undefined ? null : `3 1 1 ${leaf}`,
  };
}

// ---- what is published

type Published = {
  readonly state: TlsaCheck['published'];
  readonly baseDomain: string;
  readonly ttl: number | null;
  readonly records: TlsaCheck['records'];
  readonly dane: Candidate['dane'];
  readonly says: string;
};

async function publishedAt(ports: TlsaPorts, candidate: Candidate, { supposed }: TlsaCheckOptions): Promise<Published> {
  const { dane, host, port } = candidate;
  const known = dane.kind === 'usable' || dane.kind === 'unusable' ? dane.baseDomain : (host as DomainName);
  if (supposed.length > 0) return supposedAt(known, supposed);
  const raw = await lookAt(ports, `_${port}._tcp.${known}`);
  const records = raw?.kind === 'found' ? raw.value.map(recordView) : [];
  const ttl = raw?.kind === 'found' ? raw.ttl : null;
  const found = { baseDomain: known, ttl, records, dane };
  switch (dane.kind) {
    case 'usable':
      return { ...found, state: 'secure', says: '' };
    case 'unusable':
      return {
        ...found,
        state: 'unusable',
        says: 'only records that mail senders may not use are published (RFC 7672 §3.1)',
      };
    case 'failed':
      return {
        ...found,
        state: dane.reason === 'bogus' ? 'bogus' : 'failed',
        says: `the TLSA question got no answer that counts (${dane.reason}): mail waits`,
      };
    default: {
      // DANE-6: a failed look-up is no absence, whichever of the two it was.
      const failed =
        raw?.kind === 'failed' ? raw : candidate.addresses.kind === 'failed' ? candidate.addresses : undefined;
      if (failed !== undefined)
        return {
          ...found,
          state: failed.reason === 'bogus' ? 'bogus' : 'failed',
          says: `the look-up got no answer that counts (${failed.reason})`,
        };
      // OPS-62, RFC 7672 §2.2: what nothing proves is not published.
      return records.length > 0
        ? { ...found, state: 'insecure', says: 'records are there, but not proven by DNSSEC: senders ignore them' }
        : { ...found, state: 'none', says: 'no TLSA record is published' };
    }
  }
}

async function lookAt(ports: TlsaPorts, owner: string): Promise<Lookup<NonEmpty<Uint8Array>> | undefined> {
  const name = parseDomainName(owner);
  return name.kind === 'ok' ? (await ports.resolver.resolve(name.value, 'TLSA')).answer : undefined;
}

function supposedAt(baseDomain: DomainName, supposed: readonly TlsaData[]): Published {
  const rdatas = supposed.map(({ usage, selector, matching, data }) =>
    Uint8Array.of(usage, selector, matching, ...data),
  );
  const dane = readTlsa(baseDomain, rdatas as unknown as NonEmpty<Uint8Array>);
  const usable = dane.kind === 'usable';
  return {
    state: usable ? 'supposed' : 'unusable',
    baseDomain,
    ttl: null,
    records: rdatas.map(recordView),
    dane,
    says: usable ? '' : 'mail senders may not use these records (RFC 7672 §3.1)',
  };
}

function recordView(rdata: Uint8Array): TlsaCheck['records'][number] {
  const usable = readTlsa('x' as DomainName, [rdata]).kind === 'usable';
  return { record: `${rdata.subarray(0, 3).join(' ')} ${hexOf(rdata.subarray(3))}`, usable: usable ? 'yes' : 'no' };
}

// ---- what is presented

type Seen = { readonly shown: Presented; readonly leafSpki: string | undefined };

const asDaneSender: OperatorDemand = {
  floor: 'may',
  names: [],
  ignore: ['mta-sts'],
  requiretls: 'as-asked',
  enforce: true,
  source: 'tlsa check',
};

async function presentAll(ports: TlsaPorts, host: Host, options: TlsaCheckOptions): Promise<readonly Seen[]> {
  const { destination, candidate } = host;
  const { addresses } = candidate;
  if (addresses.kind !== 'addresses') return [];
  const planned = plan({ destination, candidate, messageClass: 'normal', operator: asDaneSender });
  const asked = planned.kind === 'dial' ? planned.demand.all.flat().find(({ by }) => by === 'dane') : undefined;
  const sni =
    planned.kind === 'dial' && planned.demand.sni !== undefined ? planned.demand.sni : (candidate.host as DomainName);
  const groups = asked?.by === 'dane' ? combinationsOf(asked) : [];
  // RFC 7672 §8.1, OPS-53: senders without DANE come without the name, and old ones too.
  const snis = options.looks === 'once' ? [sni] : [sni, undefined];
  const where = options.looks === 'once' ? addresses.addresses.slice(0, 1) : addresses.addresses;
  const seen: Seen[] = [];
  for (const address of where)
    for (const one of snis) {
      if (options.signal.aborted) break;
      seen.push(await present(ports, host, { address, sni: one, groups }, options));
    }
  return seen;
}

type DaneAuthenticator = Extract<Authenticator, { by: 'dane' }>;

/** DANE-88: each combination on its own, for caches hold old sets and senders know different digests. */
function combinationsOf(asked: DaneAuthenticator): readonly DaneAuthenticator[] {
  const groups = new Map<string, TlsaRecord[]>();
  for (const record of asked.records) {
    const key = parametersOf(record);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()].flatMap((records) => (isNonEmpty(records) ? [{ ...asked, records }] : []));
}

const parametersOf = ({ usage, selector, matching }: TlsaRecord): string =>
  `${usage === 'dane-ta' ? 2 : 3} ${selector === 'cert' ? 0 : 1} ${['full', 'sha2-256', 'sha2-512'].indexOf(matching)}`;

type Look = {
  readonly address: IpAddress;
  readonly sni: DomainName | undefined;
  readonly groups: readonly DaneAuthenticator[];
};

// One handshake for the chain, and one for each anchor that a TA record names.
const maxDials = 6;

async function present(ports: TlsaPorts, host: Host, look: Look, options: TlsaCheckOptions): Promise<Seen> {
  const { candidate, tls } = host;
  const { address, sni, groups } = look;
  const shown = { address, sni: sni ?? null };
  let store: TrustStoreRef = { kind: 'webpki' };
  let security: Encrypted | undefined;
  for (let dials = 0; dials < maxDials; dials += 1) {
    const mode = tls === 'implicit' ? 'implicit' : 'starttls';
    const call = {
      host: candidate.host,
      address,
      port: candidate.port,
      ehloName: options.ehloName,
      mode,
      sni,
      store,
    } as const;
    const dialed = await ports.dialer.dial(call, options.signal);
    const state = dialed.kind === 'session' ? dialed.session.security : dialed.security;
    if (dialed.kind === 'session') ports.dialer.close(dialed.session, 'quit');
    if (state.kind !== 'encrypted') {
      const away = state.kind === 'lost' && state.during !== 'handshake' && state.during !== 'starttls';
      const refused = state.kind === 'greeting-refused';
      return {
        shown: {
          ...shown,
          outcome: away || refused ? 'unreached' : 'mismatch',
          says: whyNot(state),
          combinations: [],
          chain: [],
        },
        leafSpki: undefined,
      };
    }
    security = security === undefined ? state : (withPaths(state, security) as Encrypted);
    const { chain } = security;
    const at = ports.clock.now();
    const judged = groups.map((group) => ({ group, result: authenticate(group, security as Encrypted, at) }));
    const undecided = judged.find(({ result }) => result.kind === 'undecided')?.result;
    if (undecided?.kind === 'undecided' && dials < maxDials - 1) {
      store = undecided.need[0];
      continue;
    }
    const combinations = judged.map(
      ({ group, result }): Combination => ({
        parameters: parametersOf(group.records[0]),
        outcome: result.kind === 'holds' ? 'match' : 'mismatch',
        says: result.kind === 'undecided' ? 'the path to the issuer could not be verified' : result.evidence.says,
      }),
    );
    const wrong = combinations.filter(({ outcome }) => outcome === 'mismatch');
    const leaf = readCertificate(chain[0]);
    return {
      shown: {
        ...shown,
        outcome: wrong.length > 0 || groups.length === 0 ? 'mismatch' : 'match',
        says: saysOf(combinations, wrong),
        combinations,
        chain: chain.map(describeCertificate),
      },
      leafSpki: leaf && hexOf(digestOf(leaf.spki, 'sha256')),
    };
  }
  throw new Error('a look at a server came to no end');
}

function saysOf(combinations: readonly Combination[], wrong: readonly Combination[]): string {
  if (combinations.length === 0) return 'there is nothing to compare the certificate with';
  return wrong.length === 0
    ? `matches ${combinations.map(({ parameters }) => parameters).join(', ')}`
    : wrong.map(({ parameters, says }) => `${parameters}: ${says}`).join('; ');
}

// ---- the verdict

function verdictOf(
  { state, says }: Published,
  outcomes: readonly Presented['outcome'][],
): Pick<TlsaCheck, 'verdict' | 'says'> {
  if (state === 'bogus' || state === 'failed') return { verdict: 'undetermined', says };
  if (state === 'none' || state === 'insecure' || state === 'unusable') return { verdict: 'not-published', says };
  if (outcomes.includes('mismatch'))
    return { verdict: 'mismatch', says: 'not every combination of the records matches what the server presents' };
  if (outcomes.length === 0 || outcomes.includes('unreached'))
    return { verdict: 'undetermined', says: 'the server could not be asked at every address' };
  return { verdict: 'match', says: 'certificate matches every combination of the TLSA records' };
}
