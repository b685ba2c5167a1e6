// The tools in Japanese (OPS-64): every sentence of `check` for the whole laboratory, data untouched, the locale honoured.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CheckReport } from '../../src/agent/probe.ts';
import { commands } from '../../src/cli/commands.ts';
import { reasons } from '../../src/core/policy/catalogue.ts';
import { columns } from '../../src/core/words/say.ts';
import { destinations } from '../../src/lab/destinations.ts';
import { post } from '../relay/mail.ts';
import {
  bare,
  type Inside,
  openWorld,
  program,
  type Said,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from '../relay/world.ts';
import { englishIn } from './english.ts';

let world: World;
let inside: Inside;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-language-'));
after(() => rmSync(folder, { recursive: true }));
before(async () => {
  world = await openWorld(destinations);
  inside = await startInside({ ...world, env: { ...world.env, LANG: 'ja_JP.UTF-8' } });
});

/** In a process of its own, which reads the environment. */
const started = (env: Record<string, string>, ...argv: readonly string[]): Promise<Said> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...argv], { env: { PATH: process.env.PATH ?? '', ...env } });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
    child.on('close', (code) => resolve({ code: (code ?? 5) as Said['code'], ...said }));
  });

/** Words of one sentence of ours that stand in Latin letters in Japanese as well. */
const foreign =
  /^(?:TLSv1\.\d, [A-Z0-9_-]+|.*(?:[0-9a-f]{16,}|IN TLSA).*|[\w.-]+ (?:secure|insecure)|(?:[\w.-]+@)?[\w.-]+)$/;
const kana = /[\u3040-\u30ff\u4e00-\u9fff]/;

const within = (said: Said, text: string): boolean => said.out.split('\n').some((line) => line.includes(text));

test('OPS-64 check in Japanese leaves no sentence of the evidence in English, for every destination of the laboratory', async () => {
  const domains = destinations.map(({ domain }) => domain);
  const asked = ['--verbose', '--all', '--timeout', '60s'];
  const data = await sekisho(world, 'check', ...domains, ...asked, '--json');
  const spoken = await sekisho(world, 'check', ...domains, ...asked, '--lang', 'ja');
  assert.equal(spoken.code, data.code);
  const reports = data.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CheckReport);
  assert.equal(reports.length, domains.length);
  const sentences = new Set(
    reports.flatMap(({ evidence, explain, hosts, reason }) => [
      ...evidence.map(({ says }) => says),
      ...(reason === null ? [] : explain.slice(0, 3)),
      ...hosts.flatMap((host) => [
        ...host.evidence.map(({ says }) => says),
        ...host.deviations.map(({ says }) => says),
      ]),
    ]),
  );
  assert.ok(sentences.size > 40);
  const english = [...sentences].filter((text) => !foreign.test(text) && within(spoken, text));
  assert.deepEqual(english, []);
  assert.ok(spoken.out.split('\n').filter((line) => kana.test(line)).length > reports.length * 3);
});

test('OPS-64 --json, reason codes, flags and exit codes are the same in both languages', async () => {
  for (const words of [
    ['dns', 'dane-ee.test', 'MX'],
    ['config', 'show', '--source'],
    ['tlsa', 'check', 'mx.dane-ee.test'],
  ] as const) {
    const [english, japanese] = [
      await sekisho(world, ...words, '--json', '--lang', 'en'),
      await sekisho(world, ...words, '--json', '--lang', 'ja'),
    ].map(({ code, out }) => ({ code, out: steady(out) }));
    assert.deepEqual(japanese, english, words.join(' '));
  }
  const uncommented = (text: string): string => text.replace(/^# [^[].*$/gm, '');
  for (const words of [
    ['version', '--json'],
    ['completion', 'bash'],
    ['config', 'show', '--default'],
  ] as const) {
    const env = { ...world.env, LANG: 'ja_JP.UTF-8', LC_ALL: '' };
    assert.equal(uncommented((await bare(env, ...words)).out), uncommented((await bare(world.env, ...words)).out));
  }
  const { out } = await sekisho(world, 'check', 'dane-mismatch.test', '--lang', 'ja');
  assert.match(out, /cert-no-tlsa-match/);
  assert.match(out, /RFC 7672/);
});

/** Without what two looks measure. */
const steady = (text: string): string =>
  text.replace(/"(?:elapsedMs|queries|verifications|ttl|ms)":[\d.]+/g, '').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');

test('OPS-64 LANG decides unless --lang or LC_ALL say otherwise; a strange --lang is a usage fault', async () => {
  const spoken = async (env: Record<string, string>, ...more: readonly string[]): Promise<Said> =>
    started({ LC_ALL: '', LC_MESSAGES: '', LANG: '', ...env }, 'help', 'cert-expired', ...more);
  assert.match((await spoken({ LANG: 'ja_JP.UTF-8' })).out, /^cert-expired: メールホストの証明書が有効期間外です\n/);
  assert.match((await spoken({ LANG: 'en_GB.UTF-8' })).out, /^cert-expired: The certificate/);
  assert.match((await spoken({ LANG: 'ja_JP.UTF-8', LC_ALL: 'C.UTF-8' })).out, /^cert-expired: The certificate/);
  assert.match((await spoken({ LANG: 'ja_JP.UTF-8' }, '--lang', 'en')).out, /^cert-expired: The certificate/);
  const strange = await started({}, 'check', 'a.test', '--lang', 'fr');
  assert.equal(strange.code, 2);
  assert.match(strange.err, /--lang wants en or ja, not "fr"/);
  const unknown = await started({ LC_ALL: 'ja_JP.UTF-8' }, 'chekc');
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /"chekc" というサブコマンドはありません/);
});

test('OPS-64 columns of help stand beneath one another in Japanese', async () => {
  const { out } = await bare({ ...world.env, LC_ALL: 'ja_JP.UTF-8' }, 'help', 'cert-expired');
  const starts = out
    .split('\n')
    .filter((line) => /^ {2}\S/.test(line))
    .map((line) => columns(/^ {2}\S+ +/.exec(line)?.[0] ?? ''));
  assert.equal(starts.length, 4);
  assert.equal(new Set(starts).size, 1);
});

test('OPS-64 a report in Japanese is a page in Japanese, and says the same', async () => {
  const path = join(folder, 'report.html');
  await sekisho(world, 'check', 'dane-mismatch.test', '--out', path, '--lang', 'ja', '--quiet');
  const page = readFileSync(path, 'utf8');
  assert.match(page, /<html lang="ja">/);
  assert.match(page, /<h1>メールがどうなるか<\/h1>/);
  assert.match(page, /メールは送っていません/);
  assert.match(page, /メールホストの証明書が、どの TLSA レコードとも一致しません/);
  assert.doesNotMatch(page, /no TLSA record matches|could not tell|What would happen/);
  assert.match(page, /<style>body\{font/);
});

test('OPS-64 a relay in a Japanese locale returns mail with words in Japanese and English', async () => {
  await post(inside.port, { to: 'a@null-mx.test', subject: 'null-mx', from: 'reader@dane-ee.test' });
  const returned = (): string | undefined =>
    world.lab
      .host('mx.dane-ee.test')
      .messages.map(({ raw }) => raw.toString())
      .find((text) => text.includes('Status: 5.1.10'));
  await until(() => returned() !== undefined, 'the notice');
  const said = decodeURIComponent(
    (returned() ?? '')
      .replace(/=\r\n/g, '')
      .replaceAll('%', '%25')
      .replace(/=([0-9A-F]{2})/g, '%$1'),
  );
  assert.match(said, /次の宛先にメッセージを配送できませんでした/);
  assert.match(said, /宛先のドメインはメールを受け取らないと宣言しています/);
  assert.match(said, /The domain says that it accepts no mail/);
  assert.match(said, /Diagnostic-Code: x-sekisho; null-mx/);
});

const ja = { LC_ALL: 'ja_JP.UTF-8' };

test('OPS-64 help, manual page, completions, examples and misuse leave no English sentence', async () => {
  const asked: readonly (readonly string[])[] = [
    ['help'],
    ...commands.map(({ name }) => ['help', name]),
    ...reasons.map((reason) => ['help', reason]),
    ['man'],
    ['config', 'example'],
    ['config', 'example', 'strict'],
    ['config', 'example', 'government'],
    ['config', 'env'],
    ...commands.filter(({ name }) => name !== 'run' && name !== 'lab').map(({ name }) => [name, '--such']),
    ...[
      ['chekc'],
      ['help', 'chekc'],
      ['help', '--lang', 'ja', 'check'],
      ['check'],
      ['check', 'a..b'],
      ['check', 'a', '--json=1'],
    ],
    ...[
      ['check', 'a', '--floor'],
      ['check', 'a', '--at', 'x'],
      ['check', 'a', '--color', 'x'],
      ['check', '\u2013\u2013json'],
    ],
    ...[
      ['trace', 'a', 'b'],
      ['explain'],
      ['probe'],
      ['dns'],
      ['dns', 'a', 'B'],
      ['queue', 'such'],
      ['queue', 'list', '--older', 'x'],
    ],
    ...[
      ['destination', 'such'],
      ['policy', 'such'],
      ['policy', 'show'],
      ['policy', 'lint'],
      ['policy', 'lint', '/such'],
    ],
    ...[['tlsa'], ['tlsa', 'such'], ['tlsa', 'make'], ['tlsa', 'check'], ['tlsa', 'watch'], ['tlsa', 'rollover']],
    ...[
      ['config'],
      ['config', 'example', 'such'],
      ['completion', 'tcsh'],
      ['siege', '--claims', 'x'],
      ['queue', 'bounce'],
    ],
    ...[
      ['health', '--socket', '/such'],
      ['check', 'a', '--out', 'x'],
      ['siege', '--only', 'ATK-9999'],
    ],
  ];
  const left: string[] = [];
  for (const argv of asked) {
    const { out, err } = await bare({ ...world.env, ...ja }, ...argv);
    assert.match(out + err, kana, argv.join(' '));
    left.push(...englishIn(out + err).map((line) => `${argv.join(' ')}: ${line}`));
  }
  assert.deepEqual(left, []);
  for (const shell of ['zsh', 'fish']) {
    const { out } = await bare(ja, 'completion', shell);
    const said = [...out.matchAll(/\[([^\]]*)\]|-d '([^']*)'$/gm)].map(([, zsh, fish]) => zsh ?? fish ?? '');
    assert.ok(said.filter((text) => kana.test(text)).length > 100);
    assert.deepEqual(englishIn((out.split('\n', 2)[shell === 'zsh' ? 1 : 0] ?? '').replace(/^# /, '')), []);
  }
});

test('OPS-64 what the verbs find and tell leaves no English sentence', async () => {
  const ids = [];
  for (const domain of ['dane-ee.test', 'both.test', 'dane-mismatch.test'])
    ids.push(await post(inside.port, { to: `a@${domain}`, subject: domain }));
  for (const id of ids) await until(async () => (await stateOf(inside, id)) !== 'queued', `an end of ${id}`);
  const policy = join(folder, 'policy.txt');
  writeFileSync(policy, 'version: STSv1\nmode: enforce\nmx: mx.both.test\nmax_age: 100\n');
  const [, , waiting = ''] = ids;
  const port = String(world.lab.ports.smtp);
  const asked: readonly (readonly string[])[] = [
    ...[
      ['config', 'check'],
      ['queue', 'list'],
      ['queue', 'show', waiting],
      ['explain', ids[0] ?? ''],
      ['explain', 'such'],
      ['log', '--domain', 'such.test'],
    ],
    ...[
      ['destination', 'list'],
      ['destination', 'show', 'both.test'],
      ['destination', 'show', 'dane-mismatch.test'],
    ],
    ...[
      ['policy', 'list'],
      ['policy', 'show', 'both.test'],
      ['policy', 'refresh', 'both.test'],
      ['policy', 'make', 'both.test'],
    ],
    ...[
      ['policy', 'make', 'both.test', '--mode', 'none'],
      ['policy', 'lint', policy, '--mx', 'mx.both.test', '--mx', 'such.test'],
    ],
    ...[
      ['policy', 'forget', 'both.test'],
      ['health'],
      ['health', '--ready'],
      ['dns', 'mx.both.test', 'A'],
      ['dns', 'such.both.test'],
    ],
    ...[
      ['check', 'both.test', 'null-mx.test'],
      ['check', 'both.test', '--at', '+400d'],
      ['check', 'dane-mismatch.test', '-v', '--all'],
    ],
    ...[
      ['trace', 'both.test'],
      ['probe', 'a@both.test'],
      ['doctor', '--reach', 'both.test', 'both.test'],
    ],
    ...[
      ['tlsa', 'check', 'mx.both.test'],
      ['tlsa', 'check', 'mx.dane-mismatch.test'],
      ['tlsa', 'make', '--server', `mx.both.test:${port}`, '--host', 'mx.both.test'],
    ],
    ...[['tlsa', 'watch', '--once', 'mx.dane-mismatch.test', '--authority', world.lab.resolver]],
    ...[
      ['queue', 'hold', '--domain', 'dane-mismatch.test'],
      ['queue', 'release', waiting],
      ['queue', 'drop', waiting, '--no-input'],
    ],
    ...[
      ['queue', 'override', waiting, '--ignore', 'dane', '--reason', 'x', '--yes'],
      ['queue', 'retry', '--domain', 'such.test'],
      ['queue', 'flush'],
    ],
  ];
  const left: string[] = [];
  for (const argv of asked) {
    const { out, err } = await sekisho(world, ...argv, '--lang', 'ja', '--timeout', '20s');
    left.push(...englishIn(out + err).map((line) => `${argv.join(' ')}: ${line}`));
  }
  assert.deepEqual(left, []);
});
