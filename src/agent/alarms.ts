// From what one round of watching found to what people are told: once when it begins, again after a while, once when it is
// over (OPS-52). What could not be told neither raises nor clears an alarm.

import type { Instant } from '../core/base/brand.ts';

export type AlarmKind =
  | 'mismatch'
  | 'not-published'
  | 'bogus'
  | 'certificate-expires'
  | 'signature-expires'
  | 'servers-differ'
  | 'selective-starttls'
  | 'mx-changed'
  | 'sts-mismatch'
  | 'tlsrpt-missing'
  | 'dkim-missing'
  /** For several rounds nothing could be told. */
  | 'undetermined';

export type Finding = {
  /** The host and port, domain or key it is about. */
  readonly subject: string;
  readonly kind: AlarmKind;
  /** Tells findings of one kind apart: an address, a zone. */
  readonly detail: string;
  readonly says: string;
};

/** What one round saw. */
export type Round = {
  readonly findings: readonly Finding[];
  /** Subjects about which it could not tell everything, with why. */
  readonly unknown: ReadonlyMap<string, string>;
  /** All that it looked at: others may keep their alarms in the same memory. */
  readonly seen: readonly string[];
};

type Standing = Finding & { readonly since: Instant; readonly told: Instant };

export type AlarmMemory = {
  readonly alarms: Readonly<Record<string, Standing>>;
  /** Rounds in a row. */
  readonly unknown: Readonly<Record<string, number>>;
  /** By domain: what was last seen, to tell changes. */
  readonly facts: Readonly<Record<string, { readonly mx: readonly string[]; readonly reports: 'wanted' | 'none' }>>;
};

export const noAlarms: AlarmMemory = { alarms: {}, unknown: {}, facts: {} };

export type AlarmEvent = Finding & { readonly event: 'alarm' | 'still' | 'recovered'; readonly since: Instant };

/** After so many rounds without an answer silence itself is an alarm. */
const patience = 3;

export function settleAlarms(
  memory: AlarmMemory,
  { findings, unknown, seen }: Round,
  now: Instant,
  /** Milliseconds. */
  repeat: number,
): { readonly memory: AlarmMemory; readonly events: readonly AlarmEvent[] } {
  const counts = Object.fromEntries(
    [...unknown.keys()].map((subject) => [subject, (memory.unknown[subject] ?? 0) + 1]),
  );
  const silent = [...unknown].flatMap(([subject, says]): readonly Finding[] =>
    (counts[subject] ?? 0) >= patience ? [{ subject, kind: 'undetermined', detail: '', says }] : [],
  );
  const bad = new Map([...findings, ...silent].map((finding) => [keyOf(finding), finding]));
  const events: AlarmEvent[] = [];
  const alarms: Record<string, Standing> = {};
  for (const [key, finding] of bad) {
    const known = memory.alarms[key];
    const due = known !== undefined && now - known.told >= repeat;
    if (known === undefined) events.push({ ...finding, event: 'alarm', since: now });
    else if (due) events.push({ ...finding, event: 'still', since: known.since });
    alarms[key] = { ...finding, since: known?.since ?? now, told: known === undefined || due ? now : known.told };
  }
  for (const [key, known] of Object.entries(memory.alarms)) {
    if (bad.has(key)) continue;
    // Unknown is not well: the alarm stands until its subject was seen whole.
    if (unknown.has(known.subject) || !seen.includes(known.subject)) alarms[key] = known;
    else events.push({ ...known, event: 'recovered' });
  }
  return { memory: { alarms, unknown: counts, facts: memory.facts }, events };
}

const keyOf = ({ subject, kind, detail }: Finding): string => `${subject} ${kind} ${detail}`;
