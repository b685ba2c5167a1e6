// docs/proof.md: one section for each run, between marks, so that a run writes its own and leaves the others.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const path = join(import.meta.dirname, '../../docs/proof.md');

export const sections = ['mutation', 'differential', 'fuzz', 'conformance', 'planted'] as const;
export type Section = (typeof sections)[number];

const head = `# Proof

What checks the validator and the readers, as last run. Each section is written by the command that it names, with \`-- --write\`.
`;

const begin = (section: Section): string => `<!-- ${section} -->`;
const end = (section: Section): string => `<!-- end of ${section} -->`;

/** What stands in the document under this name, without its marks. */
export function readSection(section: Section): string | undefined {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const from = text.indexOf(begin(section));
  const to = text.indexOf(end(section));
  return from < 0 || to < from ? undefined : text.slice(from + begin(section).length, to).trim();
}

/** @param text begins with its heading. */
export function writeSection(section: Section, text: string): void {
  const all = sections.map((each) => [each, each === section ? text : readSection(each)] as const);
  const parts = all.flatMap(([each, said]) =>
    said === undefined ? [] : [`${begin(each)}\n\n${said.trim()}\n\n${end(each)}\n`],
  );
  writeFileSync(path, [head, ...parts].join('\n'));
}

export const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** `--write` on the command line. */
export const isToWrite = (): boolean => process.argv.includes('--write');
