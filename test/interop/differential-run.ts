// `SEED=… QUESTIONS=20000 npm run differential`: the long job. Several worlds one after the other; ends with 1 if a
// difference is not explained. WORLD and QUESTION see one again; `-- --write` keeps the counts in docs/proof.md.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isToWrite, writeSection } from '../proof/document.ts';
import { compareWorld, newTally, startWorld } from './differential.ts';
import { attackWorld, newAttackTally } from './differential-attack.ts';
import { sectionOf } from './differential-section.ts';
import type { Question } from './random-questions.ts';

const { env } = process;
const seed = env.SEED ?? String(Date.now() % 1_000_000);
const wanted = Number(env.QUESTIONS ?? 20_000);
const perWorld = Number(env.PER_WORLD ?? 2_000);
const zones = Number(env.ZONES ?? 32);
/** Of each world's questions, so many are put to the attacker as well. */
const attacked = Number(env.ATTACKED ?? 300);
const only = env.QUESTION?.split(' ') as unknown as Question | undefined;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-differential-'));
const tally = newTally();
const attacks = newAttackTally();
const unexplainedOrBelieved = (): number => tally.unexplained.length + attacks.broken.length;
console.log(`seed ${seed}, ${wanted} questions`);
try {
  for (let world = Number(env.WORLD ?? 0); tally.questions < wanted; world++) {
    const running = await startWorld(seed, world, folder, zones, env.KEPT);
    const questions = Math.min(perWorld, wanted - tally.questions);
    const run = {
      seed,
      world,
      folder,
      zones,
      questions,
      ...(env.UNTIL === 'first' ? { until: 'the first' as const } : {}),
    };
    const before = tally.unexplained.length;
    const honest = await compareWorld(running, only === undefined ? run : { ...run, only }, tally);
    const brokenBefore = attacks.broken.length;
    if (run.until === undefined || unexplainedOrBelieved() === 0)
      await attackWorld(running, run, honest.slice(0, attacked), attacks);
    await running.stop();
    for (const text of [...tally.unexplained.slice(before), ...attacks.broken.slice(brokenBefore)]) console.log(text);
    console.log(
      `world ${world}: ${tally.questions} questions so far, ${tally.unexplained.length} differences unexplained; ${attacks.attempts} forgeries, ${attacks.broken.length} believed`,
    );
    if (only !== undefined || (run.until !== undefined && unexplainedOrBelieved() > 0)) break;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { unexplained, ...compared } = tally;
const { broken, ...attempts } = attacks;
const result = {
  seed,
  compared: { ...compared, unexplained: unexplained.length },
  attacked: { ...attempts, believed: broken.length },
};
console.log(JSON.stringify(result, null, 2));
if (isToWrite() && only === undefined) writeSection('differential', sectionOf(result));
process.exitCode = unexplainedOrBelieved() === 0 ? 0 : 1;
