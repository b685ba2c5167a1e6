// What a person sees: streams, colour, marks, tables. Marks never rely on colour; peer text loses its control characters.

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
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '�');

/** OPS-64: a whole sentence in the language of the person. */
export const say = ({ style }: Terminal, text: string): string => translate(style.language ?? 'en', text);

/** OPS-64: what is written to it line by line is said in its language; `data` goes to standard output as it is. */
export function speaking(terminal: Terminal, output: 'data' | 'sentences'): Terminal {
  const { language = 'en' } = terminal.style;
  if (language === 'en') return terminal;
  return {
    style: terminal.style,
    out: output === 'data' ? terminal.out : (text) => terminal.out(translateLines(language, text)),
    err: (text) => terminal.err(translateLines(language, text)),
  };
}

/** Words in lines of at most so many columns; Japanese breaks between any two signs, but never before a closing one. */
export function folded(text: string, width: number): string {
  const lines: string[] = [''];
  for (const token of text.match(
    / ?(?:[\u3000-\u9fff\uff00-\uffef][、。）」]*|[^ \u3000-\u9fff\uff00-\uffef]+[、。）」]*)/g,
  ) ?? []) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && columns(line) + columns(token) > width) lines.push(token.trimStart());
    else lines[lines.length - 1] = `${line}${token}`;
  }
  return lines.join('\n');
}

/** Columns as wide as their content; the last one takes what is left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => columns(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : padded(cell, widths[column] as number)))
        .join('  ')
        .trimEnd(),
    )
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

/** ATK-112: JSON leaves DEL, C1 controls and marks of direction as they are; escaped they mean the same and do nothing. */
const inert = (text: string): string =>
  text.replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const json = (terminal: Terminal, value: unknown): void => terminal.out(`${inert(JSON.stringify(value))}\n`);
