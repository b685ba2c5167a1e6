// `sekisho doctor [domain…]`: can this machine do the job, and are domains of ours ready for DANE (OPS-60 to OPS-62).

import { type LineagePlan, readRolloverPlan } from '../config/rollover.ts';
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
  const lineages = await readPlans(program, given.flags.all('plan'));
  if (typeof lineages === 'string') {
    terminal.err(`sekisho: ${printable(lineages)}\n`);
    return exitCodes.usage;
  }
  const request: DoctorRequest = {
    domains,
    lineages,
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

/** Where the examples of the manual have it. */
const usualPlan = '/etc/sekisho/rollover.toml';

/** @returns what is wrong with one of them. */
async function readPlans(program: Program, paths: readonly string[]): Promise<readonly LineagePlan[] | string> {
  const lineages: LineagePlan[] = [];
  for (const path of paths.length === 0 ? [usualPlan] : paths) {
    const read = await program.read(path);
    if (read.kind === 'fault' && paths.length === 0) return [];
    if (read.kind === 'fault') return read.fault;
    const plan = readRolloverPlan(new TextDecoder().decode(read.value));
    if (plan.kind === 'fault') return `${path}: ${plan.fault}`;
    lineages.push(...plan.value.lineages);
  }
  return lineages;
}
