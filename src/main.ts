// The composition root: the one place that reads argv, environment and terminal. The parts are joined under compose/.

import { dispatch } from './cli/commands.ts';
import { flagOf, openScreen } from './cli/screen.ts';
import { makeProgram } from './compose/program.ts';

export async function main(argv: readonly string[]): Promise<void> {
  const { stdout, stderr } = process;
  const flag = flagOf(argv, 'lang');
  // OPS-64: the flag stands above the locale, here and in the programs that are run.
  const env = flag === undefined ? process.env : { ...process.env, LC_ALL: flag === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8' };
  // A reader that went away (`| head`) is no error.
  let isGone = false;
  stdout.on('error', () => {
    isGone = true;
  });
  stderr.on('error', () => {});
  const terminal = openScreen({ out: stdout, err: stderr, argv, env, gone: () => isGone });
  process.exitCode = await dispatch(makeProgram(terminal, env), argv);
}
