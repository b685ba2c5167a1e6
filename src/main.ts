// The composition root: the one place that reads argv, environment and terminal. The parts are joined under compose/.

import { dispatch } from './cli/commands.ts';
import type { Terminal } from './cli/terminal.ts';
import { makeProgram } from './compose/program.ts';

export async function main(argv: readonly string[]): Promise<void> {
  const { env, stdout, stderr } = process;
  // A reader that went away (`| head`) is no error.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const terminal: Terminal = {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    style: {
      color: wantsColor(argv, env, stdout.isTTY === true),
      ascii: argv.includes('--ascii'),
      width: stdout.columns ?? 80,
    },
  };
  process.exitCode = await dispatch(makeProgram(terminal, env), argv);
}

/** cli.md: --color, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether a person looks. */
function wantsColor(argv: readonly string[], env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const flag =
    argv.find((argument) => argument.startsWith('--color='))?.slice(8) ??
    (argv.includes('--color') ? argv[argv.indexOf('--color') + 1] : undefined);
  if (flag === 'always') return true;
  if (flag === 'never' || (env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return true;
  return isTerminal && env.TERM !== 'dumb';
}
