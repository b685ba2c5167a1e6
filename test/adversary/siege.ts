// A siege of our own relay for tests: all attacks begin together, each test waits for the row of its own.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DeliveryRecord } from '../../src/agent/ports.ts';
import { type OwnSiege, openOwnSiege } from '../../src/compose/siege.ts';
import type { QueueId } from '../../src/core/base/brand.ts';
import { reasons } from '../../src/core/policy/catalogue.ts';
import type { Attack } from '../../src/siege/attack.ts';
import { attacks as everyAttack } from '../../src/siege/attacks.ts';
import { saysOf } from '../../src/siege/report.ts';
import { besiege, type Row } from '../../src/siege/run.ts';

export const numberOf = ({ id }: Attack): number => Number(id.slice(4));

/** One test per attack that can be run; the finding must be `held`, the reason that the row names must be on record. */
export function besiegeInTests(chosen: (attack: Attack) => boolean): void {
  const attacks = everyAttack.filter((attack) => chosen(attack) && attack.limit === undefined && attack.run);
  const rows = new Map(attacks.map(({ id }) => [id, Promise.withResolvers<Row>()]));
  let siege: OwnSiege;
  let over: Promise<void>;

  before(async () => {
    siege = await openOwnSiege({}, { out: () => {}, err: () => {}, style: { color: false, ascii: true, width: 80 } });
    over = runAll(siege, attacks, rows);
  });
  after(async () => {
    await over;
    await siege.close();
  });

  for (const { id, title, mustBeVisible } of attacks) {
    test(`${id} ${title}`, async () => {
      const { finding, replies } = await (rows.get(id) as PromiseWithResolvers<Row>).promise;
      assert.equal(finding.kind, 'held', saysOf(finding));
      const wanted = reasons.filter((reason) => mustBeVisible.includes(`\`${reason}\``));
      if (wanted.length === 0) return;
      const records = await recordsOf(siege, replies);
      const found = records.map(({ reason }) => reason);
      assert.ok(
        wanted.some((reason) => found.includes(reason)),
        `${wanted.join(' or ')} must be on record, not only ${[...new Set(found)].join(', ')}`,
      );
    });
  }
}

/** A row that comes again takes the place of the first, so all wait to the end. */
async function runAll(
  siege: OwnSiege,
  attacks: readonly Attack[],
  rows: ReadonlyMap<string, PromiseWithResolvers<Row>>,
): Promise<void> {
  const last = new Map<string, Row>();
  try {
    for await (const row of besiege(attacks, siege)) last.set(row.attack.id, row);
    for (const [id, row] of last) rows.get(id)?.resolve(row);
  } catch (error) {
    for (const row of rows.values()) row.reject(error);
  }
}

async function recordsOf(siege: OwnSiege, replies: readonly string[]): Promise<readonly DeliveryRecord[]> {
  const ids = replies.flatMap((reply) => /queued as (\S+)/.exec(reply)?.[1] ?? []);
  const stories = await Promise.all(ids.map((id) => siege.relay.queue.story(id as QueueId)));
  return stories.flatMap((story) => story?.records ?? []);
}
