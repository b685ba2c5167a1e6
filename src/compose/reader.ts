// How files, secrets and texts that the settings name are read: a fault is noted and the rest goes on, so that one run
// shows them all.

import type { ConfigFault } from '../config/load.ts';
import type { SecretRef } from '../config/values.ts';
import type { Result } from '../core/base/result.ts';
import { readNamed } from './input.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export type Reader = {
  readonly env: Env;
  readonly faults: readonly ConfigFault[];
  /** @param path of the setting, @param at where it is written, if that is known. */
  fault(path: string, says: string, at?: string): undefined;
};

export function makeReader(env: Env): Reader {
  const faults: ConfigFault[] = [];
  return {
    env,
    faults,
    fault: (path, says, at = 'configuration') => {
      faults.push({ at, path, says });
      return undefined;
    },
  };
}

/** @returns undefined after the fault was noted. */
export function attempt<T>(path: string, reader: Reader, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    return reader.fault(path, (error as Error).message);
  }
}

export function readOne<T>(path: string, text: string, read: Result<T, string>, reader: Reader): readonly T[] {
  return read.kind === 'ok' ? [read.value] : (reader.fault(path, `${JSON.stringify(text)}: ${read.fault}`) ?? []);
}

/** `credential:` is systemd's LoadCredential. @returns the text without a final line end. */
export function readSecret(path: string, ref: SecretRef, reader: Reader): string | undefined {
  if (ref.from === 'env') return reader.env[ref.name] ?? reader.fault(path, `the variable ${ref.name} is not set`);
  const folder = reader.env.CREDENTIALS_DIRECTORY;
  if (ref.from === 'credential' && folder === undefined) {
    return reader.fault(
      path,
      `credential:${ref.name} is wanted, but $CREDENTIALS_DIRECTORY is not set; use file: outside systemd`,
    );
  }
  const file = ref.from === 'credential' ? `${folder}/${ref.name}` : ref.name;
  return attempt(path, reader, () => readNamed(file).replace(/\r?\n$/, ''));
}
