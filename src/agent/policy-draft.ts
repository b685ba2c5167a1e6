// A new MTA-STS policy for a domain from its live MX set, with every host judged as if the policy were in force already
// (RFC 8461 §8.1, STS-80). The judging is the probe's, so a host that passes here is one that senders reach.

import { type DomainName, instant, type Seconds } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { ok, type Result } from '../core/base/result.ts';
import { type DraftWish, draftPolicy, type PolicyText, stepsFor } from '../core/mtasts/draft.ts';
import { parseMxPattern } from '../core/mtasts/mx-pattern.ts';
import type { StsMode, StsPolicy } from '../core/mtasts/policy.ts';
import type { Reason } from '../core/policy/reasons.ts';
import type { CheckReport, StsPart } from './check-report.ts';
import { type ProbeOptions, type ProbePorts, probe } from './probe.ts';

export type PolicyDraft = PolicyText & {
  readonly domain: string;
  /** RFC 3339. */
  readonly at: string;
  readonly mode: StsMode;
  readonly maxAge: number;
  readonly mx: CheckReport['mx'];
  /** What is published now. */
  readonly current: StsPart;
  /** Empty for mode none: nothing is asked of hosts then. */
  readonly hosts: readonly DraftedHost[];
  /** Every host passes; one does not; one could not be asked, or the MX set could not be had. */
  readonly verdict: 'ready' | 'not-ready' | 'undetermined';
  /** Why there is no policy to be made: the MX question failed, or nobody takes mail. */
  readonly reason: Reason | null;
  readonly steps: readonly string[];
};

export type DraftedHost = {
  readonly host: string;
  readonly outcome: 'pass' | 'fail' | 'unknown';
  readonly reason: Reason | null;
  readonly says: string | null;
};

export type DraftRequest = { readonly domain: DomainName; readonly mode: StsMode; readonly maxAge: number };

/** @returns the draft, or a sentence that says what is wrong with the question. */
export async function draftFor(
  ports: ProbePorts,
  request: DraftRequest,
  options: ProbeOptions,
): Promise<Result<PolicyDraft, string>> {
  const { domain, mode, maxAge } = request;
  const looked = await probe(ports, domain, { ...options, connect: 'no', all: 'yes', sender: 'mta-sts' });
  if (looked.kind === 'fault') return looked;
  const { at, mx, sts } = looked.value;
  const hosts = mx.hosts.flatMap((text) => {
    const host = parseDomainName(text);
    return host.kind === 'ok' ? [host.value] : [];
  });
  const wish: DraftWish = { domain, hosts, mode, maxAge };
  const text = draftPolicy(wish, sts, instant(Date.parse(at)));
  const draft = { ...text, domain, at, mode, maxAge, mx, current: sts };
  if (hosts.length === 0)
    return ok({
      ...draft,
      hosts: [],
      verdict: looked.value.verdict === 'blocked' ? 'not-ready' : 'undetermined',
      reason: looked.value.reason,
      steps: [],
    });
  const steps = stepsFor(wish, text, sts);
  if (mode === 'none') return ok({ ...draft, hosts: [], verdict: 'ready', reason: null, steps });
  const judged = await probe(ports, domain, {
    ...options,
    connect: 'yes',
    all: 'yes',
    sender: 'mta-sts',
    assumedPolicy: assumed(wish, text),
  });
  if (judged.kind === 'fault') return judged;
  const drafted = judged.value.hosts.map(draftedHost);
  const outcomes = drafted.map(({ outcome }) => outcome);
  const verdict = outcomes.includes('fail') ? 'not-ready' : outcomes.includes('unknown') ? 'undetermined' : 'ready';
  return ok({ ...draft, hosts: drafted, verdict, reason: null, steps });
}

const assumed = ({ hosts, maxAge }: DraftWish, { id, body }: PolicyText): StsPolicy => ({
  mode: 'enforce',
  mx: hosts.flatMap((host) => parseMxPattern(host) ?? []),
  maxAge: maxAge as Seconds,
  id,
  fetchedAt: instant(0),
  body,
});

const unreached: ReadonlySet<Reason> = new Set<Reason>([
  'connect-failed',
  'conn-lost',
  'remote-4yz',
  'addr-lookup-error',
]);

function draftedHost({ host, reason, tried, evidence }: CheckReport['hosts'][number]): DraftedHost {
  const failing = evidence.findLast(({ outcome }) => outcome === 'fail');
  const says = failing?.says ?? null;
  if (reason === null) return { host, outcome: tried === 'yes' ? 'pass' : 'unknown', reason, says: null };
  return { host, outcome: unreached.has(reason) ? 'unknown' : 'fail', reason, says };
}
