// The validating resolver: recursive servers only fetch, `core/dnssec` judges, and what it could not judge is a failure
// (RFC 4035 §4.3, RFC 7672 §2.1.1). The backend behind `resolver.mode = "validate"`.

import { randomBytes } from 'node:crypto';
import type { Clock, Log, Metrics } from '../../agent/ports.ts';
import { labelCount, type Name, rootName } from '../../core/dns/name.ts';
import type { Anchors } from '../../core/dnssec/anchors.ts';
import { defaultRules } from '../../core/dnssec/limits.ts';
import type { ProofRules } from '../../core/dnssec/proof.ts';
import { prove, proveZone } from '../../core/dnssec/prove.ts';
import { createAnswering, type ValidatingResolver } from './answering.ts';
import { examine } from './exam.ts';
import { createExaminer } from './examiner.ts';
import { createProver, type Proving, readingOnly } from './prover.ts';
import type { ServerAddress } from './server-address.ts';
import { createTransport } from './transport.ts';
import { type Answered, type Ask, createUpstream, type Patience } from './upstream.ts';

export type { LookupReport, ValidatingResolver } from './answering.ts';
export type { ResolverExam, ServerExam } from './examiner.ts';

export type ResolverOptions = {
  readonly servers: readonly ServerAddress[];
  readonly anchors: Anchors;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** INT-13; no unless told. */
  readonly allowSha1?: boolean;
  /** SEC-23; 50 unless told. */
  readonly nsec3Limit?: number;
  readonly patience?: Patience;
  /** PEM; for servers over TLS. */
  readonly authorities?: readonly string[];
};

/**
 * Begins its exam of the servers at once; look-ups wait for it. `close` ends everything.
 *
 * @throws Error without servers or without anchors (TA-5).
 */
export function createResolver(options: ResolverOptions): ValidatingResolver {
  const { servers, anchors, clock, log, metrics } = options;
  const rules: ProofRules = {
    ...defaultRules,
    sha1: options.allowSha1 ? 'allowed' : 'unsupported',
    nsec3Limit: options.nsec3Limit ?? defaultRules.nsec3Limit,
  };
  if (servers.length === 0) throw new Error('resolver.servers is empty');
  // TA-5: without an anchor everything would be insecure, silently.
  const apex = examZone(anchors);
  if (apex === undefined) throw new Error('no trust anchor: DNSSEC cannot be validated');

  const proving: Proving = {
    prove: (question, now, budget) => prove(question, anchors, now, budget, rules),
    proveZone: (zone, now, budget) => proveZone(zone, anchors, now, budget, rules),
  };
  const transport = createTransport(options.authorities);
  const upstream = createUpstream(transport, log, options.patience);
  const examiner = createExaminer({
    servers,
    clock,
    log,
    show: (server) =>
      examine({
        proving,
        ask: (ask) => upstream.ask(ask, [server]),
        clock,
        apex,
        nonsense: randomBytes(8).toString('hex'),
      }),
  });
  const ask = (one: Ask): Promise<Answered> => upstream.ask(one, examiner.fit());

  return createAnswering({
    mode: 'validate',
    prove: createProver({ proving, ask, clock }),
    read: createProver({ proving: readingOnly(rules), ask, clock }),
    examiner,
    clock,
    metrics,
    close: transport.close,
  });
}

/** The root where it has an anchor, else the topmost zone that has one. */
function examZone(anchors: Anchors): Name | undefined {
  const zones = anchors.map(({ zone }) => zone).sort((left, right) => labelCount(left) - labelCount(right));
  return zones.includes(rootName) ? rootName : zones[0];
}
