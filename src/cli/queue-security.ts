// `sekisho queue --security`: domains whose mail waits because it could not go safely (4.7.x), with the fault and with whom
// to tell (OPS-56). Asks the relay for the queue, and DNS for the contacts.

import type { Contacts } from '../agent/find-contact.ts';
import type { MessageSummary, QueueFilter, RecipientRow } from '../agent/ports.ts';
import type { Loaded } from '../config/load.ts';
import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { catalogue } from '../core/policy/catalogue.ts';
import type { Reason } from '../core/policy/reasons.ts';
import { padded } from '../core/words/say.ts';
import type { Arguments } from './flags.ts';
import type { Program, RelayClient } from './program.ts';
import { age, bold, type ExitCode, exitCodes, hanging, json, printable, say, type Terminal } from './terminal.ts';

type Waiting = {
  readonly domain: string;
  readonly recipients: number;
  /** Within the last hour: does it grow. */
  readonly recent: number;
  readonly oldestAt: number;
  /** Most frequent first. */
  readonly reasons: readonly string[];
  readonly says: string;
};

const hour = 3_600_000;
/** Domains whose contacts are looked up; those with the most recipients come first. */
const mostDomains = 20;

export async function security(
  program: Program,
  { flags }: Arguments,
  { relay, loaded }: { readonly relay: RelayClient; readonly loaded: Loaded },
  filter: QueueFilter,
): Promise<ExitCode> {
  const { terminal } = program;
  const found = waitingBy(await relay.list({ ...filter, limit: 1_000_000 }), program.now()).slice(
    0,
    filter.limit ?? mostDomains,
  );
  const names = found.flatMap(({ domain }): readonly DomainName[] => {
    const name = parseDomainName(domain);
    return name.kind === 'ok' ? [name.value] : [];
  });
  const contacts = names.length === 0 ? [] : await program.contacts(loaded, flags, names.slice(0, mostDomains));
  for (const one of found) {
    const contact = contacts.find(({ domain }) => domain === one.domain);
    if (flags.on('json')) json(terminal, view(one, contact));
    else if (!flags.on('quiet')) terminal.out(`${tell(terminal, one, contact, program.now())}\n`);
  }
  if (found.length === 0 && !flags.on('json') && !flags.on('quiet'))
    terminal.out('no mail waits for want of security\n');
  return exitCodes.yes;
}

const isHeldBack = ({ state, last }: RecipientRow): boolean =>
  (state === 'deferred' || state === 'queued' || state === 'held') && /^4\.7\./.test(last?.status ?? '');

function waitingBy(stories: readonly MessageSummary[], now: number): readonly Waiting[] {
  const byDomain = new Map<string, { readonly row: RecipientRow; readonly receivedAt: number }[]>();
  for (const { message, recipients } of stories)
    for (const row of recipients.filter(isHeldBack)) {
      const { text } = row.recipient.mailbox;
      const domain = text.slice(text.lastIndexOf('@') + 1).toLowerCase();
      byDomain.set(domain, [...(byDomain.get(domain) ?? []), { row, receivedAt: message.receivedAt }]);
    }
  return [...byDomain]
    .map(([domain, rows]): Waiting => {
      const counts = new Map<string, number>();
      for (const { row } of rows) counts.set(row.last?.because ?? '', (counts.get(row.last?.because ?? '') ?? 0) + 1);
      const reasons = [...counts].sort(([, a], [, b]) => b - a).map(([reason]) => reason);
      return {
        domain,
        recipients: rows.length,
        recent: rows.filter(({ receivedAt }) => now - receivedAt < hour).length,
        oldestAt: Math.min(...rows.map(({ receivedAt }) => receivedAt)),
        reasons,
        says: rows.find(({ row }) => row.last?.because === reasons[0])?.row.last?.says ?? '',
      };
    })
    .sort((a, b) => b.recipients - a.recipients);
}

const view = (one: Waiting, contact: Contacts | undefined): unknown => ({
  schema: 'sekisho.queue/1',
  act: 'security',
  domain: one.domain,
  recipients: one.recipients,
  recent: one.recent,
  oldest: Math.floor(one.oldestAt / 1000),
  reasons: one.reasons,
  says: one.says,
  contacts: { tlsrpt: contact?.tlsrpt ?? [], zone: contact?.zone ?? null, postmaster: `postmaster@${one.domain}` },
});

function tell(terminal: Terminal, one: Waiting, contact: Contacts | undefined, now: number): string {
  const line = (label: string, text: string): string =>
    hanging(terminal, `  ${padded(say(terminal, label), 10)} `, printable(text));
  const remedy = catalogue[one.reasons[0] as Reason]?.remedy;
  const count = say(terminal, one.recipients === 1 ? '1 recipient' : `${one.recipients} recipients`);
  return [
    `${bold(terminal, printable(one.domain))}  ${count}, ${say(terminal, `${one.recent} within the last hour, the oldest ${age(now - one.oldestAt)}`)}`,
    line('fault', `${one.reasons.join(', ')}: ${say(terminal, one.says)}`),
    ...(remedy === undefined ? [] : [line('remedy', say(terminal, remedy))]),
    ...(contact?.tlsrpt ?? []).map((address) => line('contact', `${address} (TLSRPT)`)),
    ...(contact?.zone ? [line('contact', `${contact.zone} (SOA)`)] : []),
    line('contact', `postmaster@${one.domain}`),
    line('see', `sekisho check ${one.domain}`),
  ].join('\n');
}
