// The exit statuses that help names for each verb, each brought about: no verb names one that it never has, and none is missing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import type { DnsReport, Program, RelayClient, TlsaReport } from '../../src/cli/program.ts';
import { exitCodes } from '../../src/cli/terminal.ts';
import { fault, ok } from '../../src/core/base/result.ts';
import { checking, relayOf, report, run, story, type Talk } from './plain-program.ts';

type Case = () => Promise<Talk>;

const ofRelay =
  (argv: readonly string[], client: Partial<RelayClient>): Case =>
  () =>
    run(argv, relayOf(client));
const ofProgram =
  (argv: readonly string[], more: Partial<Program> = {}): Case =>
  () =>
    run(argv, more);

const traced = (verdict: 'cleared' | 'blocked' | 'undetermined'): Partial<Program> => ({
  trace: async () => ok(report({ verdict })),
});
const found = (outcome: 'pass' | 'fail' | 'unknown'): Partial<Program> => ({
  doctor: async () => [{ subject: 'disk', outcome, says: 'x', remedy: 'y' }],
});
const proven = (state: 'secure' | 'bogus'): Partial<Program> => ({
  dns: async () =>
    ok({ state, name: 'a.', type: 'A', answers: [], aliases: [], chain: [], denial: null } as never as DnsReport),
});
const compared = (verdict: 'match' | 'mismatch' | 'undetermined'): Partial<Program> => ({
  async *tlsaCheck() {
    const seen = { verdict, host: 'a.example', port: 25, owner: '_25._tcp.a.example.', says: 'x' };
    yield ok({
      ...seen,
      records: [],
      presented: [],
      advice: [],
      wouldMatch: null,
      ttl: null,
      published: 'none',
    } as never as TlsaReport);
  },
});
const probing = (state: 'sent' | 'deferred' | 'queued'): Partial<Program> => {
  let now = 60_000;
  const recipients = story.recipients.map((row) => ({ ...row, state }));
  return {
    ...relayOf({
      trace: async () => ({ lines: [], next: 0, missed: 0 }),
      probe: async () => ok({ id: 'Q1', nonce: 'w' }),
      story: async () => ({ ...story, recipients }),
    }),
    now: () => {
      now += 1000;
      return now;
    },
  };
};
const attempt = { seq: 1, sender: '', record: { queue_id: 'Q1', at: '', result: 'sent', reason: null } };
const emptyStats = async (): ReturnType<RelayClient['stats']> => ({
  messages: 0,
  recipients: { queued: 0, deferred: 0, held: 0 },
  oldestAt: undefined,
  bytes: 0,
});

/** By verb: what ends with 0, 1 and 3. */
const cases: Readonly<Record<string, Partial<Record<'yes' | 'no' | 'unknown', Case>>>> = {
  run: { yes: ofProgram(['run']) },
  lab: { yes: ofProgram(['lab', '--once']), no: ofProgram(['lab', '--once'], { lab: async () => 1 }) },
  siege: {
    yes: ofProgram(['siege']),
    no: ofProgram(['siege'], { siege: async () => 1 }),
    unknown: ofProgram(['siege'], { siege: async () => 3 }),
  },
  check: {
    yes: ofProgram(['check', 'a.example'], checking(report({}))),
    no: ofProgram(['check', 'a.example'], checking(report({ verdict: 'blocked' }))),
    unknown: ofProgram(['check', 'a.example'], checking(report({ verdict: 'undetermined' }))),
  },
  trace: {
    yes: ofProgram(['trace', 'a.example'], traced('cleared')),
    no: ofProgram(['trace', 'a.example'], traced('blocked')),
    unknown: ofProgram(['trace', 'a.example'], traced('undetermined')),
  },
  explain: {
    yes: ofRelay(['explain', 'Q1'], { story: async () => story }),
    no: ofRelay(['explain', 'Q1'], { story: async () => undefined }),
  },
  probe: {
    yes: ofProgram(['probe', 'a@b.example'], probing('sent')),
    no: ofProgram(['probe', 'a@b.example'], probing('deferred')),
    unknown: ofProgram(['probe', 'a@b.example'], probing('queued')),
  },
  doctor: {
    yes: ofProgram(['doctor'], found('pass')),
    no: ofProgram(['doctor'], found('fail')),
    unknown: ofProgram(['doctor'], found('unknown')),
  },
  dns: { yes: ofProgram(['dns', 'a'], proven('secure')), unknown: ofProgram(['dns', 'a'], proven('bogus')) },
  queue: {
    yes: ofRelay(['queue', 'list'], { list: async () => [], stats: emptyStats }),
    no: ofRelay(['queue', 'hold', 'Q9'], { list: async () => [] }),
  },
  log: {
    yes: ofRelay(['log'], { records: async () => ({ found: [attempt], next: undefined }) }),
    no: ofRelay(['log'], { records: async () => ({ found: [], next: undefined }) }),
  },
  destination: {
    yes: ofRelay(['destination', 'list'], {
      records: async () => ({ found: [], next: undefined }),
      list: async () => [],
    }),
    no: ofRelay(['destination', 'show', 'a.example'], {
      records: async () => ({ found: [], next: undefined }),
      list: async () => [],
    }),
  },
  policy: {
    yes: ofProgram(['policy', 'lint', '--txt', 'v=STSv1; id=1;']),
    no: ofProgram(['policy', 'lint', '--txt', 'v=x']),
    unknown: ofRelay(['policy', 'refresh', 'a.example'], {
      refreshPolicy: async () => ({ outcome: 'kept', says: null, policy: null }),
    }),
  },
  tlsa: {
    yes: ofProgram(['tlsa', 'check', 'a.example'], compared('match')),
    no: ofProgram(['tlsa', 'check', 'a.example'], compared('mismatch')),
    unknown: ofProgram(['tlsa', 'check', 'a.example'], compared('undetermined')),
  },
  config: { yes: ofProgram(['config', 'check']) },
  health: {
    yes: ofRelay(['health'], { live: async () => true }),
    no: ofRelay(['health'], { live: async () => false }),
  },
  completion: { yes: ofProgram(['completion', 'bash']) },
  man: { yes: ofProgram(['man']) },
  version: { yes: ofProgram(['version']) },
};

/** Words with which a verb asks the relay. */
const asking: Readonly<Record<string, readonly string[]>> = {
  check: ['a.example', '--via-daemon'],
  trace: [],
  explain: ['Q1'],
  probe: ['a@b.example'],
  queue: ['list'],
  log: [],
  destination: ['list'],
  policy: ['list'],
  health: [],
};

/** Words with which a verb goes on to its work. */
const words: Readonly<Record<string, readonly string[]>> = {
  ...asking,
  dns: ['a'],
  doctor: [],
  tlsa: ['check', 'a.example'],
  config: ['check'],
  completion: ['bash'],
};

const boom = (): never => {
  throw new Error('boom');
};
const broken: Partial<Program> = {
  config: boom,
  lab: async () => boom(),
  siege: async () => boom(),
  terminal: { out: boom, err: () => undefined, style: { color: false, ascii: false, width: 80 } },
};

test('OPS-12 every exit status that help names for a verb is brought about, and help names no other', async () => {
  for (const { name, exits } of commands) {
    const made = cases[name] ?? {};
    for (const [exit, bring] of Object.entries(made)) {
      const { code, err, out } = await bring();
      assert.equal(code, exitCodes[exit as keyof typeof made], `${name} ${exit}: ${out}${err}`);
    }
    assert.equal((await run([name, '--nonsense'])).code, exitCodes.usage, name);
    assert.equal((await run([name, ...(words[name] ?? [])], broken)).code, exitCodes.bug, name);
    const asked = asking[name];
    if (asked !== undefined) assert.equal((await run([name, ...asked])).code, exitCodes.unreachable, name);
    const shown = [...Object.keys(made), 'usage', 'bug', ...(asked === undefined ? [] : ['unreachable'])].sort();
    assert.deepEqual(shown, ['yes', 'usage', 'bug', ...exits].sort(), name);
    const help = (await run(['help', name])).out.split('\n').find((line) => line.startsWith('exit status:'));
    assert.deepEqual(
      [...(help ?? '').matchAll(/\b\d\b/g)].map(([digit]) => Number(digit)),
      shown.map((exit) => exitCodes[exit as keyof typeof exitCodes]).sort(),
      name,
    );
  }
});

test('OPS-12 a verb that follows ends when nobody reads it any more', async () => {
  const style = { color: false, ascii: false, width: 80 };
  const terminal = { out: () => undefined, err: () => undefined, gone: () => true, style };
  const client: Partial<RelayClient> = {
    records: async () => ({ found: [attempt], next: undefined }),
    trace: async () => ({ lines: [], next: 0, missed: 0 }),
  };
  for (const argv of [['log', '--follow'], ['trace']])
    assert.equal((await run(argv, { ...relayOf(client), terminal })).code, 0, argv.join(' '));
});

test('OPS-12 a fault in one of several subjects is not lost behind the others', async () => {
  const several: Partial<Program> = {
    async *check() {
      yield fault('the first is no domain');
      yield ok(report({}));
    },
  };
  const { code, err } = await run(['check', 'a', 'b'], several);
  assert.equal(code, 2);
  assert.equal(err, 'sekisho: the first is no domain\n');
});
