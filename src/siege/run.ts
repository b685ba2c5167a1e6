// The siege itself: every attack in an arena of its own, several at a time, and what came of each. A finding counts only
// beside a control message that arrived.

import { type ArenaOptions, makeArena, NeverTried, type WatchedArena } from './arena.ts';
import type { Attack, Claim, Finding } from './attack.ts';
import { TargetUnreachable } from './talk.ts';

export type Row = {
  readonly attack: Attack;
  readonly finding: Finding;
  readonly milliseconds: number;
  /** What the relay said to the messages of this attack that it took. */
  readonly replies: readonly string[];
};

export const atOnce = 16;

/**
 * Rows in the order of the list; those that run alone are begun when all others are over, those that run last when all
 * others are judged for good. A row that comes a second time takes the place of the first.
 *
 * @throws TargetUnreachable when the relay takes no mail any more.
 */
export async function* besiege(attacks: readonly Attack[], options: ArenaOptions): AsyncGenerator<Row> {
  const together = attacks.filter(({ runs }) => runs === undefined);
  const alone = attacks.filter(({ runs }) => runs === 'alone');
  const waiting = [...together];
  const flying: Promise<Begun>[] = [];
  const begun: Begun[] = [];
  const launch = (): void => {
    const next = waiting.shift();
    if (next === undefined) return;
    const one = carryOut(next, options);
    // Awaited in its turn; until then a rejection is not unhandled. The next begins when any one is over.
    one.then(launch, () => {});
    flying.push(one);
  };
  for (let started = 0; started < atOnce; started++) launch();
  for (let one = flying.shift(); one; one = flying.shift()) {
    begun.push(await one);
    yield rowOf(begun.at(-1) as Begun);
  }
  for (const attack of alone) {
    const one = await carryOut(attack, options);
    begun.push(one);
    yield rowOf(one);
  }
  yield* belied(begun);
  const last: Begun[] = [];
  for (const attack of attacks.filter(({ runs }) => runs === 'last')) {
    const one = await carryOut(attack, options);
    last.push(one);
    yield rowOf(one);
  }
  yield* belied(last);
}

const belied = (begun: readonly Begun[]): readonly Row[] =>
  begun.filter(isBelied).map((one) => ({
    ...rowOf(one),
    finding: { kind: 'undetermined', because: 'it was tried only after the attack was over' },
  }));

/** Held because nothing came, and something came later. */
const isBelied = ({ finding, arena }: Begun): boolean => finding.kind === 'held' && arena.stragglers().length > 0;

type Begun = Omit<Row, 'replies'> & { readonly arena: WatchedArena };

const rowOf = ({ arena, ...row }: Begun): Row => ({ ...row, replies: arena.replies });

async function carryOut(attack: Attack, options: ArenaOptions): Promise<Begun> {
  const started = performance.now();
  const arena = makeArena(options);
  const finding = await findingOf(attack, arena, options.claims);
  return { attack, finding, milliseconds: Math.round(performance.now() - started), arena };
}

async function findingOf(attack: Attack, arena: WatchedArena, claims: readonly Claim[]): Promise<Finding> {
  if (attack.limit !== undefined) return { kind: 'not-applicable', because: attack.limit };
  const missing = attack.claims.filter((claim) => !claims.includes(claim));
  if (missing.length > 0) return { kind: 'not-applicable', because: `not claimed: ${missing.join(', ')}` };
  if (attack.run === undefined) return { kind: 'undetermined', because: 'this attack cannot be carried out' };
  try {
    const finding = await attack.run(arena);
    if (finding.kind !== 'held' || (await arena.controlled()) === 'arrived') return finding;
    return { kind: 'undetermined', because: `${finding.saw}; but the control message did not arrive` };
  } catch (error) {
    if (error instanceof TargetUnreachable) throw error;
    const says = (error as Error).message;
    return { kind: 'undetermined', because: error instanceof NeverTried ? says : `the attack broke down: ${says}` };
  }
}
