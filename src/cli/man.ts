// `sekisho man`: the manual page, printed from the one table of verbs (man(7) macros only).

import { catalogue, reasons } from '../core/policy/catalogue.ts';
import { type Language, translate } from '../core/words/say.ts';
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
  program.terminal.out(manualPage(table, program.version, program.terminal.style.language));
  return exitCodes.yes;
}

/** OPS-64: the requests and names of flags stay, the words are in that language. */
export function manualPage({ commands, common }: Table, version: string, language: Language = 'en'): string {
  const says = (text: string): string => roff(translate(language, text));
  const flagLines = flagLinesIn(says);
  const verbs = commands.flatMap(({ name, usage, says: what, examples, flags }) => [
    `.SS ${roff(name)}`,
    language === 'ja' ? says(what) : roff(`${what[0]?.toUpperCase() ?? ''}${what.slice(1)}.`),
    '.PP',
    `.B sekisho ${roff(usage)}`,
    ...(helpTexts[name] === undefined ? [] : ['.PP', says(helpTexts[name])]),
    ...flags.flatMap(flagLines),
    '.PP',
    '.nf',
    ...examples.map((example) => roff(example)),
    '.fi',
  ]);
  const lines = [
    `.TH SEKISHO 8 "" "sekisho ${roff(version)}" "System Administration"`,
    `.SH ${says('NAME')}`,
    `sekisho \\- ${says('a mail relay that delivers only over connections it can prove')}`,
    `.SH ${says('SYNOPSIS')}`,
    '.B sekisho',
    '.I verb',
    '[flags]',
    `.SH ${says('VERBS')}`,
    ...verbs,
    `.SH ${says('FLAGS OF ALL VERBS')}`,
    ...common.flatMap(flagLines),
    `.SH ${says('EXIT STATUS')}`,
    ...statuses.flatMap(([code, what]) => ['.TP', `.B ${code}`, says(what)]),
    '.PP',
    says('Of several subjects the worst counts, in the order 5, 4, 2, 1, 3, 0.'),
    `.SH ${says('REASON CODES')}`,
    says('What sekisho help <code> explains, with cause and remedy.'),
    ...reasons.flatMap((reason) => [
      '.TP',
      `.B ${roff(reason)}`,
      language === 'ja' ? says(catalogue[reason].sentence) : roff(`${catalogue[reason].sentence}.`),
    ]),
    `.SH ${says('FILES')}`,
    '.TP',
    '.I /etc/sekisho/sekisho.toml',
    says('The configuration, unless --config, $SEKISHO_CONFIG or ./sekisho.toml names another.'),
    `.SH ${says('SEE ALSO')}`,
    roff('RFC 7672 (DANE), RFC 8461 (MTA-STS), RFC 8689 (REQUIRETLS), RFC 8460 (TLSRPT).'),
  ];
  return `${lines.join('\n')}\n`;
}

const flagLinesIn =
  (says: (text: string) => string) =>
  (flag: FlagSpec): readonly string[] => [
    '.TP',
    `.B ${flag.short === undefined ? '' : roff(`-${flag.short}, `)}${roff(`--${flag.name}`)}${flag.value === undefined ? '' : ` \\fI${roff(flag.value)}\\fR`}`,
    says(flag.says),
  ];

/** What is no ASCII has an escape that every roff knows; Japanese stays readable, for man(1) converts it. */
const signs = /[\u0080-\u2fff]/gu;

/** A backslash is an escape, a hyphen must stay one, and a dot or quote at the start of a line is a request. */
function roff(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replace(signs, (sign) => `\\[u${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
