// `sekisho tlsa …`: records made from what there is, and published ones compared with what servers present.

import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';
import { tlsaCheck } from './tlsa-check.ts';
import { tlsaMake } from './tlsa-make.ts';
import { tlsaRollover } from './tlsa-rollover.ts';
import { tlsaWatch } from './tlsa-watch.ts';

export async function tlsa(program: Program, given: Arguments): Promise<ExitCode> {
  const [what, ...words] = given.words;
  if (what === 'make') return tlsaMake(program, { ...given, words });
  if (what === 'check') return tlsaCheck(program, { ...given, words });
  if (what === 'watch') return tlsaWatch(program, { ...given, words });
  if (what === 'rollover') return tlsaRollover(program, { ...given, words });
  program.terminal.err(
    `sekisho: ${what === undefined ? 'tlsa wants make, check, watch or rollover' : `there is no ${JSON.stringify(printable(what))}; make, check, watch and rollover are`}\nsee: sekisho help tlsa\n`,
  );
  return exitCodes.usage;
}
