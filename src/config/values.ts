// Written value to held value: durations, sizes, addresses, choices. Every fault says what was given and what would do.

import { fault, ok, type Result } from '../core/base/result.ts';
import type { SettingType } from './schema.ts';

export type HostPort = { readonly host: string; readonly port: number };

export type SecretRef = { readonly from: 'file' | 'env' | 'credential'; readonly name: string };

const durationUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** @returns seconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,10})\s*([smhdw])$/.exec(text.trim());
  return match ? Number(match[1]) * (durationUnits[match[2] as string] as number) : undefined;
}

/** @returns octets. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)\s*(b|kb|mb|gb|kib|mib|gib)$/i.exec(text.trim());
  return match ? Math.round(Number(match[1]) * (sizeUnits[(match[2] as string).toLowerCase()] as number)) : undefined;
}

export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text.trim());
  if (!match) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: (match[1] ?? match[2]) as string, port };
}

/** A bare path is a file: that is what operators write. */
export function parseSecretRef(text: string): SecretRef | undefined {
  const match = /^(file|env|credential):(.+)$/.exec(text);
  if (match) return { from: match[1] as SecretRef['from'], name: match[2] as string };
  return text.startsWith('/') || text.startsWith('./') ? { from: 'file', name: text } : undefined;
}

function parseDate(value: unknown): string | undefined {
  const text = value instanceof Date ? value.toISOString().slice(0, 10) : typeof value === 'string' ? value : '';
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return undefined;
  // The TOML parser lets impossible days through: 2026-02-31 must not become March.
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text ? undefined : text;
}

const wrong = (wanted: string, given: unknown): { kind: 'fault'; fault: string } =>
  fault(`${wanted} is wanted, not ${JSON.stringify(given) ?? String(given)}`);

/** @returns the held value, or a sentence that says what is wanted. */
export function readValue(type: SettingType, given: unknown): Result<unknown, string> {
  switch (type.kind) {
    case 'string':
      return typeof given === 'string' && !/[\0\r]/.test(given) ? ok(given) : wrong('text', given);
    case 'boolean':
      return typeof given === 'boolean' ? ok(given) : wrong('true or false', given);
    case 'integer':
      return typeof given === 'number' && Number.isInteger(given) && given >= type.min && given <= type.max
        ? ok(given)
        : wrong(`a whole number from ${type.min} to ${type.max}`, given);
    case 'duration': {
      const held = typeof given === 'string' ? parseDuration(given) : undefined;
      return held === undefined ? wrong('a duration such as "30s", "5m", "4h" or "5d"', given) : ok(held);
    }
    case 'size': {
      const held = typeof given === 'string' ? parseSize(given) : undefined;
      return held === undefined ? wrong('a size such as "64KiB" or "50MB"', given) : ok(held);
    }
    case 'choice':
      return type.of.includes(given as string) ? ok(given) : wrong(`one of ${type.of.join(', ')}`, given);
    case 'address': {
      const held = typeof given === 'string' ? parseHostPort(given) : undefined;
      return held ? ok(held) : wrong('an address such as "127.0.0.1:2525" or "[::1]:2525"', given);
    }
    case 'secret': {
      const held = typeof given === 'string' ? parseSecretRef(given) : undefined;
      // OBS-4: what was given may be the secret itself, so it is not repeated.
      return held ? ok(held) : fault('"file:<path>", "env:<name>" or "credential:<name>" is wanted');
    }
    case 'date': {
      const held = parseDate(given);
      return held === undefined ? wrong('a day such as 2026-12-31', given) : ok(held);
    }
    case 'list': {
      const items = Array.isArray(given) ? given : [given];
      const held: unknown[] = [];
      for (const item of items) {
        const read = readValue(type.of, item);
        if (read.kind === 'fault') return read;
        held.push(read.value);
      }
      return ok(held);
    }
    case 'map':
      return typeof given === 'object' &&
        given !== null &&
        !Array.isArray(given) &&
        Object.values(given).every((value) => typeof value === 'string')
        ? ok({ ...given })
        : wrong('a table of texts', given);
  }
}

/** The environment knows only text; lists are separated by commas, tables are not to be had. */
export function fromEnvironment(type: SettingType, value: string): unknown {
  switch (type.kind) {
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'integer':
      return /^\d{1,10}$/.test(value) ? Number(value) : value;
    case 'list':
      return value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return value;
  }
}
