// `sekisho man`: the manual page, printed from the one table of verbs (man(7) macros only).

import { catalogue, reasons } from '../core/policy/catalogue.ts';
import type { Table } from './completion.ts';
import type { FlagSpec } from './flags.ts';
import { helpTexts } from './help-texts.ts';
import type { Program } from './program.ts';
import { type ExitCode, exitCodes } from './terminal.ts';

const statuses: readonly (readonly [number, string])[] = [
  [0, 'yes: would deliver as demanded; done'],
  [1, 'no: the answer is negative'],
  [2, 'asked wrongly: flag, domain, file, configuration'],
  [3, 'could not tell: no answer, time-out, bogus'],
  [4, 'the running relay is not reachable, or it refused the token'],
  [5, 'internal error'],
];

export async function man(program: Program, table: Table): Promise<ExitCode> {
  program.terminal.out(manualPage(table, program.version));
  return exitCodes.yes;
}

export function manualPage({ commands, common }: Table, version: string): string {
  const verbs = commands.flatMap(({ name, usage, says, examples, flags }) => [
    `.SS ${roff(name)}`,
    roff(`${says[0]?.toUpperCase() ?? ''}${says.slice(1)}.`),
    '.PP',
    `.B sekisho ${roff(usage)}`,
    ...(helpTexts[name] === undefined ? [] : ['.PP', roff(helpTexts[name])]),
    ...flags.flatMap(flagLines),
    '.PP',
    '.nf',
    ...examples.map((example) => roff(example)),
    '.fi',
  ]);
  const lines = [
    `.TH SEKISHO 8 "" "sekisho ${roff(version)}" "System Administration"`,
    '.SH NAME',
    'sekisho \\- mail relay that delivers only over connections it can prove',
    '.SH SYNOPSIS',
    '.B sekisho',
    '.I verb',
    '[flags]',
    '.SH VERBS',
    ...verbs,
    '.SH FLAGS OF ALL VERBS',
    ...common.flatMap(flagLines),
    '.SH EXIT STATUS',
    ...statuses.flatMap(([code, says]) => ['.TP', `.B ${code}`, roff(says)]),
    '.PP',
    'Of several subjects the worst counts, in the order 5, 4, 2, 1, 3, 0.',
    '.SH REASON CODES',
    roff('What sekisho help <code> explains, with cause and remedy.'),
    ...reasons.flatMap((reason) => ['.TP', `.B ${roff(reason)}`, roff(`${catalogue[reason].sentence}.`)]),
    '.SH FILES',
    '.TP',
    '.I /etc/sekisho/sekisho.toml',
    roff('The configuration, unless --config, $SEKISHO_CONFIG or ./sekisho.toml names another.'),
    '.SH SEE ALSO',
    roff('RFC 7672 (DANE), RFC 8461 (MTA-STS), RFC 8689 (REQUIRETLS), RFC 8460 (TLSRPT).'),
  ];
  return `${lines.join('\n')}\n`;
}

const flagLines = (flag: FlagSpec): readonly string[] => [
  '.TP',
  `.B ${flag.short === undefined ? '' : roff(`-${flag.short}, `)}${roff(`--${flag.name}`)}${flag.value === undefined ? '' : ` \\fI${roff(flag.value)}\\fR`}`,
  roff(flag.says),
];

/** A backslash is an escape, a hyphen must stay one, and a dot or quote at the start of a line is a request. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('…', '...');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
