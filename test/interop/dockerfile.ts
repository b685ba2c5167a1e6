// The few words of a Dockerfile and a compose file that ours use, read as Docker reads them. A word that is not known here
// is an error, so that nothing in them goes unnoticed.

export type Instruction =
  | { readonly verb: 'RUN'; readonly command: string }
  | {
      readonly verb: 'COPY';
      readonly from: string | undefined;
      readonly sources: readonly string[];
      readonly to: string;
    }
  | { readonly verb: 'WORKDIR' | 'USER' | 'VOLUME' | 'EXPOSE'; readonly value: string }
  | { readonly verb: 'ENV'; readonly name: string; readonly value: string }
  | { readonly verb: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'; readonly command: readonly string[] };

export type Stage = {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
};

/** @throws Error for what it does not know. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [verb = '', ...words] = line.trim().split(/\s+/);
    if (verb === 'FROM') {
      const [base = '', as, name] = words;
      stages.push({ base, name: as === 'AS' ? name : undefined, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction(verb, words, line));
  }
  return stages;
}

function instruction(verb: string, words: readonly string[], line: string): Instruction {
  const rest = line.trim().slice(verb.length).trim();
  switch (verb) {
    case 'RUN':
      return { verb, command: rest };
    case 'COPY': {
      const from = words[0]?.startsWith('--from=') ? words[0].slice('--from='.length) : undefined;
      const paths = from === undefined ? words : words.slice(1);
      return { verb, from, sources: paths.slice(0, -1), to: paths.at(-1) as string };
    }
    case 'WORKDIR':
    case 'USER':
    case 'VOLUME':
    case 'EXPOSE':
      return { verb, value: rest };
    case 'ENV': {
      const [name = '', ...value] = rest.split('=');
      return { verb, name, value: value.join('=') };
    }
    case 'ENTRYPOINT':
    case 'CMD':
      return { verb, command: JSON.parse(rest) };
    case 'HEALTHCHECK':
      return { verb, command: JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) };
    default:
      throw new Error(`no such instruction here: ${line}`);
  }
}

export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

/** Maps, lists of scalars and plain scalars, by indentation. */
export function parseCompose(text: string): Yaml {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const indentOf = (line: string | undefined): number =>
    line === undefined ? -1 : line.length - line.trimStart().length;
  const block = (indent: number): Yaml => {
    if (lines[0]?.trim().startsWith('- ')) {
      const items: string[] = [];
      while (indentOf(lines[0]) === indent) items.push((lines.shift() as string).trim().slice(2));
      return items;
    }
    const map: Record<string, Yaml> = {};
    while (indentOf(lines[0]) === indent) {
      const [, key = '', value = ''] = /^\s*([^:]+):(?: (.*))?$/.exec(lines.shift() as string) ?? [];
      map[key] = value !== '' || indentOf(lines[0]) <= indent ? value : block(indentOf(lines[0]));
    }
    return map;
  };
  return block(0);
}
