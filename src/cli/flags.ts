// Arguments to verb, words and flags. Every fault names the argument and the likely one. Contract: docs/spec/cli.md.

import { parseArgs } from 'node:util';
import { suggestion } from '../config/load.ts';
import { parseDuration } from '../config/values.ts';
import { type Instant, instant } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { reasons } from '../core/policy/catalogue.ts';

export type FlagSpec = {
  readonly name: string;
  readonly short?: string;
  readonly value?: string;
  readonly multiple?: 'yes';
  /** The closed set of its value, for completions. */
  readonly of?: readonly string[];
  readonly says: string;
};

/** The same everywhere. */
export const commonFlags: readonly FlagSpec[] = [
  {
    name: 'config',
    short: 'c',
    value: 'file',
    says: 'configuration; else $SEKISHO_CONFIG, ./sekisho.toml, /etc/sekisho/sekisho.toml',
  },
  { name: 'json', says: 'data on standard output, talk on standard error' },
  { name: 'quiet', short: 'q', says: 'exit code only' },
  { name: 'verbose', short: 'v', says: 'all there is to know' },
  { name: 'color', value: 'auto|always|never', says: 'NO_COLOR, FORCE_COLOR and TERM=dumb are honoured' },
  { name: 'ascii', says: 'no characters beyond ASCII' },
  { name: 'lang', value: 'en|ja', says: 'talk in this language; else LC_ALL, LC_MESSAGES and LANG say' },
  { name: 'timeout', value: '30s', says: 'for everything that touches the network' },
  {
    name: 'resolver',
    value: 'ip[:port]',
    multiple: 'yes',
    says: 'instead of the configured servers; tls://ip#name for DNS over TLS',
  },
  { name: 'trust-anchor', value: 'file|"DS …"', multiple: 'yes', says: 'instead of the built-in root anchors' },
  { name: 'at', value: 'RFC 3339|+14d', says: 'judge as of this instant' },
  { name: 'socket', value: 'path', says: 'the running relay to ask' },
  { name: 'url', value: 'http://…', says: 'the running relay to ask' },
  { name: 'yes', short: 'y', says: 'do not ask before acts that change the queue' },
  { name: 'no-input', says: 'never ask; without --yes the act is refused' },
  { name: 'help', short: 'h', says: 'this text' },
];

/** cli.md: the one filter set of queue, trace, log and destination. */
export const filterFlags: readonly FlagSpec[] = [
  { name: 'domain', value: 'domain', says: 'recipients of this domain' },
  { name: 'from', value: 'address', says: 'sender address' },
  { name: 'to', value: 'address', says: 'recipient address' },
  { name: 'older', value: '2h', says: 'received before that long ago' },
  { name: 'newer', value: '2h', says: 'received within that time' },
  { name: 'because', value: 'reason', of: reasons, says: 'last reason code; see sekisho help <reason>' },
  {
    name: 'state',
    value: 'state',
    of: ['queued', 'deferred', 'held', 'sent', 'bounced', 'dropped'],
    says: 'queued, deferred, held, sent, bounced or dropped',
  },
  { name: 'limit', value: 'n', says: 'at most so many' },
];

export type Flags = {
  readonly text: (name: string) => string | undefined;
  readonly all: (name: string) => readonly string[];
  readonly on: (name: string) => boolean;
};

export type Arguments = { readonly words: readonly string[]; readonly flags: Flags };

export function parseFlags(argv: readonly string[], specs: readonly FlagSpec[]): Result<Arguments, string> {
  const options = Object.fromEntries(
    specs.map((spec) => [
      spec.name,
      {
        type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: spec.multiple === 'yes',
        ...(spec.short === undefined ? {} : { short: spec.short }),
      },
    ]),
  );
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    const doubled = doubledIn(tokens, specs);
    if (doubled !== undefined) return fault(`--${doubled} is given twice, and counts once: leave one out`);
    const given = values as Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
    return ok({
      words: positionals,
      flags: {
        text: (name) => (typeof given[name] === 'string' ? (given[name] as string) : undefined),
        all: (name) => (Array.isArray(given[name]) ? (given[name] as readonly string[]) : []),
        on: (name) => given[name] === true,
      },
    });
  } catch (error) {
    return fault(misuseOf(error as NodeJS.ErrnoException, specs));
  }
}

/** Of two values of one flag no reading is surely the one that was meant. A switch that is on twice is on. */
function doubledIn(
  tokens: readonly { readonly kind: string; readonly name?: string }[],
  specs: readonly FlagSpec[],
): string | undefined {
  const once = specs.filter(({ value, multiple }) => value !== undefined && multiple === undefined);
  return once.find(({ name }) => tokens.filter((token) => token.kind === 'option' && token.name === name).length > 1)
    ?.name;
}

/** What `parseArgs` found, in words of our own (OPS-64). */
function misuseOf({ code, message }: NodeJS.ErrnoException, specs: readonly FlagSpec[]): string {
  const given = /'(-{1,2}[^']*)'/.exec(message)?.[1] ?? '';
  const flag = /^-[^-]*, (--\S+)|^(--?[^\s,]+)/.exec(given);
  const name = flag?.[1] ?? flag?.[2] ?? given;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return `there is no flag ${name}${suggestion(
      name,
      specs.map((spec) => `--${spec.name}`),
    )}`;
  if (/does not take an argument/.test(message)) return `${name} takes no value`;
  if (/ambiguous/.test(message))
    return `the value of ${name} is missing; one that begins with a dash is written ${name}=-…`;
  return `${name} wants a value`;
}

/** `--at`: an instant, or so much later than now; undefined when it is not given. */
export function readAt(flags: Flags, now: number): Result<Instant, string> | undefined {
  const text = flags.text('at');
  if (text === undefined) return undefined;
  const later = /^\+(.+)$/.exec(text);
  const span = later === null ? undefined : parseDuration(later[1] as string);
  const at = span === undefined ? Date.parse(text) : now + span * 1000;
  return Number.isNaN(at)
    ? fault(`--at wants an instant such as 2026-12-31T00:00:00Z, or +14d, not ${JSON.stringify(text)}`)
    : ok(instant(at));
}

/** @returns what is wrong with the flags that every verb has. */
export function commonFault(flags: Flags, now: number): string | undefined {
  const timeout = flags.text('timeout');
  if (timeout !== undefined && !((parseDuration(timeout) ?? 0) > 0))
    return `--timeout wants a duration such as 30s, not ${JSON.stringify(timeout)}`;
  const color = flags.text('color');
  if (color !== undefined && !['auto', 'always', 'never'].includes(color))
    return `--color wants auto, always or never, not ${JSON.stringify(color)}`;
  const lang = flags.text('lang');
  if (lang !== undefined && lang !== 'en' && lang !== 'ja') return `--lang wants en or ja, not ${JSON.stringify(lang)}`;
  const url = flags.text('url');
  if (url !== undefined && !/^http:\/\/./i.test(url)) return `--url wants http://…, not ${JSON.stringify(url)}`;
  const at = readAt(flags, now);
  return at?.kind === 'fault' ? at.fault : undefined;
}

/** Milliseconds of `--timeout`. */
export const timeoutOf = (flags: Flags): number => (parseDuration(flags.text('timeout') ?? '60s') ?? 60) * 1000;
