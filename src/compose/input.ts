// Files that a person names on the command line, and standard input: read whole, with a bound, or written; one sentence for
// whatever goes wrong.

import { open, writeFile } from 'node:fs/promises';
import { fault, ok, type Result } from '../core/base/result.ts';

/** Certificates, keys and policies are small; what is larger was named by mistake. */
const maxOctets = 4 * 1024 * 1024;

/** @param path `-` is standard input. */
export async function readInput(path: string): Promise<Result<Uint8Array, string>> {
  const name = path === '-' ? 'standard input' : path;
  try {
    const read = path === '-' ? await fromStandardInput() : await fromFile(path);
    return read === undefined ? fault(`${name}: more than ${maxOctets} octets, this is no such file`) : ok(read);
  } catch (error) {
    return fault(`${name}: ${meaningOf(error as NodeJS.ErrnoException)}`);
  }
}

/** A file that is there already is replaced. */
export async function writeOutput(path: string, text: string): Promise<Result<'written', string>> {
  try {
    await writeFile(path, text);
    return ok('written');
  } catch (error) {
    return fault(`${path}: ${meaningOf(error as NodeJS.ErrnoException)}`);
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

const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EISDIR: 'this is a folder, not a file',
  ENOSPC: 'no space is left',
  ELOOP: 'the links lead in a circle',
};

/** In words, where the code is a usual one. */
export const meaningOf = ({ code, message }: NodeJS.ErrnoException): string => meanings[code ?? ''] ?? message;
