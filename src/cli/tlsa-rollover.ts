// `sekisho tlsa rollover plan|run|status|compromised <plan.toml>`: the next step of each certificate, shown or done
// (OPS-30 to OPS-45). Nothing to do is quiet and 0; a refused switch is 1; what could not be told is 3.

import type { RolloverEvent } from '../agent/rollover.ts';
import { type LineagePlan, type RolloverPlan, readRolloverPlan } from '../config/rollover.ts';
import { bareForm } from '../core/dane/forms.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { bold, type ExitCode, exitCodes, json, type Mark, mark, printable, worst } from './terminal.ts';
import { fill, recordLines, rolloverWords, sayEvent, sayNote, sayPhase, timeText } from './tlsa-rollover-words.ts';

const acts = ['plan', 'run', 'status', 'compromised'] as const;

export async function tlsaRollover(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const misuse = (says: string): ExitCode => {
    terminal.err(`sekisho: ${printable(says)}\nsee: sekisho help tlsa\n`);
    return exitCodes.usage;
  };
  const [word, path, ...more] = given.words;
  const asked = acts.find((one) => one === word);
  if (asked === undefined || path === undefined || more.length > 0)
    return misuse(
      `tlsa rollover wants plan, run, status or compromised, and the file of the plan, e.g. sekisho tlsa rollover plan /etc/sekisho/rollover.toml`,
    );
  const read = await program.read(path);
  if (read.kind === 'fault') return misuse(read.fault);
  const plan = readRolloverPlan(new TextDecoder().decode(read.value));
  if (plan.kind === 'fault') return misuse(`${path}: ${plan.fault}`);
  const chosen = choose(plan.value, flags.all('lineage'));
  if (typeof chosen === 'string') return misuse(chosen);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const state = plan.value.state ?? `${loaded.config.stateDirectory}/tlsa`;
  if (asked === 'status') return status(program, given, chosen, state);
  if (asked === 'compromised')
    return chosen.length === 1
      ? compromised(program, given, chosen[0] as LineagePlan, state)
      : misuse('tlsa rollover compromised wants one --lineage');
  const mode = asked === 'plan' || flags.on('dry-run') ? 'plan' : 'run';
  const codes: ExitCode[] = [];
  for (const lineage of chosen)
    for await (const found of program.rollover(loaded, flags, { plan: lineage, state, mode })) {
      if (found.kind === 'fault') {
        terminal.err(`sekisho: ${printable(found.fault.says)}\n`);
        codes.push(found.fault.exit);
        continue;
      }
      codes.push(exitOf(found.value));
      if (flags.on('json')) json(terminal, viewOf(lineage.name, mode, found.value));
      else if (!flags.on('quiet')) tell(program, given, lineage.name, mode, found.value);
    }
  return worst([exitCodes.yes, ...codes]);
}

function choose({ lineages }: RolloverPlan, names: readonly string[]): readonly LineagePlan[] | string {
  const strange = names.find((name) => !lineages.some((lineage) => lineage.name === name));
  if (strange !== undefined)
    return `there is no lineage ${JSON.stringify(strange)} in the plan; there is ${lineages.map(({ name }) => name).join(', ')}`;
  return names.length === 0 ? lineages : lineages.filter(({ name }) => names.includes(name));
}

function exitOf({ act, outcome }: RolloverEvent): ExitCode {
  if (outcome.kind === 'failed' || outcome.kind === 'no-effect') return exitCodes.no;
  if (act.kind === 'refuse') return exitCodes.no;
  return act.kind === 'unclear' ? exitCodes.unknown : exitCodes.yes;
}

function signOf({ act, outcome }: RolloverEvent): Mark {
  if (outcome.kind === 'failed' || outcome.kind === 'no-effect' || act.kind === 'refuse') return 'fail';
  if (act.kind === 'unclear' || outcome.kind === 'by-hand') return 'unknown';
  return act.kind === 'wait' || act.kind === 'rest' ? 'not-applicable' : 'pass';
}

/** OPS-36: a run that finds nothing to do says nothing. */
function tell(
  { terminal }: Program,
  { flags }: Arguments,
  name: string,
  mode: 'plan' | 'run',
  event: RolloverEvent,
): void {
  const { act, memory, notes } = event;
  if (act.kind === 'rest' && notes.length === 0 && mode === 'run' && !flags.on('verbose')) return;
  const lines = [
    `${mark(terminal, signOf(event))} ${bold(terminal, name)}  ${printable(sayEvent(event))}   (${sayPhase(memory.phase)})`,
  ];
  for (const line of recordLines(act)) lines.push(`    ${line}`);
  if (act.kind === 'wait' && act.until !== null)
    lines.push(`    ${fill(rolloverWords.next, { until: timeText(act.until) })}`);
  for (const note of notes) lines.push(`  ${mark(terminal, 'unknown')} ${printable(sayNote(note))}`);
  terminal.out(`${lines.join('\n')}\n`);
}

/** Stable words; sentences stand in `says` alone. */
function viewOf(lineage: string, mode: 'plan' | 'run', event: RolloverEvent): Readonly<Record<string, unknown>> {
  const { act, memory, notes, outcome } = event;
  return {
    schema: 'sekisho.tlsa/1',
    act: 'rollover',
    mode,
    lineage,
    phase: memory.phase,
    step: act.kind,
    because: 'because' in act ? act.because : null,
    outcome: outcome.kind,
    until: act.kind === 'wait' && act.until !== null ? new Date(act.until).toISOString() : null,
    where: 'where' in act ? act.where : [],
    add: act.kind === 'publish' ? act.add.map(bareForm) : [],
    remove: act.kind === 'publish' ? act.remove.map(bareForm) : [],
    records: act.kind === 'publish' ? act.records.map(bareForm) : [],
    notes: notes.map(({ kind, until }) => ({ note: kind, until: new Date(until).toISOString() })),
    says: sayEvent(event),
  };
}

async function status(
  program: Program,
  { flags }: Arguments,
  chosen: readonly LineagePlan[],
  state: string,
): Promise<ExitCode> {
  const codes: ExitCode[] = [];
  for (const lineage of chosen) {
    const memory = await program.rolloverMemory(lineage, state);
    if (memory.kind === 'fault') {
      program.terminal.err(`sekisho: ${printable(memory.fault)}\n`);
      codes.push(exitCodes.usage);
      continue;
    }
    const { phase, seen, ttl, handed, compromised } = memory.value;
    const rows = Object.entries(seen).map(([record, at]) => ({ record, since: new Date(at).toISOString() }));
    if (flags.on('json'))
      json(program.terminal, {
        schema: 'sekisho.tlsa/1',
        act: 'rollover-status',
        lineage: lineage.name,
        phase,
        ttl,
        seen: rows,
        handed: handed === null ? null : { records: handed.records, at: new Date(handed.at).toISOString() },
        compromised,
      });
    else if (!flags.on('quiet'))
      program.terminal.out(
        `${[
          `${bold(program.terminal, lineage.name)}  ${sayPhase(phase)}`,
          ...rows.map(({ record, since }) => `    ${since.slice(0, 16)}Z  ${record}`),
          ...compromised.map(
            (record) => `  ${mark(program.terminal, 'fail')} ${fill(rolloverWords.known, { record })}`,
          ),
        ].join('\n')}\n`,
      );
  }
  return worst([exitCodes.yes, ...codes]);
}

/** OPS-42. */
async function compromised(
  program: Program,
  { flags }: Arguments,
  lineage: LineagePlan,
  state: string,
): Promise<ExitCode> {
  const marked = await program.rolloverCompromised(lineage, state);
  if (marked.kind === 'fault') {
    program.terminal.err(`sekisho: ${printable(marked.fault)}\n`);
    return exitCodes.usage;
  }
  const record = marked.value;
  if (flags.on('json'))
    json(program.terminal, {
      schema: 'sekisho.tlsa/1',
      act: 'rollover-compromised',
      lineage: lineage.name,
      record,
    });
  else if (!flags.on('quiet')) program.terminal.out(`${fill(rolloverWords.compromised, { record })}\n`);
  return exitCodes.yes;
}
