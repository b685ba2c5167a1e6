// The configuration a verb works with, or its faults, one line each: place, key, remedy.

import type { ConfigFault, Loaded } from '../config/load.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { say, type Terminal } from './terminal.ts';

const placed = ({ at, path }: ConfigFault, says: string): string => `${at}: ${path === '' ? '' : `${path} `}${says}`;

/** As logs and data have it. */
export const faultLine = (found: ConfigFault): string => placed(found, found.says);

/** OPS-64: in the language of the person. */
export const spokenFault = (terminal: Terminal, found: ConfigFault): string => placed(found, say(terminal, found.says));

/** @returns undefined after the faults were told; the verb then ends with exit 2. */
export function loadedOrFaults(program: Program, given: Arguments): Loaded | undefined {
  const loaded = program.config(given.flags);
  if (loaded.kind === 'ok') return loaded.value;
  for (const found of loaded.fault) program.terminal.err(`sekisho: ${spokenFault(program.terminal, found)}\n`);
  return undefined;
}
