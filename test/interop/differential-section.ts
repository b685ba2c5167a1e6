// What a differential run came to, as a section of docs/proof.md.

import { table } from '../proof/document.ts';
import { known } from './differential-known.ts';

type Counts = Readonly<Record<string, number>>;

export type Result = {
  readonly seed: string;
  readonly compared: {
    readonly questions: number;
    readonly verdicts: Counts;
    readonly explained: Counts;
    readonly unexplained: number;
  };
  readonly attacked: {
    readonly attempts: number;
    readonly held: { readonly failed: number; readonly unchanged: number };
    readonly byWay: Counts;
    readonly believed: number;
  };
};

const number = (count: number): string => count.toLocaleString('en');
const words = (counts: Counts): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${number(count)}`)
    .join(', ');

export function sectionOf({ seed, compared, attacked }: Result): string {
  const { questions, verdicts, explained, unexplained } = compared;
  return [
    `## Differential: \`SEED=${seed} QUESTIONS=${questions} npm run differential\``,
    [
      `${number(questions)} questions about random zones, to unbound, to BIND and to our validator behind unbound, behind BIND and behind an unbound that`,
      `does not validate. Our verdicts: ${words(verdicts)}. Differences without an explanation: ${unexplained}. The same seed asks the same again;`,
      'CI asks 1,000. What is explained stands in [differences.md](differences.md):',
    ].join('\n'),
    table(
      ['Difference', 'Right', 'By', 'Questions'],
      known.flatMap(({ id, right, by }) => {
        const count = explained[id];
        return count === undefined ? [] : [[id, right, by, number(count)]];
      }),
    ),
    `The attacker in front of the upstream tried ${number(attacked.attempts)} times: ${number(attacked.held.failed)} ended in failure, ${number(attacked.held.unchanged)} in the same verdict as without him, ${attacked.believed} were believed. By what he showed: ${words(attacked.byWay)}.`,
  ].join('\n\n');
}
