// `sekisho queue …`: list, show, and acts with one filter grammar (QUE-7). An act shows its count before it is done.

import type { MessageSummary, QueueFilter } from '../agent/ports.ts';
import { explain, recipientView } from './explain.ts';
import type { Arguments } from './flags.ts';
import type { Program, RelayClient } from './program.ts';
import { readFilter } from './queue-filter.ts';
import { override, unsure } from './queue-override.ts';
import { security } from './queue-security.ts';
import { loadedOrFaults } from './settings.ts';
import { age, bytes, type ExitCode, exitCodes, header, json, printable, say, table } from './terminal.ts';

const acts = ['retry', 'hold', 'release', 'drop', 'bounce'] as const;
type Act = (typeof acts)[number];

const says = {
  before: (act: Act, count: string): string => `${act}: ${count} fit`,
  count: (messages: number, recipients: number): string =>
    `${messages} ${messages === 1 ? 'message' : 'messages'} (${recipients} ${recipients === 1 ? 'recipient' : 'recipients'})`,
};

/** QUE-7: what an act would touch, said before it is done. */
const countOf = (waiting: readonly MessageSummary[], { domain, to, because, state }: QueueFilter): string => {
  const touched = waiting.flatMap(({ recipients }) =>
    recipients.filter(
      ({ recipient: { mailbox }, last, state: now }) =>
        (now === 'queued' || now === 'deferred' || now === 'held') &&
        (state === undefined || now === state) &&
        (because === undefined || last?.because === because) &&
        (to === undefined || mailbox.text.toLowerCase() === to.toLowerCase()) &&
        (domain === undefined || mailbox.text.toLowerCase().endsWith(`@${domain.toLowerCase()}`)),
    ),
  );
  return says.count(waiting.length, touched.length);
};

export async function queue(program: Program, given: Arguments): Promise<ExitCode> {
  const [what = 'list', ...words] = given.words;
  if (what === 'show') return explain(program, { ...given, words });
  const filter = readFilter(program, given, words);
  if (filter.kind === 'fault') return misuse(program, filter.fault);
  if (what === 'override') return override(program, given, words);
  const isAct = (acts as readonly string[]).includes(what);
  if (!isAct && what !== 'list' && what !== 'flush')
    return misuse(
      program,
      `there is no ${JSON.stringify(printable(what))}; list, show, flush, ${acts.join(', ')}, override are`,
    );
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, given.flags);
  if (given.flags.on('security')) {
    if (what !== 'list') return misuse(program, '--security lists, and changes nothing');
    return security(program, given, { relay, loaded }, filter.value);
  }
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
      row.last === undefined ? '' : `${row.last.because}: ${printable(say(terminal, row.last.says))}`,
    ]),
  );
  if (rows.length > 0)
    terminal.out(`${table([header(terminal, 'ID', 'AGE', 'SIZE', 'TO', 'STATE', 'NEXT', 'BECAUSE'), ...rows])}\n`);
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
  const fits = countOf(waiting, filter);
  const harmless = what === 'retry' || what === 'release' || what === 'hold';
  const refused = harmless ? undefined : await unsure(program, given, what, fits);
  if (refused !== undefined) return refused;
  if (!given.flags.on('quiet')) terminal.err(`${says.before(what, fits)}\n`);
  const changed = await relay.act(what, filter, given.flags.text('reason') ?? '');
  if (given.flags.on('json')) json(terminal, { schema: 'sekisho.queue/1', act: what, recipients: changed });
  else if (!given.flags.on('quiet')) terminal.out(`${what}: ${changed} recipients\n`);
  return exitCodes.yes;
}
