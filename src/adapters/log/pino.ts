// Event names to log lines on standard error, addresses redacted (OBS-2, OBS-4). JSON through pino; the pretty form is one
// line for people.

import { createHash } from 'node:crypto';
import { pino } from 'pino';
import type { Log } from '../../agent/ports.ts';
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
  const clean = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    redactFields(fields, options.redact);
  if (options.format === 'pretty') {
    const order = ['debug', 'info', 'warn', 'error'];
    return {
      event(level, event, fields = {}) {
        if (order.indexOf(level) < order.indexOf(options.level)) return;
        write(prettyLine(level, event, clean(fields)));
      },
      lines: write,
      flush: () => sink?.flush(),
    };
  }
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return {
    event: (level, event, fields = {}) => logger[level](clean(fields), event),
    lines: write,
    flush: () => sink?.flush(),
  };
}

function prettyLine(level: string, event: string, fields: Readonly<Record<string, unknown>>): string {
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

function redactFields(
  fields: Readonly<Record<string, unknown>>,
  redact: LogOptions['redact'],
): Record<string, unknown> {
  const cleaned: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (secretFields.test(key)) continue;
    cleaned[key] = addressFields.has(key) ? redactValue(value, redact) : value;
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
  const mark = createHash('sha256').update(address).digest('hex').slice(0, 8);
  const at = address.lastIndexOf('@');
  return redact === 'addresses' || at < 0 ? `~${mark}` : `~${mark}${address.slice(at)}`;
}
