// The container without an engine: docker/Dockerfile is carried out step by step in a clean place, and what it makes runs
// as the image's user, without privileges, on a read-only tree with one volume, until its HEALTHCHECK says that it is ready.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseCompose, parseDockerfile, type Yaml } from './dockerfile.ts';
import { type Image, openWorkshop, type Workshop } from './image.ts';
import { type Environment, type Launched, launch, must, ownEnvironment, runProgram } from './machine.ts';
import { peersFolder, skipPeers, until } from './peers.ts';

const repository = join(import.meta.dirname, '../..');
const stages = parseDockerfile(readFileSync(join(repository, 'docker/Dockerfile'), 'utf8'));
const compose = parseCompose(readFileSync(join(repository, 'docker/compose.yaml'), 'utf8'));
const folder = join(peersFolder, 'container');
const limits = { skip: skipPeers, timeout: 300_000 };
let workshop: Workshop;
let image: Image;
let lab: Launched;
let given: Environment;

const at = (tree: Yaml | undefined, ...keys: readonly string[]): Yaml | undefined =>
  keys.reduce<Yaml | undefined>((found, key) => (found as Record<string, Yaml> | undefined)?.[key], tree);

before(async () => {
  if (skipPeers) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const env = ownEnvironment();
  const context = join(folder, 'context');
  await must('git', ['clone', '--quiet', '--no-hardlinks', repository, context], { env });
  workshop = await openWorkshop(folder, repository, env);
  image = await workshop.build(stages, context);
  lab = launch('nsenter', [...workshop.inNetwork, process.execPath, '--input-type=module', '--eval', labCode]);
  await until('the laboratory is open', () => lab.log().includes('\n'));
  const { resolver, anchors } = JSON.parse(lab.log()) as { resolver: string; anchors: string };
  given = {
    SEKISHO_IDENTITY__HOSTNAME: 'mail.app.test',
    SEKISHO_RESOLVER__SERVERS: resolver,
    SEKISHO_RESOLVER__TRUST_ANCHORS: anchors,
  };
});
after(async () => {
  await lab?.stop();
  await workshop?.close();
  rmSync(folder, { recursive: true, force: true });
});

const labCode = `
  import { startLab } from ${JSON.stringify(join(repository, 'src/lab/world.ts'))};
  const { resolver, anchors } = await startLab({});
  console.log(JSON.stringify({ resolver, anchors }));`;

/** What an application in the same network does. */
const clientCode = `
  import { handIn } from ${JSON.stringify(join(import.meta.dirname, 'smtp-client.ts'))};
  const mail = { from: 'app@app.test', to: ['friend@dane-ee.test'], message: Buffer.from('Subject: hi\\r\\n\\r\\nhi\\r\\n') };
  console.log(await handIn({ host: '127.0.0.1', port: 2525 }, mail));`;

test('the image becomes ready, takes mail, and stops when it is told to', limits, async () => {
  const relay = workshop.run(image, given);
  const verb = (...args: readonly string[]) => workshop.execute(image, given, ['node', 'bin/sekisho.mjs', ...args]);
  let health = '';
  try {
    await until('it is healthy', async () => {
      const { code, out, err } = await workshop.execute(image, given, image.healthcheck);
      health = out + err;
      return code === 0;
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${health}\n${relay.log()}`);
    });
    const client = await runProgram('nsenter', [
      ...workshop.inNetwork,
      process.execPath,
      '--input-type=module',
      '--eval',
      clientCode,
    ]);
    assert.equal(client.code, 0, `${client.err}\n${relay.log()}`);
    const { code, out } = await verb('explain', client.out.trim(), '--json');
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).sender, 'app@app.test');
  } finally {
    assert.equal(await relay.stop(), 0, relay.log());
  }
  // What waits is in the volume and waits still.
  const kept = await workshop.execute(image, given, ['ls', image.volume]);
  assert.match(kept.out, /^queue\.db$/m);
});

test('nothing but the volume can be written, and nothing is there that does not run', limits, async () => {
  const execute = (...command: readonly string[]) => workshop.execute(image, {}, command);
  assert.match((await execute('id')).out, /^uid=10001 gid=10001/);
  assert.match((await execute('grep', 'CapBnd', '/proc/self/status')).out, /CapBnd:\s+0{16}$/m);
  for (const place of ['/app', '/app/bin', '/etc', '/']) {
    const { code, err } = await execute('touch', `${place}/probe`);
    assert.notEqual(code, 0);
    assert.match(err, /Read-only file system|Permission denied/);
  }
  assert.equal((await execute('touch', `${image.volume}/probe`)).code, 0);
  assert.deepEqual((await execute('ls', '/app')).out.trim().split('\n'), [
    'bin',
    'dist',
    'node_modules',
    'package.json',
    'policies',
  ]);
  for (const tool of ['typescript', '@biomejs/biome', '@types/node', 'fast-check', 'node'])
    assert.notEqual((await execute('ls', `/app/node_modules/${tool}`)).code, 0);
});

test('the health check fails while no relay answers', limits, async () => {
  assert.equal((await workshop.execute(image, given, image.healthcheck)).code, 4);
});

test('the engine is sent what the steps copy, and no more', () => {
  const ignore = readFileSync(join(repository, 'docker/Dockerfile.dockerignore'), 'utf8');
  const sent = ignore.split('\n').filter((line) => line.startsWith('!'));
  const copied = stages.flatMap(({ instructions }) =>
    instructions.flatMap((step) => (step.verb === 'COPY' && step.from === undefined ? step.sources : [])),
  );
  assert.deepEqual(sent.map((line) => line.slice(1)).sort(), [...new Set(copied)].sort());
});

test('compose.yaml and the image agree', () => {
  const mail = at(compose, 'services', 'mail');
  const last = stages.at(-1)?.instructions ?? [];
  const value = (verb: string): string | undefined =>
    last.flatMap((step) => (step.verb === verb && 'value' in step ? [step.value] : []))[0];
  assert.equal(at(mail, 'build', 'dockerfile'), 'docker/Dockerfile');
  assert.deepEqual(at(mail, 'volumes'), [`spool:${value('VOLUME')}`]);
  assert.equal(at(mail, 'read_only'), 'true');
  assert.deepEqual(at(mail, 'cap_drop'), ['ALL']);
  assert.deepEqual(at(mail, 'tmpfs'), ['/tmp']);
  assert.equal(at(compose, 'services', 'app', 'environment', 'SMTP_URL'), `smtp://mail:${value('EXPOSE')}`);
  assert.equal(at(compose, 'services', 'app', 'depends_on', 'mail', 'condition'), 'service_healthy');
  // The one setting that the image does not bring, and nothing that its verb does not know.
  assert.deepEqual(Object.keys(at(mail, 'environment') as object), ['SEKISHO_IDENTITY__HOSTNAME']);
});
