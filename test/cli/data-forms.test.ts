// Every form of `--json` against docs/schemas, printed by the verbs themselves in the laboratory with a relay (OPS-18).
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { issueLeaf, pemOf } from '../../src/lab/certificates.ts';
import { post } from '../relay/mail.ts';
import {
  bare,
  type Inside,
  named,
  openWorld,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from '../relay/world.ts';
import { faultsOf, formsOf } from '../schema-checker.ts';

let world: World;
let inside: Inside;
let waiting: string;
before(async () => {
  world = await openWorld(named('dane-ee', 'dane-rollover', 'dane-mismatch', 'sts-enforce', 'null-mx'));
  inside = await startInside(world);
  waiting = await post(inside.port, { to: 'a@dane-mismatch.test' });
  const sent = [
    await post(inside.port, { to: 'a@dane-ee.test' }),
    await post(inside.port, { to: 'a@sts-enforce.example' }),
  ];
  await until(async () => (await stateOf(inside, waiting)) === 'deferred', 'the mismatch');
  for (const id of sent) await until(async () => (await stateOf(inside, id)) === 'sent', 'the others');
});

/** Forms that a test of their own holds to their schema, for what it costs to make them. */
const elsewhere: Readonly<Record<string, string>> = {
  lab: 'test/relay/lab.test.ts',
  siege: 'test/siege/run.test.ts',
};

type Asked = { readonly argv: readonly string[]; readonly code: number };

async function lineage(): Promise<string> {
  const host = 'mx.dane-rollover.test';
  const live = await issueLeaf({ names: [host] });
  world.lab.host(host).present({ chainPem: pemOf([live]), keyPem: live.keyPem });
  const source = join(world.folder, 'lineage');
  mkdirSync(source);
  writeFileSync(join(source, 'fullchain.pem'), pemOf([live]));
  writeFileSync(join(source, 'privkey.pem'), live.keyPem);
  writeFileSync(join(world.folder, 'live.pem'), pemOf([live]));
  const { out } = await sekisho(world, 'tlsa', 'make', '--certificate', join(world.folder, 'live.pem'));
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [out.trim()]);
  const path = join(world.folder, 'plan.toml');
  const lines = {
    name: 'mx',
    source,
    live: join(world.folder, 'live.pem'),
    services: [`${host}:${world.lab.ports.smtp}`],
    servers: [`127.0.0.1:${world.lab.ports.dns}`],
  };
  const toml = Object.entries(lines).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  writeFileSync(path, `state = ${JSON.stringify(join(world.folder, 'rollover'))}\n[[lineage]]\n${toml.join('\n')}\n`);
  return path;
}

function questions(plan: string): readonly Asked[] {
  const policy = join(world.folder, 'policy.txt');
  writeFileSync(policy, 'version: STSv1\nmode: enforce\nmx: mx.a.example\nmax_age: 86400\nx: y\n');
  const authority = `127.0.0.1:${world.lab.ports.dns}`;
  const asked = (code: number, ...argv: readonly string[]): Asked => ({ code, argv });
  return [
    asked(0, 'check', 'dane-ee.test'),
    asked(1, 'check', 'null-mx.test'),
    asked(0, 'check', 'dane-ee.test', '--via-daemon'),
    asked(0, 'trace', 'dane-ee.test'),
    asked(0, 'dns', 'dane-ee.test', 'MX'),
    asked(0, 'dns', 'nothing.dane-ee.test', 'MX'),
    asked(0, 'log'),
    asked(0, 'destination', 'list'),
    asked(0, 'destination', 'show', 'sts-enforce.example'),
    asked(0, 'destination', 'show', 'dane-mismatch.test'),
    asked(0, 'probe', 'a@dane-ee.test'),
    asked(1, 'probe', 'a@null-mx.test', '--expect', 'dane'),
    asked(0, 'explain', waiting),
    asked(0, 'queue', 'show', waiting),
    asked(0, 'queue', 'list'),
    asked(0, 'queue', 'list', '--security'),
    asked(1, 'doctor', 'dane-ee.test', '--no-connect'),
    asked(0, 'policy', 'list'),
    asked(0, 'policy', 'show', 'sts-enforce.example'),
    asked(0, 'policy', 'refresh', 'sts-enforce.example'),
    asked(1, 'policy', 'refresh', 'dane-ee.test'),
    asked(1, 'policy', 'make', 'dane-ee.test', '--mode', 'enforce'),
    asked(1, 'policy', 'make', 'null-mx.test'),
    asked(0, 'policy', 'lint', policy, '--mx', 'mx.a.example', '--txt', 'v=STSv1; id=1;'),
    asked(1, 'policy', 'lint', '--txt', 'v=x'),
    asked(0, 'policy', 'forget', 'sts-enforce.example'),
    asked(1, 'tlsa', 'watch', 'mx.dane-mismatch.test', '--once', '--authority', authority),
    asked(1, 'tlsa', 'check', 'mx.dane-ee.test', 'mx.dane-mismatch.test'),
    asked(0, 'tlsa', 'make', '--server', `mx.dane-ee.test:${world.lab.ports.smtp}`),
    asked(0, 'tlsa', 'make', '--certificate', join(world.folder, 'live.pem')),
    asked(0, 'tlsa', 'rollover', 'plan', plan),
    asked(0, 'tlsa', 'rollover', 'run', plan),
    asked(0, 'tlsa', 'rollover', 'status', plan),
    asked(0, 'tlsa', 'rollover', 'compromised', plan),
    asked(0, 'tlsa', 'rollover', 'status', plan),
    asked(0, 'config', 'check'),
    asked(0, 'config', 'show'),
    asked(0, 'config', 'show', '--default'),
    asked(0, 'config', 'env'),
    asked(0, 'health'),
    asked(0, 'health', '--ready'),
    asked(0, 'version'),
    asked(0, 'queue', 'hold', waiting),
    asked(0, 'queue', 'release', waiting),
    asked(0, 'queue', 'override', waiting, '--ignore', 'dane', '--reason', 'agreed', '--yes'),
    asked(0, 'queue', 'flush'),
  ];
}

test('OPS-18 every verb with --json prints what its schemas say, and each schema is printed', async () => {
  const seen = new Set(Object.keys(elsewhere));
  for (const { argv, code } of questions(await lineage())) {
    const said = await sekisho(world, ...argv, '--json');
    assert.equal(said.code, code, `${argv.join(' ')}: ${said.out.slice(0, 1000)}${said.err}`);
    const forms = formsOf(argv, said.out);
    assert.ok(forms.length > 0, argv.join(' '));
    for (const { schema } of forms) seen.add(schema);
  }
  const printed = commands.flatMap(({ data }) => (data === 'document' ? [] : data));
  assert.deepEqual([...seen].sort(), [...new Set(printed)].sort());
  for (const [schema, file] of Object.entries(elsewhere))
    assert.ok(readFileSync(join(import.meta.dirname, '../..', file), 'utf8').includes(`faultsOf('${schema}',`), file);
});

test('OPS-18 a verb with data names its schemas, every schema belongs to a verb, and help says where they are', async () => {
  const silent = commands.filter(({ data }) => data === 'document' || data.length === 0).map(({ name }) => name);
  assert.deepEqual(silent, ['run', 'completion', 'man'], 'verbs without data');
  const files = readdirSync(join(import.meta.dirname, '../../docs/schemas'))
    .filter((file) => file.endsWith('.schema.json'))
    .map((file) => file.replace('.schema.json', ''));
  const named = new Set(commands.flatMap(({ data }) => (data === 'document' ? [] : data)));
  // A part of log, explain, destination and probe.
  assert.deepEqual([...named, 'delivery-record'].sort(), files.sort());
  for (const { name, data } of commands) {
    const { out } = await bare({}, 'help', name);
    for (const one of data === 'document' ? [] : data) assert.ok(out.includes(`docs/schemas/${one}.schema.json`), name);
  }
});

test('OPS-18 what has a form of its own takes no --json', async () => {
  for (const argv of [['man'], ['completion', 'bash'], ['config', 'example']]) {
    const said = await bare({}, ...argv, '--json');
    assert.equal(said.code, 2, argv.join(' '));
    assert.equal(said.out, '');
    assert.match(said.err, /leave --json out/);
  }
});

test('OPS-18 the checker itself: what is missing, of the wrong type, or not described is a fault', () => {
  const line = { schema: 'sekisho.trace/1', kind: 'verdict', verdict: 'cleared', level: 'dane', reason: null };
  assert.deepEqual(faultsOf('trace', line), []);
  for (const wrong of [
    { ...line, verdict: 'perhaps' },
    { ...line, more: 1 },
    { ...line, level: undefined },
  ])
    assert.equal(faultsOf('trace', wrong).length, 1);
  const record = { schema: 'sekisho.log/1', sender: '' };
  assert.ok(faultsOf('log', record).some((fault) => fault.includes('has no queue_id')));
  assert.deepEqual(
    faultsOf('log', { ...record, other: 1 }).filter((fault) => fault.includes('described')),
    ['$.other is not described'],
  );
});
