// Accepts messages as fast as it can and prints each id once its commit was acknowledged, until it is killed. The body is
// made from the id, so that whoever comes after can tell whether it is whole.

import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteQueue } from '../../../src/adapters/queue/sqlite.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { claim, deferred, enqueue, later, listLog, message, settlement, stillClock, t0 } from './messages.ts';

export function bodyOf(id: string): Buffer {
  const seed = createHash('sha256').update(id).digest();
  // Every eighth is too large for a row.
  const size = (seed[0] as number) % 8 === 0 ? 240_000 + (seed[1] as number) * 200 : 1000 + (seed[1] as number) * 20;
  return Buffer.alloc(size, seed);
}

async function acceptForEver(path: string): Promise<void> {
  const queue = await openSqliteQueue({ path, clock: stillClock, log: listLog(), minFree: 0, keepHistory: seconds(0) });
  const writer = async (): Promise<void> => {
    for (;;) {
      const one = message(['a@one.example', 'b@two.example']);
      await enqueue(queue, one, bodyOf(one.id));
      writeSync(1, `${one.id}\n`);
    }
  };
  const worker = async (): Promise<void> => {
    for (;;)
      for (const lease of await claim(queue, t0))
        await queue.settle(settlement(lease, t0, (to) => deferred(to, later(t0, 1))));
  };
  await Promise.all([worker(), ...Array.from({ length: 8 }, writer)]);
}

if (process.argv[2] !== undefined) await acceptForEver(process.argv[2]);
