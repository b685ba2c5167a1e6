// A small file of JSON that is whole at every moment: written beside itself, forced to disk, renamed.

import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves when the file and its name are on disk. @throws the disk's error; the old file then stands. */
export async function writeDurably(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  // The rename itself is only on disk with its directory.
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Changes that come while a write runs share the next one; each caller waits for the write that holds its change. */
export function inOneWrite(writeAll: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= running
      .catch(() => undefined)
      .then(() => {
        waiting = undefined;
        running = writeAll();
        return running;
      });
    return waiting;
  };
}
