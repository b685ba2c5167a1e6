// The program around the verbs as plain values, and a verb run against it.
import type { MessageStory } from '../../src/agent/ports.ts';
import type { CheckReport } from '../../src/agent/probe.ts';
import { dispatch } from '../../src/cli/commands.ts';
import { type Program, type RelayClient, RelayUnreachable } from '../../src/cli/program.ts';
import { loadConfig } from '../../src/config/load.ts';
import { fault, ok } from '../../src/core/base/result.ts';

export const gone: RelayClient = new Proxy({} as RelayClient, {
  get: () => async () => {
    throw new RelayUnreachable('no relay answers at /run/x.sock');
  },
});

export const story = {
  message: {
    id: 'Q1',
    envelope: { reversePath: 'null', tlsTag: 'none', recipients: [], smtputf8: false },
    receivedAt: 0,
    expiresAt: 1000,
    size: 5000,
    client: { address: '127.0.0.1', ehlo: 'a\u001b[31mb', listener: 'x', kind: 'relay', trusted: true },
  },
  recipients: [
    {
      recipient: { mailbox: { text: 'b@example.nl', domain: { kind: 'name', name: 'example.nl' } } },
      nextHop: 'example.nl',
      state: 'deferred',
      attempts: 1,
      dueAt: 600_000,
      last: {
        because: 'cert-no-tlsa-match',
        status: '4.7.5',
        says: 'certificate matches no\u001b[2J TLSA record',
        at: 1,
      },
    },
  ],
  records: [],
  events: [],
} as unknown as MessageStory;

export type Talk = { out: string; err: string; code: number };

export async function run(argv: readonly string[], more: Partial<Program> = {}): Promise<Talk> {
  const talk: Talk = { out: '', err: '', code: -1 };
  const program: Program = {
    terminal: {
      out: (text) => {
        talk.out += text;
      },
      err: (text) => {
        talk.err += text;
      },
      style: { color: false, ascii: false, width: Number.POSITIVE_INFINITY },
    },
    version: '1.2.3',
    nodeVersion: '24.0.0',
    now: () => 60_000,
    ask: async () => undefined,
    sleep: async () => {},
    read: async () => ({ kind: 'fault', fault: 'no file' }),
    write: async () => ({ kind: 'fault', fault: 'no file' }),
    config: () =>
      loadConfig({
        file: undefined,
        env: {},
        flags: {},
        machineName: 'm.example',
        readFile: () => undefined,
        profileFile: () => '',
      }),
    inspect: async () => [],
    run: async () => 0,
    lab: async () => 0,
    siege: async () => 0,
    dns: async () => ({ kind: 'fault', fault: 'no name' }),
    async *check() {},
    trace: async () => ({ kind: 'fault', fault: 'no domain' }),
    policyDraft: async () => ({ kind: 'fault', fault: 'no domain' }),
    mxNames: async () => ({ kind: 'fault', fault: 'no network' }),
    presented: async () => ({ kind: 'fault', fault: 'no network' }),
    async *tlsaCheck() {},
    async *rollover() {},
    rolloverMemory: async () => fault('none'),
    rolloverCompromised: async () => fault('none'),
    watchRound: async () => fault({ exit: 3, says: 'none' }),
    contacts: async () => [],
    alarmMemory: async () => fault('none'),
    rememberAlarms: async () => ok('written'),
    tellPeople: async () => [],
    doctor: async () => [],
    relay: () => gone,
    exampleConfig: () => undefined,
    ...more,
  };
  talk.code = await dispatch(program, argv);
  return talk;
}

export const relayOf = (client: Partial<RelayClient>): Partial<Program> => ({
  relay: () => ({ ...gone, ...client }) as RelayClient,
});

export const report = (over: Partial<CheckReport>): CheckReport =>
  ({
    domain: 'example.nl',
    at: '',
    verdict: 'cleared',
    level: 'dane',
    reason: null,
    mx: { state: 'secure', hosts: [] },
    sts: {},
    tlsrpt: null,
    hosts: [],
    lapsed: [],
    renewed: null,
    evidence: [],
    explain: [],
    ...over,
  }) as unknown as CheckReport;

export const checking = (...reports: readonly CheckReport[]): Partial<Program> => ({
  async *check() {
    for (const value of reports) yield { kind: 'ok', value } as const;
  },
});
