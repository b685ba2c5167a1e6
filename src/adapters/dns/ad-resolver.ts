// The second backend (`resolver.mode = "trust-ad"`): a validating resolver on this machine judges, and its AD bit is
// believed (RFC 4035 §4.9.3, RFC 6840 §5.8). No proofs, no chain. Never across a network: there anybody could set the bit.

import type { Clock, Log, Metrics } from '../../agent/ports.ts';
import type { Message } from '../../core/dns/message.ts';
import { RrType } from '../../core/dns/message.ts';
import { rootName } from '../../core/dns/name.ts';
import type { Proof, Question } from '../../core/dnssec/proof.ts';
import { createAnswering, type ValidatingResolver } from './answering.ts';
import { createExaminer, type Showing } from './examiner.ts';
import { metered, type PlainReading, readPlainly, readUnvalidated } from './plain.ts';
import { formatServerAddress, isLoopback, type ServerAddress } from './server-address.ts';
import { createTransport } from './transport.ts';
import { type Answered, type Asking, createUpstream, type Patience } from './upstream.ts';

export type AdResolverOptions = {
  readonly servers: readonly ServerAddress[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly patience?: Patience;
};

/**
 * Begins its exam at once; `close` ends it.
 *
 * @throws Error if a server is not on this machine (DNS-6), or if there is none.
 */
export function createAdResolver(options: AdResolverOptions): ValidatingResolver {
  const { servers, clock, log, metrics } = options;
  if (servers.length === 0) throw new Error('resolver.servers is empty');
  // DNS-6: never a plain remote server.
  const remote = servers.find((server) => !isLoopback(server));
  if (remote !== undefined) {
    throw new Error(
      `resolver.mode "trust-ad" believes what the server says of DNSSEC, and ${formatServerAddress(remote)} is not on this machine: use a loopback server or mode "validate"`,
    );
  }
  log.event('warn', 'resolver-trust-ad', { dnssec: 'ad', servers: servers.map(formatServerAddress) });

  const transport = createTransport();
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

  const askWith =
    (asking: Asking): PlainReading['ask'] =>
    (question) =>
      upstream.ask({ ...question, asking, channel: 'udp' }, examiner.fit());

  return createAnswering({
    mode: 'trust-ad',
    prove: (question) => metered(askWith('authentic-data'), (ask) => readByAd(question, ask)),
    // With CD, or the server would withhold what it finds bogus.
    read: (question) => metered(askWith('validate'), (ask) => readUnvalidated(question, ask, aliasLimit)),
    examiner,
    clock,
    metrics,
    close: transport.close,
  });
}

/** DNS-10. */
const aliasLimit = 8;

const readByAd = (question: Question, ask: PlainReading['ask']): Promise<Proof> =>
  readPlainly(question, {
    ask,
    statusOf: statusByAd,
    // DNS-12: one unsigned link clears AD for the whole answer, so the link is asked for alone.
    statusOfLink: async (name) => {
      const answered = await ask({ name, type: RrType.CNAME });
      return answered.kind === 'message' ? statusByAd(answered.message) : answered.because;
    },
    because: null,
    aliasLimit,
  });

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
