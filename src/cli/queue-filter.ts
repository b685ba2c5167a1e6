// The one filter grammar of queue, log and destination (QUE-7, cli.md), from flags.

import type { QueueFilter, RecipientState } from '../agent/ports.ts';
import { parseDuration } from '../config/values.ts';
import { instant } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { printable } from './terminal.ts';

const states = ['queued', 'deferred', 'held', 'sent', 'bounced', 'dropped'];

/** @param ids queue ids named beside the flags. */
export function readFilter(program: Program, given: Arguments, ids: readonly string[]): Result<QueueFilter, string> {
  const { flags } = given;
  const span = (name: string): Result<number | undefined, string> => {
    const text = flags.text(name);
    const held = text === undefined ? undefined : parseDuration(text);
    if (text !== undefined && held === undefined)
      return fault(`--${name} wants a duration such as 2h, not ${JSON.stringify(printable(text))}`);
    return ok(held === undefined ? undefined : program.now() - held * 1000);
  };
  const older = span('older');
  const newer = span('newer');
  if (older.kind === 'fault') return older;
  if (newer.kind === 'fault') return newer;
  const state = flags.text('state');
  if (state !== undefined && !states.includes(state)) return fault(`--state wants one of ${states.join(', ')}`);
  const limit = flags.text('limit');
  if (limit !== undefined && !/^[1-9]\d{0,6}$/.test(limit)) return fault('--limit wants a whole number above 0');
  const text = (name: 'domain' | 'from' | 'to' | 'because'): Partial<QueueFilter> => {
    const value = flags.text(name);
    return value === undefined ? {} : { [name]: value };
  };
  return ok({
    ...text('domain'),
    ...text('from'),
    ...text('to'),
    ...text('because'),
    ...(older.value === undefined ? {} : { olderThan: instant(older.value) }),
    ...(newer.value === undefined ? {} : { newerThan: instant(newer.value) }),
    ...(state === undefined ? {} : { state: state as RecipientState }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(ids.length === 0 ? {} : { ids }),
  });
}
