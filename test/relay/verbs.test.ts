// Every verb in a place where it cannot do its work: no configuration, the wrong file, no network, no relay, wrong words.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { bare, type Said } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-verbs-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const env = { STATE_DIRECTORY: join(folder, 'state') };
const empty = join(folder, 'empty.toml');
writeFileSync(empty, '');
mkdirSync(join(folder, 'folder.toml'));

const oneLine = ({ err }: Said): string => {
  const lines = err.trim().split('\n');
  assert.ok(lines.length === 1 || (lines.length === 2 && /^see: sekisho help/.test(lines[1] ?? '')), err);
  assert.match(err, /^sekisho: /);
  assert.doesNotMatch(err, /internal error|\n\s+at /);
  return err;
};

/** Words with which each verb could do its work, if it could. */
const words: Readonly<Record<string, readonly string[]>> = {
  run: [],
  check: ['a.example'],
  explain: ['1AB'],
  probe: ['a@b.example'],
  doctor: [],
  dns: ['a.example', 'MX'],
  queue: ['list'],
  config: ['check'],
  health: ['--ready'],
};

test('OPS-12 each verb with a configuration that is missing or a folder: exit 2 and one line', async () => {
  for (const [verb, more] of Object.entries(words)) {
    assert.ok(commands.some(({ name }) => name === verb));
    for (const file of ['missing.toml', 'folder.toml']) {
      const said = await bare(env, verb, ...more, '-c', join(folder, file));
      assert.equal(said.code, 2, `${verb} ${file}`);
      assert.match(oneLine(said), new RegExp(file));
      assert.equal(said.out, '');
    }
  }
});

test('OPS-12 verbs for a running relay without one: exit 4, and the socket is named', async () => {
  const asks = [
    ['health'],
    ['health', '--ready'],
    ['queue', 'list'],
    ['queue', 'retry'],
    ['queue', 'flush'],
    ['explain', '1AB'],
    ['probe', 'a@b.example'],
    ['check', 'a.example', '--via-daemon'],
  ];
  for (const argv of asks) {
    const said = await bare(env, ...argv, '-c', empty);
    assert.equal(said.code, 4, argv.join(' '));
    assert.match(oneLine(said), /no relay answers at .*admin\.sock/);
    const other = await bare(env, ...argv, '-c', empty, '--url', 'http://127.0.0.1:1');
    assert.equal(other.code, 4);
    assert.match(oneLine(other), /127\.0\.0\.1:1/);
  }
});

test('OPS-12 something else that answers at the address is no relay: exit 4', async () => {
  const stranger = createServer((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const { port } = stranger.address() as { port: number };
  const said = await bare(env, 'health', '--ready', '-c', empty, '--url', `http://127.0.0.1:${port}`);
  stranger.close();
  assert.equal(said.code, 4);
  assert.match(oneLine(said), /is no sekisho/);
});

test('OPS-12 wrong words and flags: exit 2 and what is wanted', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['frobnicate'], /there is no verb/],
    [['check'], /a domain or address is wanted/],
    [['check', 'a b'], /"a b" is no domain/],
    [['check', ''], /is no domain/],
    [['check', 'a.example', '--timeout', 'soon'], /--timeout wants a duration/],
    [['check', 'a.example', '--timeout', '0s'], /--timeout wants a duration/],
    [['check', 'a.example', '--at', 'tomorrow'], /--at wants an instant/],
    [
      ['check', 'a.example', '--port', '0', '--host'],
      /the value of --port is missing|wants a value|the value of --host is missing/,
    ],
    [['check', '--host', 'a.example', '--port', '70000'], /--port wants/],
    [['check', 'a.example', '--floor', 'high'], /--floor wants one of/],
    [['doctor', '--at', 'x'], /--at wants an instant/],
    [['health', '--url', 'ftp://x'], /--url wants http/],
    [['health', '--color', 'red'], /--color wants/],
    [['dns', 'a.example', 'FOO'], /no record type/],
    [['dns', `${'a'.repeat(64)}.example`], /is no domain name/],
    [['explain'], /one queue id is wanted/],
    [['explain', 'a', 'b'], /one queue id is wanted/],
    [['probe', 'nobody'], /one address is wanted/],
    [['queue', 'frobnicate'], /there is no "frobnicate"/],
    [['queue', 'list', '--older', 'x'], /--older wants a duration/],
    [['queue', 'list', '--limit', '-1'], /--limit/],
    [['queue', 'drop'], /wants queue ids, a filter, or --yes/],
    [['config', 'frobnicate'], /config wants/],
    [['config', 'example', 'frobnicate'], /profiles are/],
    [['run', '--frobnicate'], /there is no flag --frobnicate/],
  ];
  for (const [argv, says] of cases) {
    const said = await bare(env, ...argv, '-c', empty);
    assert.equal(said.code, 2, `${argv.join(' ')}: ${said.err}`);
    assert.match(oneLine(said), says, argv.join(' '));
    assert.equal(said.out, '', argv.join(' '));
  }
});

test('OPS-12 without a network the tools could not tell: exit 3, within the time that was given', async () => {
  // A resolver that takes every question and answers none.
  const silent = (await import('node:dgram')).createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', () => resolve()));
  const resolver = `127.0.0.1:${silent.address().port}`;
  const began = performance.now();
  for (const argv of [
    ['dns', 'a.example', 'A'],
    ['check', 'a.example'],
    ['check', 'a.example', '--no-connect'],
    ['doctor'],
  ]) {
    const said = await bare(env, ...argv, '-c', empty, '--resolver', resolver, '--timeout', '1s', '--json');
    assert.equal(said.code, argv[0] === 'doctor' ? 1 : 3, `${argv.join(' ')} ${said.err}`);
    for (const line of said.out.trim().split('\n')) assert.match(line, /"schema":"sekisho\./);
  }
  silent.close();
  assert.ok(performance.now() - began < 60_000);
});

test('help and version ask for nothing', async () => {
  for (const { name } of commands) assert.equal((await bare({}, 'help', name)).code, 0);
  assert.equal((await bare({}, 'help')).code, 0);
  assert.equal((await bare({}, 'version', '--json')).code, 0);
  assert.equal((await bare({}, 'help', 'cert-no-tlsa-match')).code, 0);
  assert.equal((await bare({}, 'help', 'no-such-word')).code, 2);
});
