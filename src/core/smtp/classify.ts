// A reply to what follows from it for a recipient or a host (RFC 5321 §4.2.1, §4.5.4.1). Network faults need no table: they
// are always temporary.

import type { Reply } from './reply.ts';

export type ReplyStage = 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'final-dot';

export type ReplyClass = 'positive' | 'temporary' | 'permanent';

// SMTP-6: the first digit decides.
export function classifyReply(reply: Reply, at?: ReplyStage): ReplyClass {
  // SMTP-5, RFC 5321 §4.5.3.1.10: "too many recipients" is no verdict on this one.
  if (at === 'rcpt' && reply.code === 552) return 'temporary';
  if (reply.code < 400) return 'positive';
  return reply.code < 500 ? 'temporary' : 'permanent';
}

/** The enhanced status for records and notices: the server's own where its class fits, else x.0.0 (DSN-21). */
export function statusOfReply(reply: Reply, at?: ReplyStage): string {
  const digit = { positive: '2', temporary: '4', permanent: '5' }[classifyReply(reply, at)];
  return reply.enhanced?.startsWith(`${digit}.`) ? reply.enhanced : `${digit}.0.0`;
}

// SMTP-7: after 421 the server closes, whatever it was asked.
export const endsSession = (reply: Reply): boolean => reply.code === 421;

// SMTP-1: only these say "I do not know EHLO"; others refuse the session.
export const meansHeloOnly = (reply: Reply): boolean => [500, 502, 504, 550].includes(reply.code);

// DT-7.17, RTLS-52: the host itself demands TLS; another host may be less strict or have it.
export const demandsTls = (reply: Reply): boolean => reply.code === 530;

// RTLS-33: a MAIL parameter that was listed and is unknown all the same.
export const parameterUnknown = (reply: Reply): boolean =>
  reply.code === 555 || (reply.code >= 500 && reply.enhanced === '5.5.4');
