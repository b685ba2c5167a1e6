// The composition root: the one place that reads argv, environment and terminal. The parts are joined under compose/.

import { dispatch } from './cli/commands.ts';
import { flagOf, openScreen } from './cli/screen.ts';
import { exitCodes, say, worst } from './cli/terminal.ts';
import { meaningOf } from './compose/input.ts';
import { makeProgram } from './compose/program.ts';

export async function main(argv: readonly string[]): Promise<void> {
  const { stdout, stderr } = process;
  const flag = flagOf(argv, 'lang');
  // OPS-64: the flag stands above the locale, here and in the programs that are run.
  const env = flag === undefined ? process.env : { ...process.env, LC_ALL: flag === 'ja' ? 'ja_JP.UTF-8' : 'C.UTF-8' };
  let lost: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => {
    lost ??= error;
  });
  stderr.on('error', () => {});
  const terminal = openScreen({ out: stdout, err: stderr, argv, env, gone: () => lost !== undefined });
  const code = await dispatch(makeProgram(terminal, env), argv);
  // Faults of what was written last are told a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  // A reader that went away (`| head`) is no error; a disk that is full is one.
  if (lost === undefined || lost.code === 'EPIPE') process.exitCode = code;
  else {
    const says = `standard output cannot be written: ${meaningOf(lost)}`;
    terminal.err(`sekisho: ${say(terminal, says)}\n`);
    process.exitCode = worst([code, exitCodes.usage]);
  }
}
