// What a round comes to in the queue: who is finished, who is tried again and when, who is given up, and what the sender is
// told. The settlement and its notice are one commit, so nobody is told twice or not at all.

import type { Instant, QueueId, Seconds } from '../core/base/brand.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { assertNever, isNonEmpty, type NonEmpty } from '../core/base/result.ts';
import { catalogue } from '../core/policy/catalogue.ts';
import type { RecipientOutcome } from '../core/policy/model.ts';
import type { Reason } from '../core/policy/reasons.ts';
import {
  type NoticeAction,
  noticeEnvelope,
  type ReportedRecipient,
  renderNotice,
  wantsNotice,
} from '../core/smtp/dsn.ts';
import type { EnvelopeRecipient, Mailbox } from '../core/smtp/envelope.ts';
import { expiryOf, isWarningDue, nextStep, type Schedule } from '../core/smtp/schedule.ts';
import type { Language } from '../core/words/say.ts';
import type { Lease, RecipientRow, Settled, Settlement } from './ports.ts';

const ourselves = '127.0.0.1' as IpAddress;

export type NoticeIdentity = {
  /** Our own host name. */
  readonly hostname: string;
  readonly postmaster: string;
  readonly language?: Language;
  readonly nextHopOf: (recipient: EnvelopeRecipient) => string;
};

export type Judged = {
  readonly settled: Settled;
  readonly report: ReportedRecipient | undefined;
};

/** @param random in [0, 1), one for all recipients so that those who failed together stay together. */
export function judgeRound(
  lease: Lease,
  outcomes: readonly RecipientOutcome[],
  times: {
    readonly schedule: Schedule;
    readonly at: Instant;
    readonly random: number;
    readonly retryAfter: Seconds | undefined;
  },
): NonEmpty<Judged> {
  const judge = (row: RecipientRow): Judged => {
    const { text } = row.recipient.mailbox;
    const outcome = outcomes.find(({ recipient }) => recipient === text) ?? unexplained(row);
    switch (outcome.kind) {
      case 'sent':
        return { settled: { outcome: { ...outcome, kind: 'sent' } }, report: undefined };
      case 'bounced':
        return bounce(row, outcome, times.at);
      case 'deferred':
        return putOff(lease, row, outcome, times);
      default:
        return assertNever(outcome);
    }
  };
  const [first, ...others] = lease.recipients;
  return [judge(first), ...others.map(judge)];
}

type Failure = Extract<RecipientOutcome, { kind: 'deferred' | 'bounced' }>;

const isReason = (text: string | undefined): text is Reason => text !== undefined && Object.hasOwn(catalogue, text);

/** The reason before this one, for outcomes that have none of their own. */
const lastReason = (row: RecipientRow, status: string): Pick<Failure, 'because' | 'status'> =>
  isReason(row.last?.because)
    ? { because: row.last.because, status: row.last.status }
    : { because: 'queue-expired', status };

/** A round that forgot a recipient, or that broke: a bug of ours, so the message waits (architecture §3). */
export const unexplained = (row: RecipientRow): Failure => ({
  kind: 'deferred',
  recipient: row.recipient.mailbox.text,
  ...lastReason(row, '4.3.0'),
  says: 'the attempt ended without a result for this recipient',
  evidence: [],
});

/** QUE-7: an operator gave it up; the sender hears of it with the last real status. */
export const returned = (row: RecipientRow): Failure => ({
  kind: 'bounced',
  recipient: row.recipient.mailbox.text,
  ...lastReason(row, '5.0.0'),
  says: `returned by the operator of this relay${row.last === undefined ? '' : `; before that: ${row.last.says}`}`,
  evidence: [],
});

function bounce(row: RecipientRow, outcome: Failure, at: Instant): Judged {
  return { settled: { outcome: { ...outcome, kind: 'bounced' } }, report: reportOf(row, outcome, 'failed', at) };
}

function putOff(lease: Lease, row: RecipientRow, outcome: Failure, times: Parameters<typeof judgeRound>[2]): Judged {
  const { schedule, at, random, retryAfter } = times;
  const { receivedAt, expiresAt } = lease.message;
  const failure = { failed: row.attempts + 1, at, expiresAt, random };
  const step = nextStep(schedule, retryAfter === undefined ? failure : { ...failure, retryAfter });
  // DSN-9, requirements.md §5: the last real status, of class 4 as it was.
  if (step.kind === 'expired') return bounce(row, { ...outcome, status: statusAtExpiry(outcome) }, at);
  const warn = isWarningDue(schedule, { receivedAt, previousAt: row.last?.at, at });
  return {
    settled: { outcome: { ...outcome, kind: 'deferred' }, dueAt: step.dueAt },
    report: warn ? { ...reportOf(row, outcome, 'delayed', at), retryUntil: expiresAt } : undefined,
  };
}

/** RTLS-29: 5.7.30 or 5.7.10 where the missing protection was the last cause. */
const statusAtExpiry = ({ because, status }: Failure): string =>
  because.startsWith('requiretls-') ? catalogue[because].status : status;

function reportOf(row: RecipientRow, outcome: Failure, action: NoticeAction, at: Instant): ReportedRecipient {
  const { because, status, says, host, reply } = outcome;
  const { sentence, remedy } =
    row.returnedAt === undefined
      ? catalogue[because]
      : {
          sentence: 'The operator of this relay returned the message',
          remedy: 'The postmaster of this relay knows why',
        };
  return {
    recipient: row.recipient,
    action,
    status,
    because,
    sentence,
    remedy,
    says,
    lastAttemptAt: at,
    ...(host !== undefined && { host }),
    ...(reply !== undefined && { reply }),
  };
}

/** Those whose sender wants to hear of them. */
export const toReport = (lease: Lease, judged: readonly Judged[]): readonly ReportedRecipient[] =>
  judged.flatMap(({ report }) =>
    report !== undefined && wantsNotice(lease.message.envelope, report.recipient, report.action) ? [report] : [],
  );

/**
 * DSN-16: one notice for all recipients of the round.
 * @param headers the header section of the message
 * @returns undefined when nobody is to be told
 */
export function noticeFor(
  lease: Lease,
  reports: readonly ReportedRecipient[],
  parts: {
    readonly identity: NoticeIdentity;
    readonly schedule: Schedule;
    readonly id: QueueId;
    readonly at: Instant;
    readonly headers: Uint8Array;
  },
): Settlement['notice'] {
  const { envelope, receivedAt, client } = lease.message;
  if (!isNonEmpty(reports) || envelope.reversePath === 'null') return undefined;
  const { identity, schedule, id, at, headers } = parts;
  const to: Mailbox = envelope.reversePath;
  const body = renderNotice({
    id,
    at,
    to,
    reportingMta: identity.hostname,
    postmaster: identity.postmaster,
    ...(identity.language && { language: identity.language }),
    original: { envelope, receivedAt, ehlo: client.ehlo, address: client.address, headers },
    recipients: reports,
  });
  const own = noticeEnvelope(envelope, to);
  const has8bit = body.some((octet) => octet > 0x7f);
  return {
    body,
    nextHop: identity.nextHopOf({ mailbox: to }),
    message: {
      id,
      envelope: own,
      receivedAt: at,
      // QUE-3
      expiresAt: expiryOf(schedule, at, 'null'),
      size: body.length,
      // No line that we write is longer.
      content: { has8bit, hasUtf8Header: own.smtputf8, longestLine: 998 },
      client: { listener: 'notice', kind: 'submission', address: ourselves, ehlo: identity.hostname, trusted: true },
    },
  };
}
