// Evidence to the rungs of the ladder, top down: the one text that terminal, web and bounces show.

import type { Evidence, Rung } from '../base/evidence.ts';

export type LadderLine = {
  readonly rung: Rung;
  readonly outcome: Evidence['outcome'];
  readonly text: string;
  readonly rule: string;
};

const order: readonly Rung[] = ['dnssec', 'mx', 'mta-sts', 'tlsa', 'starttls', 'certificate', 'requiretls', 'operator'];

/** Sorted by rung, in the given order within one; what was said twice stands once. */
export function narrate(evidence: readonly Evidence[]): readonly LadderLine[] {
  const lines = evidence.map(
    ({ rung, outcome, rule, says }): LadderLine => ({ rung, outcome, text: printable(says), rule }),
  );
  const sorted = lines.toSorted((a, b) => order.indexOf(a.rung) - order.indexOf(b.rung));
  const seen = new Set<string>();
  return sorted.filter((line) => {
    const key = `${line.rung} ${line.outcome} ${line.text}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** RPT-97, ATK-115: parts of it were said by strangers. */
const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ').slice(0, 500);
