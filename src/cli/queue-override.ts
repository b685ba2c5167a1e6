// `sekisho queue override <id>…` (QUE-7): one message may go with less protection than its domain asks for. By id alone, with a
// reason, and never around what its sender demanded (RTLS-31).

import { isIgnorable } from '../core/policy/operator.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, printable } from './terminal.ts';

const says = {
  question: (act: string, count: string): string => `${act} ${count}? [y/N] `,
  wantsYes: (act: string, count: string): string => `${act} of ${count} wants --yes`,
  count: (messages: number): string => `${messages} ${messages === 1 ? 'message' : 'messages'}`,
  wantsIds: 'override wants queue ids',
  wantsReason: 'override wants --reason: it is kept with the message and told to the log',
  ignores: (word: string): string =>
    `--ignore wants some of floor, dane, mta-sts, dnssec, not ${JSON.stringify(printable(word))}`,
};

export async function override(program: Program, given: Arguments, ids: readonly string[]): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const reason = (flags.text('reason') ?? '').trim();
  const ignore = (flags.text('ignore') ?? '').split(',').map((word) => word.trim());
  const wrong = ignore.find((word) => !isIgnorable(word));
  if (ids.length === 0) return misuse(program, says.wantsIds);
  if (wrong !== undefined) return misuse(program, says.ignores(wrong));
  if (reason === '') return misuse(program, says.wantsReason);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const refused = await unsure(program, given, 'override', says.count(ids.length));
  if (refused !== undefined) return refused;
  const relay = program.relay(loaded, flags);
  let worst: ExitCode = exitCodes.yes;
  for (const id of ids) {
    const recipients = await relay.override(id, ignore, reason);
    if (recipients === undefined) {
      terminal.err(`sekisho: no waiting message ${JSON.stringify(printable(id))}\n`);
      worst = exitCodes.no;
    } else if (flags.on('json'))
      json(terminal, { schema: 'sekisho.queue/1', act: 'override', queue_id: id, ignore, recipients });
    else if (!flags.on('quiet'))
      terminal.out(`override: ${id}, ${ignore.join(', ')} ignored, ${recipients} recipients\n`);
  }
  return worst;
}

function misuse(program: Program, text: string): ExitCode {
  program.terminal.err(`sekisho: ${text}\nsee: sekisho help queue\n`);
  return exitCodes.usage;
}

/** Asks before an act. @returns the exit status when it is not to be done. */
export async function unsure(
  program: Program,
  given: Arguments,
  what: string,
  count: string,
): Promise<ExitCode | undefined> {
  if (given.flags.on('yes')) return undefined;
  const answer = given.flags.on('no-input') ? undefined : await program.ask(says.question(what, count));
  if (answer === undefined) return misuse(program, says.wantsYes(what, count));
  if (/^y(es)?$/i.test(answer.trim())) return undefined;
  program.terminal.err('sekisho: nothing was changed\n');
  return exitCodes.no;
}
