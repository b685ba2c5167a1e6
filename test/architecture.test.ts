// Who may import whom (architecture §2.5), purity of core and agent, and no cycles. The table here is the documentation.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../src');

/** Folder to what it may import, besides itself. The longest matching folder counts. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'core/base': [],
  'core/words': [],
  'core/dns': ['core/base'],
  'core/dnssec': ['core/base', 'core/dns'],
  'core/x509': ['core/base'],
  'core/dane': ['core/base', 'core/x509'],
  'core/mtasts': ['core/base'],
  'core/routing': ['core/base', 'core/smtp', 'core/policy/model.ts'],
  'core/smtp': ['core/base', 'core/words', 'core/policy/reasons.ts'],
  'core/tlsrpt': ['core/base', 'core/dane', 'core/mtasts', 'core/policy/model.ts', 'core/policy/reasons.ts'],
  'core/policy': ['core'],
  agent: ['core'],
  adapters: ['core', 'agent/ports.ts'],
  config: ['core'],
  admin: ['core', 'agent', 'config'],
  cli: ['core', 'agent', 'config', 'admin'],
  lab: [
    'core/base',
    'core/x509/reflection.ts',
    'core/dns',
    'core/dnssec',
    'agent/ports.ts',
    'core/smtp',
    'core/policy/reasons.ts',
  ],
  siege: ['core/base', 'core/dns', 'core/dnssec', 'agent/ports.ts', 'lab'],
  compose: [''],
  'main.ts': ['cli', 'compose', 'core/words'],
};

/** Packages and Node modules by folder; everything else is refused. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'core/base/domain-name.ts': ['node:url'],
  'core/dnssec/signature.ts': ['node:crypto'],
  'core/x509': ['node:crypto', '@peculiar/x509', 'reflect-metadata'],
  'core/dnssec': ['node:crypto'],
  'core/dane': ['node:crypto'],
  core: [],
  agent: [],
  'adapters/smtp': ['node:', '@peculiar/x509', 'reflect-metadata'],
  'adapters/log': ['node:', 'pino'],
  adapters: ['node:'],
  config: ['node:', 'smol-toml'],
  admin: ['node:'],
  cli: ['node:'],
  lab: ['node:', 'dns2', '@peculiar/x509', 'reflect-metadata'],
  siege: ['node:'],
  compose: ['node:'],
  'main.ts': [],
};

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort();

type Import = { readonly from: string; readonly to: string };

/** Type-only imports bind nothing at run time, but they are held to the same table. */
function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
    ),
  ].map((match) => ({ from: file, to: (match[1] ?? match[2] ?? match[3]) as string }));
}

const longest = (table: Readonly<Record<string, readonly string[]>>, file: string): readonly string[] | undefined => {
  const keys = Object.keys(table).filter((key) => file === key || file.startsWith(`${key}/`));
  return table[keys.sort((a, b) => b.length - a.length)[0] ?? ''];
};

const folderOf = (file: string): string =>
  Object.keys(allowed)
    .filter((key) => file === key || file.startsWith(`${key}/`))
    .sort((a, b) => b.length - a.length)[0] ?? '';

const covers = (entry: string, target: string): boolean =>
  entry === '' || target === entry || target.startsWith(`${entry}/`);

test('every import is allowed by the table', () => {
  const wrong: string[] = [];
  for (const { from, to } of files.flatMap(importsOf)) {
    if (to.startsWith('.')) {
      const target = relative(root, resolve(root, dirname(from), to));
      const own = folderOf(from);
      if (!covers(own, target) && !(allowed[own] ?? []).some((entry) => covers(entry, target)))
        wrong.push(`${from} → ${target}`);
    } else if (
      !(longest(packages, from) ?? []).some((entry) =>
        entry.endsWith(':') ? to.startsWith(entry) : to === entry || to.startsWith(`${entry}/`),
      )
    ) {
      wrong.push(`${from} → ${to}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('core and agent read no clock, no chance, no environment, no console', () => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bconsole\.|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bperformance\./;
  const wrong = files
    .filter((file) => /^(core|agent)\//.test(file))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (impure.test(line.replace(/\/\/.*$|^\s*\*.*$/, '')) ? [`${file}:${index + 1}`] : [])),
    );
  assert.deepEqual(wrong, []);
});

test('only main.ts and the entry of a worker read the environment', () => {
  const wrong = files.filter(
    (file) => file !== 'main.ts' && /\bprocess\.env\b/.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(wrong, []);
});

test('no default exports, no cycles of values', () => {
  const graph = new Map<string, readonly string[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.doesNotMatch(text, /^export default/m, file);
    const values = [
      ...text.matchAll(
        /(?:^|\n)\s*(?:import|export)\s+(?!type\b)(?:\{([^}]*)\}|[^;'"]*?)\s*from\s*['"](\.[^'"]+)['"]/g,
      ),
    ]
      .filter(
        (match) =>
          match[1] === undefined ||
          match[1].split(',').some((item) => item.trim() !== '' && !item.trim().startsWith('type ')),
      )
      .map((match) => relative(root, resolve(root, dirname(file), match[2] as string)));
    graph.set(file, values);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `cycle: ${[...path, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});
