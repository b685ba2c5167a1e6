// From a question along CNAME and DNAME to its end, each step with its state (DNS-10 to DNS-12, RFC 7672 §2.1.3).

import { type Seconds, seconds } from '../base/brand.ts';
import type { Message, ResourceRecord } from '../dns/message.ts';
import type { Name } from '../dns/name.ts';
import type { AliasLink, InsecureCause, Proof, Question } from './proof.ts';
import { ask, type Run, type Step, type Unheard } from './run.ts';

/** `because` is null for secure. */
type Standing = {
  readonly state: 'secure' | 'insecure';
  readonly because: InsecureCause | null;
  readonly ttl: Seconds;
};

/** What one message says about one name. */
export type Found =
  | ({ readonly kind: 'records'; readonly records: readonly ResourceRecord[] } & Standing)
  | ({ readonly kind: 'alias'; readonly by: AliasLink['by']; readonly to: Name } & Standing)
  | ({ readonly kind: 'absent'; readonly denial: 'nxdomain' | 'nodata' } & Standing)
  | Unheard;

export type Look = (run: Run, message: Message, name: Name, type: number) => Step<Found>;

export function* followAliases(run: Run, question: Question, look: Look): Step<Proof> {
  const aliases: AliasLink[] = [];
  const visited = new Set<Name>([question.name]);
  let name = question.name;
  let message: Message | undefined;
  let standing: Standing = { state: 'secure', because: null, ttl: longest };
  const conclude = (end: Pick<Proof, 'state' | 'because' | 'ttl'> & Partial<Proof>): Proof => ({
    question,
    rcode: message?.rcode ?? null,
    records: [],
    denial: null,
    aliases,
    chain: run.chain,
    work: { ...run.budget.spent },
    ...end,
  });
  for (;;) {
    const step = yield* settle(run, message, name, question.type, look);
    const { found } = step;
    message = step.message ?? message;
    if (found.kind === 'bogus' || found.kind === 'indeterminate') {
      return conclude({ state: found.kind, because: found.because, ttl: seconds(0) });
    }
    standing = weaken(standing, found);
    if (found.kind === 'records') return conclude({ ...standing, records: found.records });
    if (found.kind === 'absent') return conclude({ ...standing, denial: found.denial });
    // DNS-10: this many steps work, one more is an error, and so is coming round again.
    const over = aliases.length >= run.rules.aliasLimit ? 'alias-limit' : visited.has(found.to) ? 'alias-loop' : null;
    if (over !== null) return conclude({ state: 'indeterminate', because: over, ttl: seconds(0) });
    aliases.push({ from: name, to: found.to, by: found.by, state: standing.state });
    visited.add(found.to);
    name = found.to;
  }
}

// RFC 8767 §4: a TTL above a week is of no use to anybody.
const longest = seconds(604_800);

// DNS-11: insecure from the first insecure step on.
function weaken(before: Standing, now: Standing): Standing {
  const ttl = seconds(Math.min(before.ttl, now.ttl));
  return before.state === 'insecure' ? { ...before, ttl } : { state: now.state, because: now.because, ttl };
}

/**
 * First in what was heard about the step before, then by an own question (DNS-12), then by asking it once more (SEC-34).
 * A message about another name can give records and secure denials; that it is silent means nothing.
 */
function* settle(
  run: Run,
  before: Message | undefined,
  name: Name,
  type: number,
  look: Look,
): Step<{ readonly found: Found; readonly message?: Message }> {
  if (before !== undefined) {
    const found = yield* look(run, before, name, type);
    if (isThere(found) || (found.kind === 'absent' && found.state === 'secure')) return { found };
  }
  const first = yield* ask(run, name, type);
  if (first.kind !== 'message') return { found: first };
  const found = yield* look(run, first.message, name, type);
  if (found.kind !== 'bogus' || found.at !== 'answer') return { found, message: first.message };
  const second = yield* ask(run, name, type, 'again');
  const better = second.kind === 'message' ? yield* look(run, second.message, name, type) : found;
  if (second.kind === 'message' && (isThere(better) || better.kind === 'absent')) {
    return { found: better, message: second.message };
  }
  return { found, message: first.message };
}

const isThere = (found: Found): boolean => found.kind === 'records' || found.kind === 'alias';
