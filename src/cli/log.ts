// `sekisho log`: delivery records of the running relay, newest last, read from its store and not from log files; with --follow
// what comes from now on.

import type { DeliveryRecord, RecordedAttempt } from '../agent/ports.ts';
import { type Arguments, timeoutOf } from './flags.ts';
import type { Program, RelayClient } from './program.ts';
import { readFilter } from './queue-filter.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, printable } from './terminal.ts';

const says = {
  noWords: 'log takes filters and no words, e.g. sekisho log --domain example.org',
  nothing: 'no delivery record fits',
  states: '--state wants sent, deferred or bounced: what an attempt came to',
  line: (at: string, id: string, to: string, where: string, status: string, result: string, how: string): string =>
    `${at} ${id}: to=${to}, relay=${where}, dsn=${status}, status=${result} (${how})`,
};

const results = ['sent', 'deferred', 'bounced'];

/** Records shown unless --limit says otherwise. */
const usual = 100;

export async function log(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const misuse = (what: string): ExitCode => {
    terminal.err(`sekisho: ${printable(what)}\nsee: sekisho help log\n`);
    return exitCodes.usage;
  };
  if (given.words.length > 0) return misuse(says.noWords);
  const state = flags.text('state');
  if (state !== undefined && !results.includes(state)) return misuse(says.states);
  const filter = readFilter(program, given, []);
  if (filter.kind === 'fault') return misuse(filter.fault);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, flags);
  const show = (entry: RecordedAttempt): void => {
    if (flags.on('json')) json(terminal, { schema: 'sekisho.log/1', sender: entry.sender, ...entry.record });
    else if (!flags.on('quiet')) terminal.out(`${recordLine(entry.record)}\n`);
  };
  const { limit = usual, ...rest } = filter.value;
  const found = await newestRecords(relay, rest, limit);
  for (const entry of found.toReversed()) show(entry);
  if (flags.on('follow')) {
    const until = flags.text('timeout') === undefined ? Number.POSITIVE_INFINITY : program.now() + timeoutOf(flags);
    return follow(program, relay, { filter: rest, from: await lastSeq(relay, found), until }, show);
  }
  if (found.length > 0) return exitCodes.yes;
  terminal.err(`sekisho: ${says.nothing}\n`);
  return exitCodes.no;
}

type Filter = Parameters<RelayClient['records']>[0]['filter'];

/** The newest first, at most `limit`. */
export async function newestRecords(relay: RelayClient, filter: Filter, limit: number): Promise<RecordedAttempt[]> {
  const found: RecordedAttempt[] = [];
  for (let from: number | undefined = Number.MAX_SAFE_INTEGER; from !== undefined && found.length < limit; ) {
    const page = await relay.records({ filter, order: 'newest', from, limit: Math.min(limit - found.length, 1000) });
    found.push(...page.found);
    from = page.next;
  }
  return found;
}

async function lastSeq(relay: RelayClient, found: readonly RecordedAttempt[]): Promise<number> {
  const [newest] =
    found.length > 0
      ? found
      : (await relay.records({ filter: {}, order: 'newest', from: Number.MAX_SAFE_INTEGER, limit: 1 })).found;
  return newest?.seq ?? 0;
}

async function follow(
  program: Program,
  relay: RelayClient,
  { filter, from, until }: { readonly filter: Filter; readonly from: number; readonly until: number },
  show: (entry: RecordedAttempt) => void,
): Promise<ExitCode> {
  let last = from;
  while (program.now() < until && program.terminal.gone?.() !== true) {
    const page = await relay.records({ filter, order: 'oldest', from: last, limit: 1000 });
    page.found.forEach(show);
    last = page.next ?? page.found.at(-1)?.seq ?? last;
    if (page.next === undefined) await program.sleep(500);
  }
  return exitCodes.yes;
}

/** One record in words that operators of other mailers know. */
export function recordLine(record: DeliveryRecord): string {
  const text = (field: string): string => printable(String(record[field] ?? ''));
  const recipients = Array.isArray(record.recipients) ? record.recipients : [];
  const to = recipients.length === 0 ? '<>' : recipients.map((one) => `<${printable(String(one))}>`).join(',');
  const host = text('mx_host');
  const where = host === '' ? 'none' : `${host}[${text('ip')}]:${text('port')}`;
  const how = record.reason === null ? `${levelOf(record)} ${text('tls_version')}`.trim() : text('reason');
  return says.line(text('at'), text('queue_id'), to, where, text('status'), text('result'), how);
}

/** The strongest thing that was shown of the host. */
export function levelOf(record: DeliveryRecord): string {
  const authn = String(record.authn ?? '');
  if (/dane/.test(authn)) return 'dane';
  return /pkix/.test(authn) ? 'webpki' : String(record.tls_achieved ?? 'nothing');
}
