// `sekisho config check | show | example | env`: are the settings right, and where do they come from.

import { environmentName, settings } from '../config/schema.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults, spokenFault } from './settings.ts';
import { type ExitCode, exitCodes, json, printable, say, table } from './terminal.ts';

export async function configVerb(program: Program, given: Arguments): Promise<ExitCode> {
  const [what, argument, ...more] = given.words;
  const surplus = what === 'example' ? more[0] : argument;
  const verb = `config ${what}`;
  if (surplus !== undefined)
    return misuse(program, `${verb} takes no arguments, not ${JSON.stringify(printable(surplus))}`);
  if (what === 'check') return check(program, given);
  if (what === 'show') return show(program, given);
  if (what === 'env') return environment(program, given);
  if (what === 'example') {
    if (given.flags.on('json')) return misuse(program, 'config example prints a configuration: leave --json out');
    const text = program.exampleConfig(argument);
    if (text !== undefined) program.terminal.out(text);
    else program.terminal.err('sekisho: profiles are default, strict, government, lab\n');
    return text === undefined ? exitCodes.usage : exitCodes.yes;
  }
  return misuse(program, 'config wants check, show, example or env');
}

function misuse(program: Program, says: string): ExitCode {
  program.terminal.err(`sekisho: ${says}\nsee: sekisho help config\n`);
  return exitCodes.usage;
}

async function check(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const loaded = program.config(given.flags);
  const faults = loaded.kind === 'fault' ? loaded.fault : await program.inspect(loaded.value);
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.config/1', valid: faults.length === 0, faults });
  else {
    for (const found of faults) terminal.err(`sekisho: ${spokenFault(terminal, found)}\n`);
    if (faults.length === 0 && !given.flags.on('quiet'))
      terminal.out(`${say(terminal, 'the configuration is right')}\n`);
  }
  return faults.length === 0 ? exitCodes.yes : exitCodes.usage;
}

function show(program: Program, given: Arguments): ExitCode {
  const { terminal } = program;
  const { flags } = given;
  const written = (value: unknown): string => JSON.stringify(value) ?? '';
  if (flags.on('default')) {
    if (flags.on('json'))
      for (const { path, default: value } of settings)
        json(terminal, { schema: 'sekisho.config/1', path, value, source: 'built-in' });
    else terminal.out(`${table(settings.map((setting) => [setting.path, written(setting.default)]))}\n`);
    return exitCodes.yes;
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const values = [...loaded.values]
    .filter(([, value]) => !flags.on('diff') || value.source !== 'built-in')
    .sort(([a], [b]) => a.localeCompare(b));
  if (flags.on('json')) {
    for (const [path, value] of values) json(terminal, { schema: 'sekisho.config/1', path, ...value });
  } else {
    terminal.out(
      `${table(values.map(([path, value]) => [path, written(value.value), ...(flags.on('source') ? [value.source] : [])]))}\n`,
    );
  }
  return exitCodes.yes;
}

function environment({ terminal }: Program, { flags }: Arguments): ExitCode {
  const rows = settings.flatMap(({ path, says }) => {
    const variable = environmentName(path);
    return variable === undefined ? [] : [{ path, variable, says }];
  });
  if (flags.on('json')) for (const row of rows) json(terminal, { schema: 'sekisho.config/1', ...row });
  else terminal.out(`${table(rows.map(({ variable, says }) => [variable, say(terminal, says)]))}\n`);
  return exitCodes.yes;
}
