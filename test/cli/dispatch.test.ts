// The contract of the command line, tried against a program whose parts are plain values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageStory } from '../../src/agent/ports.ts';
import type { CheckReport } from '../../src/agent/probe.ts';
import { commands, dispatch } from '../../src/cli/commands.ts';
import { type Program, type RelayClient, RelayUnreachable } from '../../src/cli/program.ts';
import { worst } from '../../src/cli/terminal.ts';
import { loadConfig } from '../../src/config/load.ts';
import { fault, ok } from '../../src/core/base/result.ts';
import { reasons } from '../../src/core/policy/catalogue.ts';

const gone: RelayClient = new Proxy({} as RelayClient, {
  get: () => async () => {
    throw new RelayUnreachable('no relay answers at /run/x.sock');
  },
});

const story = {
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

type Talk = { out: string; err: string; code: number };

async function run(argv: readonly string[], more: Partial<Program> = {}): Promise<Talk> {
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

const relayOf = (client: Partial<RelayClient>): Partial<Program> => ({
  relay: () => ({ ...gone, ...client }) as RelayClient,
});

const report = (over: Partial<CheckReport>): CheckReport =>
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

const checking = (...reports: readonly CheckReport[]): Partial<Program> => ({
  async *check() {
    for (const value of reports) yield { kind: 'ok', value } as const;
  },
});

test('OPS-12 every exit status of the contract', async () => {
  assert.equal((await run(['check', 'a.example'], checking(report({})))).code, 0);
  assert.equal((await run(['check', 'a.example'], checking(report({ verdict: 'blocked' })))).code, 1);
  assert.equal((await run(['check', 'a.example'], checking(report({ verdict: 'undetermined' })))).code, 3);
  assert.equal((await run(['check', 'a.example', '--require', 'dane'], checking(report({ level: 'webpki' })))).code, 1);
  assert.equal(
    (await run(['check', 'a.example', '--require', 'authenticated'], checking(report({ level: 'webpki' })))).code,
    0,
  );
  assert.equal((await run(['check'])).code, 2);
  assert.equal((await run(['health'])).code, 4);
  const bug = await run(['doctor'], { doctor: async () => Promise.reject(new Error('boom')) });
  assert.equal(bug.code, 5);
  assert.match(bug.err, /internal error/);
});

test('several subjects: the worst wins in the order 5, 2, 1, 3, 0', async () => {
  assert.equal(worst([0, 3, 1]), 1);
  assert.equal(worst([3, 0]), 3);
  assert.equal(worst([1, 2, 5]), 5);
  assert.equal((await run(['check', 'a', 'b'], checking(report({}), report({ verdict: 'undetermined' })))).code, 3);
});

test('OPS-18 with --json data goes to standard output under its schema, and nothing else does', async () => {
  const { out, err } = await run(['check', 'a.example', '--json'], checking(report({})));
  assert.equal(JSON.parse(out).schema, 'sekisho.check/1');
  assert.equal(err, '');
  const listed = await run(['queue', 'list', '--json'], relayOf({ list: async () => [story] }));
  const row = JSON.parse(listed.out);
  assert.equal(row.schema, 'sekisho.queue/1');
  assert.equal(row.queue_id, 'Q1');
  assert.equal(row.recipients[0].reason, 'cert-no-tlsa-match');
});

test('mistakes are told with the likely word', async () => {
  assert.match((await run(['chekc', 'a'])).err, /no verb "chekc"; did you mean check\?/);
  assert.match((await run(['check', 'a', '--jsno'])).err, /there is no flag --jsno; did you mean --json\?/);
  assert.match((await run(['queue', 'list', '--older', 'x'])).err, /--older wants a duration/);
  assert.match((await run(['queue', 'list', '--state', 'x'])).err, /--state wants one of/);
  for (const argv of [
    ['chekc'],
    ['check', 'a', '--jsno'],
    ['queue', 'burn'],
    ['config', 'x'],
    ['explain'],
    ['dns'],
    ['help', 'nothing-such'],
  ]) {
    assert.equal((await run(argv)).code, 2, argv.join(' '));
  }
});

test('a configuration with faults ends with 2 and a line for each', async () => {
  const broken: Partial<Program> = {
    config: () => ({ kind: 'fault', fault: [{ at: 'x.toml:3', path: 'a.b', says: 'is no setting' }] }),
  };
  const { err, code } = await run(['queue', 'list'], broken);
  assert.equal(code, 2);
  assert.equal(err, 'sekisho: x.toml:3: a.b is no setting\n');
});

test('ATK-112 ATK-115 what a peer wrote cannot move the cursor', async () => {
  const { out } = await run(['explain', 'Q1'], relayOf({ story: async () => story }));
  assert.doesNotMatch(out, /\u001b/);
  assert.match(out, /b@example\.nl {2}waiting, next attempt 1970-01-01T00:10:00Z/);
});

test('explain of an unknown message is a no', async () => {
  assert.equal((await run(['explain', 'Q2'], relayOf({ story: async () => undefined }))).code, 1);
});

test('QUE-7 acts show their count and want a yes where something is lost', async () => {
  const done: string[] = [];
  const client = relayOf({
    list: async () => [story],
    act: async (act) => {
      done.push(act);
      return 1;
    },
    flush: async () => void done.push('flush'),
  });
  assert.equal((await run(['queue', 'drop', 'Q1'], client)).code, 2);
  assert.equal((await run(['queue', 'drop', 'Q1'], { ...client, ask: async () => 'n' })).code, 1);
  assert.equal((await run(['queue', 'drop', '--yes', '--no-input'], client)).code, 0);
  assert.equal((await run(['queue', 'hold', 'Q1'], client)).code, 0);
  assert.equal((await run(['queue', 'release', '--domain', 'example.nl'], client)).code, 0);
  assert.equal((await run(['queue', 'retry'], client)).code, 0);
  assert.equal((await run(['queue', 'bounce', 'Q1'], { ...client, ask: async () => 'y' })).code, 0);
  assert.equal((await run(['queue', 'flush'], client)).code, 0);
  assert.deepEqual(done, ['drop', 'hold', 'release', 'retry', 'bounce', 'flush']);
  assert.equal((await run(['queue', 'hold', 'Q9'], relayOf({ list: async () => [] }))).code, 1);
});

test('health and health --ready', async () => {
  const ready = (ok: boolean) =>
    relayOf({
      live: async () => true,
      ready: async () => ({ ready: ok, checks: [{ check: 'resolver', ok, says: 'x' }] }),
    });
  assert.equal((await run(['health'], ready(false))).code, 0);
  assert.equal((await run(['health', '--ready'], ready(false))).code, 1);
  assert.equal((await run(['health', '--ready'], ready(true))).code, 0);
});

test('help: every verb with examples, every reason code with cause and remedy', async () => {
  const all = await run([]);
  assert.equal(all.code, 0);
  for (const command of commands) {
    assert.match(all.out, new RegExp(`^ {2}${command.name} `, 'm'));
    const { out, code } = await run(['help', command.name]);
    assert.equal(code, 0);
    for (const example of command.examples) assert.ok(out.includes(example));
    assert.equal((await run([command.name, '--help'])).code, 0);
  }
  for (const reason of reasons) {
    const { out } = await run(['help', reason]);
    assert.match(out, /cause .*\n {2}remedy /);
  }
});

test('no network, no configuration: verbs that need neither work', async () => {
  assert.match((await run(['version'])).out, /^sekisho 1\.2\.3 \(Node 24\.0\.0\)\n$/);
  assert.equal(JSON.parse((await run(['version', '--json'])).out).version, '1.2.3');
  assert.match((await run(['config', 'env'])).out, /SEKISHO_IDENTITY__HOSTNAME/);
  assert.match((await run(['config', 'show', '--default'])).out, /delivery\.port\s+25/);
  assert.match((await run(['config', 'show', '--source'])).out, /delivery\.port\s+25\s+built-in/);
});
