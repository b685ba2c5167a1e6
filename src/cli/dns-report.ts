// A proof and its cost to the frozen form of `dns --json` (cli.md; docs/schemas/dns.schema.json).

import { nameToText } from '../core/dns/name.ts';
import { rcodeToText, rdataToText, typeToText } from '../core/dns/presentation.ts';
import type { Proof } from '../core/dnssec/proof.ts';
import type { DnsReport } from './program.ts';

export type Cost = { readonly elapsedMs: number; readonly queries: number; readonly verifications: number };

export const dnsReport = (proof: Proof, cost: Cost): DnsReport => ({
  name: nameToText(proof.question.name),
  type: typeToText(proof.question.type),
  state: proof.state,
  rcode: proof.rcode === null ? 'NONE' : rcodeToText(proof.rcode),
  answers: proof.records.map((record) => ({
    name: nameToText(record.owner),
    type: typeToText(record.type),
    ttl: record.ttl,
    data: rdataToText(record.type, record.rdata),
    state: proof.state,
  })),
  aliases: proof.aliases.map((alias) => ({
    name: nameToText(alias.from),
    type: alias.by,
    target: nameToText(alias.to),
    state: alias.state,
  })),
  denial: proof.denial,
  reason: proof.because,
  chain: proof.chain.map((step) => ({
    zone: nameToText(step.zone),
    keyTag: step.keyTag,
    algorithm: step.algorithm,
    outcome: step.outcome,
  })),
  elapsedMs: Math.round(cost.elapsedMs * 10) / 10,
  queries: cost.queries,
  verifications: cost.verifications,
});
