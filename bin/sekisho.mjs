#!/usr/bin/env node
// Says one clear line on a Node that is too old, then hands over: to dist in the package, to src in a checkout.
import { existsSync } from 'node:fs';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(`sekisho needs Node 24 or newer; this is ${process.version} (${process.execPath})\n`);
  process.exit(2);
}
const source = new URL('../src/main.ts', import.meta.url);
const built = new URL('../dist/main.js', import.meta.url);
const inPackage = import.meta.url.includes('/node_modules/');
const entry = inPackage || !existsSync(source) ? built : source;
const { main } = await import(entry.href);
await main(process.argv.slice(2));
