// `sekisho health [--ready]`: a command for HEALTHCHECK, so that no image needs curl.

import type { Arguments } from './flags.ts';
import { type Program, type RelayClient, RelayUnreachable } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, mark, printable, say } from './terminal.ts';

export async function health(program: Program, given: Arguments): Promise<ExitCode> {
  const loaded = loadedOrFaults(program, given);
  if (loaded !== undefined) return ask(program, given, program.relay(loaded, given.flags));
  // The relay that runs holds an older configuration: whether it is well is still the question.
  try {
    return await ask(program, given, program.relay(undefined, given.flags));
  } catch (error) {
    if (error instanceof RelayUnreachable) return exitCodes.usage;
    throw error;
  }
}

async function ask(program: Program, given: Arguments, relay: RelayClient): Promise<ExitCode> {
  const { terminal } = program;
  if (!given.flags.on('ready')) {
    const live = await relay.live();
    if (given.flags.on('json')) json(terminal, { schema: 'sekisho.health/1', live });
    else if (!given.flags.on('quiet')) terminal.out(live ? 'alive\n' : 'not alive\n');
    return live ? exitCodes.yes : exitCodes.no;
  }
  const readiness = await relay.ready();
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.health/1', ...readiness });
  else if (!given.flags.on('quiet')) {
    for (const found of readiness.checks)
      terminal.out(
        `${mark(terminal, found.ok ? 'pass' : 'fail')} ${say(terminal, found.check)}: ${printable(say(terminal, found.says))}\n`,
      );
  }
  return readiness.ready ? exitCodes.yes : exitCodes.no;
}
