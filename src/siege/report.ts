// What the siege prints: a line per attack, the table's counts, and the JSON lines `sekisho.siege/1`.

import type { Finding } from './attack.ts';
import type { Row } from './run.ts';

export type Verdict = Finding['kind'];

export const verdicts: readonly Verdict[] = ['held', 'fell', 'not-applicable', 'undetermined'];

export type SiegeLine = {
  readonly schema: 'sekisho.siege/1';
  readonly kind: 'attack';
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly says: string;
  readonly controls: string;
  readonly sends: string;
  readonly sinkMaySee: string;
  readonly mustBeVisible: string;
  readonly claims: readonly string[];
  readonly milliseconds: number;
};

export type SiegeSummary = {
  readonly schema: 'sekisho.siege/1';
  readonly kind: 'summary';
  readonly target: string;
  readonly claims: readonly string[];
  readonly attacks: number;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly fell: readonly string[];
  readonly undetermined: readonly string[];
};

export const saysOf = (finding: Finding): string =>
  finding.kind === 'held' || finding.kind === 'fell' ? finding.saw : finding.because;

export function lineOf({ attack, finding, milliseconds }: Row): SiegeLine {
  const { id, title, controls, sends, sinkMaySee, mustBeVisible, claims } = attack;
  const told = { id, title, verdict: finding.kind, says: saysOf(finding) };
  return {
    schema: 'sekisho.siege/1',
    kind: 'attack',
    ...told,
    controls,
    sends,
    sinkMaySee,
    mustBeVisible,
    claims,
    milliseconds,
  };
}

/** @param rows one per attack: of a row that came twice the second. */
export function summaryOf(rows: readonly Row[], target: string, claims: readonly string[]): SiegeSummary {
  const of = (kind: Verdict): readonly string[] =>
    rows.filter(({ finding }) => finding.kind === kind).map(({ attack }) => attack.id);
  const counts = Object.fromEntries(verdicts.map((kind) => [kind, of(kind).length])) as Record<Verdict, number>;
  return {
    schema: 'sekisho.siege/1',
    kind: 'summary',
    target,
    claims,
    attacks: rows.length,
    counts,
    fell: of('fell'),
    undetermined: of('undetermined'),
  };
}

/** 0 only if all that apply held; 1 when one fell; 3 when it could not be told. */
export function exitCodeOf({ counts }: SiegeSummary): 0 | 1 | 3 {
  if (counts.fell > 0) return 1;
  return counts.undetermined > 0 || counts.held === 0 ? 3 : 0;
}

export const countsLine = ({ attacks, counts }: SiegeSummary): string =>
  `${attacks} attacks: ${verdicts.map((kind) => `${counts[kind]} ${kind.replace('-', ' ')}`).join(', ')}`;
