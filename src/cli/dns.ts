// `sekisho dns <name> <type>`: one validated look-up with the chain that decided (SEC-42).

import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, mark, printable, say } from './terminal.ts';

export async function dns(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const [name, type = 'A', ...more] = given.words;
  if (name === undefined || more.length > 0) {
    terminal.err('sekisho: a name and a type are wanted, e.g. sekisho dns example.org MX\n');
    return exitCodes.usage;
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const looked = await program.dns(loaded, given.flags, name, type.toUpperCase());
  if (looked.kind === 'fault') {
    terminal.err(`sekisho: ${printable(looked.fault)}\n`);
    return exitCodes.usage;
  }
  const report = looked.value;
  const told = report.state === 'secure' || report.state === 'insecure';
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.dns/1', ...report });
  else if (!given.flags.on('quiet')) {
    const sign = report.state === 'secure' ? 'pass' : report.state === 'insecure' ? 'not-applicable' : 'fail';
    const what = report.denial ?? (report.answers.length === 0 ? report.rcode : `${report.answers.length} records`);
    terminal.out(
      `${mark(terminal, sign)} ${report.name} ${report.type}  ${report.state}  ${what}${report.reason === null ? '' : `  ${report.reason}`}\n`,
    );
    for (const step of report.aliases) terminal.out(`    ${step.name} ${step.type} ${step.target}  ${step.state}\n`);
    for (const answer of report.answers)
      terminal.out(`    ${answer.name} ${answer.ttl} ${answer.type} ${printable(answer.data)}\n`);
    for (const link of report.chain)
      terminal.out(
        `  ${say(terminal, 'chain')}  ${link.zone}${link.keyTag === null ? '' : `  ${say(terminal, `key ${link.keyTag} algorithm ${link.algorithm}`)}`}  ${link.outcome}\n`,
      );
    terminal.out(`  ${report.queries} queries, ${report.verifications} verifications, ${report.elapsedMs} ms\n`);
  }
  return told ? exitCodes.yes : exitCodes.unknown;
}
