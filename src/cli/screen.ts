// What the streams of the process can show, as a terminal for the verbs: colour, width, language, a line of progress.

import { columns, languageOf } from '../core/words/say.ts';
import type { Terminal } from './terminal.ts';

/** A stream as far as it matters here. */
export type Stream = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
};

export type Screen = {
  readonly out: Stream;
  readonly err: Stream;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly gone: () => boolean;
};

/** Lines are folded for a person; what reads a pipe or a file gets them whole. */
export function openScreen({ out, err, argv, env, gone }: Screen): Terminal {
  const erase = '\r\u001b[K';
  let shown = false;
  const cleared = (): void => {
    if (shown) err.write(erase);
    shown = false;
  };
  const watched = err.isTTY === true && env.TERM !== 'dumb' && !['-q', '--quiet'].some((flag) => argv.includes(flag));
  const room = (err.columns ?? 80) - 1;
  return {
    out: (text) => {
      cleared();
      out.write(text);
    },
    err: (text) => {
      cleared();
      err.write(text);
    },
    gone,
    ...(watched && {
      progress: (text: string): void => {
        cleared();
        err.write(cut(text, room));
        shown = text !== '';
      },
    }),
    style: {
      color: wantsColor(argv, env, out.isTTY === true),
      ascii: argv.includes('--ascii'),
      width: out.isTTY === true ? Math.max(20, out.columns ?? 80) : Number.POSITIVE_INFINITY,
      language: languageOf(flagOf(argv, 'lang'), env),
    },
  };
}

/** The value of a flag that counts before the verb is known. */
export const flagOf = (argv: readonly string[], name: string): string | undefined =>
  argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ??
  (argv.includes(`--${name}`) ? argv[argv.indexOf(`--${name}`) + 1] : undefined);

/** A line that is longer than the terminal could not be erased. */
function cut(text: string, room: number): string {
  let line = '';
  for (const sign of text) {
    if (columns(line) + columns(sign) > room) break;
    line += sign;
  }
  return line;
}

/** cli.md: --color, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether a person looks. */
function wantsColor(argv: readonly string[], env: Screen['env'], isTerminal: boolean): boolean {
  const flag = flagOf(argv, 'color');
  if (flag === 'always') return true;
  if (flag === 'never' || (env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}
