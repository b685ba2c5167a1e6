// `SEED=… QUESTIONS=20000 npm run differential`: the long job. Several worlds one after the other; ends with 1 if a
// difference is not explained. WORLD and QUESTION see one again; `-- --write` keeps the counts in docs/proof.md.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isToWrite, table, writeSection } from '../proof/document.ts';
import { compareWorld, newTally, startWorld } from './differential.ts';
import { attackWorld, newAttackTally } from './differential-attack.ts';
import { known } from './differential-known.ts';
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
console.log(
  JSON.stringify(
    {
      seed,
      compared: { ...compared, unexplained: unexplained.length },
      attacked: { ...attempts, believed: broken.length },
    },
    null,
    2,
  ),
);
if (isToWrite() && only === undefined) writeSection('differential', sectionOf());
process.exitCode = unexplainedOrBelieved() === 0 ? 0 : 1;

function sectionOf(): string {
  const number = (count: number): string => count.toLocaleString('en');
  const counts = (words: Readonly<Record<string, number>>): string =>
    Object.entries(words)
      .map(([word, count]) => `${word} ${number(count)}`)
      .join(', ');
  return [
    `## Differential: \`SEED=${seed} QUESTIONS=${wanted} npm run differential\``,
    [
      `${number(tally.questions)} questions about random zones, to unbound, to BIND and to our validator behind unbound, behind BIND and behind an unbound that`,
      `does not validate. Our verdicts: ${counts(tally.verdicts)}. Differences without an explanation: ${unexplained.length}. The same seed asks the same again;`,
      'CI asks 1,000. What is explained stands in [differences.md](differences.md):',
    ].join('\n'),
    table(
      ['Difference', 'Right', 'By', 'Questions'],
      known.flatMap(({ id, right, by }) => {
        const count = tally.explained[id];
        return count === undefined ? [] : [[id, right, by, number(count)]];
      }),
    ),
    `The attacker in front of the upstream tried ${number(attacks.attempts)} times: ${number(attacks.held.failed)} ended in failure, ${number(attacks.held.unchanged)} in the same verdict as without him, ${broken.length} were believed. By what he showed: ${counts(attacks.byWay)}.`,
  ].join('\n\n');
}
