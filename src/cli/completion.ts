// `sekisho completion bash|zsh|fish`: what can be typed next, printed from the one table of verbs.

import { reasons } from '../core/policy/catalogue.ts';
import { type Language, translate } from '../core/words/say.ts';
import type { Command } from './commands.ts';
import type { Arguments, FlagSpec } from './flags.ts';
import type { Program } from './program.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** What the scripts are made of. */
export type Table = { readonly commands: readonly Command[]; readonly common: readonly FlagSpec[] };

export async function completion(program: Program, { words }: Arguments, table: Table): Promise<ExitCode> {
  const [text, ...more] = words;
  const shell = shells.find((one) => one === text);
  if (shell === undefined || more.length > 0) {
    const wrong = text === undefined ? '' : `, not ${JSON.stringify(printable(words.join(' ')))}`;
    program.terminal.err(`sekisho: completion wants bash, zsh or fish${wrong}\nsee: sekisho help completion\n`);
    return exitCodes.usage;
  }
  program.terminal.out({ bash, zsh, fish }[shell](spokenIn(program.terminal.style.language ?? 'en', table)));
  return exitCodes.yes;
}

/** OPS-64: descriptions in that language. */
const spokenIn = (language: Language, { commands, common }: Table): Spoken => {
  const says = (text: string): string => translate(language, text);
  const spoken = <T extends { readonly says: string }>(one: T): T => ({ ...one, says: says(one.says) });
  const flagged = commands.map((command) => ({ ...spoken(command), flags: command.flags.map(spoken) }));
  return { commands: flagged, common: common.map(spoken), says };
};

type Spoken = Table & { readonly says: (text: string) => string };

const helpSays = 'examples and flags of a verb, or what a reason code means';

/** The words that may stand behind a verb: the alternatives of its usage. */
export const subverbs = ({ name, usage }: Command): readonly string[] => {
  const alternatives = usage
    .slice(name.length)
    .replace(/\[[^\]]*\]|<[^>]*>/g, ' ')
    .split('|')
    .flatMap((part) => /^\s*([a-z][a-z-]*)(?=\s|$)/.exec(part)?.[1] ?? []);
  return [...new Set(alternatives)];
};

/** The closed set of a flag's value, where it has one. */
const choices = ({ value, of }: FlagSpec): readonly string[] =>
  of ?? (value !== undefined && /^[a-z0-9-]+(\|[a-z0-9-]+)+$/.test(value) ? value.split('|') : []);

const flagsOf = ({ flags }: Command, { common }: Table): readonly FlagSpec[] => [...flags, ...common];

/** What `help` can be asked for. */
const helpWords = ({ commands }: Table): readonly string[] => [...commands.map(({ name }) => name), ...reasons];

// ---- bash

function bash(table: Spoken): string {
  const verbs = table.commands.map((command) => {
    const words = [...subverbs(command), ...flagsOf(command, table).map(({ name }) => `--${name}`)];
    return `    ${command.name}) words="${words.join(' ')}" ;;`;
  });
  const values = table.commands.flatMap((command) =>
    command.flags
      .filter((flag) => choices(flag).length > 0)
      .map((flag) => `    "${command.name} --${flag.name}") words="${choices(flag).join(' ')}" ;;`),
  );
  const common = table.common
    .filter((flag) => choices(flag).length > 0)
    .map((flag) => `    *" --${flag.name}") words="${choices(flag).join(' ')}" ;;`);
  return `# ${table.says('bash completion for sekisho; put it into /etc/bash_completion.d or source it')}
_sekisho() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" verb="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${table.commands.map(({ name }) => name).join(' ')} help" -- "$cur"))
    return
  fi
  case "$verb" in
${verbs.join('\n')}
    help) words="${helpWords(table).join(' ')}" ;;
  esac
  case "$verb $prev" in
${[...values, ...common].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _sekisho sekisho
`;
}

// ---- zsh

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** Brackets and colons part the fields of a specification. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

function zshFlag(flag: FlagSpec): string {
  const star = flag.multiple === 'yes' ? '*' : '';
  const says = `[${zshText(flag.says)}]`;
  if (flag.value === undefined) return quoted(`${star}--${flag.name}${says}`);
  const set = choices(flag);
  const action = set.length > 0 ? `(${set.join(' ')})` : '_files';
  return quoted(`${star}--${flag.name}=${says}:${zshText(flag.value)}:${action}`);
}

function zsh(table: Spoken): string {
  const verbs = table.commands.map(({ name, says }) => `    ${quoted(`${name}:${zshText(says)}`)}`);
  const cases = table.commands.map((command) => {
    const words = subverbs(command);
    const first = words.length > 0 ? quoted(`1:what:(${words.join(' ')})`) : quoted('*:file:_files');
    const flags = flagsOf(command, table).map(zshFlag);
    return `    ${command.name}) _arguments ${[...flags, first].join(' \\\n      ')} ;;`;
  });
  return `#compdef sekisho
# ${table.says('zsh completion for sekisho; put it as _sekisho into a folder of $fpath')}
_sekisho() {
  local -a verbs
  verbs=(
${verbs.join('\n')}
    ${quoted(`help:${zshText(table.says(helpSays))}`)}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join('\n')}
    help) _arguments '1:what:(${helpWords(table).join(' ')})' ;;
  esac
}
if [ "$funcstack[1]" = "_sekisho" ]; then _sekisho "$@"; else compdef _sekisho sekisho; fi
`;
}

// ---- fish

const fishText = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

function fishFlag(condition: string, flag: FlagSpec): string {
  const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
  const set = choices(flag);
  const value = flag.value === undefined ? '' : set.length > 0 ? ` -x -a ${fishText(set.join(' '))}` : ' -r';
  return `complete -c sekisho${condition} -l ${flag.name}${short}${value} -d ${fishText(flag.says)}`;
}

function fish(table: Spoken): string {
  const lines = table.commands.flatMap((command) => {
    const seen = ` -n '__fish_seen_subcommand_from ${command.name}'`;
    const words = subverbs(command);
    return [
      `complete -c sekisho -n __fish_use_subcommand -f -a ${command.name} -d ${fishText(command.says)}`,
      ...(words.length > 0 ? [`complete -c sekisho${seen} -f -a ${fishText(words.join(' '))}`] : []),
      ...command.flags.map((flag) => fishFlag(seen, flag)),
    ];
  });
  const common = [
    `complete -c sekisho -n __fish_use_subcommand -f -a help -d ${fishText(table.says(helpSays))}`,
    `complete -c sekisho -n '__fish_seen_subcommand_from help' -f -a ${fishText(helpWords(table).join(' '))}`,
    ...table.common.map((flag) => fishFlag('', flag)),
  ];
  return `# ${table.says('fish completion for sekisho; put it into ~/.config/fish/completions/sekisho.fish')}\n${[...lines, ...common].join('\n')}\n`;
}
