// Event names to log lines on standard error, addresses redacted (OBS-2, OBS-4). JSON through pino; the pretty form is one
// line for people.

import { hash } from 'node:crypto';
import { pino } from 'pino';
import type { Log, LogFields } from '../../agent/ports.ts';
import { openSink } from './sink.ts';

export type LogOptions = {
  readonly format: 'json' | 'pretty';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly redact: 'none' | 'local-parts' | 'addresses';
  /** Default: file descriptor 2. */
  readonly write?: (line: string) => void;
};

/** Fields that hold a mail address or a list of them. */
const addressFields = new Set(['from', 'to', 'sender', 'recipient', 'recipients', 'user']);

/** OBS-4: whatever the caller thought, these never reach a log. */
const secretFields = /^(password|pass|secret|token|credentials|authorization|private_?key|body)$/i;

export type RelayLog = Log & {
  /** Lines that another thread has rendered. */
  lines(text: string): void;
  /** Before the process ends. */
  flush(): void;
};

export function createLog(options: LogOptions): RelayLog {
  const sink = options.write ? undefined : openSink(2);
  const write = options.write ?? ((line: string) => sink?.write(line));
  const redact = (fields: LogFields): LogFields => redactFields(fields, options.redact);
  const print = options.format === 'pretty' ? prettyPrinter(write, redact) : jsonPrinter(write, redact);
  const least = levels.indexOf(options.level);
  return {
    event(level, event, fields = {}, shared) {
      if (levels.indexOf(level) >= least) print(level, event, redact(fields), shared);
    },
    lines: write,
    flush: () => sink?.flush(),
  };
}

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];

type Level = LogOptions['level'];
type Printer = (level: Level, event: string, fields: LogFields, shared: LogFields | undefined) => void;
type Redact = (fields: LogFields) => LogFields;

function jsonPrinter(write: (line: string) => void, redact: Redact): Printer {
  const logger = pino(
    {
      level: 'debug',
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  /** A child has rendered what it is bound to. */
  const children = new WeakMap<LogFields, typeof logger>();
  const childOf = (shared: LogFields): typeof logger => {
    const child = children.get(shared) ?? logger.child(redact(shared));
    children.set(shared, child);
    return child;
  };
  return (level, event, fields, shared) => (shared === undefined ? logger : childOf(shared))[level](fields, event);
}

const prettyPrinter =
  (write: (line: string) => void, redact: Redact): Printer =>
  (level, event, fields, shared = {}) =>
    write(prettyLine(level, event, { ...fields, ...redact(shared) }));

function prettyLine(level: string, event: string, fields: LogFields): string {
  const time = new Date().toISOString().slice(11, 19);
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        `${key}=${typeof value === 'string' && /^[\w@.:/[\]<>+-]+$/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join(' ');
  const line = `${time} ${level === 'info' ? '' : `${level.toUpperCase()} `}${event}${rest === '' ? '' : ` ${rest}`}`;
  return `${line.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')}\n`;
}

/** What is to be done with a field, by its name. There are few names. */
const kinds = new Map<string, 'secret' | 'address' | 'plain'>();
const maxKinds = 1000;

function kindOf(key: string): 'secret' | 'address' | 'plain' {
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const kind = secretFields.test(key) ? 'secret' : addressFields.has(key) ? 'address' : 'plain';
  if (kinds.size < maxKinds) kinds.set(key, kind);
  return kind;
}

/** @returns the same object where nothing is to be hidden. */
function redactFields(fields: LogFields, redact: LogOptions['redact']): LogFields {
  let isClean = true;
  for (const key in fields) {
    const kind = kindOf(key);
    if (kind === 'secret' || (kind === 'address' && redact !== 'none')) isClean = false;
  }
  if (isClean) return fields;
  const cleaned: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    const kind = kindOf(key);
    if (kind !== 'secret') cleaned[key] = kind === 'address' ? redactValue(fields[key], redact) : fields[key];
  }
  return cleaned;
}

function redactValue(value: unknown, redact: LogOptions['redact']): unknown {
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  return typeof value === 'string' ? redactAddress(value, redact) : value;
}

/** The same address gives the same mark, so that a story can still be followed through the log. */
export function redactAddress(address: string, redact: LogOptions['redact']): string {
  if (redact === 'none' || address === '' || address === '<>') return address;
  const mark = hash('sha256', address).slice(0, 8);
  const at = address.lastIndexOf('@');
  return redact === 'addresses' || at < 0 ? `~${mark}` : `~${mark}${address.slice(at)}`;
}
