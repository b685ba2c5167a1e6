// A thousand questions by chance to unbound, BIND and our validator behind each of them; the long job is
// `npm run differential`. SEED tells another world.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compareWorld, newTally, startWorld } from './differential.ts';
import { attackWorld, newAttackTally } from './differential-attack.ts';
import { known } from './differential-known.ts';
import { skipPeers } from './peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-differential-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const seed = process.env.SEED ?? '1';

test('SEC-1 SEC-2 SEC-3 SEC-4 SEC-5 SEC-13 SEC-14 SEC-15 SEC-16 SEC-17 SEC-18 SEC-19 SEC-20 SEC-24 SEC-25 SEC-26 SEC-27 over random zones our verdicts and answers equal those of unbound and BIND', {
  skip: skipPeers,
  timeout: 180_000,
}, async (t) => {
  const world = await startWorld(seed, 0, folder, 32);
  after(() => world.stop());
  const tally = newTally();
  const run = { seed, world: 0, folder, zones: 32, questions: 1_000 };
  const honest = await compareWorld(world, run, tally);
  t.diagnostic(`seed ${seed}: ${JSON.stringify({ ...tally, unexplained: tally.unexplained.length })}`);
  assert.ok(tally.unexplained.length === 0, tally.unexplained.slice(0, 5).join('\n'));
  const { secure = 0, insecure = 0, failed = 0 } = tally.verdicts;
  assert.ok(secure > 150 && insecure > 100 && failed > 50, JSON.stringify(tally.verdicts));

  await t.test(
    'SEC-10 SEC-11 SEC-12 SEC-13 nothing signed that an attacker shows elsewhere is believed',
    async (st) => {
      const attacks = newAttackTally();
      await attackWorld(world, run, honest.slice(0, 150), attacks);
      st.diagnostic(JSON.stringify({ ...attacks, broken: attacks.broken.length }));
      assert.ok(attacks.broken.length === 0, attacks.broken.slice(0, 5).join('\n'));
      assert.ok(attacks.held.failed > 100, 'the attacker was not heard');
    },
  );
});

test('each known difference is told, with who is right by which text', () => {
  const told = readFileSync(join(import.meta.dirname, '../../docs/differences.md'), 'utf8').split(/^## /m);
  for (const { id, right, by } of known) {
    const section = told.find((text) => text.startsWith(`${id}\n`)) ?? '';
    assert.ok(section.includes(`Right: ${right}`) && section.includes(by), id);
  }
});
