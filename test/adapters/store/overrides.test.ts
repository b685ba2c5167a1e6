import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openOverrideStore } from '../../../src/adapters/store/overrides.ts';
import { instant, type QueueId } from '../../../src/core/base/brand.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-overrides-'));
after(() => rmSync(folder, { recursive: true }));

const id = (text: string): QueueId => text as QueueId;
const until = (at: number): { ignore: ['dane']; reason: string; until: ReturnType<typeof instant> } => ({
  ignore: ['dane'],
  reason: 'case 17',
  until: instant(at),
});

test('QUE-7 overrides survive a restart, and those whose time is over are forgotten', async () => {
  const path = join(folder, 'overrides.json');
  const store = await openOverrideStore(path);
  await store.put(id('old'), until(1000), instant(0));
  await store.put(id('new'), until(5000), instant(0));
  assert.deepEqual((await openOverrideStore(path)).get(id('old')), until(1000));
  await store.put(id('last'), until(9000), instant(1000));
  const again = await openOverrideStore(path);
  assert.equal(again.get(id('old')), undefined);
  assert.deepEqual(again.get(id('new')), until(5000));
  assert.deepEqual(again.get(id('last')), until(9000));
});

test('QUE-7 a file that is none of ours stops the start and is left as it is', async () => {
  const path = join(folder, 'foreign.json');
  for (const text of ['{', '{"version":2}', '{"version":1,"overrides":[["a",{"ignore":["requiretls"]}]]}']) {
    writeFileSync(path, text);
    await assert.rejects(openOverrideStore(path), /foreign\.json is no file of overrides/);
    assert.equal(readFileSync(path, 'utf8'), text);
  }
});
