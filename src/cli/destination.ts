// `sekisho destination list|show <domain>`: how destinations of the running relay stand, from its delivery records.

import type { QueueFilter } from '../agent/ports.ts';
import { type Posture, posturesOf } from '../agent/postures.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { Arguments } from './flags.ts';
import { levelOf, newestRecords, recordLine } from './log.ts';
import type { Program, RelayClient } from './program.ts';
import { readFilter } from './queue-filter.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, header, json, printable, table } from './terminal.ts';

const says = {
  what: 'destination wants list, or show with one domain',
  domain: (text: string): string => `${JSON.stringify(text)} is no domain`,
  none: 'nothing was sent yet, and nothing waits',
  unknown: (domain: string): string => `nothing is known of ${domain}: nothing was sent there while the history lasts`,
  header: ['DOMAIN', 'LAST', 'RESULT', 'SHOWN', 'SENT', 'DEFERRED', 'BOUNCED', 'WAITING', 'BECAUSE'],
  counts: (sent: number, deferred: number, bounced: number, waiting: number): string =>
    `attempts   ${sent} sent, ${deferred} deferred, ${bounced} bounced; ${waiting} recipients wait`,
  shown: (level: string, host: string): string => `shown      ${level} at ${host}`,
  policy: (mode: string, until: string, id: string): string => `MTA-STS    ${mode}, id ${id}, until ${until}`,
  noPolicy: 'MTA-STS    no policy is cached',
  history: 'history    newest first',
};

/** Attempts looked back upon. */
const lookBack = 10_000;
const shownAttempts = 10;

export async function destination(program: Program, given: Arguments): Promise<ExitCode> {
  const [what = 'list', domain, ...more] = given.words;
  const misuse = (text: string): ExitCode => {
    program.terminal.err(`sekisho: ${printable(text)}\nsee: sekisho help destination\n`);
    return exitCodes.usage;
  };
  if (more.length > 0 || (what === 'show') !== (domain !== undefined) || (what !== 'list' && what !== 'show'))
    return misuse(says.what);
  const filter = readFilter(program, given, []);
  if (filter.kind === 'fault') return misuse(filter.fault);
  const name = domain === undefined ? undefined : parseDomainName(domain);
  if (name?.kind === 'fault') return misuse(says.domain(domain as string));
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, given.flags);
  return name === undefined
    ? list(program, given, relay, filter.value)
    : show(program, given, relay, filter.value, name.value);
}

async function standing(relay: RelayClient, { limit: _, ...filter }: QueueFilter): Promise<readonly Posture[]> {
  const attempts = await newestRecords(relay, filter, lookBack);
  // What waits is listed by the filter of the queue; one for results alone has nothing waiting.
  const waiting =
    filter.state === 'sent' || filter.state === 'bounced' ? [] : await relay.list({ ...filter, limit: 1000 });
  const all = posturesOf(attempts, waiting);
  return filter.domain === undefined ? all : all.filter(({ domain }) => domain === filter.domain?.toLowerCase());
}

async function list(
  program: Program,
  { flags }: Arguments,
  relay: RelayClient,
  filter: QueueFilter,
): Promise<ExitCode> {
  const { terminal } = program;
  const found = (await standing(relay, filter)).slice(0, filter.limit ?? 100);
  if (flags.on('json')) for (const one of found) json(terminal, view(one));
  else if (!flags.on('quiet')) {
    const rows = found.map((one) => [
      printable(one.domain),
      one.lastAt ?? '-',
      one.lastResult ?? '-',
      shownBy(one),
      String(one.sent),
      String(one.deferred),
      String(one.bounced),
      String(one.waiting),
      one.lastReason ?? '',
    ]);
    terminal.out(rows.length === 0 ? `${says.none}\n` : `${table([header(terminal, ...says.header), ...rows])}\n`);
  }
  return exitCodes.yes;
}

async function show(
  program: Program,
  { flags }: Arguments,
  relay: RelayClient,
  filter: QueueFilter,
  domain: Parameters<RelayClient['policy']>[0],
): Promise<ExitCode> {
  const { terminal } = program;
  const [found] = await standing(relay, { ...filter, domain });
  if (found === undefined) {
    terminal.err(`sekisho: ${says.unknown(domain)}\n`);
    return exitCodes.no;
  }
  const policy = await relay.policy(domain);
  const attempts = found.records.slice(0, filter.limit ?? shownAttempts);
  if (flags.on('json')) json(terminal, { ...view(found), policy: policy ?? null, attempts });
  else if (!flags.on('quiet')) {
    const host = attempts.find(({ mx_host: host }) => host !== null)?.mx_host;
    const lines = [
      `${printable(found.domain)}`,
      `  ${says.counts(found.sent, found.deferred, found.bounced, found.waiting)}`,
      ...(host === undefined ? [] : [`  ${says.shown(shownBy(found), printable(String(host)))}`]),
      `  ${policy === undefined ? says.noPolicy : says.policy(policy.mode, policy.expiresAt, printable(policy.id))}`,
      `  ${says.history}`,
      ...attempts.map((record) => `    ${recordLine(record)}`),
    ];
    terminal.out(`${lines.join('\n')}\n`);
  }
  return exitCodes.yes;
}

const shownBy = ({ records }: Posture): string => {
  const last = records.find(({ mx_host: host }) => host !== null);
  return last === undefined ? '-' : levelOf(last);
};

const view = ({ records: _, ...rest }: Posture): Readonly<Record<string, unknown>> => ({
  schema: 'sekisho.destination/1',
  domain: rest.domain,
  last_at: rest.lastAt,
  last_result: rest.lastResult,
  last_reason: rest.lastReason,
  sent: rest.sent,
  deferred: rest.deferred,
  bounced: rest.bounced,
  waiting: rest.waiting,
});
