// From a question to a verdict: secure, insecure, bogus or indeterminate (RFC 4035 §4.3), with the step that decided. A
// generator that yields what it needs to know; it reads no clock and speaks to nobody.

import { type Instant, seconds } from '../base/brand.ts';
import { type Message, Rcode, RrType } from '../dns/message.ts';
import { isAtOrBelow, type Name } from '../dns/name.ts';
import { findAlias, targetOf } from './alias.ts';
import type { Anchors } from './anchors.ts';
import { proveAbsence } from './denial.ts';
import { type Found, followAliases } from './follow.ts';
import { defaultRules } from './limits.ts';
import { judgeDenial, negativeTtl } from './negative.ts';
import { judgeRrset, type Secured } from './positive.ts';
import type { Fact, Need, Proof, ProofBudget, ProofRules, Question } from './proof.ts';
import { findRrset, findRrsets, type SignedRrset } from './rrset.ts';
import { anchorOf, bogusAnswer, type NotSecure, noAnchor, type Run, type Step, startRun, walkDown } from './run.ts';

export { proveZone } from './zone.ts';

/**
 * The verdict on one question. `now` decides about signatures and anchors; `budget` is made from `proofLimits` for each
 * question. The driver answers needs until the generator returns, and stops it by not asking any more when its own time
 * is over.
 */
export function* prove(
  question: Question,
  anchors: Anchors,
  now: Instant,
  budget: ProofBudget,
  rules: ProofRules = defaultRules,
): Generator<readonly Need[], Proof, readonly Fact[]> {
  const run = startRun(anchors, now, budget, rules);
  if (isMetaType(question.type)) return refuse(question, run);
  return yield* followAliases(run, question, look);
}

/** INT-15: the same path through the answers without validation; everything is insecure. */
export function* readUnvalidated(
  question: Question,
  now: Instant,
  budget: ProofBudget,
  rules: ProofRules = defaultRules,
): Generator<readonly Need[], Proof, readonly Fact[]> {
  const run = startRun([], now, budget, rules);
  if (isMetaType(question.type)) return refuse(question, run);
  return yield* followAliases(run, question, lookUnvalidated);
}

/** RFC 6895 §3.1: these are no data, or are never signed themselves (RFC 4035 §2.2). */
const isMetaType = (type: number): boolean =>
  type === 0 || type === RrType.OPT || type === RrType.RRSIG || (type >= 128 && type <= 255);

const refuse = (question: Question, run: Run): Proof => ({
  question,
  state: 'indeterminate',
  because: 'meta-type',
  rcode: null,
  records: [],
  aliases: [],
  denial: null,
  chain: [],
  ttl: seconds(0),
  work: { ...run.budget.spent },
});

type Judge = (run: Run, set: SignedRrset, message: Message) => Step<Secured | NotSecure>;

function* look(run: Run, message: Message, name: Name, type: number): Step<Found> {
  const there = yield* lookForRecords(run, message, name, type, judge);
  return there ?? (yield* lookForAbsence(run, message, name, type));
}

// SEC-30: the additional section is never read.
const judge: Judge = (run, set, { authority }) => judgeRrset(run, set, authority);

function* lookUnvalidated(run: Run, message: Message, name: Name, type: number): Step<Found> {
  const there = yield* lookForRecords(run, message, name, type, judgeNothing);
  return there ?? insecureAbsence(message, name, { kind: 'insecure', because: 'validation-ignored', ttl: seconds(0) });
}

const judgeNothing: Judge = function* (_run, { rrset }) {
  const ttl = seconds(Math.min(...rrset.records.map((record) => record.ttl)));
  return { kind: 'insecure', because: 'validation-ignored', ttl };
};

function* lookForRecords(
  run: Run,
  message: Message,
  name: Name,
  type: number,
  judgeBy: Judge,
): Step<Found | undefined> {
  const alias = findAlias(message.answer, name);
  const set = findRrset(message.answer, name, type);
  // A CNAME that was asked for is the answer, unless it is only the synthesis of a DNAME.
  if (set !== undefined && !(alias?.by === 'DNAME' && type === RrType.CNAME)) {
    const finding = yield* judgeBy(run, set, message);
    return found(finding, set, { kind: 'records', records: set.rrset.records });
  }
  if (alias === undefined) return undefined;
  const finding = yield* judgeBy(run, alias.set, message);
  if (finding.kind === 'bogus' || finding.kind === 'indeterminate') return finding;
  const target = targetOf(alias, name);
  if (target.kind === 'to') return found(finding, alias.set, { kind: 'alias', by: alias.by, to: target.to });
  const { because } = target;
  return because === 'dname-synthesis' ? bogusAnswer(because) : { kind: 'indeterminate', because };
}

type What =
  | { readonly kind: 'records'; readonly records: SignedRrset['rrset']['records'] }
  | { readonly kind: 'alias'; readonly by: 'CNAME' | 'DNAME'; readonly to: Name };

function found(finding: Secured | NotSecure, { rrset }: SignedRrset, what: What): Found {
  if (finding.kind === 'secure') return { ...what, state: 'secure', because: null, ttl: finding.ttl };
  if (finding.kind !== 'insecure') return finding;
  // SEC-33: the data is kept no longer than the proof that it may be insecure.
  const ttl = seconds(Math.min(finding.ttl, ...rrset.records.map((record) => record.ttl)));
  return { ...what, state: 'insecure', because: finding.because, ttl };
}

function* lookForAbsence(run: Run, message: Message, name: Name, type: number): Step<Found> {
  const anchor = anchorOf(run, name, type);
  if (anchor === undefined) return insecureAbsence(message, name, noAnchor);
  const limits = { budget: run.budget, nsec3Limit: run.rules.nsec3Limit };
  const judged = yield* judgeDenial(run, message.authority, { name, type, anchor }, (records) =>
    proveAbsence(records, name, type, limits),
  );
  if (judged?.kind === 'judged') {
    const { outcome, ttl } = judged;
    if (outcome.kind === 'absent') return { ...outcome, state: 'secure', because: null, ttl };
    return insecureAbsence(message, name, { ...outcome, ttl });
  }
  if (judged?.kind === 'insecure') return insecureAbsence(message, name, judged);
  if (judged !== undefined && (judged.kind !== 'bogus' || judged.at !== 'answer')) return judged;
  const below = yield* walkDown(run, name, type, anchor);
  if (below?.kind === 'insecure') return insecureAbsence(message, name, below);
  return judged ?? below ?? bogusAnswer('missing-signature');
}

/** Only the rcode tells what is absent; how long, the unsigned SOA (DNS-8). */
function insecureAbsence(message: Message, name: Name, ground: NotSecure & { readonly kind: 'insecure' }): Found {
  const soa = findRrsets(message.authority, RrType.SOA).find(({ rrset }) => isAtOrBelow(name, rrset.owner));
  const denial = message.rcode === Rcode.NXDOMAIN ? 'nxdomain' : 'nodata';
  const kept = soa === undefined ? 0 : negativeTtl(soa);
  const ttl = ground.because === 'validation-ignored' ? kept : Math.min(kept, ground.ttl);
  return { kind: 'absent', denial, state: 'insecure', because: ground.because, ttl: seconds(ttl) };
}
