// The second backend (`resolver.mode = "trust-ad"`): a validating resolver on this machine or behind DNS over TLS judges, and
// its AD bit is believed (RFC 4035 §4.9.3, RFC 6840 §5.8). No proofs, no chain. Never in the clear across a network: there
// anybody could set the bit.

import type { Clock, Log, Metrics } from '../../agent/ports.ts';
import { type Message, RrType } from '../../core/dns/message.ts';
import { rootName } from '../../core/dns/name.ts';
import { defaultRules } from '../../core/dnssec/limits.ts';
import type { Question } from '../../core/dnssec/proof.ts';
import { createAnswering, type Proved, type ValidatingResolver } from './answering.ts';
import { createExaminer, type Showing } from './examiner.ts';
import { readPlainly } from './plain.ts';
import { createProver, readingOnly } from './prover.ts';
import { formatServerAddress, isCredible, type ServerAddress } from './server-address.ts';
import { createTransport } from './transport.ts';
import { type Answered, type Ask, createUpstream, type Patience } from './upstream.ts';

export type AdResolverOptions = {
  readonly servers: readonly ServerAddress[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly patience?: Patience;
  /** PEM; for servers over TLS. */
  readonly authorities?: readonly string[];
};

/**
 * Begins its exam at once; `close` ends it.
 *
 * @throws Error if a server is neither on this machine nor behind TLS (DNS-6), or if there is none.
 */
export function createAdResolver(options: AdResolverOptions): ValidatingResolver {
  const { servers, clock, log, metrics } = options;
  if (servers.length === 0) throw new Error('resolver.servers is empty');
  // DNS-6: never a plain remote server.
  const remote = servers.find((server) => !isCredible(server));
  if (remote !== undefined) {
    throw new Error(
      `resolver.mode "trust-ad" believes what the server says of DNSSEC, and ${formatServerAddress(remote)} is not on this machine: use a loopback server, DNS over TLS (tls://address#name), or mode "validate"`,
    );
  }
  log.event('warn', 'resolver-trust-ad', { dnssec: 'ad', servers: servers.map(formatServerAddress) });

  const transport = createTransport(options.authorities);
  const upstream = createUpstream(transport, log, options.patience);
  const examiner = createExaminer({
    servers,
    clock,
    log,
    show: async (server) =>
      showOf(
        await upstream.ask({ name: rootName, type: RrType.NS, asking: 'authentic-data', channel: 'udp' }, [server]),
      ),
  });

  const ask = (one: Ask): Promise<Answered> => upstream.ask(one, examiner.fit());

  return createAnswering({
    mode: 'trust-ad',
    prove: (question) => proveByAd(question, ask),
    // With CD, or the server would withhold what it finds bogus.
    read: createProver({ proving: readingOnly(defaultRules), ask, clock }),
    examiner,
    clock,
    metrics,
    close: transport.close,
  });
}

async function proveByAd(question: Question, ask: (one: Ask) => Promise<Answered>): Promise<Proved> {
  let queries = 0;
  let server: ServerAddress | undefined;
  const counted = async (one: Question): Promise<Answered> => {
    const answered = await ask({ ...one, asking: 'authentic-data', channel: 'udp' });
    queries += answered.queries;
    server = answered.server;
    return answered;
  };
  const proof = await readPlainly(question, {
    ask: counted,
    statusOf: statusByAd,
    // DNS-12: one unsigned link clears AD for the whole answer, so the link is asked for alone.
    statusOfLink: async (name) => {
      const answered = await counted({ name, type: RrType.CNAME });
      return answered.kind === 'message' ? statusByAd(answered.message) : answered.because;
    },
    // DNS-10
    aliasLimit: defaultRules.aliasLimit,
  });
  return { proof, queries, verifications: 0, server };
}

const statusByAd = (message: Message): 'secure' | 'insecure' => (message.authenticData ? 'secure' : 'insecure');

/** The root is signed: a server that does not say so does not validate. */
function showOf(answered: Answered): Showing {
  if (answered.kind === 'unanswered') {
    return { kind: 'failed', because: answered.because, says: `does not answer for the root: ${answered.says}` };
  }
  return answered.message.authenticData
    ? { kind: 'passed', says: 'calls the root authentic (AD)' }
    : { kind: 'failed', because: 'not-validating', says: 'does not set AD for the root, so it does not validate' };
}
