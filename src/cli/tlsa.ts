// `sekisho tlsa …`: records made from what there is, and published ones compared with what servers present.

import type { Arguments, Flags } from './flags.ts';
import type { Program } from './program.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';
import { tlsaCheck } from './tlsa-check.ts';
import { tlsaMake } from './tlsa-make.ts';
import { tlsaRollover } from './tlsa-rollover.ts';
import { tlsaWatch } from './tlsa-watch.ts';

const acts = ['make', 'check', 'watch', 'rollover'] as const;
type Act = (typeof acts)[number];

const ofSubjects = ['host', 'domain', 'port', 'starttls'];
const flagsOf: Readonly<Record<Act, readonly string[]>> = {
  make: [
    ...ofSubjects,
    ...['certificate', 'key', 'csr', 'server', 'usage', 'selector', 'matching'],
    ...['protocol', 'form', 'ttl', 'zone', 'common'],
  ],
  check: [...ofSubjects, 'record', 'cert', 'chain'],
  watch: [...ofSubjects, ...['once', 'every', 'repeat', 'hook', 'mail', 'sendmail', 'dkim', 'authority', 'memory']],
  rollover: ['lineage', 'dry-run'],
};

/** What is not heeded must not be taken: `make --cert` is no `make --certificate`. @returns the sentence. */
function strayFlag(act: Act, flags: Flags): string | undefined {
  const given = (name: string): boolean =>
    flags.text(name) !== undefined || flags.all(name).length > 0 || flags.on(name);
  for (const other of acts) {
    const stray = flagsOf[other].find((name) => !flagsOf[act].includes(name) && given(name));
    if (stray !== undefined) return `--${stray} belongs to tlsa ${other}, not to tlsa ${act}`;
  }
  return undefined;
}

export async function tlsa(program: Program, given: Arguments): Promise<ExitCode> {
  const [what, ...words] = given.words;
  const act = acts.find((one) => one === what);
  const stray = act && strayFlag(act, given.flags);
  if (stray !== undefined) {
    program.terminal.err(`sekisho: ${stray}\nsee: sekisho help tlsa\n`);
    return exitCodes.usage;
  }
  if (what === 'make') return tlsaMake(program, { ...given, words });
  if (what === 'check') return tlsaCheck(program, { ...given, words });
  if (what === 'watch') return tlsaWatch(program, { ...given, words });
  if (what === 'rollover') return tlsaRollover(program, { ...given, words });
  program.terminal.err(
    `sekisho: ${what === undefined ? 'tlsa wants make, check, watch or rollover' : `there is no ${JSON.stringify(printable(what))}; make, check, watch and rollover are`}\nsee: sekisho help tlsa\n`,
  );
  return exitCodes.usage;
}
