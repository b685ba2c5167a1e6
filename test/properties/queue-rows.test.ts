// Whatever envelope the command lines can make goes into the queue and comes out the same, by claim and by story, and after
// the database was opened anew.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSqliteQueue, type SqliteQueue } from '../../src/adapters/queue/sqlite.ts';
import { seconds } from '../../src/core/base/brand.ts';
import type { Envelope, EnvelopeRecipient } from '../../src/core/smtp/envelope.ts';
import { type Offer, parseMail, parseRcpt } from '../../src/core/smtp/envelope.ts';
import { claim, enqueue, listLog, message, stillClock, t0 } from '../adapters/queue/messages.ts';
import { mutate } from '../fuzz/mutate.ts';
import { createRandom } from '../fuzz/random.ts';
import { targets } from '../fuzz/targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-rows-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const open = (): Promise<SqliteQueue> =>
  openSqliteQueue({
    path: join(folder, 'queue.db'),
    clock: stillClock,
    log: listLog(),
    minFree: 0,
    keepHistory: seconds(86_400),
  });

const offer: Offer = {
  extensions: new Set(['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'AUTH']),
  requiretls: 'offered',
  maxSize: 1_000_000,
};

type Read = { readonly envelope: Partial<Envelope>; readonly recipient: EnvelopeRecipient };

/** What the two command lines say, if both are taken. */
function envelopeIn(octets: Uint8Array): Read | undefined {
  const [first = '', second = ''] = new TextDecoder().decode(octets).split('\n');
  const mail = parseMail(first, offer);
  const rcpt = parseRcpt(second, offer, 'utf8');
  if (mail.kind === 'fault' || rcpt.kind === 'fault' || rcpt.value.path.kind !== 'mailbox') return undefined;
  const { path: from, requiretls, ...envelope } = mail.value;
  const { path, ...rest } = rcpt.value;
  return {
    envelope: {
      ...envelope,
      reversePath: from.kind === 'mailbox' ? from.mailbox : 'null',
      tlsTag: requiretls === 'asked' ? 'requiretls' : 'none',
    },
    recipient: { mailbox: path.mailbox, ...rest },
  };
}

test('QUE-1 every envelope that can be taken comes out of the queue as it went in', async () => {
  const random = createRandom('queue rows');
  const { seeds, words = [] } = targets.find(({ name }) => name === 'envelopes')!;
  const candidates = [
    ...seeds,
    ...Array.from({ length: 4_000 }, () => mutate(random, random.pick(seeds), seeds, words)),
  ];
  const given = candidates.flatMap((octets) => envelopeIn(octets) ?? []).slice(0, 150);
  assert.ok(given.length > 100, `only ${given.length} of the lines were taken`);
  const mail = given.map(({ envelope, recipient }) => message([recipient], envelope));
  const first = await open();
  for (const one of mail) await enqueue(first, one);
  await first.close();
  const queue = await open();
  for (const one of mail) assert.deepEqual((await queue.story(one.id))?.message, one);
  const leases = [];
  for (let busy: string[] = []; ; ) {
    const some = await claim(queue, t0, { busy });
    if (some.length === 0) break;
    leases.push(...some);
    busy = leases.map(({ nextHop }) => nextHop);
  }
  assert.ok(leases.length > 0);
  for (const lease of leases) {
    const one = mail.find(({ id }) => id === lease.message.id);
    assert.deepEqual(lease.message, one);
    assert.deepEqual(
      lease.recipients.map((row) => row.recipient),
      one?.envelope.recipients,
    );
  }
  await queue.close();
});
