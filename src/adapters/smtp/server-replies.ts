// What the server says, in one place: three digits, enhanced code, text (RFC 5321 §4.2, RFC 2034, RFC 3463).

import type { Acceptance } from '../../agent/ports.ts';
import type { DataFault } from './server-data.ts';

/** Code, enhanced code and text of one reply. */
export type Answer = readonly [code: number, enhanced: string, says: string];

export type AnswerName =
  | 'badLine'
  | 'notUtf8'
  | 'longLine'
  | 'endlessLine'
  | 'longAuth'
  | 'needTls'
  | 'needAuth'
  | 'needHello'
  | 'unrecognized'
  | 'tooManyUnrecognized'
  | 'http'
  | 'internal'
  | 'reset'
  | 'noop'
  | 'bye'
  | 'startTls'
  | 'needMail'
  | 'needRcpt'
  | 'nestedMail'
  | 'tooManyRecipients'
  | 'noArgument'
  | 'vrfy'
  | 'vrfySyntax'
  | 'earlyData'
  | 'earlyTls'
  | 'noTls'
  | 'tlsActive'
  | 'mailOk'
  | 'rcptOk'
  | 'idle'
  | 'slow'
  | 'tooManyCommands'
  | 'tooManyErrors'
  | 'shutdown'
  | 'notStored'
  | 'authOk'
  | 'authFailed'
  | 'authUnavailable'
  | 'authSyntax'
  | 'authAborted'
  | 'authMechanism'
  | 'authTwice'
  | 'authInMail'
  | 'authOff';

export const answers: Readonly<Record<AnswerName, Answer>> = {
  badLine: [500, '5.5.2', 'Command line must end in CRLF and hold no other control'],
  notUtf8: [500, '5.5.2', 'Command line is not UTF-8'],
  longLine: [500, '5.5.2', 'Command line too long'],
  endlessLine: [421, '4.7.0', 'Line too long, closing connection'],
  longAuth: [500, '5.5.6', 'Authentication line too long'],
  needTls: [530, '5.7.0', 'Must issue a STARTTLS command first'],
  needAuth: [530, '5.7.0', 'Authentication required'],
  needHello: [503, '5.5.1', 'Error: send HELO/EHLO first'],
  unrecognized: [500, '5.5.2', 'Error: command not recognized'],
  tooManyUnrecognized: [421, '4.4.2', 'Error: too many unrecognized commands'],
  http: [421, '4.4.2', 'HTTP requests not allowed'],
  internal: [451, '4.3.0', 'Error: internal server error'],
  reset: [250, '2.0.0', 'Flushed'],
  noop: [250, '2.0.0', 'OK'],
  bye: [221, '2.0.0', 'Bye'],
  startTls: [220, '2.0.0', 'Ready to start TLS'],
  needMail: [503, '5.5.1', 'Need MAIL command'],
  needRcpt: [503, '5.5.1', 'Need RCPT command'],
  nestedMail: [503, '5.5.1', 'Nested MAIL command'],
  tooManyRecipients: [452, '4.5.3', 'Too many recipients'],
  noArgument: [501, '5.5.4', 'Command takes no argument'],
  vrfy: [252, '2.5.0', 'Cannot verify, but will take mail for whom RCPT accepts'],
  vrfySyntax: [501, '5.5.4', 'Syntax: VRFY address'],
  // SMUG-4.
  earlyData: [503, '5.5.1', 'Data sent before 354'],
  // TLS-8.
  earlyTls: [503, '5.5.1', 'Commands sent behind STARTTLS'],
  noTls: [502, '5.5.1', 'STARTTLS is not available'],
  tlsActive: [503, '5.5.1', 'TLS is active already'],
  mailOk: [250, '2.1.0', 'Ok'],
  rcptOk: [250, '2.1.5', 'Ok'],
  idle: [421, '4.4.2', 'Timeout, closing connection'],
  slow: [421, '4.4.2', 'Data comes too slowly, closing connection'],
  tooManyCommands: [421, '4.7.0', 'Too many commands, closing connection'],
  tooManyErrors: [421, '4.7.0', 'Too many errors, closing connection'],
  shutdown: [421, '4.3.2', 'Shutting down, try again later'],
  notStored: [451, '4.3.0', 'Message could not be stored, try again later'],
  // EXT-14.
  authOk: [235, '2.7.0', 'Authentication successful'],
  authFailed: [535, '5.7.8', 'Authentication credentials invalid'],
  authUnavailable: [454, '4.7.0', 'Temporary authentication failure'],
  authSyntax: [501, '5.5.2', 'Cannot decode the response'],
  authAborted: [501, '5.7.0', 'Authentication aborted'],
  authMechanism: [504, '5.5.4', 'Mechanism is not available'],
  authTwice: [503, '5.5.1', 'Authenticated already'],
  authInMail: [503, '5.5.1', 'No AUTH inside a mail transaction'],
  authOff: [502, '5.5.1', 'AUTH is not available'],
};

export const faultAnswers: Readonly<Record<DataFault, Answer>> = {
  // SMUG-2.
  'bare-newline': [550, '5.5.2', 'Message has a bare CR or LF (RFC 5321 section 2.3.8)'],
  // SMUG-11.
  nul: [554, '5.6.0', 'Message has a NUL'],
  // SMUG-10.
  'line-too-long': [554, '5.6.0', 'Message has a line that is too long'],
  // EXT-1.
  'too-large': [552, '5.3.4', 'Message exceeds the size limit'],
};

/** @param outcome undefined when acceptance did not end in time. */
export function outcomeAnswer(outcome: Acceptance | undefined): Answer {
  if (outcome === undefined || outcome.kind === 'cut') return answers.notStored;
  if (outcome.kind === 'queued') return [250, '2.0.0', `Ok: queued as ${outcome.id}`];
  switch (outcome.because) {
    // TRC-7.
    case 'loop-received':
      return [554, '5.4.6', 'Too many Received fields: mail loop'];
    case 'header-size':
      return [554, '5.6.0', 'Header section is too large'];
    // EXT-1, SRV-13, QUE-10.
    case 'queue-full':
      return [452, '4.3.1', 'Insufficient system storage'];
    case 'storage-failed':
      return answers.notStored;
  }
}

/** @param says one line, or several for a reply of several lines. @returns the reply with every CRLF. */
export function replyOf(code: number, says: string | readonly string[]): string {
  if (typeof says === 'string') return `${code} ${safe(says)}\r\n`;
  const last = says.length - 1;
  return says.map((line, index) => `${code}${index < last ? '-' : ' '}${safe(line)}\r\n`).join('');
}

// ATK-91: a control in a reply would end its line.
const safe = (line: string): string => line.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
