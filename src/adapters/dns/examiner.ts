// The servers' exam: each one has to show by itself, at the start and again and again, that DNSSEC passes through it
// (DNS-7). Only those that showed it are asked. While none does, no name can be told secure from insecure (TA-7).

import type { Clock, Log } from '../../agent/ports.ts';
import { type Instant, type Seconds, seconds } from '../../core/base/brand.ts';
import type { Proof, Question } from '../../core/dnssec/proof.ts';
import { nothing } from './plain.ts';
import { formatServerAddress, type ServerAddress } from './server-address.ts';

export type ServerExam = {
  readonly server: string;
  readonly passed: boolean;
  /** A stable word; null when passed. */
  readonly because: string | null;
  /** One sentence without a final stop. */
  readonly says: string;
};

export type ResolverExam = {
  readonly state: 'passed' | 'failed' | 'pending';
  readonly servers: readonly ServerExam[];
  /** When a server was examined last. */
  readonly at: Instant | undefined;
};

/** What one server showed. `proof` is the one that stopped it. */
export type Showing =
  | { readonly kind: 'passed'; readonly says: string }
  | { readonly kind: 'failed'; readonly because: string; readonly says: string; readonly proof?: Proof };

export type Examiner = {
  /** In the operator's order. */
  fit(): readonly ServerAddress[];
  report(): ResolverExam;
  /** Resolves when one server has passed, or all have failed, for the first time. Never rejects. */
  examined(): Promise<void>;
  /** For a question that nobody can be asked: why not, in the shape of a proof. */
  obstacle(question: Question): Proof;
  close(): void;
};

/** While all is well; and while nothing is. */
const interval: Seconds = seconds(300);
const alarmInterval: Seconds = seconds(60);

export type ExamContext = {
  readonly servers: readonly ServerAddress[];
  readonly show: (server: ServerAddress) => Promise<Showing>;
  readonly clock: Clock;
  readonly log: Log;
};

/** Begins at once and goes on until it is closed. */
export function createExaminer({ servers, show, clock, log }: ExamContext): Examiner {
  const showings = new Map<ServerAddress, Showing>();
  const closing = new AbortController();
  const first = Promise.withResolvers<void>();
  let at: Instant | undefined;
  let rounds = 0;

  const fit = (): readonly ServerAddress[] => servers.filter((server) => showings.get(server)?.kind === 'passed');
  const report = (): ResolverExam => ({
    state: fit().length > 0 ? 'passed' : rounds === 0 ? 'pending' : 'failed',
    servers: servers.flatMap((server) => {
      const showing = showings.get(server);
      return showing === undefined ? [] : [describe(server, showing)];
    }),
    at,
  });

  const examine = async (server: ServerAddress): Promise<void> => {
    const before = showings.get(server);
    // A bug met on a server's answer is that server's failure, not the end of all exams.
    const showing = await show(server).catch(
      (error: unknown): Showing => ({
        kind: 'failed',
        because: 'internal',
        says: String(error),
      }),
    );
    if (closing.signal.aborted) return;
    showings.set(server, showing);
    at = clock.now();
    if (showing.kind === 'passed') first.resolve();
    if (showing.kind !== before?.kind && (before !== undefined || showing.kind === 'failed')) {
      log.event(showing.kind === 'passed' ? 'info' : 'warn', 'resolver-server', describe(server, showing));
    }
  };

  const goOn = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const failedBefore = report().state === 'failed';
      await Promise.all(servers.map(examine));
      rounds += 1;
      first.resolve();
      const { state } = report();
      if (closing.signal.aborted) return;
      // TA-7: loud, once per round.
      if (state === 'failed') log.event('error', 'resolver-unfit', { servers: report().servers });
      else if (failedBefore) log.event('info', 'resolver-fit', { servers: report().servers });
      await clock.sleep(state === 'failed' ? alarmInterval : interval, closing.signal);
    }
  };
  void goOn();

  return {
    fit,
    report,
    examined: () => first.promise,
    obstacle: (question) => {
      const proofs = [...showings.values()].map((showing) => (showing.kind === 'failed' ? showing.proof : undefined));
      const failed = proofs.find((proof) => proof !== undefined);
      const idle = { ...nothing(question), state: 'indeterminate', rcode: null, because: 'timeout' } as const;
      if (failed === undefined) return idle;
      const { state, rcode, because, chain } = failed;
      return state === 'bogus' || state === 'indeterminate' ? { ...idle, state, rcode, because, chain } : idle;
    },
    close: () => {
      closing.abort();
      first.resolve();
    },
  };
}

const describe = (server: ServerAddress, showing: Showing): ServerExam => ({
  server: formatServerAddress(server),
  passed: showing.kind === 'passed',
  because: showing.kind === 'passed' ? null : showing.because,
  says: showing.says,
});
