// `SEED=… QUESTIONS=20000 npm run differential`: the long job. Several worlds one after the other; ends with 1 if a
// difference is not explained. WORLD and QUESTION see one again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWorld, newTally, startWorld } from './differential.ts';
import type { Question } from './random-questions.ts';

const { env } = process;
const seed = env.SEED ?? String(Date.now() % 1_000_000);
const wanted = Number(env.QUESTIONS ?? 20_000);
const perWorld = Number(env.PER_WORLD ?? 2_000);
const zones = Number(env.ZONES ?? 32);
const only = env.QUESTION?.split(' ') as unknown as Question | undefined;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-differential-'));
const tally = newTally();
console.log(`seed ${seed}, ${wanted} questions`);
try {
  for (let world = Number(env.WORLD ?? 0); tally.questions < wanted; world++) {
    const running = await startWorld(seed, world, folder, zones);
    const run = { seed, world, folder, zones, questions: Math.min(perWorld, wanted - tally.questions) };
    const before = tally.unexplained.length;
    await compareWorld(running, only === undefined ? run : { ...run, only }, tally);
    await running.stop();
    for (const text of tally.unexplained.slice(before)) console.log(text);
    console.log(`world ${world}: ${tally.questions} questions so far, ${tally.unexplained.length} unexplained`);
    if (only !== undefined) break;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { unexplained, ...counts } = tally;
console.log(JSON.stringify({ ...counts, unexplained: unexplained.length }, null, 2));
process.exitCode = unexplained.length === 0 ? 0 : 1;
