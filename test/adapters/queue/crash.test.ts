import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openSqliteQueue } from '../../../src/adapters/queue/sqlite.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { bodyOf } from './crash-child.ts';
import { collect, listLog, stillClock } from './messages.ts';

const rounds = 20;

/** Kills the child at a random moment after its first acknowledgement. @returns the ids that it was told are safe. */
async function killWhileAccepting(path: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  const begun = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      resolve();
    });
  });
  const over = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([begun, over]);
  await pause(Math.random() * 25);
  child.kill('SIGKILL');
  await over;
  // The last line may be cut off.
  return printed.split('\n').slice(0, -1);
}

test('SRV-12 QUE-1 QUE-8 after SIGKILL at any moment every acknowledged message is there, octet for octet', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-crash-'));
  const path = join(folder, 'queue.db');
  try {
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round += 1) acknowledged.push(...(await killWhileAccepting(path)));
    assert.ok(acknowledged.length >= rounds);
    const log = listLog();
    const queue = await openSqliteQueue({ path, clock: stillClock, log, minFree: 0, keepHistory: seconds(0) });
    for (const id of acknowledged) {
      const story = await queue.story(id as never);
      assert.ok(story, `${id} is gone`);
      assert.ok(story.recipients.every((row) => row.state === 'queued' || row.state === 'deferred'));
      assert.ok(bodyOf(id).equals(await collect(queue.openBody(id as never))), `the body of ${id} differs`);
    }
    // What was accepted but not yet acknowledged may exist, but then whole.
    assert.deepEqual(
      log.lines.filter((line) => line.level === 'error'),
      [],
    );
    const stats = await queue.stats();
    assert.ok(stats.messages >= acknowledged.length);
    assert.equal(stats.recipients.queued + stats.recipients.deferred, stats.messages * 2);
    await queue.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
