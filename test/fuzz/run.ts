// `npm run fuzz -- --seconds 60 --target name --seed 1`: changes inputs by chance and keeps those that reach code which no
// input reached before (V8's block coverage of src). Each target has its share of the time. What throws, or takes longer
// than a second, is written to test/fuzz/found and ends the run with 1. `--write` keeps the counts in docs/proof.md.

import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table, writeSection } from '../proof/document.ts';
import { mutate } from './mutate.ts';
import { createRandom, type Random } from './random.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const seed = values.seed ?? String(Date.now() % 1_000_000);
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) throw new Error(`targets are ${targets.map(({ name }) => name).join(', ')}`);
const share = (Number(values.seconds ?? 600) * 1_000) / chosen.length;
const found = join(import.meta.dirname, 'found');

/** Inputs between two looks at the coverage. */
const batch = 64;
const tooSlow = 1_000;
const corpusLimit = 2_000;

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** The blocks of src that ran since the last call. */
function blocks(): readonly string[] {
  const ran: string[] = [];
  session.post('Profiler.takePreciseCoverage', (error, taken) => {
    if (error !== null) throw error;
    for (const { url, functions } of taken.result) {
      if (!url.includes('/src/')) continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0) ran.push(`${url}:${startOffset}-${endOffset}`);
    }
  });
  return ran;
}

type Tally = { runs: number; readonly reached: Set<string>; readonly corpus: Uint8Array[]; crashes: number };

async function runOne(target: Target, octets: Uint8Array, tally: Tally): Promise<void> {
  tally.runs += 1;
  // Time of the processor: how busy the machine is says nothing about the reader.
  const before = process.cpuUsage();
  try {
    await target.read(octets);
  } catch (error) {
    keep(target, octets, tally, error as Error);
    return;
  }
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1_000;
  if (took > tooSlow) keep(target, octets, tally, new Error(`took ${Math.round(took)} ms`));
}

function keep(target: Target, octets: Uint8Array, tally: Tally, error: Error): void {
  tally.crashes += 1;
  // One of a kind says it all, and the others drown it.
  if (tally.crashes > 5) return;
  mkdirSync(found, { recursive: true });
  const file = join(found, `${target.name}.${seed}-${tally.crashes}`);
  writeFileSync(file, octets);
  console.log(`${file}: ${error.stack?.split('\n').slice(0, 6).join('\n  ')}`);
}

/** True when the blocks that ran are not all known. */
function isNew(tally: Tally): boolean {
  const before = tally.reached.size;
  for (const block of blocks()) tally.reached.add(block);
  return tally.reached.size > before;
}

async function fuzz(target: Target, random: Random, until: number): Promise<Tally> {
  const tally: Tally = { runs: 0, reached: new Set(), corpus: [...target.seeds], crashes: 0 };
  for (const octets of target.seeds) await runOne(target, octets, tally);
  isNew(tally);
  while (performance.now() < until) {
    const inputs = Array.from({ length: batch }, () =>
      mutate(random, random.pick(tally.corpus), tally.corpus, target.words ?? []),
    );
    for (const octets of inputs) await runOne(target, octets, tally);
    // Which of them it was is looked for only where there is something.
    const known = new Set(tally.reached);
    if (!isNew(tally)) continue;
    const fresh = new Set([...tally.reached].filter((block) => !known.has(block)));
    for (const octets of inputs) {
      await runOne(target, octets, tally);
      const useful = blocks().filter((block) => fresh.delete(block)).length > 0;
      if (useful && tally.corpus.length < corpusLimit) tally.corpus.push(octets);
      if (fresh.size === 0) break;
    }
  }
  return tally;
}

console.log(`seed ${seed}, ${Math.round(share / 1_000)} s for each of ${chosen.length} targets`);
let crashes = 0;
const rows: (readonly string[])[] = [];
for (const target of chosen) {
  const tally = await fuzz(target, createRandom(`${seed} ${target.name}`), performance.now() + share);
  crashes += tally.crashes;
  rows.push(
    [target.name, tally.runs, tally.reached.size, tally.corpus.length, tally.crashes].map((cell) =>
      cell.toLocaleString('en'),
    ),
  );
  console.log(
    `${target.name.padEnd(18)} ${tally.runs} inputs, ${tally.reached.size} blocks, ${tally.corpus.length} kept, ${tally.crashes} found`,
  );
}
session.disconnect();
if (values.write === true && chosen.length === targets.length) writeSection('fuzz', sectionOf());
process.exitCode = crashes === 0 ? 0 : 1;

function sectionOf(): string {
  return [
    `## Fuzzing: \`npm run fuzz -- --seconds ${values.seconds ?? 600} --seed ${seed}\``,
    [
      `Coverage-guided, ${Math.round(share / 1_000)} s for each of ${targets.length} targets: inputs that reach code of \`src\` which none reached before are kept and changed`,
      'further. Nothing may throw, break what its target says must hold, or take longer than a second. The same targets are',
      'properties in `npm test`; what was found once stands in `test/fuzz/found` and stays in the suite.',
    ].join('\n'),
    table(['Target', 'Inputs', 'Blocks reached', 'Inputs kept', 'Found'], rows),
  ].join('\n\n');
}
