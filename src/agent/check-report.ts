// The value behind `sekisho check --json` (cli.md): destination, policy and one row per host, with the field names of the
// delivery record wherever both have them (OBS-1). Rendering only.

import type { Evidence } from '../core/base/evidence.ts';
import { mxState, stsState } from '../core/policy/facts.ts';
import type { Attempt, Candidate, Destination, MxState, OperatorDemand, Plan } from '../core/policy/model.ts';
import type { Reason } from '../core/policy/reasons.ts';
import {
  type DeliveryRecord,
  deliveryRecord,
  type RecordContext,
  type StsWord,
  stsWord,
} from '../core/policy/record.ts';
import { isIpAddress } from '../core/routing/ip-address.ts';
import { type CertificateFacts, describeCertificate } from '../core/x509/describe.ts';
import { type Deviation, deviationsOf, type Worlds, worldsOf, wouldMatch } from './check-worlds.ts';
import type { Reporting } from './find-reporting.ts';
import type { Lapse } from './lapses.ts';

export type Level = 'dane' | 'webpki' | 'encrypted' | 'cleartext';

export type CheckReport = {
  readonly domain: string;
  /** RFC 3339. */
  readonly at: string;
  readonly verdict: 'cleared' | 'blocked' | 'undetermined';
  readonly level: Level | null;
  readonly reason: Reason | null;
  readonly mx: { readonly state: MxState; readonly hosts: readonly string[] };
  readonly sts: StsPart;
  readonly tlsrpt: Reporting | null;
  readonly hosts: readonly CheckedHost[];
  /** With `--at`: what holds now and is over then. */
  readonly lapsed: readonly Lapse[];
  /** With `--at`: the verdict of then, if every zone was signed anew. */
  readonly renewed: Pick<CheckReport, 'verdict' | 'level' | 'reason'> | null;
  readonly evidence: readonly Evidence[];
  readonly explain: readonly string[];
  /** With `--all-auth` (OPS-19). */
  readonly authorities?: readonly AuthorityRow[];
};

/** One question, asked of the resolver and of each authoritative server of the zone. */
export type AuthorityRow = {
  readonly name: string;
  readonly type: string;
  /** `unknown`: some did not answer, or gave what cannot be proven; the others agree. */
  readonly agree: 'yes' | 'no' | 'unknown';
  readonly answers: readonly AuthorityAnswer[];
};

export type AuthorityAnswer = {
  /** `resolver`, or address and port. */
  readonly server: string;
  readonly state: 'secure' | 'insecure' | 'bogus' | 'indeterminate';
  readonly because: string | null;
  /** Seconds. */
  readonly ttl: number | null;
  /** Presentation form, sorted. */
  readonly records: readonly string[];
};

export type StsPart = {
  readonly state: StsWord;
  readonly id: string | null;
  readonly mode: 'enforce' | 'testing' | 'none' | null;
  /** Seconds. */
  readonly maxAge: number | null;
  readonly mx: readonly string[];
  readonly source: 'fetched' | 'cached' | 'cached-refresh-failed' | null;
  readonly fetchedAt: string | null;
  /** Why it could not be had or renewed. */
  readonly fault: string | null;
  readonly says: string | null;
};

type SharedFields =
  | 'ip'
  | 'port'
  | 'addr_name'
  | 'tlsa_state'
  | 'tlsa_base'
  | 'tlsa_used'
  | 'tls_required'
  | 'authn_required'
  | 'tls_achieved'
  | 'tls_version'
  | 'tls_cipher'
  | 'authn'
  | 'ref_ids'
  | 'sni'
  | 'nexthop_authenticated'
  | 'detail'
  | 'evidence';

export type CheckedHost = Pick<DeliveryRecord, SharedFields> & {
  readonly host: string;
  readonly preference: number;
  readonly addresses: readonly string[];
  readonly addresses_state: 'secure' | 'insecure' | 'none' | 'refused' | 'failed';
  /** Whole, in presentation form; unusable ones too. */
  readonly records: readonly string[];
  readonly sts_match: 'match' | 'mismatch' | null;
  /** As presented, leaf first. */
  readonly chain: readonly CertificateFacts[];
  /** Null where no EHLO was heard. */
  readonly requiretls: 'offered' | 'not-offered' | null;
  readonly tried: 'yes' | 'no';
  /** One entry for each address that was dialled. */
  readonly attempts: readonly {
    readonly ip: string | null;
    readonly tls_achieved: DeliveryRecord['tls_achieved'];
    readonly authn: string;
    readonly reason: Reason | null;
  }[];
  /** OPS-1; null where nothing was seen. */
  readonly worlds: Worlds | null;
  /** OPS-2, and what a mismatch looks like. */
  readonly deviations: readonly Deviation[];
  /** A zone line, where the presented certificate matches none of the records. */
  readonly would_match: string | null;
  readonly reason: Reason | null;
};

export function mxPart({ mx }: Destination, candidates: readonly Candidate[]): CheckReport['mx'] {
  return { state: mxState(mx), hosts: (mx.kind === 'mx' ? mx.hosts : candidates).map(({ host }) => host) };
}

export function stsPart(destination: Destination, operator: OperatorDemand): StsPart {
  const { sts } = destination;
  const policy = sts.kind === 'policy' ? sts.policy : undefined;
  return {
    state: stsWord(destination, operator),
    id: policy?.id ?? null,
    mode: policy?.mode ?? null,
    maxAge: policy?.maxAge ?? null,
    mx: policy?.mx ?? [],
    source: sts.kind === 'policy' ? sts.freshness : null,
    fetchedAt: policy ? new Date(policy.fetchedAt).toISOString() : null,
    fault: 'fault' in sts ? sts.fault : null,
    says: 'says' in sts ? sts.says : null,
  };
}

/** @param shown the attempt that stands for the host; undefined when it was not dialled */
export function hostRow(
  plan: Plan,
  shown: Attempt | undefined,
  attempts: readonly Attempt[],
  context: RecordContext,
): CheckedHost {
  const { candidate } = plan;
  const at = context.destination.observedAt;
  const record = deliveryRecord(shown ?? { plan, address: undefined, startedAt: at, endedAt: at }, context);
  const { addresses } = candidate;
  const seen = shown && { destination: context.destination, candidate, attempt: shown };
  const worlds = seen && worldsOf(seen);
  return {
    host: candidate.host,
    preference: candidate.preference,
    addresses: 'addresses' in addresses ? addresses.addresses : [],
    addresses_state: addresses.kind === 'addresses' ? addresses.status : addresses.kind,
    records: recordsOf(candidate),
    sts_match: stsMatch(context.destination, candidate),
    ...pick(record),
    chain: shown?.security?.kind === 'encrypted' ? shown.security.chain.map(describeCertificate) : [],
    requiretls: offerOf(shown),
    tried: attempts.some(({ address }) => address !== undefined) ? 'yes' : 'no',
    attempts: attempts
      .filter(({ address }) => address !== undefined)
      .map((attempt) => {
        const { ip, tls_achieved, authn } = deliveryRecord(attempt, context);
        return { ip, tls_achieved, authn, reason: reasonOf(attempt) };
      }),
    worlds: worlds ?? null,
    deviations: seen ? deviationsOf(seen) : [],
    would_match: seen ? wouldMatch(seen, worlds) : null,
    reason: shown ? reasonOf(shown) : null,
  };
}

/** What protected the host that was cleared. */
export function levelOf({ tls_achieved, authn }: Pick<CheckedHost, 'tls_achieved' | 'authn'>): Level {
  if (authn.includes('dane-')) return 'dane';
  if (authn.includes('pkix-')) return 'webpki';
  return tls_achieved === 'cleartext' ? 'cleartext' : 'encrypted';
}

/** A probe sends nothing, so that nothing was sent is no failure of it. */
const reasonOf = ({ plan, because, verdict }: Attempt): Reason | null =>
  because ?? (verdict?.kind === 'blocked' ? verdict.because : plan.kind === 'skip' ? plan.because : null);

function pick(record: DeliveryRecord): Pick<DeliveryRecord, SharedFields> {
  const { ip, port, addr_name, tlsa_state, tlsa_base, tlsa_used, tls_required, authn_required, tls_achieved } = record;
  const { tls_version, tls_cipher, authn, ref_ids, sni, nexthop_authenticated, detail, evidence } = record;
  const found = { ip, port, addr_name, tlsa_state, tlsa_base, tlsa_used, tls_required, authn_required, tls_achieved };
  return { ...found, tls_version, tls_cipher, authn, ref_ids, sni, nexthop_authenticated, detail, evidence };
}

function recordsOf({ dane }: Candidate): readonly string[] {
  if (dane.kind !== 'usable' && dane.kind !== 'unusable') return [];
  const usable = dane.kind === 'usable' ? dane.records : [];
  const texts = usable.map(({ usage, selector, matching, data }) => {
    const numbers = [usage === 'dane-ta' ? 2 : 3, selector === 'cert' ? 0 : 1, matchings.indexOf(matching)];
    return `${numbers.join(' ')} ${hex(data)}`;
  });
  return [...texts, ...dane.ignored.map(({ rdata }) => `${rdata.subarray(0, 3).join(' ')} ${hex(rdata.subarray(3))}`)];
}

const matchings = ['full', 'sha2-256', 'sha2-512'];

function stsMatch({ sts }: Destination, { host }: Candidate): CheckedHost['sts_match'] {
  const state = stsState(sts, isIpAddress(host) ? undefined : host);
  if (state.endsWith('-mismatch')) return 'mismatch';
  return /^(testing|enforce|fail-cached)-/.test(state) ? 'match' : null;
}

function offerOf(shown: Attempt | undefined): CheckedHost['requiretls'] {
  if (!shown?.extensions) return null;
  // RTLS-1: what was said before TLS does not count.
  return shown.security?.kind === 'encrypted' && shown.extensions.has('REQUIRETLS') ? 'offered' : 'not-offered';
}

const hex = (octets: Uint8Array): string => [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
