// Files that are read again when they change on disk. Looked at, not listened to: certificate tools rename, link and mount,
// and only the path itself tells in every case what is there now.

import { unwatchFile, watchFile } from 'node:fs';

export type Watch = {
  /** Other files from now on. */
  look(at: readonly string[]): void;
  close(): void;
};

const lookEvery = 2000;
/** Certificate and key are written one after the other. */
const settleFor = 500;

/** Calls once for changes that come together. Holds no process open. */
export function watchFiles(changed: () => void): Watch {
  let watched: readonly string[] = [];
  let pending: NodeJS.Timeout | undefined;
  const onChange = (): void => {
    clearTimeout(pending);
    pending = setTimeout(changed, settleFor).unref();
  };
  const look = (at: readonly string[]): void => {
    for (const path of watched) if (!at.includes(path)) unwatchFile(path, onChange);
    for (const path of at)
      if (!watched.includes(path)) watchFile(path, { interval: lookEvery, persistent: false }, onChange);
    watched = [...new Set(at)];
  };
  return {
    look,
    close: () => {
      clearTimeout(pending);
      look([]);
    },
  };
}
