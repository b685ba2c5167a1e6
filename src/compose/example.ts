// `config example`: the profile's settings and every other one as a comment with its sentence and default.

import { readFileSync } from 'node:fs';
import { type Setting, settings } from '../config/schema.ts';
import { type Language, translate } from '../core/words/say.ts';
import { profilePath } from './package.ts';

/** @returns undefined for a profile that does not exist. */
export function exampleConfig(profile = 'default', language: Language = 'en'): string | undefined {
  const says = (text: string): string => translate(language, text);
  const choice = settings.find((setting) => setting.path === 'profile');
  if (choice?.type.kind !== 'choice' || !choice.type.of.includes(profile)) return undefined;
  const lines = [`profile = ${JSON.stringify(profile)}`, '', `# ${says('What the profile sets:')}`];
  lines.push(
    ...readFileSync(profilePath(profile), 'utf8')
      .trim()
      .split('\n')
      .map((line) => `# ${line.startsWith('# ') ? `# ${says(line.slice(2))}` : line}`),
  );
  let section = '';
  for (const setting of settings.filter((candidate) => candidate.path !== 'profile')) {
    const { table, key } = placeOf(setting);
    if (table !== section) {
      section = table;
      lines.push('', `# [${table}]`);
    }
    if (setting.type.kind === 'map') lines.push(`# root = "ops@example.org"    # ${says(setting.says)}`);
    else lines.push(`# ${key} = ${sample(setting)}    # ${says(setting.says)}`);
  }
  return `${lines.join('\n')}\n`;
}

function placeOf({ path, type }: Setting): { table: string; key: string } {
  if (type.kind === 'map') return { table: path, key: '' };
  const dot = path.lastIndexOf('.');
  const table = path.slice(0, dot);
  return { table: table.endsWith('[]') ? `[${table.slice(0, -2)}]` : table, key: path.slice(dot + 1) };
}

function sample({ default: given, type }: Setting): string {
  if (given !== undefined)
    return Array.isArray(given) ? `[${given.map((item) => JSON.stringify(item)).join(', ')}]` : JSON.stringify(given);
  if (type.kind === 'address') return '"127.0.0.1:2525"';
  if (type.kind === 'secret') return '"file:/etc/sekisho/secret"';
  if (type.kind === 'date') return '2026-12-31';
  if (type.kind === 'list') return '["example.org"]';
  if (type.kind === 'choice') return JSON.stringify(type.of[0]);
  return '"…"';
}
