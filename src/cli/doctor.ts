// `sekisho doctor [domain…]`: can this machine do the job, and are domains of ours ready for DANE (OPS-60 to OPS-62).

import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { padded } from '../core/words/say.ts';
import type { Arguments } from './flags.ts';
import type { DoctorRequest, Program } from './program.ts';
import { faultLine, loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, mark, printable, say } from './terminal.ts';

export async function doctor(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const domains: DomainName[] = [];
  for (const text of given.words) {
    const domain = parseDomainName(text);
    if (domain.kind === 'fault') {
      terminal.err(`sekisho: ${JSON.stringify(printable(text))} is no domain\nsee: sekisho help doctor\n`);
      return exitCodes.usage;
    }
    domains.push(domain.value);
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const request: DoctorRequest = {
    domains,
    reach: given.flags.on('no-connect') ? 'none' : given.flags.all('reach'),
    good: given.flags.all('good'),
    bad: given.flags.all('bad'),
  };
  const faults = await program.inspect(loaded);
  const findings = [
    ...faults.map((found) => ({
      subject: 'configuration',
      outcome: 'fail' as const,
      says: faultLine(found),
      remedy: 'see sekisho config check, and docs/configuration.md',
    })),
    ...(await program.doctor(loaded, given.flags, request)),
  ];
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.doctor/1', findings });
  else if (!given.flags.on('quiet')) {
    for (const found of findings) {
      terminal.out(
        `${mark(terminal, found.outcome)} ${padded(say(terminal, found.subject), 14)} ${printable(say(terminal, found.says))}\n`,
      );
      if ('remedy' in found && found.remedy !== undefined)
        terminal.out(`  ${''.padEnd(14)} ${printable(say(terminal, found.remedy))}\n`);
    }
  }
  if (faults.length > 0) return exitCodes.usage;
  if (findings.some((found) => found.outcome === 'fail')) return exitCodes.no;
  return findings.some((found) => found.outcome === 'unknown') ? exitCodes.unknown : exitCodes.yes;
}
