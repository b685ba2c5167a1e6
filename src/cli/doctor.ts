// `sekisho doctor`: can this machine do the job. First form: what can be told without leaving it, and the resolver's exam.

import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { faultLine, loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, mark, printable } from './terminal.ts';

export async function doctor(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const faults = await program.inspect(loaded);
  const findings = [
    ...faults.map((found) => ({ subject: 'configuration', outcome: 'fail' as const, says: faultLine(found) })),
    ...(await program.doctor(loaded, given.flags)),
  ];
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.doctor/1', findings });
  else if (!given.flags.on('quiet')) {
    for (const found of findings) {
      terminal.out(`${mark(terminal, found.outcome)} ${found.subject.padEnd(14)} ${printable(found.says)}\n`);
      if ('remedy' in found && found.remedy !== undefined)
        terminal.out(`  ${''.padEnd(14)} ${printable(found.remedy)}\n`);
    }
  }
  if (faults.length > 0) return exitCodes.usage;
  if (findings.some((found) => found.outcome === 'fail')) return exitCodes.no;
  return findings.some((found) => found.outcome === 'unknown') ? exitCodes.unknown : exitCodes.yes;
}
