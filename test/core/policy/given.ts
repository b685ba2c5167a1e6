// Plans, sessions and attempts for the tests of policy.

import { type DomainName, type Instant, instant } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import type { NonEmpty } from '../../../src/core/base/result.ts';
import type { DaneFinding, TlsaRecord } from '../../../src/core/dane/tlsa.ts';
import type { DialPlan } from '../../../src/core/policy/judge.ts';
import type { Attempt, PeerVerdict } from '../../../src/core/policy/model.ts';
import { plan } from '../../../src/core/policy/plan.ts';
import type { Reply } from '../../../src/core/smtp/reply.ts';
import { type Case, caseOf, host, type Input } from '../../decision/vectors.ts';

export const now: Instant = instant(Date.now());

const ordinary: Input = { mx_state: 'secure', tlsa_state: 'none', sts_state: 'none', msg_tls: 'normal', floor: 'may' };

export type Given = {
  readonly mx?: string;
  readonly tlsa?: string;
  readonly sts?: string;
  readonly message?: string;
  readonly floor?: string;
  readonly records?: readonly TlsaRecord[];
};

export function given({ mx, tlsa, sts, message, floor, records }: Given = {}): Case {
  const line: Input = {
    mx_state: mx ?? ordinary.mx_state,
    tlsa_state: tlsa ?? ordinary.tlsa_state,
    sts_state: sts ?? ordinary.sts_state,
    msg_tls: message ?? ordinary.msg_tls,
    floor: floor ?? ordinary.floor,
  };
  const made = caseOf(line);
  return records === undefined ? made : { ...made, candidate: { ...made.candidate, dane: usable(records) } };
}

export const usable = (records: readonly TlsaRecord[], baseDomain: DomainName = host): DaneFinding => ({
  kind: 'usable',
  baseDomain,
  records: records as unknown as NonEmpty<TlsaRecord>,
  ignored: [],
});

/** The plan of a host that is dialled. */
export function dialled(input: Given | Case): DialPlan {
  const decided = plan('destination' in input ? input : given(input));
  if (decided.kind !== 'dial') throw new Error(`skipped: ${decided.because}`);
  return decided;
}

export const reply = (code: number, text = 'text', enhanced?: string): Reply => ({
  code,
  lines: [text],
  ...(enhanced === undefined ? {} : { enhanced }),
});

type Ended = Pick<Attempt, 'transfer' | 'because' | 'security'> & { readonly verdict?: PeerVerdict };

/** One attempt at a host of the given preference. */
export function attempted(input: Given, preference: number, ended: Partial<Ended> = {}): Attempt {
  const decided = plan(given(input));
  const name = domainName(`mx${preference}.example.com`);
  const candidate = { ...decided.candidate, host: name, preference };
  const { verdict, ...rest } = ended;
  return {
    plan: { ...decided, candidate },
    address: '192.0.2.1' as IpAddress,
    startedAt: now,
    endedAt: now,
    ...rest,
    ...(verdict === undefined ? {} : { verdict: verdict as Exclude<PeerVerdict, { kind: 'undecided' }> }),
  };
}
