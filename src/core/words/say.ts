// Sentences for people in their language (OPS-64). English is what the code says; the catalogue has the other language by the
// English sentence or template. Leaves out what is no sentence: reason codes, record forms, JSON, log lines.

import { japanese } from './ja.ts';

export type Language = 'en' | 'ja';

/** OPS-64: `--lang` first, then what POSIX says of LC_ALL, LC_MESSAGES and LANG: the first that is not empty counts. */
export function languageOf(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const set = [flag, env.LC_ALL, env.LC_MESSAGES, env.LANG].find((value) => value !== undefined && value !== '');
  return /^ja(?:$|[_.@-])/i.test(set ?? '') ? 'ja' : 'en';
}

type Template = {
  readonly parts: readonly string[];
  readonly names: readonly string[];
  readonly said: string;
  readonly literal: number;
  /** Says so little of its own that it would fit strangers' text. */
  readonly loose: 'no' | 'words' | 'marks';
};

/** Strangers' text stands within sentences: what is longer is left as it is. */
const longest = 4000;

/** By place, or by name. */
const placeholder = /\{(\w+)\}/g;

/** Values within values: "a: b; c". */
const deepest = 8;

let templates: readonly Template[] | undefined;

/** @returns the sentence in that language, or itself where the catalogue has none. Never throws. */
export const translate = (language: Language, text: string): string =>
  language === 'en' || text.length > longest ? text : japaneseOf(text, deepest);

function japaneseOf(text: string, depth: number): string {
  if (Object.hasOwn(japanese, text)) return japanese[text] as string;
  if (depth === 0) return text;
  templates ??= compiled();
  for (const { parts, names, said, loose } of templates) {
    const values = valuesIn(text, parts);
    if (values === undefined) continue;
    const ours = values.map((value) => japaneseOf(value, depth - 1));
    if (loose !== 'no' && ours.every((value, at) => value === values[at])) {
      if (loose === 'marks' || values.some((value) => /\p{L}{2,} | \p{L}{2,}/u.test(value))) continue;
    }
    return said.replace(placeholder, (_, name: string) => ours[names.indexOf(name)] ?? '');
  }
  return text;
}

/** Those that say most of their own first. */
const compiled = (): readonly Template[] =>
  Object.entries(japanese)
    .filter(([english]) => english.search(placeholder) >= 0)
    .map(([english, said]): Template => {
      const parts = english.split(/\{\w+\}/);
      const names = [...english.matchAll(placeholder)].map(([, name]) => name as string);
      const letters = parts.join('').replace(/[^A-Za-z]/g, '').length;
      const loose = letters === 0 ? 'marks' : letters < 12 ? 'words' : 'no';
      return { parts, names, said, literal: parts.join('').length, loose };
    })
    .sort((a, b) => b.literal - a.literal);

/** What stands between the parts, each part at its first place; undefined where they do not fit. No backtracking. */
function valuesIn(text: string, parts: readonly string[]): readonly string[] | undefined {
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const next = part === '' ? endOfValue(text, at) : text.indexOf(part, at);
    if (next < 0 || next + part.length > end) return undefined;
    values.push(text.slice(at, next));
    at = next + part.length;
  }
  values.push(text.slice(at, end));
  return values;
}

/** Of two values side by side the first is quoted, or ends where the second begins as an addition does. */
function endOfValue(text: string, at: number): number {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at));
  const addition = text.slice(at).search(/[;:,] | \(/);
  return quoted !== null ? at + quoted[0].length : addition < 0 ? text.length : at + addition;
}

/** Line by line; indentation, marks, the name of the program and a final colon or full stop stay. */
export const translateLines = (language: Language, text: string): string =>
  language === 'en'
    ? text
    : text
        .split('\n')
        .map((line) => lineOf(language, line))
        .join('\n');

function lineOf(language: Language, line: string): string {
  const match = /^((?:\u001b\[\d+m|[●✗?○+x-](?= |\u001b)|\s)*(?:sekisho: |see: )?)(.*?)(\s*)$/su.exec(line);
  if (match === null) return line;
  const [, before = '', sentence = '', after = ''] = match;
  const whole = translate(language, sentence);
  // Columns stand two blanks apart, remarks behind a sign, steps behind their number. The reading that leaves less English counts.
  // A single word may be a verb's name or a state: who prints it as a word has it said.
  const parts = sentence
    .split(/( {2,}|^# (?:[●✗?○] )?|\d\. )/)
    .map((part) => (part.includes(' ') ? translate(language, part) : part));
  const said = parts.join('');
  return `${before.replace(/see: $/, '参照: ')}${englishOf(said) < englishOf(whole) ? said : whole}${after}`;
}

const englishOf = (text: string): number => text.replace(/[^A-Za-z]/g, '').length;

/** Columns of a terminal that a text takes: East Asian wide signs take two (UAX #11), combining ones none. */
export function columns(text: string): number {
  let count = 0;
  for (const sign of text.replace(/\u001b\[\d+m/g, '')) count += wide.test(sign) ? 2 : /\p{Mn}/u.test(sign) ? 0 : 1;
  return count;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** `padEnd` by columns. */
export const padded = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - columns(text)))}`;
