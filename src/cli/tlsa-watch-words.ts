// What `sekisho tlsa watch` says: one template for each alarm and each way it is told. Hosts, records and reason words stay
// as they are.

import type { AlarmEvent, AlarmKind } from '../agent/alarms.ts';
import { fill } from './tlsa-rollover-words.ts';

export const alarmWords: Readonly<Record<AlarmKind, string>> = {
  mismatch: 'the certificate does not match what is published: {says}',
  'not-published': 'no record that counts is published: {says}',
  bogus: 'DNSSEC is broken, mail waits: {says}',
  'certificate-expires': 'the certificate ends soon: {says}',
  'signature-expires': 'a DNSSEC signature ends soon: {says}',
  'servers-differ': 'the name servers are out of step: {says}',
  'selective-starttls':
    'STARTTLS is offered at one contact and not at another, which DANE senders take for an attack: {says}',
  'mx-changed': 'the MX set is another one: {says}',
  'sts-mismatch': 'senders with MTA-STS would not deliver: {says}',
  'tlsrpt-missing': 'reports were asked for and are no longer: {says}',
  'dkim-missing': 'the key that signs reports is not published: {says}',
  undetermined: 'for several rounds nothing could be told: {says}',
};

export const watchWords = {
  alarm: 'ALARM     {subject}: {what}',
  still: 'STILL     {subject}: {what} (since {since})',
  recovered: 'RECOVERED {subject}: {what} (since {since})',
  unknown: 'could not tell: {subject}: {says}',
  well: 'all is well: {count} watched',
  mailSubject: 'sekisho tlsa watch: {event} {kind} {subject}',
  channelFailed: 'an alarm could not be handed on: {says}',
} as const;

export function sayAlarm(event: AlarmEvent): string {
  const what = fill(alarmWords[event.kind], { says: event.says });
  const since = `${new Date(event.since).toISOString().slice(0, 16)}Z`;
  return fill(watchWords[event.event], { subject: event.subject, what, since });
}
