// From a fresh clone to a relay, and from the packed tarball to one: with the machine's own tools, with Node 24 and 26, and
// the one line that an older Node gets. Needs the package registry.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Lab, startLab } from '../../src/lab/world.ts';
import { launch, must, ownEnvironment, runProgram } from './machine.ts';
import { skipPeers, until } from './peers.ts';

const repository = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'sekisho-package-'));
const clone = join(folder, 'clone');
const installed = join(folder, 'elsewhere');
const limits = { skip: skipPeers, timeout: 300_000 };
const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
/** The npm packages that carry the binaries of other versions. */
const nodes = { old: '22.23.3', new: '26.10.0' };
const nodeOf = (version: keyof typeof nodes): string =>
  join(folder, version, 'node_modules', `node-linux-${architecture}`, 'bin/node');
const node24 = join(clone, 'node_modules/.bin/node');
const env = ownEnvironment();
const sekisho = join(installed, 'node_modules/sekisho/bin/sekisho.mjs');
let lab: Lab;

before(async () => {
  if (skipPeers) return;
  await must('git', ['clone', '--quiet', '--no-hardlinks', repository, clone], { env });
  await must('npm', ['ci'], { cwd: clone, env });
  const packed = await must('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: clone, env });
  for (const place of [installed, join(folder, 'old'), join(folder, 'new')]) {
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
  }
  await must('npm', ['install', '--silent', join(folder, packed.trim())], { cwd: installed, env });
  for (const [name, version] of Object.entries(nodes))
    await must('npm', ['install', '--silent', `node-linux-${architecture}@${version}`], {
      cwd: join(folder, name),
      env,
    });
  lab = await startLab({});
});
after(async () => {
  await lab?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a fresh clone, npm ci and npm start: 250 on 127.0.0.1:2525, with no file and no variable', limits, async () => {
  // A network of its own, so that the usual port is free.
  const home = join(folder, 'home');
  const here = { ...env, HOME: home, XDG_STATE_HOME: undefined };
  const relay = launch('unshare', ['--net', 'sh', '-c', 'ip link set lo up && exec npm start'], {
    cwd: clone,
    env: here,
  });
  try {
    const client = `
      import { listening } from ${JSON.stringify(join(import.meta.dirname, 'peers.ts'))};
      import { handIn } from ${JSON.stringify(join(import.meta.dirname, 'smtp-client.ts'))};
      await listening('127.0.0.1', 2525);
      const message = Buffer.from('Subject: first\\r\\n\\r\\nhello\\r\\n');
      const mail = { from: 'you@client.invalid', to: ['anyone@nowhere.invalid'], message };
      console.log(await handIn({ host: '127.0.0.1', port: 2525 }, mail));`;
    const inside = ['--target', String(relay.pid), '--net', process.execPath, '--input-type=module', '--eval', client];
    const { code, out, err } = await runProgram('nsenter', inside);
    assert.equal(code, 0, `${err}\n${relay.log()}`);
    assert.match(out, /^\w{8,}\n$/);
  } finally {
    await relay.stop();
  }
  assert.ok(readdirSync(join(home, '.local/state/sekisho')).includes('queue.db'));
});

test('the tarball holds what runs and nothing of the workshop', limits, () => {
  const top = readdirSync(join(installed, 'node_modules/sekisho'));
  assert.deepEqual(
    top.filter((name) => !['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'].includes(name)).sort(),
    ['bin', 'dist', 'docs', 'policies', 'src'],
  );
  for (const tool of ['typescript', '@biomejs', 'fast-check', 'node'])
    assert.ok(!readdirSync(join(installed, 'node_modules')).includes(tool), tool);
});

for (const [version, node] of [
  ['24', () => node24],
  ['26', () => nodeOf('new')],
] as const) {
  test(`installed from the tarball it runs on Node ${version}: version, laboratory, relay`, limits, async () => {
    const cwd = installed;
    const said = await must(node(), [sekisho, 'version'], { cwd, env });
    assert.match(said, new RegExp(`^sekisho \\d+\\.\\d+\\.\\d+ \\(Node ${version}\\.`));

    const once = await runProgram(node(), [sekisho, 'lab', '--once', '--json'], { cwd, env });
    assert.equal(once.code, 0, once.err);
    const lines = once.out.trim().split('\n');
    assert.equal(lines.length, lab.destinations.length);
    for (const line of lines) assert.equal(JSON.parse(line).asExpected, true, line);

    const here = {
      ...env,
      STATE_DIRECTORY: join(folder, `state-${version}`),
      SEKISHO_LISTEN__ADDRESS: '127.0.0.1:0',
      SEKISHO_ADMIN__ADDRESS: '127.0.0.1:0',
      SEKISHO_RESOLVER__SERVERS: lab.resolver,
      SEKISHO_RESOLVER__TRUST_ANCHORS: lab.anchors,
    };
    const relay = launch(node(), [sekisho, 'run'], { cwd, env: here });
    let health = '';
    try {
      await until('it is ready', async () => {
        const { code, out, err } = await runProgram(node(), [sekisho, 'health', '--ready'], { cwd, env: here });
        health = out + err;
        return code === 0;
      }).catch((error: Error) => {
        throw new Error(`${error.message}\n${health}\n${relay.log()}`);
      });
    } finally {
      assert.equal(await relay.stop(), 0, relay.log());
    }
  });
}

test('an older Node gets one clear line', limits, async () => {
  const machine = await must('node', ['--version'], { env });
  const older = [nodeOf('old'), ...(Number(machine.slice(1).split('.')[0]) < 24 ? ['node'] : [])];
  for (const node of older) {
    for (const program of [join(repository, 'bin/sekisho.mjs'), sekisho]) {
      const { code, out, err } = await runProgram(node, [program, 'run'], { env });
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, /^sekisho needs Node 24 or newer; this is v2[02]\.\d+\.\d+ \(.*\)\n$/);
    }
  }
});
