// One host to its addresses, with the state that DANE needs of them (RFC 7672 §2.2.2, DT-1.20 to DT-1.25). Leaves out the
// order of connecting beyond the interleaving of families.

import type { DomainName } from '../core/base/brand.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { type DnssecStatus, type IpAddress, type LookupFailure, weakest } from '../core/base/lookup.ts';
import { isNonEmpty, type NonEmpty } from '../core/base/result.ts';
import type { AddressFinding } from '../core/policy/model.ts';
import { type Prefix, refusalOf } from '../core/routing/addresses.ts';
import type { LocalResolver, Reading, Resolved, Resolver } from './ports.ts';

export type AddressOptions = {
  readonly reading: Reading;
  readonly families: 'auto' | 'ipv4' | 'ipv6';
  /** `delivery.allow_addresses`. */
  readonly allowed: readonly Prefix[];
};

/** `addresses` are all that were found, refused ones too: the question whether a host is us needs them (RTE-8). */
export type Located = {
  readonly finding: AddressFinding;
  readonly addresses: readonly IpAddress[];
  /** DNS-12: state of the first step when the host is an alias. */
  readonly firstAlias: DnssecStatus | undefined;
  readonly notes: readonly Evidence[];
};

/** RTE-10: both families at once, as far as they are wanted. `judged` by RTE-16 where a stranger's DNS named the host. */
export async function findAddresses(
  resolver: Resolver,
  host: DomainName,
  judged: 'judged' | 'trusted',
  options: AddressOptions,
): Promise<Located> {
  const types = ({ auto: ['AAAA', 'A'], ipv4: ['A'], ipv6: ['AAAA'] } as const)[options.families];
  const answers = await Promise.all(types.map((type) => resolver.resolve(host, type, options.reading)));
  const located = combine(host, answers);
  return judged === 'judged' ? withoutRefused(located, options.allowed) : located;
}

/** RTE-17: inside names, always insecure and never an alias. */
export async function findLocalAddresses(local: LocalResolver, host: DomainName): Promise<Located> {
  const answer = await local.addresses(host);
  const rest = { firstAlias: undefined, notes: [] };
  if (answer.kind === 'failed') return { finding: answer, addresses: [], ...rest };
  if (answer.kind === 'absent') return { finding: { kind: 'none' }, addresses: [], ...rest };
  const addresses = answer.value;
  return { finding: { kind: 'addresses', status: 'insecure', expanded: host, addresses }, addresses, ...rest };
}

/** RTE-16: refused addresses are passed over; if none is left, the finding names them. */
export function withoutRefused(located: Located, allowed: readonly Prefix[]): Located {
  const { finding } = located;
  if (finding.kind !== 'addresses') return located;
  const usable = finding.addresses.filter((address) => refusalOf(address, allowed) === undefined);
  if (usable.length === finding.addresses.length) return located;
  const notes = [...located.notes, refusedNote(finding.addresses.filter((address) => !usable.includes(address)))];
  return isNonEmpty(usable)
    ? { ...located, finding: { ...finding, addresses: usable }, notes }
    : { ...located, finding: { kind: 'refused', addresses: finding.addresses }, notes };
}

type Answer = Resolved<IpAddress>;
type FoundAnswer = Answer & { readonly answer: Extract<Answer['answer'], { kind: 'found' }> };

function combine(host: DomainName, answers: readonly Answer[]): Located {
  const found = answers.filter((one): one is FoundAnswer => one.answer.kind === 'found');
  const failed = answers.flatMap((one) =>
    one.answer.kind === 'failed' ? [{ ...one, reason: one.answer.reason }] : [],
  );
  // DNS-12: of the answers that are used, like everything else (DANE-13).
  const firsts = found.flatMap((one) => (one.aliases[0] ? [one.aliases[0].status] : []));
  const firstAlias = firsts.length === 0 ? undefined : weakest(...firsts);
  const addresses = interleaved(found.map((one) => one.answer.value));
  if (isNonEmpty(addresses)) {
    // DANE-13: only the answers whose addresses are used count, and the weakest of them decides.
    const status = weakest(...found.flatMap((one) => [one.answer.status, ...one.aliases.map((step) => step.status)]));
    const expanded = found[0]?.aliases.at(-1)?.to ?? host;
    const notes = failed.map((one) => failureNote('one address family could not be resolved', one.reason, one.because));
    return { finding: { kind: 'addresses', status, expanded, addresses }, addresses, firstAlias, notes };
  }
  const rest = { addresses: [], firstAlias };
  if (failed.length === 0) return { finding: { kind: 'none' }, notes: [], ...rest };
  // RFC 7672 §2.1.2: with one family unanswered the other's absence does not make the host addressless.
  const worst = failed.find((one) => one.reason === 'bogus') ?? failed[0];
  const reason = worst?.reason ?? 'servfail';
  return {
    finding: { kind: 'failed', reason },
    notes: [failureNote(`the addresses of ${host} could not be resolved`, reason, worst?.because)],
    ...rest,
  };
}

/** RTE-9: families in turns, resolver order within each; a host has no use for more than a few. */
function interleaved(families: readonly NonEmpty<IpAddress>[]): readonly IpAddress[] {
  const longest = Math.max(0, ...families.map((family) => family.length));
  const turns = Array.from({ length: longest }, (_, turn) => families.flatMap((family) => family[turn] ?? []));
  return [...new Set(turns.flat())].slice(0, maxAddresses);
}

const maxAddresses = 16;

/** OPS-15: the stable word of the proof goes along, so that people can see which step failed. */
export function failureNote(what: string, reason: LookupFailure, because: string | undefined): Evidence {
  return {
    rung: 'dnssec',
    outcome: reason === 'bogus' ? 'fail' : 'unknown',
    rule: 'RFC 7672 §2.1.2',
    says: `${what}: ${reason}${because === undefined ? '' : ` (${because})`}`,
    code: because ?? reason,
  };
}

const refusedNote = (addresses: readonly IpAddress[]): Evidence => ({
  rung: 'mx',
  outcome: 'fail',
  rule: 'RTE-16',
  says: `${addresses.join(', ')} is not used: a public name must not lead there unless delivery.allow_addresses has it`,
  code: 'addr-refused',
});
