// A proof turned into what the agent asks for: values of one type, the three-way answer, the alias steps. Proven records
// whose RDATA is no value of their type make the whole answer malformed: half an answer would be another answer.

import { SocketAddress } from 'node:net';
import type { AliasStep, MxRecord, RecordValues, Resolved } from '../../agent/ports.ts';
import type { Seconds } from '../../core/base/brand.ts';
import type { IpAddress, Lookup, LookupFailure } from '../../core/base/lookup.ts';
import { isNonEmpty, type NonEmpty } from '../../core/base/result.ts';
import { RrType } from '../../core/dns/message.ts';
import { domainFromName, foldName, nameToText, rootName } from '../../core/dns/name.ts';
import { readPlainName } from '../../core/dns/wire.ts';
import type { Proof, ProofCause } from '../../core/dnssec/proof.ts';

export type RecordType = keyof RecordValues;

/** What a look-up cost, and how long its answer holds from now on. */
export type Cost = { readonly queries: number; readonly verifications: number; readonly left: Seconds };

export function resolvedFrom<Type extends RecordType>(
  proof: Proof,
  type: Type,
  cost: Cost,
): Resolved<RecordValues[Type]> {
  return {
    answer: answerFrom(proof, type, cost.left),
    aliases: aliasSteps(proof),
    ...(proof.because === null ? {} : { because: proof.because }),
    queries: cost.queries,
    verifications: cost.verifications,
  };
}

function answerFrom<Type extends RecordType>(
  proof: Proof,
  type: Type,
  ttl: Seconds,
): Lookup<NonEmpty<RecordValues[Type]>> {
  // SEC-1: bogus and indeterminate are failures, never a kind of absence.
  if (proof.state === 'bogus') return { kind: 'failed', reason: 'bogus' };
  if (proof.state === 'indeterminate') return { kind: 'failed', reason: failureOf(proof.because) };
  if (proof.denial !== null) return { kind: 'absent', status: proof.state, reason: proof.denial, ttl };
  const read = readers[type];
  const values: RecordValues[Type][] = [];
  for (const record of proof.records) {
    const value = record.type === RrType[type] ? read(record.rdata) : undefined;
    if (value === undefined) return { kind: 'failed', reason: 'malformed' };
    values.push(value);
  }
  return isNonEmpty(values)
    ? { kind: 'found', status: proof.state, value: values, ttl }
    : { kind: 'failed', reason: 'malformed' };
}

function failureOf(because: ProofCause | null): LookupFailure {
  if (because === 'servfail' || because === 'timeout' || because === 'refused') return because;
  return 'malformed';
}

/** DNS-12: up to the first name that is no domain name, for what lies behind it cannot be mail's business. */
function aliasSteps(proof: Proof): readonly AliasStep[] {
  const steps: AliasStep[] = [];
  for (const { from, to, state } of proof.aliases) {
    const [source, target] = [domainFromName(from), domainFromName(to)];
    if (source === undefined || target === undefined) break;
    steps.push({ from: source, to: target, status: state });
  }
  return steps;
}

const readers: { readonly [Type in RecordType]: (rdata: Uint8Array) => RecordValues[Type] | undefined } = {
  A: (rdata) => (rdata.length === 4 ? (rdata.join('.') as IpAddress) : undefined),
  AAAA: (rdata) => (rdata.length === 16 ? readIpv6(rdata) : undefined),
  MX: readMx,
  TLSA: (rdata) => rdata,
  TXT: readStrings,
};

function readIpv6(rdata: Uint8Array): IpAddress {
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((rdata[2 * at] ?? 0) << 8) | (rdata[2 * at + 1] ?? 0)).toString(16),
  );
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address as IpAddress;
}

function readMx(rdata: Uint8Array): MxRecord | undefined {
  const exchange = readPlainName(rdata, 2);
  if (exchange === undefined || exchange.end !== rdata.length) return undefined;
  const preference = ((rdata[0] ?? 0) << 8) | (rdata[1] ?? 0);
  const name = foldName(exchange.wire);
  // RFC 7505 §3: the root stands for "no mail here".
  if (name === rootName) return { preference, exchange: '.' };
  // Underscores pass: such hosts exist, and refusing them would lose mail for no gain.
  return { preference, exchange: domainFromName(name) ?? { unusable: nameToText(name) } };
}

/** RFC 1035 §3.3.14: at least one string, each with its length before it. */
function readStrings(rdata: Uint8Array): readonly Uint8Array[] | undefined {
  const strings: Uint8Array[] = [];
  for (let at = 0; at < rdata.length; at += 1 + (rdata[at] ?? 0)) {
    const end = at + 1 + (rdata[at] ?? 0);
    if (end > rdata.length) return undefined;
    strings.push(rdata.slice(at + 1, end));
  }
  return strings.length > 0 ? strings : undefined;
}
