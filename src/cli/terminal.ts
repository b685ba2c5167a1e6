// What a person sees: streams, colour, marks, tables. Marks never rely on colour; peer text loses its control characters.

import { harmless, harmlessLines, inertJson } from '../core/words/harmless.ts';
import { columns, type Language, padded, translate, translateLines } from '../core/words/say.ts';

export const exitCodes = { yes: 0, no: 1, usage: 2, unknown: 3, unreachable: 4, bug: 5 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** cli.md: several subjects, the worst wins in the order 5, 4, 2, 1, 3, 0. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [5, 4, 2, 1, 3, 0];
  return order.find((code) => codes.includes(code)) ?? 0;
}

export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** One line that is gone with the next thing written; only where a person looks. */
  readonly progress?: (text: string) => void;
  /** Nobody can read standard output any more: who follows something ends. */
  readonly gone?: () => boolean;
  readonly style: {
    readonly color: boolean;
    readonly ascii: boolean;
    readonly width: number;
    /** English unless given. */
    readonly language?: Language;
  };
};

export type Mark = 'pass' | 'fail' | 'unknown' | 'not-applicable';

const marks: Readonly<Record<Mark, readonly [string, string, number]>> = {
  pass: ['●', '+', 32],
  fail: ['✗', 'x', 31],
  unknown: ['?', '?', 33],
  'not-applicable': ['○', '-', 90],
};

export function mark(terminal: Terminal, kind: Mark): string {
  const [sign, plain, color] = marks[kind];
  const text = terminal.style.ascii ? plain : sign;
  return terminal.style.color ? `\u001b[${color}m${text}\u001b[0m` : text;
}

export const bold = (terminal: Terminal, text: string): string =>
  terminal.style.color ? `\u001b[1m${text}\u001b[0m` : text;

/** ATK-112, ATK-115: what a peer said is shown, never obeyed. */
export const printable: (text: string) => string = harmless;

/** OPS-64: a whole sentence in the language of the person. */
export const say = ({ style }: Terminal, text: string): string => translate(style.language ?? 'en', text);

/** ATK-112: the last step before the screen; whatever a verb forgot, no control character of a stranger gets past it. */
export function guarded(terminal: Terminal): Terminal {
  const color = terminal.style.color ? 'color' : 'plain';
  return {
    ...terminal,
    out: (text) => terminal.out(harmlessLines(text, color)),
    err: (text) => terminal.err(harmlessLines(text, color)),
  };
}

const signs: Readonly<Record<string, string>> = { '·': '-', '§': 'section ', '…': '...', '’': "'" };

/** `--ascii`, for our own signs; words of another script stay. */
const plain = ({ style: { ascii } }: Terminal, text: string): string =>
  ascii ? text.replace(/[·§…’]/g, (sign) => signs[sign] ?? '') : text;

/** OPS-64: what is written to it line by line is said in its language; `data` goes to standard output as it is. */
export function speaking(terminal: Terminal, output: 'data' | 'sentences'): Terminal {
  const { language = 'en', ascii } = terminal.style;
  if (language === 'en' && !ascii) return terminal;
  const said = (text: string): string => plain(terminal, translateLines(language, text));
  return {
    ...terminal,
    out: output === 'data' ? terminal.out : (text) => terminal.out(said(text)),
    err: (text) => terminal.err(said(text)),
  };
}

/** Words in lines of at most so many columns; Japanese breaks between any two signs, but never before a closing one. */
export const folded = (text: string, width: number): string => foldedFrom(text, width, 0).join('\n');

/** @param taken columns of the first line that are not free. */
function foldedFrom(text: string, width: number, taken: number): readonly string[] {
  if (columns(text) <= width - taken) return [text];
  const lines: string[] = [''];
  let left = width - taken;
  for (const token of text.match(
    / ?(?:[\u3000-\u9fff\uff00-\uffef][、。）」]*|[^ \u3000-\u9fff\uff00-\uffef]+[、。）」]*)/g,
  ) ?? []) {
    const size = columns(token);
    if (size > left && (lines.length > 1 || lines[0] !== '' || taken > 0)) {
      lines.push(token.trimStart());
      left = width - columns(token.trimStart());
    } else {
      lines[lines.length - 1] += token;
      left -= size;
    }
  }
  return lines;
}

/** Less than this beside a head is no column to read in. */
const readable = 24;

/**
 * Text behind a head, in lines of the terminal's width; further lines stand beneath the text, or near the margin where the
 * terminal is narrow. What has no blank in it is never broken, so that it can be copied.
 *
 * @param ending goes to the end, on a line of its own where it must.
 */
export function hanging(terminal: Terminal, head: string, saying: string, ending = ''): string {
  const { width } = terminal.style;
  const [text, tail] = [plain(terminal, saying), plain(terminal, ending)];
  const taken = columns(head);
  const margin = head.length - head.trimStart().length;
  const indent = width - taken >= readable ? taken : Math.min(margin + 4, taken);
  const lines = foldedFrom(text, width - indent, taken - indent);
  const last = columns(lines.at(-1) ?? '') + (lines.length === 1 ? taken : indent);
  const said = `${head}${lines.join(`\n${' '.repeat(indent)}`)}`.replace(/ +$/gm, '');
  if (tail === '') return said;
  return `${said}${last + 3 + columns(tail) <= width ? '   ' : `\n${' '.repeat(indent)}`}${tail}`;
}

/** The first row of a table. */
export const header = (terminal: Terminal, ...names: readonly string[]): readonly string[] =>
  names.map((name) => say(terminal, name));

/** Columns as wide as their content; the last one takes what is left, in several lines where a width is given. */
export function table(rows: readonly (readonly string[])[], width: number = Number.POSITIVE_INFINITY): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => columns(row[column] ?? ''))));
  const terminal: Terminal = { out: () => {}, err: () => {}, style: { color: false, ascii: false, width } };
  return rows
    .map((row) => {
      const head = row.slice(0, -1).map((cell, column) => `${padded(cell, widths[column] as number)}  `);
      return hanging(terminal, head.join(''), row.at(-1) ?? '');
    })
    .join('\n');
}

/** As a table where it fits; else a block for each row, its cells named by the first row. */
export function tableOrBlocks(terminal: Terminal, rows: readonly (readonly string[])[]): string {
  const wide = table(rows);
  const [names = [], ...rest] = rows;
  if (rest.length === 0 || wide.split('\n').every((line) => columns(line) <= terminal.style.width)) return wide;
  const label = Math.max(...names.map(columns)) + 2;
  return rest
    .map(([first = '', ...cells]) => {
      const indent = ' '.repeat(first.length - first.trimStart().length + 4);
      const lines = cells.map((cell, at) => hanging(terminal, `${indent}${padded(names[at + 1] ?? '', label)}`, cell));
      return [first, ...lines].join('\n');
    })
    .join('\n');
}

export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${Math.round(count / 1000)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

/** ATK-112: JSON leaves DEL, C1 controls and marks of direction as they are. */
export const json = (terminal: Terminal, value: unknown): void => terminal.out(`${inertJson(JSON.stringify(value))}\n`);
