// `sekisho queue …`: list, show, and acts with one filter grammar (QUE-7). An act shows its count before it is done.

import type { MessageSummary, QueueFilter, RecipientState } from '../agent/ports.ts';
import { parseDuration } from '../config/values.ts';
import { instant } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { explain, recipientView } from './explain.ts';
import type { Arguments } from './flags.ts';
import type { Program, RelayClient } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { age, bytes, type ExitCode, exitCodes, json, printable, table } from './terminal.ts';

const acts = ['retry', 'hold', 'release', 'drop', 'bounce'] as const;
type Act = (typeof acts)[number];
const states = ['queued', 'deferred', 'held', 'sent', 'bounced', 'dropped'];

export async function queue(program: Program, given: Arguments): Promise<ExitCode> {
  const [what = 'list', ...words] = given.words;
  if (what === 'show') return explain(program, { ...given, words });
  const filter = readFilter(program, given, words);
  if (filter.kind === 'fault') return misuse(program, filter.fault);
  const isAct = (acts as readonly string[]).includes(what);
  if (!isAct && what !== 'list' && what !== 'flush')
    return misuse(program, `there is no ${JSON.stringify(printable(what))}; list, show, flush, ${acts.join(', ')} are`);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, given.flags);
  if (what === 'list') return list(program, given, relay, filter.value);
  if (what === 'flush') {
    await relay.flush();
    if (given.flags.on('json')) json(program.terminal, { schema: 'sekisho.queue/1', act: 'flush' });
    else if (!given.flags.on('quiet')) program.terminal.out('everything that waits is tried now\n');
    return exitCodes.yes;
  }
  return act(program, given, relay, what as Act, filter.value);
}

function misuse(program: Program, says: string): ExitCode {
  program.terminal.err(`sekisho: ${says}\nsee: sekisho help queue\n`);
  return exitCodes.usage;
}

function readFilter(program: Program, given: Arguments, ids: readonly string[]): Result<QueueFilter, string> {
  const { flags } = given;
  const span = (name: string): Result<number | undefined, string> => {
    const text = flags.text(name);
    const held = text === undefined ? undefined : parseDuration(text);
    if (text !== undefined && held === undefined)
      return fault(`--${name} wants a duration such as 2h, not ${JSON.stringify(printable(text))}`);
    return ok(held === undefined ? undefined : program.now() - held * 1000);
  };
  const older = span('older');
  const newer = span('newer');
  if (older.kind === 'fault') return older;
  if (newer.kind === 'fault') return newer;
  const state = flags.text('state');
  if (state !== undefined && !states.includes(state)) return fault(`--state wants one of ${states.join(', ')}`);
  const limit = flags.text('limit');
  if (limit !== undefined && !/^[1-9]\d{0,6}$/.test(limit)) return fault('--limit wants a whole number above 0');
  const text = (name: 'domain' | 'from' | 'to' | 'because'): Partial<QueueFilter> => {
    const value = flags.text(name);
    return value === undefined ? {} : { [name]: value };
  };
  return ok({
    ...text('domain'),
    ...text('from'),
    ...text('to'),
    ...text('because'),
    ...(older.value === undefined ? {} : { olderThan: instant(older.value) }),
    ...(newer.value === undefined ? {} : { newerThan: instant(newer.value) }),
    ...(state === undefined ? {} : { state: state as RecipientState }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(ids.length === 0 ? {} : { ids }),
  });
}

async function list(program: Program, given: Arguments, relay: RelayClient, filter: QueueFilter): Promise<ExitCode> {
  const { terminal } = program;
  const stories = await relay.list({ limit: 100, ...filter });
  if (given.flags.on('json')) {
    for (const story of stories) json(terminal, queueView(story));
    return exitCodes.yes;
  }
  if (given.flags.on('quiet')) return exitCodes.yes;
  const stats = await relay.stats();
  const rows = stories.flatMap((story) =>
    story.recipients.map((row) => [
      story.message.id,
      age(program.now() - story.message.receivedAt),
      bytes(story.message.size),
      printable(row.recipient.mailbox.text),
      row.state,
      row.state === 'queued' || row.state === 'deferred' ? age(row.dueAt - program.now()) : '-',
      row.last === undefined ? '' : `${row.last.because}: ${printable(row.last.says)}`,
    ]),
  );
  if (rows.length > 0) terminal.out(`${table([['ID', 'AGE', 'SIZE', 'TO', 'STATE', 'NEXT', 'BECAUSE'], ...rows])}\n`);
  terminal.out(
    stats.messages === 0 ? 'the queue is empty\n' : `${stories.length} of ${stats.messages} messages shown\n`,
  );
  return exitCodes.yes;
}

/** Postfix's `postqueue -j` names where they exist; docs/schemas/queue.schema.json. */
export function queueView(story: MessageSummary): Readonly<Record<string, unknown>> {
  const { message } = story;
  return {
    schema: 'sekisho.queue/1',
    queue_id: message.id,
    arrival_time: Math.floor(message.receivedAt / 1000),
    message_size: message.size,
    sender: message.envelope.reversePath === 'null' ? '' : message.envelope.reversePath.text,
    tls_tag: message.envelope.tlsTag,
    recipients: story.recipients.map(recipientView),
  };
}

async function act(
  program: Program,
  given: Arguments,
  relay: RelayClient,
  what: Act,
  filter: QueueFilter,
): Promise<ExitCode> {
  const { terminal } = program;
  if (Object.keys(filter).length === 0 && !given.flags.on('yes') && what !== 'retry')
    return misuse(program, `${what} wants queue ids, a filter, or --yes for everything`);
  const found = await relay.list({ ...filter, limit: filter.limit ?? 1_000_000 });
  const waiting = found.filter((story) =>
    story.recipients.some((row) => row.state === 'queued' || row.state === 'deferred' || row.state === 'held'),
  );
  if (waiting.length === 0) {
    terminal.err('sekisho: no waiting message fits\n');
    return exitCodes.no;
  }
  const harmless = what === 'retry' || what === 'release' || what === 'hold';
  if (!harmless && !given.flags.on('yes')) {
    const answer = given.flags.on('no-input')
      ? undefined
      : await program.ask(`${what} ${waiting.length} messages? [y/N] `);
    if (answer === undefined) return misuse(program, `${what} of ${waiting.length} messages wants --yes`);
    if (!/^y(es)?$/i.test(answer.trim())) {
      terminal.err('sekisho: nothing was changed\n');
      return exitCodes.no;
    }
  }
  const changed = await relay.act(what, filter, given.flags.text('reason') ?? '');
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.queue/1', act: what, recipients: changed });
  else if (!given.flags.on('quiet')) terminal.out(`${what}: ${changed} recipients\n`);
  return exitCodes.yes;
}
