// The composition root: the one place that reads argv, environment and terminal. The parts are joined under compose/.

import { dispatch } from './cli/commands.ts';
import type { Terminal } from './cli/terminal.ts';
import { makeProgram } from './compose/program.ts';
import { languageOf } from './core/words/say.ts';

export async function main(argv: readonly string[]): Promise<void> {
  const { stdout, stderr } = process;
  const flag = flagOf(argv, 'lang');
  // OPS-64: the flag stands above the locale, here and in the programs that are run.
  const env = flag === undefined ? process.env : { ...process.env, LC_ALL: flag === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8' };
  // A reader that went away (`| head`) is no error.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const terminal: Terminal = {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    style: {
      color: wantsColor(argv, env, stdout.isTTY === true),
      ascii: argv.includes('--ascii'),
      width: stdout.columns ?? 80,
      language: languageOf(flag, env),
    },
  };
  process.exitCode = await dispatch(makeProgram(terminal, env), argv);
}

/** The value of a flag that counts before the verb is known. */
const flagOf = (argv: readonly string[], name: string): string | undefined =>
  argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ??
  (argv.includes(`--${name}`) ? argv[argv.indexOf(`--${name}`) + 1] : undefined);

/** cli.md: --color, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether a person looks. */
function wantsColor(argv: readonly string[], env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const flag = flagOf(argv, 'color');
  if (flag === 'always') return true;
  if (flag === 'never' || (env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return true;
  return isTerminal && env.TERM !== 'dumb';
}
