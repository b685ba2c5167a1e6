// Where the package's own files lie, in a checkout and installed: two folders above this one in both.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

export const version: string = (JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string })
  .version;

/** PKIX-11, ATK-54: a clock before this day is wrong. */
export const buildDate = '2026-11-01';

export const profilePath = (profile: string): string => fileURLToPath(new URL(`policies/${profile}.toml`, root));
