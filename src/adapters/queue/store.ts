// The QueueStore of the agent over a connection to the database thread. Holds back those who accept mail faster than the
// disk takes it.

import type { Clock, Lease, Log, MessageSummary, QueuedMessage, QueueStore, Settlement } from '../../agent/ports.ts';
import type { QueueId } from '../../core/base/brand.ts';
import type { NonEmpty } from '../../core/base/result.ts';
import type { EnvelopeRecipient } from '../../core/smtp/envelope.ts';
import { formatReply } from '../../core/smtp/reply.ts';
import { jsonEscaped } from '../../core/words/harmless.ts';
import { createBodyWriter, createHolding, type DiskFloor, readBodyFile, storeBody } from './bodies.ts';
import { createClaimedBodies } from './claimed-bodies.ts';
import type { Call, Client } from './client.ts';
import type { Calls, ClaimedDelivery, LeaseRef, NewMessage, SettledRow } from './protocol.ts';
import { domainOf, factsOf, messageOf, recipientOf, senderOf } from './rows.ts';

export type StoreParts = {
  readonly client: Client;
  readonly spool: string;
  readonly floor: DiskFloor;
  readonly clock: Clock;
  readonly log: Log;
  readonly close: () => Promise<void>;
};

/** Acceptances that wait for their commit at a time, and their octets. */
const maxPending = 512;
const maxPendingOctets = 8_388_608;

/** Messages in a list whose filter names no limit, and recipients after which every list ends: it is held in memory. */
const defaultListing = 1000;
const maxListedRecipients = 100_000;

/** Of what a host said; the thread keeps less. Replies of strangers must not fill its memory, once for each recipient. */
const maxSays = 2000;

/** Messages listed or changed in one transaction, so that nothing waits long behind an operator. */
const pageSize = 1000;

/** The name under which the routes of the last complete `reroute` are remembered. */
const routesSetting = 'routes';

export function createStore({ client, spool, floor, clock, log, close }: StoreParts): QueueStore {
  const { call } = client;
  const gate = createGate();
  const bodies = createClaimedBodies();
  const holding = createHolding();
  const enqueue = async (message: NewMessage): Promise<void> => {
    const octets = message.body === 'file' ? 0 : message.body.length;
    await gate.enter(octets);
    try {
      await call('enqueue', message);
    } finally {
      gate.leave(octets);
    }
  };

  const claim: QueueStore['claim'] = async (request) => {
    const found = await call('claim', request);
    const leases: Lease[] = [];
    for (const one of found) {
      const lease = leaseOf(one);
      if (lease === undefined) await holdDamaged(call, one, { clock, log });
      else leases.push(lease);
      if (lease !== undefined && one.body !== undefined) bodies.put(lease.message.id, one.body);
    }
    // Nothing but damaged rows: there may be others behind them.
    return found.length > 0 && leases.length === 0 ? await claim(request) : leases;
  };

  return {
    begin: (id) =>
      createBodyWriter(safeId(id), {
        spool,
        floor,
        holding,
        ended: client.expect(),
        admitted: gate.open,
        enqueue: (message, recipients, body) => enqueue(newMessage(message, recipients, body)),
      }),
    claim,
    renew: (lease, until) => call('renew', { ...refOf(lease), until }),
    async settle(settlement) {
      bodies.drop(settlement.lease.message.id);
      return await settle(call, spool, settlement);
    },
    async release(lease, dueAt) {
      bodies.drop(lease.message.id);
      const addresses = lease.recipients.map(({ recipient }) => recipient.mailbox.text);
      await call('release', { lease: refOf(lease), addresses, dueAt });
    },
    async rest(request) {
      await call('rest', request);
    },
    openBody(id) {
      return bodies.open(id) ?? openBody(call, spool, id, { clock, log });
    },
    nextDue: () => call('nextDue', undefined),
    async list(filter) {
      const found: MessageSummary[] = [];
      const limit = filter.limit ?? defaultListing;
      let rows = 0;
      for (
        let after: number | undefined = 0;
        after !== undefined && found.length < limit && rows < maxListedRecipients;
      ) {
        const left = Math.min(pageSize, limit - found.length);
        const page: Calls['list']['gives'] = await call('list', { filter, after, limit: left });
        found.push(...page.found);
        rows += page.found.reduce((sum, { recipients }) => sum + recipients.length, 0);
        after = page.next;
      }
      return found;
    },
    story: (id) => call('story', id),
    records: (request) => call('records', request),
    async act(act, filter, at, note) {
      let changed = 0;
      let left = filter.limit ?? Number.POSITIVE_INFINITY;
      for (let after: number | undefined = 0; after !== undefined && left > 0; ) {
        const page: Calls['act']['gives'] = await call('act', {
          act,
          filter,
          at,
          note,
          after,
          limit: Math.min(pageSize, left),
        });
        changed += page.changed;
        left -= page.messages;
        after = page.next;
      }
      return changed;
    },
    async reroute(nextHopOf, routes) {
      if (routes !== undefined && (await call('setting', routesSetting)) === routes) return 0;
      // Until it is through nobody can say under which routes the queue stands.
      if (routes !== undefined) await call('putSetting', { name: routesSetting, value: '' });
      let moved = 0;
      for (let after: number | undefined = 0; after !== undefined; ) {
        const page: Calls['waiting']['gives'] = await call('waiting', { after });
        const changes = page.rows
          .map((row) => ({ ...row, to: nextHopOf(row.recipient) }))
          .filter((row) => row.to !== row.nextHop);
        if (changes.length > 0) moved += await call('move', changes);
        after = page.next;
      }
      if (routes !== undefined) await call('putSetting', { name: routesSetting, value: routes });
      return moved;
    },
    stats: () => call('stats', undefined),
    close,
  };
}

const refOf = ({ message, nextHop, token }: Lease): LeaseRef => ({ id: message.id, nextHop, token });

/** A row that cannot be read: held and reported, never dropped (queue truths), and no hindrance to the others. */
async function holdDamaged(
  call: Call,
  { message: [id], nextHop, token }: ClaimedDelivery,
  { clock, log }: Pick<StoreParts, 'clock' | 'log'>,
): Promise<void> {
  const at = clock.now();
  log.event('error', 'queue-row-damaged', { queue_id: id, says: 'its envelope cannot be read; the message is held' });
  await call('holdLost', { id: id as QueueId, at, says: 'the stored envelope could not be read; held' });
  await call('release', { lease: { id: id as QueueId, nextHop, token }, addresses: [], dueAt: at });
}

/** @returns undefined when the JSON in its rows is damaged. */
function leaseOf({ token, until, nextHop, message, recipients }: ClaimedDelivery): Lease | undefined {
  try {
    const rows = recipients.map(recipientOf) as unknown as Lease['recipients'];
    return { token, until, message: messageOf(message), nextHop, recipients: rows };
  } catch {
    return undefined;
  }
}

function newMessage(
  message: QueuedMessage,
  recipients: readonly { readonly recipient: EnvelopeRecipient; readonly nextHop: string }[],
  body: NewMessage['body'],
): NewMessage {
  const { id, receivedAt, expiresAt, size } = message;
  return {
    ...{ id, receivedAt, expiresAt, size, body },
    sender: senderOf(message),
    facts: factsOf(message),
    recipients: recipients.map(({ recipient, nextHop }) => ({
      address: recipient.mailbox.text,
      domain: domainOf(recipient.mailbox),
      facts: JSON.stringify(recipient),
      nextHop,
    })),
  };
}

/** Ids name files. */
function safeId(id: QueueId): QueueId {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error(`not usable as a queue id: ${JSON.stringify(id)}`);
  return id;
}

async function settle(
  call: Call,
  spool: string,
  { lease, at, recipients, records, notice }: Settlement,
): Promise<'settled' | 'stale'> {
  const body = notice && (await storeBody(spool, safeId(notice.message.id), notice.body));
  return await call('settle', {
    lease: refOf(lease),
    at,
    recipients: recipients.map((settled): SettledRow => {
      const { outcome } = settled;
      const dueAt = 'dueAt' in settled ? settled.dueAt : at;
      const common = { address: outcome.recipient, state: outcome.kind, dueAt };
      if (outcome.kind !== 'sent')
        return { ...common, because: outcome.because, status: outcome.status, says: outcome.says.slice(0, maxSays) };
      const says = `${outcome.host} said ${formatReply(outcome.reply)}`.slice(0, maxSays);
      return { ...common, because: 'sent', status: outcome.reply.enhanced ?? '2.0.0', says };
    }),
    records: records.map(recordText),
    ...(notice && body !== undefined && { notice: newMessage(notice.message, noticeRows(notice), body) }),
  });
}

/** JSON of parts that many records share. */
const sharedTexts = new WeakMap<object, string>();

function recordText({ own, shared }: Settlement['records'][number]): string {
  const known = sharedTexts.get(shared) ?? narrow(JSON.stringify(shared));
  sharedTexts.set(shared, known);
  return `${JSON.stringify(own).slice(0, -1)},${known.slice(1)}`;
}

/** Says the same in Latin-1: one wider character, such as an ellipsis, doubles what the whole string takes. */
const narrow = (json: string): string => json.replace(/[^\x00-\xff]+/g, jsonEscaped);

const noticeRows = ({
  message,
  nextHop,
}: NonNullable<Settlement['notice']>): NonEmpty<{ recipient: EnvelopeRecipient; nextHop: string }> =>
  message.envelope.recipients.map((recipient) => ({ recipient, nextHop })) as never;

async function* openBody(
  call: Call,
  spool: string,
  id: QueueId,
  { clock, log }: Pick<StoreParts, 'clock' | 'log'>,
): AsyncGenerator<Uint8Array> {
  const found = await call('body', safeId(id));
  try {
    if (found === 'gone') throw Object.assign(new Error(`the queue has no body for ${id}`), { code: 'ENOENT' });
    if (found === 'file') yield* readBodyFile(spool, id);
    else yield found;
  } catch (error) {
    // A row without its body: held and reported, never dropped (queue truths).
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      log.event('error', 'queue-body-missing', { queue_id: id, says: 'the message is held; its body cannot be found' });
      await call('holdLost', { id, at: clock.now(), says: 'the body of this message could not be found; held' });
    }
    throw error;
  }
}

type Gate = {
  /** Resolves when there is room for another acceptance. */
  open(): Promise<void>;
  enter(octets: number): Promise<void>;
  leave(octets: number): void;
};

/** Bounds what waits for its commit. Those who come later go on together once half of it is through. */
function createGate(): Gate {
  let pending = 0;
  let pendingOctets = 0;
  let waiters: (() => void)[] = [];
  const open = async (): Promise<void> => {
    while (pending >= maxPending || pendingOctets >= maxPendingOctets)
      await new Promise<void>((resolve) => waiters.push(resolve));
  };
  return {
    open,
    async enter(octets) {
      await open();
      pending += 1;
      pendingOctets += octets;
    },
    leave(octets) {
      pending -= 1;
      pendingOctets -= octets;
      if (pending > maxPending / 2 || pendingOctets > maxPendingOctets / 2) return;
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
  };
}
