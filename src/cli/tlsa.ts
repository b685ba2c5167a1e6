// `sekisho tlsa …`: records made from what there is, and published ones compared with what servers present.

import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';
import { tlsaCheck } from './tlsa-check.ts';
import { tlsaMake } from './tlsa-make.ts';

export async function tlsa(program: Program, given: Arguments): Promise<ExitCode> {
  const [what, ...words] = given.words;
  if (what === 'make') return tlsaMake(program, { ...given, words });
  if (what === 'check') return tlsaCheck(program, { ...given, words });
  program.terminal.err(
    `sekisho: ${what === undefined ? 'tlsa wants make or check' : `there is no ${JSON.stringify(printable(what))}; make and check are`}\nsee: sekisho help tlsa\n`,
  );
  return exitCodes.usage;
}
