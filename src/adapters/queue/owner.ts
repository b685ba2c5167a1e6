// One process owns a queue. The lock is one of the kernel's (through SQLite), so it dies with its process; the file beside
// it only tells others who that is.

import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** @throws Error naming the path and the process that holds it; `otherwise` is what to do beside stopping that one. */
export function claimOwnership(path: string, otherwise = 'name another queue'): { release(): void } {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  const pidFile = `${path}.pid`;
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (((error as { errcode?: number }).errcode ?? 0) !== 5) throw error;
    throw new Error(`${path} is in use by process ${readPid(pidFile)}; stop that one first, or ${otherwise}`);
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return { release: () => lock.close() };
}

function readPid(file: string): string {
  try {
    return /^\d+/.exec(readFileSync(file, 'utf8'))?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
