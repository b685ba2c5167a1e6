// Files that a person names on the command line, and standard input: read whole, with a bound, or written; one sentence for
// whatever goes wrong.

import { closeSync, openSync, readSync } from 'node:fs';
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { fault, ok, type Result } from '../core/base/result.ts';

/** Certificates, keys and policies are small; what is larger was named by mistake. */
const maxOctets = 4 * 1024 * 1024;

/** @param path `-` is standard input. */
export async function readInput(path: string): Promise<Result<Uint8Array, string>> {
  const name = path === '-' ? 'standard input' : path;
  try {
    const read = path === '-' ? await fromStandardInput() : await fromFile(path);
    return read === undefined ? fault(`${name}: ${tooLarge}`) : ok(read);
  } catch (error) {
    return fault(`${name}: ${meaningOf(error as NodeJS.ErrnoException)}`);
  }
}

/**
 * A file that the settings name, as text.
 * @throws Error with `code`, whose message is one sentence with the path in it.
 */
export function readNamed(path: string): string {
  try {
    return readWhole(path);
  } catch (error) {
    throw Object.assign(new Error(`${path}: ${meaningOf(error as NodeJS.ErrnoException)}`), {
      code: (error as NodeJS.ErrnoException).code,
    });
  }
}

/** A device has no end: what is larger than any such file is not read on. */
function readWhole(path: string): string {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let size = 0; ; ) {
      const part = Buffer.alloc(64 * 1024);
      const read = readSync(file, part);
      if (read === 0) return Buffer.concat(parts).toString('utf8');
      size += read;
      if (size > maxOctets) throw Object.assign(new Error(tooLarge), { code: 'EFBIG' });
      parts.push(part.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

/** Whole or not at all: a file that is there already is replaced at once. What is no file (a pipe, a device) is written to. */
export async function writeOutput(path: string, text: string): Promise<Result<'written', string>> {
  try {
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (there !== undefined && !there.isFile()) await writeFile(path, text);
    else await replaceFile(there === undefined ? path : await realpath(path), text, there?.mode);
    return ok('written');
  } catch (error) {
    return fault(`${path}: ${meaningOf(error as NodeJS.ErrnoException)}`);
  }
}

/** @param mode of the file that is there. */
async function replaceFile(path: string, text: string, mode: number | undefined): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    await writeFile(beside, text, { flag: 'wx', ...(mode === undefined ? {} : { mode }) });
    await rename(beside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(beside, { force: true });
    throw error;
  }
}

async function fromFile(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, 'r');
  try {
    return await gather(file.createReadStream({ autoClose: false }));
  } finally {
    await file.close();
  }
}

async function fromStandardInput(): Promise<Uint8Array | undefined> {
  if (process.stdin.isTTY) process.stderr.write('reading standard input; end it with Ctrl-D\n');
  return gather(process.stdin);
}

async function gather(chunks: AsyncIterable<Buffer>): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxOctets) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

const tooLarge = `more than ${maxOctets} octets, this is no such file`;

const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EISDIR: 'this is a folder, not a file',
  EFBIG: tooLarge,
  ENOSPC: 'no space is left',
  ELOOP: 'the links lead in a circle',
};

/** In words, where the code is a usual one. */
export const meaningOf = ({ code, message }: NodeJS.ErrnoException): string => meanings[code ?? ''] ?? message;
