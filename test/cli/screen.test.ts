// What a terminal, a pipe and a narrow window get: colour, width, progress; and nothing by colour or sign alone.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { dispatch } from '../../src/cli/commands.ts';
import { openScreen, type Screen } from '../../src/cli/screen.ts';
import { makeProgram } from '../../src/compose/program.ts';
import { columns } from '../../src/core/words/say.ts';
import { named, openWorld, type World } from '../relay/world.ts';

let world: World;
before(async () => {
  world = await openWorld(named('both', 'dane-mismatch', 'sts-enforce', 'dane-servfail'));
});

type Shown = { readonly out: string; readonly err: string; readonly code: number };

/** The program at a terminal of that width; 0: a pipe. */
async function at(width: number, argv: readonly string[], env: Screen['env'] = {}): Promise<Shown> {
  const shown = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => {
      shown[name] += text;
    },
    ...(width > 0 && { isTTY: true, columns: width }),
  });
  const all = { ...world.env, ...env };
  const terminal = openScreen({ out: stream('out'), err: stream('err'), argv, env: all, gone: () => false });
  const [verb = '', ...rest] = argv;
  const code = await dispatch(makeProgram(terminal, all), [verb, '-c', world.config, ...rest]);
  return { ...shown, code };
}

/** Without colours; what has no blank in it may be longer than the line. */
const tooWide = (text: string, width: number): readonly string[] =>
  text
    .replace(/\u001b\[\d+m/g, '')
    .split('\n')
    .filter((line) => {
      const room = width - (line.length - line.trimStart().length);
      const unbreakable = line.split(/ +/).some((token) => columns(token) > room);
      // A record to copy is one line whatever comes.
      return columns(line) > width && !unbreakable && !line.includes(' IN TLSA ');
    });

test('OPS-10 no line of check is wider than the terminal, in both languages, also with --all and --verbose', async () => {
  for (const width of [40, 60, 80])
    for (const lang of ['en', 'ja'])
      for (const more of [[], ['--all', '--verbose', '--at', '+400d']]) {
        const { out } = await at(width, ['check', 'dane-mismatch.test', '--lang', lang, ...more]);
        assert.ok(out.split('\n').length > 12);
        assert.deepEqual(tooWide(out, width), [], `${width} ${lang}`);
      }
  const whole = (text: string): string => text.replace(/\u001b\[\d+m/g, '').replace(/\s+/g, ' ');
  // Nothing is lost in folding.
  const strip = (text: string): string => whole(text).replaceAll(' ', '');
  const [narrow, pipe] = [await at(40, ['check', 'dane-mismatch.test']), await at(0, ['check', 'dane-mismatch.test'])];
  assert.equal(strip(narrow.out), strip(pipe.out));
});

test('OPS-64 help fits a narrow terminal in both languages', async () => {
  for (const width of [40, 60, 80])
    for (const lang of ['en', 'ja'])
      for (const what of ['check', 'tlsa', 'cert-no-tlsa-match', 'queue']) {
        const { out } = await at(width, ['help', what, '--lang', lang]);
        const examples = /^ {2}sekisho /;
        const lines = out.split('\n').filter((line) => !examples.test(line));
        assert.deepEqual(tooWide(lines.join('\n'), width), [], `${width} ${lang} ${what}`);
      }
});

test('OPS-10 colour is for a terminal, and NO_COLOR, FORCE_COLOR, TERM=dumb and --color are obeyed in order', async () => {
  const style = (width: number, argv: readonly string[], env: Screen['env']): boolean =>
    openScreen({
      out: { write: () => {}, isTTY: width > 0, columns: width },
      err: { write: () => {} },
      argv,
      env,
      gone: () => false,
    }).style.color;
  assert.equal(style(80, [], {}), true);
  assert.equal(style(0, [], {}), false);
  assert.equal(style(80, [], { NO_COLOR: '1' }), false);
  assert.equal(style(80, [], { NO_COLOR: '' }), true);
  assert.equal(style(80, [], { NO_COLOR: '1', FORCE_COLOR: '1' }), false);
  assert.equal(style(0, [], { FORCE_COLOR: '1' }), true);
  assert.equal(style(0, [], { FORCE_COLOR: '0' }), false);
  assert.equal(style(80, [], { TERM: 'dumb' }), false);
  assert.equal(style(0, ['--color', 'always'], { NO_COLOR: '1' }), true);
  assert.equal(style(80, ['--color=never'], { FORCE_COLOR: '1' }), false);
  // Colour says nothing of its own: without it the same text.
  const [plain, colored] = [
    await at(0, ['check', 'dane-mismatch.test']),
    await at(0, ['check', 'dane-mismatch.test', '--color', 'always']),
  ];
  assert.match(colored.out, /\u001b\[31m✗\u001b\[0m/);
  assert.equal(colored.out.replace(/\u001b\[\d+m/g, ''), plain.out);
});

test('OPS-10 OPS-12 each mark stands beside words, and --ascii has no sign beyond ASCII', async () => {
  const { out } = await at(0, ['check', 'dane-mismatch.test', 'both.test', '--all', '-v']);
  // A reader of screens may leave marks out.
  const unmarked = out.replace(/[●✗○?]/g, '');
  assert.match(unmarked, /senders +DANE broken +WebPKI holds +opportunistic holds/);
  assert.match(unmarked, /certificate +no TLSA record matches the chain/);
  assert.match(unmarked, / would NOT deliver · cert-no-tlsa-match\n/);
  const ascii = await at(60, ['check', 'dane-mismatch.test', '--ascii', '--color', 'never']);
  assert.match(ascii.out, /^[\x00-\x7f]+$/);
  assert.match(ascii.out, /x certificate {2}no TLSA record matches the chain/);
  assert.deepEqual(tooWide(ascii.out, 60), []);
});

test('OPS-10 a line of progress is shown at a terminal alone, and is gone before anything else is written', async () => {
  const erased = (err: string): string => err.replace(/[^\r]*\r\u001b\[K/g, '');
  const one = await at(80, ['check', 'both.test', 'dane-mismatch.test']);
  assert.match(one.err, /looking at both\.test \(1\/2\)/);
  assert.match(one.err, /looking at dane-mismatch\.test \(2\/2\)/);
  assert.equal(erased(one.err), '');
  const said = await at(80, ['check', 'both.test', '--lang', 'ja']);
  assert.match(said.err, /both\.test を調べています/);
  for (const [width, argv, env] of [
    [0, [], {}],
    [80, ['--quiet'], {}],
    [80, [], { TERM: 'dumb' }],
  ] as const)
    assert.equal((await at(width, ['check', 'both.test', ...argv], env)).err, '');
});
