// Every verb of the table where it cannot do its work: files that will not do, no relay, no network, and hosts whose words are
// weapons. One clear line and the right exit status, and nothing hostile on the screen.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { bare, type Said } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-every-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const env = { STATE_DIRECTORY: join(folder, 'state') };
const at = (name: string): string => join(folder, name);
writeFileSync(at('empty'), '');
writeFileSync(at('picture'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0xff, 0xfe]));
// Whoever runs this: a link to itself cannot be read.
symlinkSync('loop', at('loop'));

type Way = {
  /** Words with which it would do its work. */
  readonly argv: readonly string[];
  /** What it cannot do without. */
  readonly needs: readonly ('configuration' | 'relay' | 'network')[];
};

const ways: Readonly<Record<string, Way>> = {
  run: { argv: [], needs: ['configuration'] },
  lab: { argv: [], needs: [] },
  siege: { argv: [], needs: [] },
  check: { argv: ['a.example'], needs: ['configuration', 'network'] },
  trace: { argv: ['a.example'], needs: ['configuration', 'network'] },
  explain: { argv: ['1AB'], needs: ['configuration', 'relay'] },
  probe: { argv: ['a@b.example'], needs: ['configuration', 'relay'] },
  doctor: { argv: [], needs: ['configuration', 'network'] },
  dns: { argv: ['a.example', 'MX'], needs: ['configuration', 'network'] },
  queue: { argv: ['list'], needs: ['configuration', 'relay'] },
  log: { argv: [], needs: ['configuration', 'relay'] },
  destination: { argv: ['list'], needs: ['configuration', 'relay'] },
  policy: { argv: ['list'], needs: ['configuration', 'relay'] },
  tlsa: { argv: ['check', 'mx.a.example'], needs: ['configuration', 'network'] },
  config: { argv: ['check'], needs: ['configuration'] },
  health: { argv: ['--ready'], needs: ['configuration', 'relay'] },
  completion: { argv: ['bash'], needs: [] },
  man: { argv: [], needs: [] },
  version: { argv: [], needs: [] },
};

const oneLine = ({ err }: Said, what: string): void => {
  const lines = err.trim().split('\n');
  assert.ok(lines.length === 1 || (lines.length === 2 && /^see: sekisho help/.test(lines[1] ?? '')), `${what}: ${err}`);
  assert.match(err, /^sekisho: /, what);
  assert.doesNotMatch(err, /internal error|\n\s+at /, what);
};

const rows = commands.flatMap(({ name }) => (ways[name] === undefined ? [] : [[name, ways[name]] as const]));
const needing = (what: Way['needs'][number]): readonly (readonly [string, Way])[] =>
  rows.filter(([, { needs }]) => needs.includes(what));

test('OPS-12 a configuration of the wrong type, unreadable, or not there: exit 2 and one line', async () => {
  assert.deepEqual(
    commands.map(({ name }) => name),
    Object.keys(ways),
    'a verb without a row, or a row without a verb',
  );
  for (const [verb, { argv }] of needing('configuration'))
    for (const file of ['picture', 'loop', 'missing']) {
      const said = await bare(env, verb, ...argv, '-c', at(file));
      assert.equal(said.code, 2, `${verb} ${file}: ${said.err}`);
      oneLine(said, `${verb} ${file}`);
    }
});

test('OPS-12 an empty configuration and no relay: exit 4 and one line', async () => {
  for (const [verb, { argv }] of needing('relay')) {
    const said = await bare(env, verb, ...argv, '-c', at('empty'));
    assert.equal(said.code, 4, `${verb}: ${said.err}`);
    oneLine(said, verb);
  }
});

test('OPS-12 no network: could not tell, within the time that was given', async () => {
  const silent = (await import('node:dgram')).createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', () => resolve()));
  const resolver = `127.0.0.1:${silent.address().port}`;
  for (const [verb, { argv }] of needing('network')) {
    const flags = ['-c', at('empty'), '--resolver', resolver, '--timeout', '1s'];
    const began = performance.now();
    const said = await bare(env, verb, ...argv, ...flags);
    // doctor tells a resolver that does not answer from a question that it could not ask.
    assert.equal(said.code, verb === 'doctor' ? 1 : 3, `${verb}: ${said.out}${said.err}`);
    assert.ok(performance.now() - began < 5000, `${verb} took ${Math.round(performance.now() - began)} ms`);
  }
  silent.close();
});

test('OPS-12 files that verbs are given: empty, of the wrong type, unreadable, not there: exit 2 and one line', async () => {
  const given: readonly (readonly string[])[] = [
    ['tlsa', 'make', '--host', 'mx.a.example', '--certificate'],
    ['tlsa', 'make', '--host', 'mx.a.example', '--key'],
    ['tlsa', 'make', '--host', 'mx.a.example', '--csr'],
    ['tlsa', 'check', 'mx.a.example', '--cert'],
    ['check', 'a.example', '--cert'],
    ['tlsa', 'rollover', 'plan'],
    ['tlsa', 'rollover', 'run'],
    ['tlsa', 'rollover', 'status'],
    ['dns', 'a.example', 'A', '--resolver', '127.0.0.1:1', '--trust-anchor'],
  ];
  for (const argv of given)
    for (const file of ['empty', 'picture', 'loop', 'missing']) {
      const said = await bare(env, argv[0] as string, '-c', at('empty'), ...argv.slice(1), at(file));
      assert.equal(said.code, 2, `${argv.join(' ')} ${file}: ${said.err}`);
      oneLine(said, `${argv.join(' ')} ${file}`);
    }
});

test('OPS-12 the authority of client certificates: empty, of the wrong type, unreadable, not there: exit 2 and one line', async () => {
  for (const file of ['empty', 'picture', 'loop', 'missing']) {
    const listener = `name = "in"\naddress = "127.0.0.1:0"\ncertificate = "self-signed"\nclient_ca = "${at(file)}"`;
    writeFileSync(at('ca.toml'), `[[listen]]\n${listener}\n`);
    for (const argv of [['run'], ['config', 'check']]) {
      const said = await bare(env, ...argv, '-c', at('ca.toml'));
      assert.equal(said.code, 2, `${argv.join(' ')} ${file}: ${said.out}${said.err}`);
      assert.match(`${said.out}${said.err}`, /client_ca|client authorit|client certificates/i, file);
      assert.doesNotMatch(said.err, /internal error|\n\s+at /);
    }
  }
});

test('ATK-112 a host that sends escape codes and endless lines is harmless to check and trace', async () => {
  const escapes = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e';
  const hostile = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.unref();
    socket.write(`220 ${escapes}\r\n`);
    socket.on('data', () => socket.write(`250-${escapes}\r\n250 ${'a'.repeat(100_000)}`));
  });
  await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
  after(() => void hostile.close());
  const { port } = hostile.address() as { port: number };
  writeFileSync(at('local.toml'), '[delivery]\nallow_addresses = ["127.0.0.0/8"]\n');
  for (const argv of [
    ['check', '--host', '127.0.0.1', '--port', String(port)],
    ['trace', '--host', '127.0.0.1', '--port', String(port)],
  ])
    for (const how of [[], ['--json'], ['-v']]) {
      const said = await bare(
        env,
        ...argv,
        ...how,
        '-c',
        at('local.toml'),
        '--resolver',
        '127.0.0.1:1',
        '--timeout',
        '3s',
      );
      assert.doesNotMatch(`${said.out}${said.err}`, /[\u001b\u009b\u0007\u202e]/, argv.join(' '));
      assert.ok(said.out.length < 50_000, `${argv[0]}: ${said.out.length}`);
      assert.notEqual(said.code, 5, said.err);
      assert.notEqual(said.code, 0);
    }
});
