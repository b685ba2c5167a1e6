// The same questions again with an attacker in front of the upstream. Whatever it says with records of its loot, what was
// secure stays what it was or fails; what was not secure never becomes so.

import { nameToText } from '../../src/core/dns/name.ts';
import { rdataToText, typeToText } from '../../src/core/dns/presentation.ts';
import { createRandom } from '../fuzz/random.ts';
import {
  type Asked,
  askOurs,
  type Ours,
  ourValidator,
  type Run,
  type Statement,
  toWire,
  type World,
  worldName,
} from './differential.ts';
import { forgeAnswer, loot, ways } from './forgeries.ts';
import { type Forgery, startForgingProxy } from './forging-proxy.ts';
import type { Question } from './random-questions.ts';

export type AttackTally = {
  attempts: number;
  /** Held: the same answer as without the attack, or a failure. */
  held: { failed: number; unchanged: number };
  readonly byWay: Record<string, number>;
  readonly broken: string[];
};

export const newAttackTally = (): AttackTally => ({
  attempts: 0,
  held: { failed: 0, unchanged: 0 },
  byWay: {},
  broken: [],
});

/** Tries every way on each question that has an honest verdict. Each round has a validator that knows nothing yet. */
export async function attackWorld(world: World, run: Run, honest: readonly Asked[], tally: AttackTally): Promise<void> {
  const all = await loot(world);
  const proxy = await startForgingProxy(world.transport, world.ports.unbound);
  const random = createRandom(`${worldName(run.seed, run.world)} forgeries`);
  const subjects = honest.filter(({ ours }) => ours.every(({ statement }) => statement !== 'failed'));
  for (const way of [...ways, 'delegation', ...ways, 'delegation'] as const) {
    proxy.relent();
    const targets = way === 'delegation' ? delegations(world) : subjects.map(({ question }) => question).filter(isLeaf);
    const forgeries = new Map<Question, Forgery>();
    for (const question of targets) {
      const forgery = forgeAnswer(random, all, toWire(question), way === 'delegation' ? random.pick(denialWays) : way);
      if (forgery !== undefined && (way !== 'delegation' || random.oneIn(4))) forgeries.set(question, forgery);
    }
    for (const [question, forgery] of forgeries) proxy.forge(toWire(question), forgery);
    const resolver = ourValidator(proxy.port, world.anchors);
    const exam = await resolver.examined();
    if (exam.state !== 'passed') throw new Error(`no upstream through the attacker: ${JSON.stringify(exam)}`);
    const work = subjects.filter(({ question }) => way === 'delegation' || forgeries.has(question));
    const worker = async (): Promise<void> => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) {
        const said = await askOurs(resolver, toWire(next.question));
        if (run.until === 'the first' && tally.broken.length > 0) return;
        note(tally, { way, asked: next, forgery: forgeries.get(next.question) }, said, run);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    resolver.close();
  }
  await proxy.stop();
}

const denialWays = ['denial', 'parent', 'own'] as const;

/** Where the chain to a zone can be cut. */
const delegations = ({ plan }: World): readonly Question[] =>
  plan.zones.filter(({ name }) => name.split('.').length > 2).map(({ name }) => [name, 'DS']);

/** Keys must be had and the exam passed honestly, or nothing else is tried. */
const isLeaf = ([name, type]: Question): boolean => type !== 'DNSKEY' && type !== 'DS' && name !== '.';

type Attempt = { readonly way: string; readonly asked: Asked; readonly forgery: Forgery | undefined };

function note(
  tally: AttackTally,
  { way, asked, forgery }: Attempt,
  { statement, because }: Pick<Ours, 'statement' | 'because'>,
  { seed, world }: Run,
): void {
  tally.attempts += 1;
  tally.byWay[way] = (tally.byWay[way] ?? 0) + 1;
  const truths = asked.ours.map((ours) => ours.statement);
  if (statement === 'failed') tally.held.failed += 1;
  else if (isTrue(truths, statement, because)) tally.held.unchanged += 1;
  else {
    const records = [...(forgery?.answer ?? []), ...(forgery?.authority ?? [])].map(
      ({ owner, type, rdata }) =>
        `    ${nameToText(owner)} ${typeToText(type)} ${rdataToText(type, rdata).slice(0, 120)}`,
    );
    tally.broken.push(
      [
        `${asked.question.join(' ')}: ${way} makes it ${statement} ${because}; truth: ${truths.join(' / ')}`,
        ...records,
        `  again: SEED=${seed} WORLD=${world} npm run differential`,
      ].join('\n'),
    );
  }
}

/**
 * What was insecure may become anything but secure; many iterations make a denial insecure wherever it is shown
 * (RFC 9276 §3.2).
 */
const isTrue = (truths: readonly Statement[], statement: Statement, because: string): boolean =>
  truths.includes(statement) ||
  (statement.startsWith('insecure') &&
    (truths.some((truth) => truth.startsWith('insecure')) || because === 'nsec3-iterations'));
