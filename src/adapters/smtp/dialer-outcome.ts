// What came back during one transaction, and what it means for each recipient (SMTP-9, SMTP-10).

import { isNonEmpty } from '../../core/base/result.ts';
import type { RecipientReply, TransferOutcome } from '../../core/policy/model.ts';
import { classifyReply, endsSession } from '../../core/smtp/classify.ts';
import type { Reply } from '../../core/smtp/reply.ts';

/** Filled in as replies arrive. */
export type TransferRecord = {
  mail?: Reply;
  readonly rcpt: Reply[];
  data?: Reply;
  final?: Reply;
  /** The final dot was handed to the socket: from here on the message may have been taken. */
  dot: 'unsent' | 'sent';
  octets: number;
};

export const newTransferRecord = (): TransferRecord => ({ rcpt: [], dot: 'unsent', octets: 0 });

/** @param lost how the connection ended, used only if a reply is missing for somebody. */
export function outcomeOf(
  record: TransferRecord,
  recipients: readonly string[],
  lost: { readonly during: string; readonly says: string },
): TransferOutcome {
  const closing = [record.mail, ...record.rcpt, record.data].find((reply) => reply !== undefined && endsSession(reply));
  const replies: RecipientReply[] = [];
  for (const [index, recipient] of recipients.entries()) {
    const own =
      replyFor(record, index) ?? (closing === undefined ? undefined : { reply: closing, at: 'mail' as const });
    if (own === undefined) return { kind: 'lost', ...lost, afterDot: record.dot === 'sent' ? 'yes' : 'no' };
    replies.push({ recipient, ...own });
  }
  if (!isNonEmpty(replies)) throw new Error('a transaction without recipients');
  return { kind: 'replied', replies, bytes: record.octets };
}

type Answer = Pick<RecipientReply, 'reply' | 'at'>;

/** SMTP-9: the first refusal on the way counts, else the reply to the final dot. */
function replyFor(record: TransferRecord, index: number): Answer | undefined {
  const rcpt = record.rcpt[index];
  if (record.mail !== undefined && isRefusal(record.mail)) return { reply: record.mail, at: 'mail' };
  if (rcpt !== undefined && isRefusal(rcpt)) return { reply: rcpt, at: 'rcpt' };
  if (record.data !== undefined && isRefusal(record.data)) return { reply: record.data, at: 'data' };
  return record.final === undefined ? undefined : { reply: record.final, at: 'final-dot' };
}

const isRefusal = (reply: Reply): boolean => classifyReply(reply) !== 'positive';
