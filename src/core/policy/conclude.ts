// The attempts of one round to one outcome for each recipient (DT-8.3, INT-1, RTLS-28, SMTP-5 to SMTP-10). Leaves out when
// to come back and when to give up: core/smtp/schedule.

import type { Evidence } from '../base/evidence.ts';
import type { NonEmpty } from '../base/result.ts';
import type { Reply } from '../smtp/reply.ts';
import { catalogue } from './catalogue.ts';
import type { Attempt, DestinationRuling, MessageClass, RecipientOutcome, RecipientReply } from './model.ts';
import type { Reason } from './reasons.ts';

/** @param round attempts in the order made, over all passes; the recipients as in the replies. */
export function conclude(round: {
  readonly ruling: DestinationRuling;
  readonly attempts: readonly Attempt[];
  readonly messageClass: MessageClass;
  readonly recipients: NonEmpty<string>;
}): NonEmpty<RecipientOutcome> {
  const [first, ...others] = round.recipients;
  const one = (recipient: string): RecipientOutcome =>
    round.ruling.kind === 'settled'
      ? bySettled(recipient, round.ruling)
      : byAttempts(recipient, round.attempts, round.messageClass);
  return [one(first), ...others.map(one)];
}

/**
 * Recipients for whom another host may be tried in this round. Closed are those who were taken, refused for good, or put
 * off by a reply of the host itself (SMTP-9); 421 and failures of the channel leave them open (SMTP-7).
 */
export const openRecipients = (attempts: readonly Attempt[], recipients: readonly string[]): readonly string[] =>
  recipients.filter((recipient) =>
    attempts.every((attempt) => {
      const { transfer } = attempt;
      // SMTP-10: it may have been taken; another host would make a second copy.
      if (transfer?.kind === 'lost') return transfer.afterDot === 'no';
      const answer = replyTo(recipient, attempt);
      return answer === undefined || answer.reply.code === 421 || isHostRefusal(attempt, answer);
    }),
  );

function bySettled(recipient: string, ruling: Extract<DestinationRuling, { kind: 'settled' }>): RecipientOutcome {
  const { because, status, final, evidence } = ruling;
  return {
    kind: final === 'bounce' ? 'bounced' : 'deferred',
    recipient,
    because,
    status,
    says: sentenceOf(because, evidence),
    evidence,
  };
}

function byAttempts(recipient: string, attempts: readonly Attempt[], messageClass: MessageClass): RecipientOutcome {
  const failures: Failure[] = [];
  for (const attempt of attempts) {
    const answer = replyTo(recipient, attempt);
    if (answer !== undefined && answer.reply.code >= 200 && answer.reply.code <= 299)
      return {
        kind: 'sent',
        recipient,
        reply: answer.reply,
        host: attempt.plan.candidate.host,
        evidence: evidenceOf(attempt),
      };
    // This recipient was not part of that transaction.
    if (answer === undefined && attempt.transfer?.kind === 'replied') continue;
    const failure = answer === undefined ? failureOf(attempt) : replyFailure(attempt, answer);
    // SMTP-9: a permanent answer of one host is final, whatever other hosts did.
    if (failure.final) return outcomeOf(recipient, failure, 'bounced');
    failures.push(failure);
  }
  // RTLS-42: a notice may go without REQUIRETLS, so the lack of it never ends the matter, nor is it what stood in the way.
  const counted =
    messageClass === 'requiretls-null'
      ? failures.filter(({ because }) => !because.startsWith('requiretls-'))
      : failures;
  const shown = furthest(counted) ?? furthest(failures);
  if (shown === undefined) return nothingTried(recipient);
  // INT-1, DT-8.3: one temporary cause anywhere, and it is tried again.
  const again = counted.length === 0 || counted.some(({ temporary }) => temporary);
  return outcomeOf(recipient, shown, again ? 'deferred' : 'bounced');
}

type Failure = {
  readonly attempt: Attempt;
  readonly because: Reason;
  readonly status: string;
  readonly temporary: boolean;
  /** No other host or time changes it. */
  readonly final: boolean;
  readonly reply?: Reply;
  readonly detail?: string;
};

// ---- replies

const replyTo = (recipient: string, { transfer }: Attempt): RecipientReply | undefined =>
  transfer?.kind === 'replied' ? transfer.replies.find((answer) => answer.recipient === recipient) : undefined;

function replyFailure(attempt: Attempt, answer: RecipientReply): Failure {
  const { reply, at } = answer;
  const permanent = reply.code >= 500 && reply.code <= 599;
  // RTLS-33: the keyword was listed and the parameter refused.
  if (refusesRequiretls(attempt, answer))
    return { ...ofReason(attempt, 'requiretls-unsupported'), reply, detail: textOf(reply) };
  // SMTP-5: too many recipients.
  if (!permanent || (reply.code === 552 && at === 'rcpt'))
    return { ...ofReason(attempt, 'remote-4yz'), status: statusOf(reply, '4'), reply, temporary: true };
  if (reply.code === 552 && at === 'mail') return { ...ofReason(attempt, 'size'), reply, final: true };
  const refused = { ...ofReason(attempt, 'remote-5yz'), status: statusOf(reply, '5'), reply, temporary: false };
  // DT-7.17, RTLS-52: the host wants TLS and none could be had; another host may do.
  return demandsTls(attempt, reply) ? { ...refused, status: '5.7.0' } : { ...refused, final: true };
}

const isHostRefusal = (attempt: Attempt, answer: RecipientReply): boolean =>
  refusesRequiretls(attempt, answer) || demandsTls(attempt, answer.reply);

function refusesRequiretls({ plan }: Attempt, { reply, at }: RecipientReply): boolean {
  if (plan.kind !== 'dial' || plan.demand.requiretls !== 'must' || at !== 'mail') return false;
  return [501, 504, 555].includes(reply.code) || reply.enhanced === '5.5.4' || reply.enhanced === '5.7.30';
}

const demandsTls = ({ verdict }: Attempt, { code, enhanced }: Reply): boolean =>
  verdict?.kind === 'accepted' &&
  verdict.achieved === 'cleartext' &&
  code >= 500 &&
  (code === 530 || enhanced === '5.7.0');

const statusOf = ({ enhanced }: Reply, digit: '4' | '5'): string =>
  enhanced === undefined ? `${digit}.0.0` : classed(enhanced, digit);

// ---- failures without a reply to the recipient

function failureOf(attempt: Attempt): Failure {
  const { plan, verdict, transfer, because } = attempt;
  if (plan.kind === 'skip') {
    const { because: skipped, status, final } = plan;
    return { attempt, because: skipped, status, temporary: final === 'defer', final: false };
  }
  if (verdict?.kind === 'blocked')
    return { attempt, because: verdict.because, status: verdict.status, temporary: verdict.temporary, final: false };
  if (transfer?.kind === 'lost')
    return { ...ofReason(attempt, 'conn-lost'), detail: `${transfer.during}: ${transfer.says}` };
  if (transfer?.kind === 'refused-before-data')
    return { ...ofReason(attempt, transfer.because), detail: transfer.says };
  if (because === undefined) return ofReason(attempt, 'conn-lost');
  // DT-7.16: what a host says outside a transaction is no verdict on the message.
  return because === 'remote-5yz' ? { ...ofReason(attempt, because), temporary: true } : ofReason(attempt, because);
}

function ofReason(attempt: Attempt, because: Reason): Failure {
  const { status, bounce } = catalogue[because];
  return { attempt, because, status, temporary: bounce === 'at-expiry', final: false };
}

// ---- the one that is shown

/** DT-8.3: validation before missing feature, SMTP reply, connection, DNS; RTLS-28: REQUIRETLS missing after all that passed. */
const stages: readonly (readonly Reason[])[] = [
  ['requiretls-unsupported'],
  [
    'cert-name',
    'cert-expired',
    'cert-untrusted',
    'cert-no-tlsa-match',
    'floor-verify',
    'requiretls-unauthenticated',
    'route-auth-unprotected',
    'tls-handshake',
    'starttls-injection',
    'sts-mx-mismatch',
    'requiretls-mx-unvalidated',
  ],
  ['starttls-missing', 'starttls-refused', 'requiretls-no-tls', 'dane-required'],
  ['remote-4yz', 'remote-5yz', 'size', 'content-8bit', 'content-utf8', 'content-binary'],
  ['conn-lost', 'connect-failed'],
];

function stageOf(because: Reason): number {
  const index = stages.findIndex((stage) => stage.includes(because));
  return index < 0 ? stages.length : index;
}

/** Furthest first, then the best preference, then the order of the attempts. */
const furthest = (failures: readonly Failure[]): Failure | undefined =>
  failures.toSorted(
    (a, b) =>
      stageOf(a.because) - stageOf(b.because) ||
      a.attempt.plan.candidate.preference - b.attempt.plan.candidate.preference,
  )[0];

function outcomeOf(recipient: string, failure: Failure, kind: 'deferred' | 'bounced'): RecipientOutcome {
  const { attempt, because, status, reply, detail } = failure;
  const evidence = evidenceOf(attempt);
  const says = reply === undefined ? sentenceOf(because, evidence, detail) : `The mail host said: ${textOf(reply)}`;
  return {
    kind,
    recipient,
    because,
    // requirements.md §5: class 4 while it is retried.
    status: classed(status, kind === 'deferred' ? '4' : '5'),
    host: attempt.plan.candidate.host,
    ...(reply === undefined ? {} : { reply }),
    says,
    evidence,
  };
}

/** A round that was cut short before its first host. */
const nothingTried = (recipient: string): RecipientOutcome => ({
  kind: 'deferred',
  recipient,
  because: 'connect-failed',
  status: catalogue['connect-failed'].status,
  says: 'No mail host was tried',
  evidence: [],
});

const evidenceOf = ({ plan, verdict }: Attempt): readonly Evidence[] => [
  ...plan.evidence,
  ...(verdict?.evidence ?? []),
];

function sentenceOf(because: Reason, evidence: readonly Evidence[], detail?: string): string {
  const last = evidence.findLast(({ outcome, code }) => outcome !== 'pass' && code !== undefined);
  const more = detail ?? last?.says;
  return more === undefined ? catalogue[because].sentence : `${catalogue[because].sentence}: ${more}`;
}

/** ATK-93: as much as a notice shows; every recipient of a message keeps it. */
const maxSaid = 2000;

const textOf = ({ code, enhanced, lines }: Reply): string =>
  [String(code), ...(enhanced === undefined ? [] : [enhanced]), ...lines].join(' ').slice(0, maxSaid);

const classed = (status: string, digit: '4' | '5'): string => `${digit}${status.slice(1)}`;
