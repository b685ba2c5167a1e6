// Completions and manual page hold every verb and flag of the table, and shells can read them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { subverbs } from '../../src/cli/completion.ts';
import { commonFlags } from '../../src/cli/flags.ts';
import { helpTexts } from '../../src/cli/help-texts.ts';
import { bare } from '../relay/world.ts';

const scriptFor = async (shell: string): Promise<string> => {
  const said = await bare({}, 'completion', shell);
  assert.equal(said.code, 0);
  assert.equal(said.err, '');
  return said.out;
};

test('every shell is told every verb, its words and its flags', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = await scriptFor(shell);
    for (const command of commands) {
      assert.ok(script.includes(command.name), `${shell} ${command.name}`);
      for (const word of subverbs(command)) assert.ok(script.includes(word), `${shell} ${command.name} ${word}`);
      for (const { name } of [...command.flags, ...commonFlags])
        assert.ok(script.includes(shell === 'fish' ? `-l ${name}` : `--${name}`), `${shell} --${name}`);
    }
  }
});

test('the words behind a verb are those of its usage', () => {
  const words = Object.fromEntries(commands.map((command) => [command.name, subverbs(command)]));
  assert.deepEqual(words.tlsa, ['make', 'check', 'watch', 'rollover']);
  assert.deepEqual(words.config, ['check', 'show', 'example', 'env']);
  assert.deepEqual(words.policy, ['list', 'show', 'refresh', 'forget', 'make', 'lint']);
  assert.deepEqual(words.check, []);
  assert.ok(words.queue?.includes('bounce'));
});

test('bash completes with what it was given', async () => {
  const script = await scriptFor('bash');
  const complete = (...words: readonly string[]): readonly string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sekisho; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n');
  assert.deepEqual(complete('sekisho', 'tl'), ['tlsa']);
  assert.deepEqual(complete('sekisho', 'tlsa', 'm'), ['make']);
  assert.deepEqual(complete('sekisho', 'tlsa', 'make', '--cert'), ['--certificate', '--cert']);
  assert.deepEqual(complete('sekisho', 'check', '--as', 'm'), ['mta-sts']);
  assert.deepEqual(complete('sekisho', 'dns', '--color', 'n'), ['never']);
  assert.deepEqual(complete('sekisho', 'help', 'cert-no-t'), ['cert-no-tlsa-match']);
  assert.deepEqual(complete('sekisho', 'log', '--because', 'cert-no-t'), ['cert-no-tlsa-match']);
  assert.deepEqual(complete('sekisho', 'queue', '--state', 'h'), ['held']);
});

test('the manual page holds every verb, flag, example and exit status, and only known requests', async () => {
  const { out, code } = await bare({}, 'man');
  assert.equal(code, 0);
  const plain = out.replaceAll('\\-', '-').replaceAll('\\e', '\\').replaceAll('\\&', '');
  for (const command of commands) {
    assert.ok(plain.includes(`.SS ${command.name}\n`), command.name);
    for (const example of command.examples) assert.ok(plain.includes(example.replaceAll('…', '...')), example);
    for (const { name } of command.flags) assert.ok(plain.includes(`--${name}`), name);
  }
  for (const { name } of commonFlags) assert.ok(plain.includes(`--${name}`), name);
  for (const line of out.split('\n'))
    if (/^[.']/.test(line)) assert.match(line, /^\.(TH|SH|SS|PP|TP|B|I|nf|fi)( |$)/, line);
  for (const status of [0, 1, 2, 3, 4, 5]) assert.ok(out.includes(`.B ${status}\n`));
  // Whatever roff reads it, with or without a converter before it.
  assert.match(out, /^[\n\x20-\x7e]+$/);
});

test('help teaches: examples first, then how the answer is read, for every verb and nothing else', async () => {
  for (const { name, examples } of commands) {
    const { out, code } = await bare({}, 'help', name);
    assert.equal(code, 0);
    const places = [
      `\n  ${examples[0]}\n`,
      helpTexts[name]?.split(' ').slice(0, 3).join(' ') ?? '',
      'usage:',
      'exit status:',
    ].map((text) => out.indexOf(text));
    assert.ok((helpTexts[name] ?? '').length > 30, `a text for ${name}`);
    assert.ok(
      places.every((place) => place > 0),
      `${name}: ${places}`,
    );
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      name,
    );
    for (const example of examples) assert.match(example, new RegExp(`^sekisho ${name}( |$)`), example);
    for (const line of out.split('\n')) assert.ok(line.length <= 170, line);
  }
  const ahead = ['report', 'sendmail'];
  for (const name of Object.keys(helpTexts))
    assert.ok(commands.some((one) => one.name === name) || ahead.includes(name), name);
});

test('part of a reason code or verb is enough for a suggestion', async () => {
  const said = async (word: string): Promise<string> => (await bare({}, 'help', word)).err;
  assert.match(await said('chekc'), /did you mean check\?/);
  assert.match(await said('cert-no-tlsa'), /did you mean cert-no-tlsa-match\?/);
  assert.match(await said('cert'), /did you mean cert-no-tlsa-match, cert-name, cert-expired, cert-untrusted\?/);
  assert.doesNotMatch(await said('qqqqqqq'), /did you mean/);
  assert.match((await bare({}, 'help', '--lang', 'ja', 'check')).out, /^sekisho check: この宛先/);
});

test('wrong use is told in one line', async () => {
  for (const argv of [['completion'], ['completion', 'tcsh'], ['completion', 'bash', 'zsh']]) {
    const said = await bare({}, ...argv);
    assert.equal(said.code, 2, argv.join(' '));
    assert.match(said.err, /^sekisho: completion wants bash, zsh or fish/);
  }
});
