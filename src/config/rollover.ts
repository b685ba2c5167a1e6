// The plan file of `sekisho tlsa rollover`: which certificates, where they lie, who presents them, which hooks act
// (OPS-30, OPS-37, OPS-38). TOML; every fault names the entry and what would do.

import { parse, TomlError } from 'smol-toml';
import type { DomainName } from '../core/base/brand.ts';
import { looksLikeAddress, parseDomainName } from '../core/base/domain-name.ts';
import { fault, isNonEmpty, type NonEmpty, ok, type Result } from '../core/base/result.ts';
import { parseTlsaText } from '../core/dane/forms.ts';
import type { TlsaData, TlsaParameters } from '../core/dane/make.ts';
import { parseDuration } from './values.ts';

export const hookNames = ['publish', 'install', 'reload', 'request'] as const;
export type HookName = (typeof hookNames)[number];
/** Program and arguments; no shell reads them. */
export type HookCommand = NonEmpty<string>;

export type LineagePlan = {
  readonly name: string;
  /** What the certificate program writes: leaf first, and its key. */
  readonly offered: { readonly chain: string; readonly key: string };
  /** What the services load. */
  readonly live: { readonly chain: string; readonly key: string | undefined };
  /** The key of the certificate after this one; private or public. */
  readonly nextKey: string | undefined;
  readonly services: NonEmpty<{
    readonly host: DomainName;
    readonly port: number;
    readonly tls: 'starttls' | 'implicit';
  }>;
  /** OPS-45. */
  readonly names: readonly DomainName[];
  readonly parameters: readonly TlsaParameters[];
  readonly keep: readonly TlsaData[];
  /** Seconds. */
  readonly ttl: number;
  readonly confirm: number;
  readonly zone: DomainName | undefined;
  /** Asked beside those that the zone names; `only`: instead of them. */
  readonly servers: { readonly kind: 'found' } | { readonly kind: 'only'; readonly addresses: NonEmpty<string> };
  readonly hooks: Readonly<Partial<Record<HookName, HookCommand>>>;
};

/** `state`: the folder for what is kept between runs; else below the state directory. */
export type RolloverPlan = { readonly state: string | undefined; readonly lineages: NonEmpty<LineagePlan> };

type Table = Readonly<Record<string, unknown>>;

/** Thrown and caught in this file: the first fault ends the reading. */
class Fault extends Error {
  override readonly name = 'Fault';
}

export function readRolloverPlan(text: string): Result<RolloverPlan, string> {
  if (text.trim() === '') return fault('the file is empty; a plan has at least one [[lineage]]');
  try {
    const table = parse(text) as Table;
    known(table, ['state', 'lineage'], 'the plan');
    const entries = table.lineage;
    if (!Array.isArray(entries) || entries.length === 0) throw new Fault('a plan has at least one [[lineage]]');
    const lineages = (entries as readonly Table[]).map(readLineage);
    const twice = lineages.find(({ name }, at) => lineages.findIndex((other) => other.name === name) !== at);
    if (twice !== undefined) throw new Fault(`two lineages are called ${JSON.stringify(twice.name)}`);
    return ok({
      state: optional(table, 'state', 'the plan'),
      lineages: lineages as unknown as NonEmpty<LineagePlan>,
    });
  } catch (error) {
    if (error instanceof Fault) return fault(error.message);
    if (error instanceof TomlError)
      return fault(
        `line ${error.line}: this is no TOML: ${(error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')}`,
      );
    throw error;
  }
}

const entries = [
  'name',
  'source',
  'layout',
  'chain',
  'key',
  'live',
  'live_key',
  'next_key',
  'services',
  'names',
  'records',
  'keep',
  'ttl',
  'confirm',
  'zone',
  'servers',
  'hooks',
];

function readLineage(table: Table): LineagePlan {
  const name = optional(table, 'name', 'a lineage') ?? '';
  // It becomes a file name.
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name))
    throw new Fault(`a lineage has a name of letters, digits, dots and hyphens, not ${JSON.stringify(name)}`);
  const at = `lineage ${name}`;
  known(table, entries, at);
  const services = list(table, 'services', at).map((one) => readService(one, at));
  if (!isNonEmpty(services)) throw new Fault(`${at}: services wants at least one "mx.example.org:25"`);
  const names = list(table, 'names', at).map((one) => readName(one, `${at}: names`));
  const files = readFiles(table, at);
  const servers = list(table, 'servers', at);
  const live = optional(table, 'live', at);
  if (live === undefined) throw new Fault(`${at}: live wants the file with the chain that the services load`);
  const zone = optional(table, 'zone', at);
  return {
    name,
    ...files,
    live: { chain: live, key: optional(table, 'live_key', at) },
    services,
    names: names.length > 0 ? names : [...new Set(services.map(({ host }) => host))],
    parameters:
      table.records === undefined
        ? [{ usage: 3, selector: 1, matching: 1 }]
        : list(table, 'records', at).map((one) => readParameters(one, at)),
    keep: list(table, 'keep', at).map((one) => readKept(one, at)),
    ttl: readSeconds(table, 'ttl', at, 3600),
    confirm: readSeconds(table, 'confirm', at, 86_400),
    zone: zone === undefined ? undefined : readName(zone, `${at}: zone`),
    servers: isNonEmpty(servers) ? { kind: 'only', addresses: servers } : { kind: 'found' },
    hooks: readHooks(table, at),
  };
}

/** OPS-38: where certbot and dehydrated put their files; any other layout is named file by file. */
function readFiles(table: Table, at: string): Pick<LineagePlan, 'offered' | 'nextKey'> {
  const source = optional(table, 'source', at);
  const layout = optional(table, 'layout', at) ?? (source === undefined ? 'files' : 'certbot');
  if (!['certbot', 'dehydrated', 'files'].includes(layout))
    throw new Fault(`${at}: layout is certbot, dehydrated or files, not ${JSON.stringify(layout)}`);
  const chain = optional(table, 'chain', at) ?? (source && `${source}/fullchain.pem`);
  const key = optional(table, 'key', at) ?? (source && `${source}/privkey.pem`);
  if (chain === undefined || key === undefined)
    throw new Fault(`${at}: source wants the folder of the certificate program, or chain and key want files`);
  // PRIVATE_KEY_ROLLOVER of dehydrated.
  const nextKey =
    optional(table, 'next_key', at) ?? (layout === 'dehydrated' ? `${source}/privkey.roll.pem` : undefined);
  return { offered: { chain, key }, nextKey };
}

function readService(text: string, at: string): LineagePlan['services'][0] {
  const match = /^([^:]+):(\d{1,5})(\/tls|\/starttls)?$/.exec(text);
  const port = Number(match?.[2] ?? 0);
  if (match === null || port < 1 || port > 65_535)
    throw new Fault(
      `${at}: services wants "mx.example.org:25", or "www.example.org:443/tls", not ${JSON.stringify(text)}`,
    );
  const implicit = match[3] === '/tls' || (match[3] === undefined && [443, 465, 636, 853, 993, 995].includes(port));
  return { host: readName(match[1] as string, `${at}: services`), port, tls: implicit ? 'implicit' : 'starttls' };
}

function readName(text: string, at: string): DomainName {
  const name = parseDomainName(text);
  if (name.kind === 'fault' || looksLikeAddress(name.value))
    throw new Fault(`${at}: ${JSON.stringify(text)} is no host name`);
  return name.value;
}

function readParameters(text: string, at: string): TlsaParameters {
  const match = /^([0-3]) ([01]) ([0-2])$/.exec(text);
  if (match === null) throw new Fault(`${at}: records wants texts such as "3 1 1", not ${JSON.stringify(text)}`);
  const [usage, selector, matching] = match.slice(1).map(Number);
  return { usage, selector, matching } as TlsaParameters;
}

function readKept(text: string, at: string): TlsaData {
  const read = parseTlsaText(text);
  if (read.kind === 'fault') throw new Fault(`${at}: keep: ${read.fault}`);
  return read.value;
}

function readHooks(table: Table, at: string): LineagePlan['hooks'] {
  const hooks = table.hooks ?? {};
  if (typeof hooks !== 'object' || Array.isArray(hooks)) throw new Fault(`${at}: hooks is a table`);
  known(hooks as Table, hookNames, `${at}: hooks`);
  return Object.fromEntries(
    Object.entries(hooks as Table).map(([name, command]) => {
      const words = typeof command === 'string' ? [command] : command;
      if (!Array.isArray(words) || words.length === 0 || words.some((word) => typeof word !== 'string' || word === ''))
        throw new Fault(`${at}: hooks.${name} is a program, or a list of a program and its arguments`);
      return [name, words];
    }),
  );
}

function readSeconds(table: Table, key: string, at: string, usual: number): number {
  const value = table[key];
  if (value === undefined) return usual;
  const read =
    typeof value === 'number' && Number.isInteger(value) && value >= 0
      ? value
      : typeof value === 'string'
        ? parseDuration(value)
        : undefined;
  if (read === undefined) throw new Fault(`${at}: ${key} wants a duration such as "12h", not ${JSON.stringify(value)}`);
  return read;
}

function optional(table: Table, key: string, at: string): string | undefined {
  const value = table[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw new Fault(`${at}: ${key} is a text`);
  return value;
}

function list(table: Table, key: string, at: string): readonly string[] {
  const value = table[key] ?? [];
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw new Fault(`${at}: ${key} is a list of texts`);
  return value as readonly string[];
}

function known(table: Table, names: readonly string[], at: string): void {
  const strange = Object.keys(table).find((key) => !names.includes(key));
  if (strange !== undefined)
    throw new Fault(`${at}: there is no ${JSON.stringify(strange)}; there is ${names.join(', ')}`);
}
