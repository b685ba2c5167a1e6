// Settings from built-in < profile < file < credential and environment < flag, each value remembering its source.
// All faults are collected, so that one run shows them all. Contract: docs/spec/config.md.

import { parse, TomlDate, TomlError } from 'smol-toml';
import { fault, isNonEmpty, type NonEmpty, ok, type Result } from '../core/base/result.ts';
import type { Config, Listener } from './config.ts';
import { environmentName, type Setting, settings } from './schema.ts';
import { fromEnvironment, readValue } from './values.ts';

/** Where a value came from: "built-in", "profile default", "/etc/sekisho/sekisho.toml:12", "SEKISHO_LOG__LEVEL", "--resolver". */
export type Source = string;

export type ConfigFault = { readonly at: Source; readonly path: string; readonly says: string };

export type LoadedValue = { readonly value: unknown; readonly source: Source };

export type Loaded = { readonly config: Config; readonly values: ReadonlyMap<string, LoadedValue> };

export type LoadInput = {
  /** Named by flag or $SEKISHO_CONFIG: must exist. Undefined: the usual places are tried. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values by path, as flags give them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly machineName: string;
  /** @returns the text, undefined if there is no such file. @throws on other faults. */
  readonly readFile: (path: string) => string | undefined;
  readonly profileFile: (profile: string) => string;
};

const usualPlaces = ['./sekisho.toml', '/etc/sekisho/sekisho.toml'];
const appended = ['policy.rule', 'policy.exception'];
const notSettings = ['SEKISHO_CONFIG', 'SEKISHO_URL', 'SEKISHO_SOCKET'];

/** Path to value with its source; array tables carry their index: `listen.0.address`. */
type Values = Map<string, LoadedValue>;

export function loadConfig(input: LoadInput): Result<Loaded, NonEmpty<ConfigFault>> {
  const faults: ConfigFault[] = [];
  const file = readConfigFile(input, faults);
  const fileValues = file ? readToml(file.text, file.path, faults) : new Map();
  const environment = readEnvironment(input.env, faults);
  const profileValue = input.flags.profile ?? environment.get('profile')?.value ?? fileValues.get('profile')?.value;
  const profile = typeof profileValue === 'string' ? profileValue : 'default';
  const profileValues = readProfile(profile, input, faults);
  const written = new Set([profileValues, fileValues].flatMap((layer) => indicesOf(layer, 'listen')));
  const values = merge([builtIn(), profileValues, fileValues, environment, readFlags(input.flags, faults)]);
  requireValues(values, faults);
  const config = buildConfig(values, written, input, faults);
  return isNonEmpty(faults) ? fault(faults) : ok({ config, values });
}

function readConfigFile(
  input: LoadInput,
  faults: ConfigFault[],
): { readonly path: string; readonly text: string } | undefined {
  const named = input.file ?? input.env.SEKISHO_CONFIG;
  for (const path of named === undefined ? usualPlaces : [named]) {
    try {
      const text = input.readFile(path);
      if (text !== undefined) return { path, text };
    } catch (error) {
      faults.push({ at: path, path: '', says: `cannot be read: ${(error as Error).message}` });
      return undefined;
    }
  }
  if (named !== undefined) faults.push({ at: named, path: '', says: 'no such file; name an existing one with -c' });
  return undefined;
}

function readProfile(profile: string, input: LoadInput, faults: ConfigFault[]): Values {
  if (!/^[a-z]+$/.test(profile)) return new Map();
  const text = input.readFile(input.profileFile(profile));
  const read = text === undefined ? new Map() : readToml(text, `profile ${profile}`, faults);
  for (const [path, value] of read) read.set(path, { ...value, source: `profile ${profile}` });
  return read;
}

function builtIn(): Values {
  const values: Values = new Map();
  for (const setting of settings) {
    if (setting.default === undefined || setting.path.includes('[]')) continue;
    const read = readValue(setting.type, setting.default);
    if (read.kind === 'ok') values.set(setting.path, { value: read.value, source: 'built-in' });
  }
  return values;
}

function readFlags(flags: Readonly<Record<string, unknown>>, faults: ConfigFault[]): Values {
  const values: Values = new Map();
  for (const [path, given] of Object.entries(flags)) setValue(values, path, given, 'flag', faults);
  return values;
}

// ---- TOML

function readToml(text: string, name: string, faults: ConfigFault[]): Values {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    const at = error instanceof TomlError ? `${name}:${error.line}:${error.column}` : name;
    faults.push({ at, path: '', says: `is no TOML: ${(error as Error).message.split('\n')[0]}` });
    return new Map();
  }
  const values: Values = new Map();
  walk(document as Record<string, unknown>, '', (path, given) => {
    const line = lineOf(text, path);
    setValue(values, path, asWritten(given, text.split('\n')[line - 1] ?? '', path), `${name}:${line}`, faults);
  });
  return values;
}

/** The parser makes 3 March of 31 February: a day is taken as it stands in the line. */
function asWritten(given: unknown, line: string, path: string): unknown {
  if (!(given instanceof TomlDate)) return given;
  const key = path.split('.').at(-1) as string;
  const written = new RegExp(`\\b${key}["']?\\s*=\\s*(\\d{4}-\\d\\d-\\d\\d)`).exec(line)?.[1];
  return written ?? given.toISOString().slice(0, 10);
}

function walk(
  table: Readonly<Record<string, unknown>>,
  prefix: string,
  leaf: (path: string, value: unknown) => void,
): void {
  for (const [key, value] of Object.entries(table)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (settingOf(path)?.type.kind === 'map' || !isTable(value)) {
      if (Array.isArray(value) && value.length > 0 && value.every(isTable) && !settingOf(path)) {
        for (const [index, item] of value.entries()) walk(item, `${path}.${index}`, leaf);
      } else leaf(path, value);
    } else walk(value, path, leaf);
  }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** The parser keeps no positions: the line is found again by following the table headers. */
export function lineOf(text: string, path: string): number {
  const parts = path.split('.');
  const key = parts.at(-1) as string;
  const wanted = parts.slice(0, -1).join('.');
  const counts = new Map<string, number>();
  let table = '';
  let closest = 1;
  for (const [index, line] of text.split('\n').entries()) {
    const array = /^\s*\[\[\s*([\w.-]+)\s*\]\]/.exec(line);
    const header = /^\s*\[\s*([\w.-]+)\s*\]/.exec(line);
    if (array) {
      const count = counts.get(array[1] as string) ?? 0;
      counts.set(array[1] as string, count + 1);
      table = `${array[1]}.${count}`;
    } else if (header) table = header[1] as string;
    if ((array || header) && table === wanted) closest = index + 1;
    const assigned = /^\s*"?([\w-]+)"?\s*(?:\.[\w.-]+\s*)?=/.exec(line);
    if (assigned?.[1] === key && table === wanted) return index + 1;
    if ((array || header) && table === path) return index + 1;
  }
  return closest;
}

// ---- environment

function readEnvironment(env: LoadInput['env'], faults: ConfigFault[]): Values {
  const values: Values = new Map();
  const names = new Map(
    settings.flatMap((setting) => {
      const name = environmentName(setting.path);
      return name === undefined ? [] : [[name, setting] as const];
    }),
  );
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('SEKISHO_') || value === undefined || notSettings.includes(name)) continue;
    const isFile = name.endsWith('_FILE') && names.get(name.slice(0, -5))?.type.kind === 'secret';
    const setting = names.get(isFile ? name.slice(0, -5) : name);
    if (!setting) {
      faults.push({ at: name, path: '', says: `is no setting${suggestion(name, [...names.keys()])}` });
      continue;
    }
    const path = setting.path.replace('[]', '.0');
    if (isFile && env[name.slice(0, -5)] !== undefined) {
      faults.push({ at: name, path, says: `and ${name.slice(0, -5)} are both set; keep one` });
      continue;
    }
    const secretValue = setting.type.kind === 'secret' && !/^(file|env|credential):/.test(value);
    const given = isFile ? `file:${value}` : secretValue ? `env:${name}` : fromEnvironment(setting.type, value);
    setValue(values, path, given, name, faults);
  }
  return values;
}

// ---- values

function settingOf(path: string): Setting | undefined {
  const generic = path.replace(/\.\d+(?=\.|$)/, '[]');
  return settings.find((setting) => setting.path === generic);
}

function setValue(values: Values, path: string, given: unknown, source: Source, faults: ConfigFault[]): void {
  const setting = settingOf(path);
  if (!setting) {
    if (settings.some((candidate) => candidate.path.startsWith(`${path}[].`))) {
      faults.push({ at: source, path, says: `is a list of tables, each written under [[${path}]]` });
      return;
    }
    const known = settings.map((candidate) => candidate.path);
    faults.push({ at: source, path, says: `is no setting${suggestion(path.replace(/\.\d+(?=\.|$)/, '[]'), known)}` });
    return;
  }
  const read = readValue(setting.type, given);
  if (read.kind === 'fault') faults.push({ at: source, path, says: read.fault });
  else values.set(path, { value: read.value, source });
}

/** The nearest known name by edit distance, if it is near at all. */
export function suggestion(given: string, known: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(given.length / 4)) + 1;
  for (const candidate of known) {
    const distance = editDistance(given.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? '' : `; did you mean ${best.replace('[]', '')}?`;
}

function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit || left.length > 128) return limit;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}

function merge(layers: readonly Values[]): Values {
  const merged: Values = new Map();
  for (const layer of layers) {
    for (const array of new Set([...layer.keys()].flatMap((path) => /^(.+?)\.\d+\./.exec(path)?.[1] ?? []))) {
      mergeArray(merged, layer, array);
    }
    for (const [path, value] of layer) if (!/\.\d+\./.test(path)) merged.set(path, value);
  }
  return merged;
}

/** Rules and exceptions of a profile stay; other arrays are replaced whole, but the environment speaks of the first listener only. */
function mergeArray(merged: Values, layer: Values, array: string): void {
  const has = (values: Values): number =>
    Math.max(
      -1,
      ...[...values.keys()]
        .filter((path) => path.startsWith(`${array}.`))
        .map((path) => Number(path.slice(array.length + 1).split('.')[0])),
    );
  const entries = [...layer].filter(([path]) => path.startsWith(`${array}.`));
  const fromEnvironmentOnly = entries.every(([, value]) => value.source.startsWith('SEKISHO_'));
  const offset = appended.includes(array) ? has(merged) + 1 : 0;
  if (!appended.includes(array) && !fromEnvironmentOnly) {
    for (const path of [...merged.keys()]) if (path.startsWith(`${array}.`)) merged.delete(path);
  }
  for (const [path, value] of entries) {
    const [index, ...rest] = path.slice(array.length + 1).split('.');
    merged.set(`${array}.${Number(index) + offset}.${rest.join('.')}`, value);
  }
}

const indicesOf = (values: Values, array: string): readonly number[] =>
  [
    ...new Set(
      [...values.keys()].flatMap((path) =>
        path.startsWith(`${array}.`) ? [Number(path.slice(array.length + 1).split('.')[0])] : [],
      ),
    ),
  ].sort((a, b) => a - b);

function requireValues(values: Values, faults: ConfigFault[]): void {
  const builtInListener = indicesOf(values, 'listen').length === 0 || !values.has('listen.0.address');
  for (const setting of settings) {
    const [array, key] = setting.path.split('[].');
    if (setting.required !== 'yes' || key === undefined) continue;
    for (const index of indicesOf(values, array as string)) {
      const path = `${array}.${index}.${key}`;
      // One that was given and is wrong has been told of.
      if (values.has(path) || faults.some((found) => found.path === path)) continue;
      const sibling = [...values].find(([path]) => path.startsWith(`${array}.${index}.`));
      // The environment may change the built-in listener without repeating its address.
      if (array === 'listen' && builtInListener && sibling?.[1].source.startsWith('SEKISHO_')) continue;
      faults.push({ at: sibling?.[1].source ?? '', path: `${array}[].${key}`, says: 'is missing' });
    }
  }
}

// ---- the typed whole

/** @param written which listeners a file or profile speaks of */
function buildConfig(values: Values, written: ReadonlySet<number>, input: LoadInput, faults: ConfigFault[]): Config {
  const get = <T>(path: string): T => values.get(path)?.value as T;
  const optional = <T>(path: string): T | undefined => values.get(path)?.value as T | undefined;
  const item = <T>(array: string, index: number, key: string): T =>
    (values.get(`${array}.${index}.${key}`)?.value ?? arrayDefault(array, key)) as T;
  const hostname = optional<string>('identity.hostname') ?? input.machineName;
  const origin = optional<string>('identity.origin') ?? hostname;
  // A promise that nothing keeps must not pass in silence.
  if (optional<boolean>('tlsrpt.send') === true) {
    faults.push({
      at: values.get('tlsrpt.send')?.source ?? '',
      path: 'tlsrpt.send',
      says: 'TLS reports are not sent by this version; set it to false',
    });
  }
  const state = stateDirectory(input.env);
  return {
    profile: get('profile'),
    workers: get('workers'),
    stateDirectory: state,
    identity: {
      hostname,
      hostnameSource: values.has('identity.hostname') ? 'configured' : 'machine',
      origin,
      ownNames: get('identity.own_names'),
      postmaster: optional('identity.postmaster') ?? `postmaster@${origin}`,
    },
    listen: listeners(values, written, item),
    resolver: {
      mode: get('resolver.mode'),
      servers: get('resolver.servers'),
      trustAnchors: get('resolver.trust_anchors'),
      allowSha1: get('resolver.allow_sha1_dnssec'),
      localZones: get('resolver.local_zones'),
    },
    tls: {
      minVersion: get('tls.min_version'),
      trustStore: get('tls.trust_store'),
      certificate: optional('tls.certificate'),
      key: optional('tls.key'),
    },
    mtaSts: { enabled: get('mta_sts.enabled'), port: get('mta_sts.port'), maxAgeCap: get('mta_sts.max_age_cap') },
    policy: {
      floor: get('policy.floor'),
      enforce: get('policy.enforce'),
      rules: indicesOf(values, 'policy.rule').map((index) => ({
        to: item('policy.rule', index, 'to'),
        floor: item('policy.rule', index, 'floor'),
        names: item('policy.rule', index, 'names'),
        requiretls: item('policy.rule', index, 'requiretls'),
        source: values.get(`policy.rule.${index}.to`)?.source ?? '',
      })),
      exceptions: indicesOf(values, 'policy.exception').map((index) => ({
        to: item('policy.exception', index, 'to'),
        ignore: item('policy.exception', index, 'ignore'),
        until: item('policy.exception', index, 'until'),
        reason: item('policy.exception', index, 'reason'),
        source: values.get(`policy.exception.${index}.to`)?.source ?? '',
      })),
    },
    routes: indicesOf(values, 'route').map((index) => ({
      to: item('route', index, 'to'),
      via: item('route', index, 'via'),
      tls: item('route', index, 'tls'),
      credentials: item('route', index, 'credentials'),
      source: values.get(`route.${index}.via`)?.source ?? '',
    })),
    delivery: {
      port: get('delivery.port'),
      allowAddresses: get('delivery.allow_addresses'),
      families: get('delivery.families'),
      sourceAddresses: get('delivery.source_addresses'),
      warnAfter: get('delivery.warn_after'),
      expireAfter: get('delivery.expire_after'),
      perDestination: get('delivery.per_destination'),
      perHost: get('delivery.per_host'),
      parallel: get('delivery.parallel'),
      retry: get('delivery.retry'),
    },
    queue: {
      url: optional('queue.url') ?? `sqlite:${state}/queue.db`,
      minFree: get('queue.min_free'),
      keepHistory: get('queue.keep_history'),
    },
    aliases: get('aliases'),
    admin: { address: get('admin.address'), token: optional('admin.token'), actions: get('admin.actions') },
    log: { format: get('log.format'), level: get('log.level'), redact: get('log.redact') },
  };
}

const arrayDefault = (array: string, key: string): unknown => {
  const setting = settings.find((candidate) => candidate.path === `${array}[].${key}`);
  if (!setting || setting.default === undefined) return undefined;
  const read = readValue(setting.type, setting.default);
  return read.kind === 'ok' ? read.value : undefined;
};

function listeners(
  values: Values,
  written: ReadonlySet<number>,
  item: <T>(array: string, index: number, key: string) => T,
): readonly Listener[] {
  const indices = indicesOf(values, 'listen');
  return (indices.length === 0 ? [0] : indices).map((index) => {
    const address = item<Listener['address'] | undefined>('listen', index, 'address') ?? {
      host: '127.0.0.1',
      port: 2525,
    };
    // config.md: the one listener that no file names serves loopback and completes addresses, wherever the environment puts it.
    const builtInListener = !written.has(index);
    const given = <T>(key: string, other: T): T =>
      (values.get(`listen.${index}.${key}`)?.value as T | undefined) ?? other;
    return {
      name: item('listen', index, 'name') ?? `${address.host}:${address.port}`,
      address,
      kind: given('kind', builtInListener ? 'submission' : 'relay'),
      clients: given('clients', builtInListener ? ['127.0.0.0/8', '::1/128'] : []),
      tls: item('listen', index, 'tls'),
      clientSpki: item('listen', index, 'client_spki'),
      clientCa: item('listen', index, 'client_ca'),
      certificate: item('listen', index, 'certificate'),
      key: item('listen', index, 'key'),
      auth: item('listen', index, 'auth'),
      users: item('listen', index, 'users'),
      requiretls: item('listen', index, 'requiretls'),
      bareNewline: item('listen', index, 'bare_newline'),
      maxMessageSize: item('listen', index, 'max_message_size'),
      maxRecipients: item('listen', index, 'max_recipients'),
    };
  });
}

/** Where the queue and the relay's socket are, unless settings say otherwise. */
export function stateDirectory(env: LoadInput['env']): string {
  // systemd may hand over several directories; the first is ours.
  if (env.STATE_DIRECTORY) return env.STATE_DIRECTORY.split(':')[0] as string;
  const base = env.XDG_STATE_HOME || `${env.HOME || '/var/lib'}/.local/state`;
  return `${base}/sekisho`;
}
