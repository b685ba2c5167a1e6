// Flags, environment and files to a loaded configuration: the one place that knows which flag is which setting.

import { hostname } from 'node:os';
import type { Flags } from '../cli/flags.ts';
import { type ConfigFault, type Loaded, loadConfig } from '../config/load.ts';
import type { NonEmpty, Result } from '../core/base/result.ts';
import { meaningOf, readNamed } from './input.ts';
import { profilePath } from './package.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export function readSettings(flags: Flags, env: Environment): Result<Loaded, NonEmpty<ConfigFault>> {
  const servers = flags.all('resolver');
  const anchors = flags.all('trust-anchor');
  return loadConfig({
    file: flags.text('config'),
    env,
    flags: {
      ...(servers.length === 0 ? {} : { 'resolver.servers': servers }),
      ...(anchors.length === 0 ? {} : { 'resolver.trust_anchors': anchors.join('\n') }),
    },
    machineName: machineName(),
    readFile: (path) => {
      try {
        return readNamed(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new Error(meaningOf(error as NodeJS.ErrnoException));
      }
    },
    profileFile: profilePath,
  });
}

/** A bare host name is no EHLO name, but it is what the machine says; `doctor` speaks of it. */
function machineName(): string {
  const name = hostname().toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && !/(^|\.)\d+$/.test(name) ? name : 'localhost';
}
