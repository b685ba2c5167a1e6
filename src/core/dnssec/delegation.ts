// What the answer to a DS question says about a cut: a signed zone, an unsigned one, or none (RFC 4035 §5.2).

import type { Seconds } from '../base/brand.ts';
import { spend } from '../base/budget.ts';
import { type Message, RrType } from '../dns/message.ts';
import { type Name, parentName } from '../dns/name.ts';
import { proveCut } from './denial.ts';
import { maxDsInSet } from './limits.ts';
import { judgeDenial } from './negative.ts';
import { judgeRrset } from './positive.ts';
import type { ChainStep, Need } from './proof.ts';
import { type Ds, readDs } from './rdata.ts';
import { findRrset, type SignedRrset } from './rrset.ts';
import {
  anchorOf,
  ask,
  bogusAnswer,
  type Heard,
  heard,
  learnZone,
  type NotSecure,
  noAnchor,
  type Run,
  type Step,
  signersOf,
  type Unheard,
  walkDown,
} from './run.ts';

export type Delegation =
  | {
      readonly kind: 'signed';
      readonly ds: readonly Ds[];
      readonly ttl: Seconds;
      /** The answer about DNSKEY where it was asked for meanwhile. */
      readonly dnskey: Heard | Unheard | undefined;
    }
  /** No cut here: the name belongs to `zone`. */
  | { readonly kind: 'inside'; readonly zone: Name; readonly ttl: Seconds }
  | NotSecure;

/** Asks for the DS set of `apex`, once more if the answer does not hold (SEC-34). */
export function* findDelegation(run: Run, apex: Name): Step<Delegation> {
  const first = yield* ask(run, apex, RrType.DS);
  if (first.kind !== 'message') return first;
  const finding = yield* judgeDs(run, apex, first.message);
  if (finding.kind !== 'bogus' || finding.at !== 'answer') return finding;
  const second = yield* ask(run, apex, RrType.DS, 'again');
  const better = second.kind === 'message' ? yield* judgeDs(run, apex, second.message) : finding;
  return better.kind === 'bogus' || better.kind === 'indeterminate' ? finding : better;
}

function* judgeDs(run: Run, apex: Name, { answer, authority }: Message): Step<Delegation> {
  const set = findRrset(answer, apex, RrType.DS);
  if (set !== undefined) return yield* judgeDsSet(run, apex, set);
  const alias = findAlias(answer, apex);
  if (alias === undefined) return yield* judgeNoDs(run, apex, authority);
  // An alias stands at the name or above it, so there is no delegation at the name.
  const finding = yield* judgeRrset(run, alias, authority);
  return finding.kind === 'secure' ? { kind: 'inside', zone: finding.zone, ttl: finding.ttl } : finding;
}

function* judgeDsSet(run: Run, apex: Name, set: SignedRrset): Step<Delegation> {
  const dnskey = yield* prefetch(run, apex, set);
  const finding = yield* judgeRrset(run, set, []);
  if (finding.kind !== 'secure') return finding;
  const ds = set.rrset.records.flatMap((record) => readDs(record.rdata) ?? []).slice(0, maxDsInSet);
  return { kind: 'signed', ds, ttl: finding.ttl, dnskey };
}

/** The parent zone and the DNSKEY set will both be needed, and neither waits for the other. */
function* prefetch(run: Run, apex: Name, set: SignedRrset): Step<Heard | Unheard | undefined> {
  const anchor = anchorOf(run, apex, RrType.DS);
  const [signer] = anchor === undefined ? [] : signersOf(run, set.signatures, apex, RrType.DS, anchor);
  if (signer === undefined || run.zones.has(signer)) return undefined;
  if (!spend(run.budget, 'queries')) return undefined;
  const needs: readonly Need[] = [
    { kind: 'zone', apex: signer },
    { kind: 'ask', name: apex, type: RrType.DNSKEY },
  ];
  const [zone, keys] = yield needs;
  learnZone(run, zone);
  return heard(keys);
}

/** A CNAME at the name or a DNAME above it. */
function findAlias(answer: Message['answer'], apex: Name): SignedRrset | undefined {
  for (let above = parentName(apex); above !== undefined; above = parentName(above)) {
    const dname = findRrset(answer, above, RrType.DNAME);
    if (dname !== undefined) return dname;
  }
  return findRrset(answer, apex, RrType.CNAME);
}

function* judgeNoDs(run: Run, apex: Name, authority: Message['authority']): Step<Delegation> {
  const anchor = anchorOf(run, apex, RrType.DS);
  if (anchor === undefined) return noAnchor;
  const limits = { budget: run.budget, nsec3Limit: run.rules.nsec3Limit };
  const question = { name: apex, type: RrType.DS, anchor };
  const judged = yield* judgeDenial(run, authority, question, (records) => proveCut(records, apex, limits));
  if (judged?.kind === 'judged') {
    const { outcome, zone, ttl } = judged;
    if (outcome.kind === 'no-cut') return { kind: 'inside', zone, ttl };
    // SEC-3, SEC-17, SEC-23
    const because = outcome.kind === 'insecure' ? outcome.because : 'unsigned-delegation';
    noteCut(run, apex, because);
    return { kind: 'insecure', because, ttl };
  }
  if (judged !== undefined && (judged.kind !== 'bogus' || judged.at !== 'answer')) return judged;
  // Nothing that holds. Unless it is insecure further up already, the denial was taken out (SEC-4).
  const above = yield* walkDown(run, apex, RrType.DS, anchor);
  if (above !== undefined) return above;
  const because = judged === undefined || judged.because === 'denial-incomplete' ? 'no-ds-proof' : judged.because;
  noteCut(run, apex, because);
  return bogusAnswer(because);
}

function noteCut(run: Run, zone: Name, outcome: ChainStep['outcome']): void {
  run.chain.push({ zone, what: 'ds', keyTag: null, algorithm: null, outcome });
}
