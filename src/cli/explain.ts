// `sekisho explain <queue-id>`: the story of one message from its stored records; nothing is reconstructed from logs.

import type { DeliveryRecord, MessageStory, RecipientRow } from '../agent/ports.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { padded } from '../core/words/say.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { bold, bytes, type ExitCode, exitCodes, json, mark, printable, say } from './terminal.ts';

export async function explain(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const [id, ...more] = given.words;
  if (id === undefined || more.length > 0) {
    terminal.err('sekisho: one queue id is wanted, e.g. sekisho explain 4kQ7m2\n');
    return exitCodes.usage;
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const story = await program.relay(loaded, given.flags).story(id);
  if (story === undefined) {
    terminal.err(
      `sekisho: no message ${JSON.stringify(printable(id))}; it was never here, or its history has been cleared\n`,
    );
    return exitCodes.no;
  }
  if (given.flags.on('json')) json(terminal, explainView(story));
  else if (!given.flags.on('quiet')) terminal.out(tell(program, story));
  return exitCodes.yes;
}

const time = (instant: number): string => new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z');

/** The frozen form: docs/schemas/explain.schema.json. */
export function explainView(story: MessageStory): Readonly<Record<string, unknown>> {
  const { message } = story;
  return {
    schema: 'sekisho.explain/1',
    queue_id: message.id,
    received_at: time(message.receivedAt),
    expires_at: time(message.expiresAt),
    sender: message.envelope.reversePath === 'null' ? '' : message.envelope.reversePath.text,
    size: message.size,
    tls_tag: message.envelope.tlsTag,
    client: { address: message.client.address, ehlo: message.client.ehlo, tls: message.client.tls?.protocol ?? null },
    recipients: story.recipients.map(recipientView),
    attempts: story.records,
    events: story.events.map((event) => ({ at: time(event.at), says: event.says })),
  };
}

export function recipientView(row: RecipientRow): Readonly<Record<string, unknown>> {
  const waiting = row.state === 'queued' || row.state === 'deferred';
  return {
    address: row.recipient.mailbox.text,
    nexthop: row.nextHop,
    state: row.state,
    attempts: row.attempts,
    next_attempt: waiting ? time(row.dueAt) : null,
    reason: row.last?.because ?? null,
    status: row.last?.status ?? null,
    says: row.last?.says ?? null,
  };
}

function tell(program: Program, story: MessageStory): string {
  const { terminal } = program;
  const { message } = story;
  const sender = message.envelope.reversePath === 'null' ? '<>' : message.envelope.reversePath.text;
  const asked = { none: 'nothing special', requiretls: 'REQUIRETLS', 'tls-required-no': 'TLS-Required: No' }[
    message.envelope.tlsTag
  ];
  const lines = [
    `${bold(terminal, message.id)}   from ${printable(sender)}   received ${time(message.receivedAt)} from ${message.client.address}   ${bytes(message.size)}`,
    '',
    `  asked     ${asked}`,
  ];
  for (const record of story.records) lines.push(...tellAttempt(program, record));
  for (const event of story.events) lines.push(`  ${time(event.at)}  ${printable(say(terminal, event.says))}`);
  lines.push('');
  for (const row of story.recipients) lines.push(`  ${tellRecipient(program, row)}`);
  return `${lines.join('\n')}\n`;
}

function tellAttempt(program: Program, record: DeliveryRecord): readonly string[] {
  const { terminal } = program;
  const text = (field: string): string => printable(String(record[field] ?? ''));
  const where = [text('mx_host'), record.ip === null || record.ip === undefined ? '' : `[${text('ip')}]`]
    .filter((part) => part !== '')
    .join(' ');
  const how =
    record.reason === null || record.reason === undefined
      ? `${text('tls_achieved')} ${text('authn')}`
      : `${text('reason')} ${text('status')}`;
  const evidence = Array.isArray(record.evidence) ? (record.evidence as readonly Evidence[]) : [];
  return [
    `  ${text('at')}  ${where}  ${text('result')}: ${how}`,
    ...evidence.map(
      (item) =>
        `      ${mark(terminal, item.outcome)} ${padded(say(terminal, item.rung), 11)} ${printable(say(terminal, item.says))}  (${item.rule})`,
    ),
    ...(record.reply === null || record.reply === undefined
      ? []
      : [`      ${say(terminal, 'reply')} ${text('reply')}`]),
  ];
}

function tellRecipient({ terminal }: Program, row: RecipientRow): string {
  const who = printable(row.recipient.mailbox.text);
  const why =
    row.last === undefined
      ? ''
      : `: ${printable(say(terminal, row.last.says))} (${row.last.because} ${row.last.status})`;
  if (row.state === 'queued' || row.state === 'deferred')
    return `${who}  waiting, next attempt ${time(row.dueAt)}${why}`;
  return `${who}  ${row.state}${row.state === 'sent' ? '' : why}`;
}
