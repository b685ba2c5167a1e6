// The configuration a verb works with, or its faults, one line each: place, key, remedy.

import type { ConfigFault, Loaded } from '../config/load.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';

export const faultLine = (found: ConfigFault): string =>
  `${found.at}: ${found.path === '' ? '' : `${found.path} `}${found.says}`;

/** @returns undefined after the faults were told; the verb then ends with exit 2. */
export function loadedOrFaults(program: Program, given: Arguments): Loaded | undefined {
  const loaded = program.config(given.flags);
  if (loaded.kind === 'ok') return loaded.value;
  for (const found of loaded.fault) program.terminal.err(`sekisho: ${faultLine(found)}\n`);
  return undefined;
}
