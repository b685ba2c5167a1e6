// The string literals and templates of a source file, `{0}`, `{1}`… where values stand: a lexer of strings, templates, comments
// and regular expressions, no more.

/** @returns each literal and template in the order of its end; templates within templates on their own. */
export function literalsOf(source: string): readonly string[] {
  const found: string[] = [];
  readCode(source, 0, found);
  return found;
}

/** Reads until the brace that closes what surrounds it. @returns where it stands. */
function readCode(source: string, start: number, found: string[]): number {
  let depth = 0;
  let before = '';
  for (let at = start; at < source.length; at += 1) {
    const sign = source[at] as string;
    if (sign === '/' && source[at + 1] === '/') at = ends(source, '\n', at) - 1;
    else if (sign === '/' && source[at + 1] === '*') at = ends(source, '*/', at + 2) - 1;
    else if (sign === "'" || sign === '"') [at, before] = [readString(source, at, found), "'"];
    else if (sign === '`') [at, before] = [readTemplate(source, at, found), '`'];
    else if (sign === '/' && beginsExpression(source.slice(0, at), before)) [at, before] = [readRegex(source, at), '/'];
    else if (sign === '{') [depth, before] = [depth + 1, sign];
    else if (sign === '}') {
      if (depth === 0) return at;
      [depth, before] = [depth - 1, sign];
    } else if (/\S/.test(sign)) before = sign;
  }
  return source.length;
}

const ends = (source: string, mark: string, from: number): number => {
  const at = source.indexOf(mark, from);
  return at < 0 ? source.length : at + mark.length;
};

const beginsExpression = (text: string, before: string): boolean =>
  before === '' ||
  '(,=:[!&|?{};+-*%<>~^'.includes(before) ||
  /\b(?:return|typeof|case|of|in)\s*$/.test(text.slice(-20));

function readString(source: string, start: number, found: string[]): number {
  let at = start + 1;
  while (source[at] !== source[start] && at < source.length) at += source[at] === '\\' ? 2 : 1;
  found.push(plain(source.slice(start + 1, at)));
  return at;
}

function readTemplate(source: string, start: number, found: string[]): number {
  let text = '';
  let values = 0;
  let at = start + 1;
  while (source[at] !== '`' && at < source.length) {
    if (source[at] === '$' && source[at + 1] === '{') {
      at = readCode(source, at + 2, found) + 1;
      text += `{${values++}}`;
    } else {
      const length = source[at] === '\\' ? 2 : 1;
      text += source.slice(at, at + length);
      at += length;
    }
  }
  found.push(plain(text));
  return at;
}

function readRegex(source: string, start: number): number {
  let inClass = false;
  let at = start + 1;
  for (; at < source.length && (inClass || source[at] !== '/'); at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '[') inClass = true;
    else if (source[at] === ']') inClass = false;
  }
  return at;
}

const plain = (text: string): string =>
  text
    .replace(/\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))/g, (_, long, short) =>
      String.fromCodePoint(Number.parseInt(long ?? short, 16)),
    )
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\(.)/g, (_, sign) => (sign === 'n' ? '\n' : sign === 't' ? '\t' : sign === 'r' ? '\r' : sign));
