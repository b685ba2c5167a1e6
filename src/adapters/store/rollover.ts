// What a rollover remembers between runs: one JSON file for each lineage, written by temporary file, fsync and rename, and a
// lock that a killed run does not leave behind (OPS-36).

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { instant, seconds } from '../../core/base/brand.ts';
import { fault, ok, type Result } from '../../core/base/result.ts';
import { firstMemory, type Memory, phases } from '../../core/dane/rollover.ts';

export const memoryFile = (folder: string, lineage: string): string => join(folder, `${lineage}.json`);

/** Nothing yet is the first memory; a file that cannot be understood is a fault that a person must look at. */
export async function readMemory(folder: string, lineage: string): Promise<Result<Memory, string>> {
  const path = memoryFile(folder, lineage);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? ok(firstMemory) : fault(`${path}: ${message}`);
  }
  const memory = memoryFrom(text);
  return memory === undefined
    ? fault(`${path}: this is no state of a rollover; remove it, and all waiting times begin anew`)
    : ok(memory);
}

export async function writeMemory(folder: string, lineage: string, memory: Memory): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeDurably(
    folder,
    memoryFile(folder, lineage),
    `${JSON.stringify({ version: 1, ...memory }, undefined, 2)}\n`,
  );
}

/** The old content or the new one, whenever the power fails. */
export async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** @returns how to give it back, or undefined while another run lives. */
export async function lockLineage(folder: string, lineage: string): Promise<(() => Promise<void>) | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${lineage}.lock`);
  for (const last of [false, true]) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (last || isAlive(await readFile(path, 'utf8').catch(() => ''))) return undefined;
      await rm(path, { force: true });
    }
  }
  return undefined;
}

function isAlive(text: string): boolean {
  const pid = Number(text);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function memoryFrom(text: string): Memory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = value as Readonly<Record<string, unknown>> | null;
  if (typeof read !== 'object' || read === null || read.version !== 1) return undefined;
  const phase = phases.find((one) => one === read.phase);
  const { seen, ttl, handed, goneSince, compromised } = read;
  const isTime = (one: unknown): one is number => Number.isSafeInteger(one) && (one as number) >= 0;
  const isTexts = (one: unknown): one is string[] =>
    Array.isArray(one) && one.every((text) => typeof text === 'string');
  if (phase === undefined || !isTime(ttl) || typeof seen !== 'object' || seen === null) return undefined;
  if (!Object.values(seen).every(isTime) || !(goneSince === null || isTime(goneSince)) || !isTexts(compromised))
    return undefined;
  const last = handed as { records?: unknown; at?: unknown } | null;
  if (last !== null && !(typeof last === 'object' && isTexts(last.records) && isTime(last.at))) return undefined;
  return {
    phase,
    ttl: seconds(ttl),
    seen: Object.fromEntries(
      Object.entries(seen as Record<string, number>).map(([record, at]) => [record, instant(at)]),
    ),
    handed: last === null ? null : { records: last.records as string[], at: instant(last.at as number) },
    goneSince: goneSince === null ? null : instant(goneSince),
    compromised,
  };
}
