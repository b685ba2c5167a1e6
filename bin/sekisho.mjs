#!/usr/bin/env node
// Says one clear line on a Node that is too old, then hands over: to dist in the package, to src in a checkout.
import { accessSync, constants, existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(`sekisho needs Node 24 or newer; this is ${process.version} (${process.execPath})\n`);
  process.exit(2);
}
if (process.argv[2] === 'run') keepLean();
const source = new URL('../src/main.ts', import.meta.url);
const built = new URL('../dist/main.js', import.meta.url);
const inPackage = import.meta.url.includes('/node_modules/');
const entry = inPackage || !existsSync(source) ? built : source;
const { main } = await import(entry.href);
await main(process.argv.slice(2));

/**
 * OPS-66: on a large machine V8 lets garbage, and the C library its arenas, grow by a hundred megabytes under load. Some of
 * the bounds are read only as a process starts, so the relay starts once more in its own place: same process id, files and
 * signals. What the operator set stands; where nothing is left to set nothing is started again.
 */
function keepLean() {
  const { execArgv, env, execPath, platform } = process;
  const isSet = (name) => execArgv.some((given) => given.replaceAll('_', '-').startsWith(`--${name}`));
  if (!isSet('heap-growing-percent')) setFlagsFromString('--heap-growing-percent=20');
  const youngIsSet = isSet('max-semi-space-size') || /--max[-_]semi[-_]space[-_]size/.test(env.NODE_OPTIONS ?? '');
  if (youngIsSet && env.MALLOC_ARENA_MAX !== undefined) return;
  // Windows cannot; a parent that talks to this process over a channel would lose it; a start that fails would be its end.
  if (process.execve === undefined || platform === 'win32' || process.channel || !isExecutable(execPath)) return;
  const flags = youngIsSet ? execArgv : ['--max-semi-space-size=8', ...execArgv];
  process.execve(execPath, [process.argv0, ...flags, ...process.argv.slice(1)], { MALLOC_ARENA_MAX: '2', ...env });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
