// Every verb of the table where it cannot do its work: files that will not do, no relay, no network, and hosts whose words are
// weapons. One clear line and the right exit status, and nothing hostile on the screen.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { commonFlags } from '../../src/cli/flags.ts';
import { bare, program, type Said } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-every-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const env = { STATE_DIRECTORY: join(folder, 'state') };
const at = (name: string): string => join(folder, name);
writeFileSync(at('empty'), '');
writeFileSync(at('picture'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0xff, 0xfe]));
// Whoever runs this: a link to itself cannot be read.
symlinkSync('loop', at('loop'));
symlinkSync('/dev/zero', at('endless'));
mkdirSync(at('folder'));
writeFileSync(at('denied'), '', { mode: 0o000 });
// Whoever runs this may come as far as the file.
chmodSync(folder, 0o755);

/** What is named where a file is wanted, and will not do; what is behind an empty file is nothing. */
const wrongFiles = ['picture', 'loop', 'missing', 'folder', 'empty/below', 'endless', 'denied'];

/** Root reads everything, so that a file is denied to it only as somebody else. */
async function asNobody(work: () => Promise<Said>): Promise<Said> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** A verb with a file that will not do. */
const withFile = (name: string, ...argv: readonly string[]): Promise<Said> => {
  const work = (): Promise<Said> => bare(env, ...argv, at(name));
  return name === 'denied' ? asNobody(work) : work();
};

type Way = {
  /** Words with which it would do its work. */
  readonly argv: readonly string[];
  /** Without any words it has nothing to do. */
  readonly wants?: 'words';
  /** What it cannot do without. */
  readonly needs: readonly ('configuration' | 'relay' | 'network')[];
};

const ways: Readonly<Record<string, Way>> = {
  run: { argv: [], needs: ['configuration'] },
  lab: { argv: [], needs: [] },
  siege: { argv: [], needs: [] },
  check: { argv: ['a.example'], wants: 'words', needs: ['configuration', 'network'] },
  trace: { argv: ['a.example'], needs: ['configuration', 'network'] },
  explain: { argv: ['1AB'], wants: 'words', needs: ['configuration', 'relay'] },
  probe: { argv: ['a@b.example'], wants: 'words', needs: ['configuration', 'relay'] },
  doctor: { argv: [], needs: ['configuration', 'network'] },
  dns: { argv: ['a.example', 'MX'], wants: 'words', needs: ['configuration', 'network'] },
  queue: { argv: ['list'], needs: ['configuration', 'relay'] },
  log: { argv: [], needs: ['configuration', 'relay'] },
  destination: { argv: ['list'], needs: ['configuration', 'relay'] },
  policy: { argv: ['list'], wants: 'words', needs: ['configuration', 'relay'] },
  tlsa: { argv: ['check', 'mx.a.example'], wants: 'words', needs: ['configuration', 'network'] },
  config: { argv: ['check'], wants: 'words', needs: ['configuration'] },
  health: { argv: ['--ready'], needs: ['configuration', 'relay'] },
  completion: { argv: ['bash'], wants: 'words', needs: [] },
  man: { argv: [], needs: [] },
  version: { argv: [], needs: [] },
};

const oneLine = ({ err }: Said, what: string): void => {
  const lines = err.trim().split('\n');
  assert.ok(lines.length === 1 || (lines.length === 2 && /^see: sekisho help/.test(lines[1] ?? '')), `${what}: ${err}`);
  assert.match(err, /^sekisho: /, what);
  assert.doesNotMatch(err, /internal error|\n\s+at /, what);
};

/** Exit status and one line, and nothing that could be taken for an answer. */
const refused = (said: Said, code: number, what: string, says: RegExp = /./): void => {
  assert.equal(said.code, code, `${what}: ${said.out}${said.err}`);
  assert.equal(said.out, '', what);
  assert.match(said.err, says, what);
  oneLine(said, what);
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
    for (const file of wrongFiles)
      refused(await withFile(file, verb, ...argv, '-c'), 2, `${verb} -c ${file}`, new RegExp(file));
});

test('OPS-12 an empty configuration and no relay: exit 4 and one line', async () => {
  for (const [verb, { argv }] of needing('relay')) {
    const socket = join(folder, 'state', 'admin.sock');
    refused(await bare(env, verb, ...argv, '-c', at('empty')), 4, verb, new RegExp(`${socket}.*--socket or --url`));
    for (const wrong of ['folder', 'empty', 'missing'])
      refused(await bare(env, verb, ...argv, '-c', at('empty'), '--socket', at(wrong)), 4, `${verb} ${wrong}`);
  }
});

test('OPS-12 no configuration at all: built-in settings, and the same answers', async () => {
  for (const [verb, { argv }] of needing('relay')) refused(await bare(env, verb, ...argv), 4, verb);
  assert.equal((await bare(env, 'config', 'check')).code, 0);
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
    for (const file of ['empty', ...wrongFiles])
      refused(
        await withFile(file, argv[0] as string, '-c', at('empty'), ...argv.slice(1)),
        2,
        `${argv.join(' ')} ${file}`,
        new RegExp(file),
      );
});

test('OPS-12 a report that cannot be written: exit 2 and the place', async () => {
  mkdirSync(at('folder.json'));
  for (const name of ['folder.json', 'empty/below.json', 'missing/below.json', 'loop/below.html']) {
    const out = at(name);
    const said = await bare(env, 'check', 'a.example', '-c', at('empty'), '--resolver', '127.0.0.1:1', '--out', out);
    assert.equal(said.code, 2, said.err);
    assert.match(said.err, new RegExp(`^sekisho: ${out}: .`, 'm'));
    assert.doesNotMatch(said.err, /internal error|\n\s+at /);
  }
});

test('OPS-12 asked wrongly, whichever verb it is: exit 2, one line that names what is wrong, and nothing else', async () => {
  for (const [verb, { argv, wants }] of rows) {
    const command = commands.find(({ name }) => name === verb);
    const tried = (...more: readonly string[]): Promise<Said> => bare(env, verb, ...argv, ...more);
    refused(await tried('--nonsense'), 2, verb, /--nonsense/);
    refused(await tried('-Z'), 2, verb, /-Z/);
    refused(await tried('--timeout', 'soon'), 2, verb, /--timeout.*"soon"/);
    refused(await tried('--at', 'never'), 2, verb, /--at.*"never"/);
    refused(await tried('--url', 'gopher'), 2, verb, /--url.*"gopher"/);
    for (const { name, value, multiple } of [...commonFlags, ...(command?.flags ?? [])]) {
      if (name === 'help') continue;
      if (value === undefined) refused(await tried(`--${name}=x`), 2, `${verb} --${name}=x`, new RegExp(`--${name}`));
      else {
        refused(await tried(`--${name}`), 2, `${verb} --${name}`, new RegExp(`--${name}`));
        if (multiple === undefined)
          refused(await tried(`--${name}=a`, `--${name}=b`), 2, `${verb} --${name} twice`, new RegExp(`--${name}`));
      }
    }
    if (wants === 'words') refused(await bare(env, verb), 2, verb);
    if (command?.words === 'none') refused(await bare(env, verb, 'surplus'), 2, verb, /"surplus"/);
  }
  for (const argv of [['nonsense'], ['help', 'nonsense'], ['--nonsense'], ['-x'], ['']])
    refused(await bare(env, ...argv), 2, argv.join(' '), /nonsense|-x|""/);
});

/** In a shell, which ties standard output to something else. @returns its exit status, and what was said. */
const inShell = (line: string): Promise<Said> =>
  new Promise((resolve) => {
    const sekisho = `'${process.execPath}' '${program}'`;
    const child = spawn('/bin/sh', ['-c', line.replaceAll('SEKISHO', sekisho)], { env: { ...process.env, ...env } });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
    child.on('close', (code) => resolve({ code: (code ?? 5) as Said['code'], ...said }));
  });

test('OPS-12 a disk that is full is told and ends with 2; a reader that went away is no fault', async () => {
  const [full, gone, both] = await Promise.all([
    inShell('SEKISHO man > /dev/full'),
    inShell('{ SEKISHO man; echo "status $?" >&2; } | head -1'),
    inShell('SEKISHO explain > /dev/full'),
  ]);
  refused(full, 2, 'man > /dev/full', /standard output cannot be written: no space is left/);
  assert.deepEqual([gone.out.split('\n').length, gone.err], [2, 'status 0\n']);
  assert.equal(both.code, 2);
  assert.doesNotMatch(both.err, /cannot be written/);
});

test('OPS-12 every verb writes through the one terminal, so that what is shown of it here holds for all', () => {
  const sources = join(import.meta.dirname, '../../src/cli');
  for (const file of readdirSync(sources))
    assert.doesNotMatch(readFileSync(join(sources, file), 'utf8'), /process\.std(?:out|err)|console\./, file);
});

test('OPS-12 the authority of client certificates: empty, of the wrong type, unreadable, not there: exit 2 and one line', async () => {
  for (const file of ['empty', ...wrongFiles.filter((name) => name !== 'denied')]) {
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
