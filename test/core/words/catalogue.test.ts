// Both languages have every sentence (OPS-64): what stands in the sources, against the catalogue.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/cli/commands.ts';
import { commonFlags, filterFlags } from '../../../src/cli/flags.ts';
import { helpTexts } from '../../../src/cli/help-texts.ts';
import { settings } from '../../../src/config/schema.ts';
import { catalogue } from '../../../src/core/policy/catalogue.ts';
import { japanese } from '../../../src/core/words/ja.ts';
import { columns, languageOf, translate, translateLines } from '../../../src/core/words/say.ts';
import { destinations } from '../../../src/lab/destinations.ts';
import { attacks } from '../../../src/siege/attacks.ts';
import { composed, notForPeople } from './exceptions.ts';
import { literalsOf } from './sentences.ts';

const root = join(import.meta.dirname, '../../../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('core/words/'))
  .sort();

/** Where sentences for people are made. Log lines, replies of the server and the laboratory's hosts are not among them. */
const spoken =
  /^(?:cli\/|siege\/|admin\/|config\/|agent\/|compose\/|core\/(?:policy|mtasts|dane|x509)\/|core\/smtp\/dsn|core\/routing\/next-hop|core\/dnssec\/anchors|lab\/world-hosts|adapters\/(?:https\/|dns\/exam|smtp\/dial))/;

const placeholders = (text: string): string => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();

/** As the terminal takes a literal apart: line by line, without indentation and the name of the program. */
const linesOf = (literal: string): readonly string[] => [
  literal,
  ...literal.split('\n').flatMap((line) => [line.trim(), line.trim().replace(/^(?:sekisho|see): /, '')]),
];

const isSentence = (text: string): boolean =>
  /[A-Za-z]{2,}[,:;]? [a-zA-Z]{2,}/.test(text.replace(/\{\w+\}/g, '0')) && !/^(?:<|body\{|sekisho )/.test(text);

/** What an attack is beside its title is data of the matrix, and what it says to a server is protocol. */
const matrix = new Set(
  attacks.flatMap(({ controls, sends, sinkMaySee, mustBeVisible }) => [controls, sends, sinkMaySee, mustBeVisible]),
);
const isMatrix = (literal: string): boolean =>
  matrix.has(literal) ||
  /^(?:"|besieger|a\n|aX| |EHLO |MAIL FROM|RCPT TO|Subject: |TLS-Required|X-Note|Action: )|\.$|^(?:no (?:zone|destination)|OWN, HOST|CRLF NUL)|X-Injected|\{0\} (?:and a chain|keys of one tag)|^CNAME and DNAME|IN? CNAME | CNAME in\./.test(
    literal,
  );

/** For a shell. */
const isScript = (literal: string): boolean => /^(?:#compdef|\.|complete -|# \{0\}\n_sekisho)/.test(literal);

const literals = new Map(files.map((file) => [file, literalsOf(readFileSync(join(root, file), 'utf8'))]));

test('OPS-64 every sentence that tools, notices and pages are made of has its Japanese', () => {
  const missing = [...literals].flatMap(([file, all]) =>
    !spoken.test(file)
      ? []
      : all
          .filter((literal) => isSentence(literal) && !linesOf(literal).some((line) => Object.hasOwn(japanese, line)))
          .filter((literal) => !notForPeople.has(literal) && !isScript(literal))
          .filter((literal) => !(file.startsWith('siege/') && isMatrix(literal)))
          .map((literal) => `${file}: ${literal}`),
  );
  assert.deepEqual(missing, []);
});

test('OPS-64 the tables of verbs, flags, reasons, settings and destinations are whole in Japanese', () => {
  const sentences = [
    ...commands.flatMap(({ says, flags }) => [says, ...flags.map((flag) => flag.says)]),
    ...[...commonFlags, ...filterFlags].map(({ says }) => says),
    ...Object.values(helpTexts),
    ...Object.values(catalogue).flatMap(({ sentence, cause, remedy }) => [sentence, cause, remedy]),
    ...settings.map(({ says }) => says),
    ...destinations.map(({ story }) => story),
  ];
  assert.deepEqual(
    sentences.filter((sentence) => !Object.hasOwn(japanese, sentence)),
    [],
  );
});

test('OPS-64 no entry is left over, and each has the placeholders of its English', () => {
  const used = new Set([...literals.values()].flat().flatMap(linesOf));
  const entries = Object.entries(japanese);
  assert.deepEqual(
    entries.filter(([english]) => !used.has(english) && !composed.has(english)).map(([english]) => english),
    [],
  );
  assert.deepEqual(
    [...composed].filter((english) => !Object.hasOwn(japanese, english)),
    [],
  );
  for (const [english, said] of entries) {
    assert.equal(placeholders(said), placeholders(english), english);
    assert.notEqual(said.trim(), '', english);
  }
});

test('OPS-64 the exceptions still stand in the sources', () => {
  const all = new Set([...literals.values()].flat());
  assert.deepEqual(
    [...notForPeople].filter((literal) => !all.has(literal)),
    [],
  );
});

test('OPS-64 --lang stands above LC_ALL, LC_MESSAGES and LANG; everything but ja is English', () => {
  assert.equal(languageOf(undefined, { LANG: 'ja_JP.UTF-8' }), 'ja');
  assert.equal(languageOf(undefined, { LANG: 'ja' }), 'ja');
  assert.equal(languageOf('en', { LANG: 'ja_JP.UTF-8' }), 'en');
  assert.equal(languageOf('ja', { LC_ALL: 'C' }), 'ja');
  assert.equal(languageOf(undefined, { LC_ALL: 'C.UTF-8', LANG: 'ja_JP.UTF-8' }), 'en');
  assert.equal(languageOf(undefined, { LC_ALL: '', LC_MESSAGES: 'ja_JP.eucJP', LANG: 'de_DE.UTF-8' }), 'ja');
  for (const other of ['jam_JM', 'de_DE.UTF-8', 'POSIX', ''])
    assert.equal(languageOf(undefined, { LANG: other }), 'en');
  assert.equal(languageOf(undefined, {}), 'en');
});

test('OPS-64 values keep their place in a sentence, sentences within sentences are translated, strangers are not', () => {
  assert.equal(
    translate('ja', 'the certificate is for a.example, and mx.example.org is needed'),
    '証明書は a.example のものですが、mx.example.org が必要です',
  );
  assert.equal(
    translate('ja', 'an MTA-STS policy is announced, but could not be had: the policy host answered with status 404'),
    'MTA-STS ポリシーが告知されていますが、取得できませんでした: ポリシーホストがステータス 404 を返しました',
  );
  assert.equal(translate('ja', '550 5.7.1 no such user here'), '550 5.7.1 no such user here');
  assert.equal(translate('en', 'the version'), 'the version');
  assert.equal(translate('ja', 'toString'), 'toString');
  assert.equal(
    translateLines('ja', '  ● the version\nsekisho: no address\n'),
    '  ● バージョン\nsekisho: アドレスがありません\n',
  );
});

test('OPS-64 hostile text costs little and comes back as it is', () => {
  for (const text of ['{0}'.repeat(1000), ': '.repeat(2000), 'the certificate is for '.repeat(170), '$&'.repeat(9)])
    assert.equal(typeof translate('ja', text), 'string');
  assert.equal(translate('ja', 'x'.repeat(5000)), 'x'.repeat(5000));
  assert.equal(
    translate('ja', 'the certificate is for $&$1, and {0} is needed'),
    '証明書は $&$1 のものですが、{0} が必要です',
  );
});

test('OPS-64 signs of East Asia take two columns', () => {
  assert.equal(columns('原因'), 4);
  assert.equal(columns('\u001b[1m中継\u001b[0m TLS'), 8);
  assert.equal(columns('●ok'), 3);
});
