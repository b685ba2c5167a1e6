// As much of JSON Schema 2020-12 as docs/schemas uses. Stricter in one thing: a property that no schema describes is a fault,
// so that the documents stay whole.

import { readFileSync } from 'node:fs';
import { commands } from '../src/cli/commands.ts';

type Schema = Readonly<Record<string, unknown>>;

const known = new Map<string, Schema>();
function read(file: string): Schema {
  const schema =
    known.get(file) ??
    (JSON.parse(readFileSync(new URL(`../docs/schemas/${file}`, import.meta.url), 'utf8')) as Schema);
  known.set(file, schema);
  return schema;
}

/** @returns one line per fault; none for a value that fits. */
export function faultsOf(name: string, value: unknown): readonly string[] {
  const root = read(`${name}.schema.json`);
  // What is written is what counts: undefined and dates must not slip through.
  return check(root, root, JSON.parse(JSON.stringify(value)), '$');
}

export type Form = { readonly schema: string; readonly value: unknown };

/**
 * OPS-18: the lines of an answer to `--json`, each with the schema of its verb that it fits.
 * @throws Error for a line that is no JSON, or that no schema of the verb describes.
 */
export function formsOf(argv: readonly string[], out: string): readonly Form[] {
  const data = commands.find(({ name }) => name === argv[0])?.data ?? [];
  const names = data === 'document' ? [] : data;
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value = JSON.parse(line) as unknown;
      const told = names.map((name) => ({ name, faults: faultsOf(name, value) }));
      const fits = told.find(({ faults }) => faults.length === 0);
      if (fits !== undefined) return { schema: fits.name, value };
      throw new Error(`${argv.join(' ')}: ${JSON.stringify(told)} for ${line.slice(0, 2000)}`);
    });
}

function check(schema: Schema, root: Schema, value: unknown, at: string): readonly string[] {
  const keywords = ['$schema', '$id', '$defs', 'title', 'description', ...Object.keys(rules)];
  for (const key of Object.keys(schema))
    if (!keywords.includes(key)) throw new Error(`unknown keyword ${key} at ${at}`);
  return Object.entries(rules).flatMap(([key, rule]) => (key in schema ? rule(schema, root, value, at) : []));
}

/** `file.schema.json#/path`, either part alone too. @throws Error for one that leads nowhere. */
function behind(ref: string, root: Schema): readonly [schema: Schema, root: Schema] {
  const [file = '', path = ''] = ref.split('#');
  const inFile = file === '' ? root : read(file);
  let found: unknown = inFile;
  for (const step of path.split('/').slice(1)) found = (found as Schema | undefined)?.[step];
  if (found === undefined) throw new Error(`${ref} leads nowhere`);
  return [found as Schema, inFile];
}

type Rule = (schema: Schema, root: Schema, value: unknown, at: string) => readonly string[];

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;

const rules: Readonly<Record<string, Rule>> = {
  $ref: ({ $ref }, root, value, at) => check(...behind(String($ref), root), value, at),
  // Each part sees what it describes; what none describes is a fault all the same.
  allOf: ({ allOf }, root, value, at) => {
    const parts = (allOf as Schema[]).map((part) =>
      typeof part.$ref === 'string' ? behind(part.$ref, root) : ([part, root] as const),
    );
    const held = Object.entries((typeOf(value) === 'object' ? value : {}) as object);
    const describes = ([part]: (typeof parts)[number], key: string): boolean => key in (part.properties as object);
    return [
      ...parts.flatMap((part) => check(...part, Object.fromEntries(held.filter(([key]) => describes(part, key))), at)),
      ...held
        .filter(([key]) => !parts.some((part) => describes(part, key)))
        .map(([key]) => `${at}.${key} is not described`),
    ];
  },
  type: ({ type }, _root, value, at) => {
    const own = typeOf(value);
    const fits = [type].flat().some((wanted) => wanted === own || (wanted === 'number' && own === 'integer'));
    return fits ? [] : [`${at} is ${own}, not ${type}`];
  },
  enum: (schema, _root, value, at) =>
    (schema.enum as unknown[]).includes(value) ? [] : [`${at} is ${JSON.stringify(value)}, not one of the words`],
  const: (schema, _root, value, at) => (schema.const === value ? [] : [`${at} is not ${schema.const}`]),
  pattern: ({ pattern }, _root, value, at) =>
    typeof value !== 'string' || new RegExp(String(pattern)).test(value) ? [] : [`${at} ${value} breaks ${pattern}`],
  minimum: ({ minimum }, _root, value, at) =>
    typeof value !== 'number' || value >= Number(minimum) ? [] : [`${at} is below ${minimum}`],
  maximum: ({ maximum }, _root, value, at) =>
    typeof value !== 'number' || value <= Number(maximum) ? [] : [`${at} is above ${maximum}`],
  required: ({ required }, _root, value, at) =>
    (required as string[])
      .filter((key) => typeOf(value) === 'object' && !(key in (value as object)))
      .map((key) => `${at} has no ${key}`),
  properties: ({ properties }, root, value, at) =>
    Object.entries((typeOf(value) === 'object' ? value : {}) as object).flatMap(([key, held]) => {
      const own = (properties as Record<string, Schema>)[key];
      return own ? check(own, root, held, `${at}.${key}`) : [`${at}.${key} is not described`];
    }),
  items: ({ items }, root, value, at) =>
    (Array.isArray(value) ? value : []).flatMap((item, index) => check(items as Schema, root, item, `${at}[${index}]`)),
  oneOf: ({ oneOf }, root, value, at) =>
    (oneOf as Schema[]).filter((one) => check(one, root, value, at).length === 0).length === 1
      ? []
      : [`${at} fits none of the forms, or several`],
};
