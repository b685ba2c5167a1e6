// The contract of the command line, tried against a program whose parts are plain values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import type { Program } from '../../src/cli/program.ts';
import { worst } from '../../src/cli/terminal.ts';
import { reasons } from '../../src/core/policy/catalogue.ts';
import { checking, relayOf, report, run, story } from './plain-program.ts';

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

test('ATK-112 what a verb prints as it is passes the guard before the screen', async () => {
  const domain = 'a\u001b[2J\u202e.example';
  const row = {
    domain,
    mode: 'none',
    id: '1',
    fetchedAt: '',
    expiresAt: '',
    mx: [],
    state: 'in-force',
    maxAge: 1,
    body: '',
  };
  const { out } = await run(['policy', 'list'], relayOf({ policies: async () => [row as never] }));
  assert.match(out, /a�\[2J�\.example/);
  const bug = await run(['doctor'], { doctor: async () => Promise.reject(new Error(domain)) });
  assert.doesNotMatch(bug.err, /\u001b|\u202e/);
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
