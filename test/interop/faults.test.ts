// The faults of a machine and of peers, each once, and fifty kills: the short form of `npm run faults`. Needs root and strace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults } from '../faults/faults.ts';
import { killLoop } from '../faults/kill.ts';
import { skipPeers } from './peers.ts';

const limits = { skip: skipPeers, timeout: 400_000 };

test(
  'SRV-12 QUE-1 QUE-8 killed fifty times: nothing that got a 250 is lost or altered, and only what SMTP allows comes twice',
  limits,
  async (t) => {
    const counters = await killLoop({ rounds: 50, seed: Date.now() >>> 0, tell: (line) => t.diagnostic(line) });
    t.diagnostic(JSON.stringify(counters));
    assert.ok(counters.accepted > 50, `${counters.accepted} were accepted`);
    const { lost, altered, wronglyRepeated, left } = counters;
    assert.deepEqual({ lost, altered, wronglyRepeated, left }, { lost: 0, altered: 0, wronglyRepeated: 0, left: 0 });
  },
);

for (const { name, does, run } of faults) {
  test(`${name}: ${does}; the relay goes on or refuses with 4yz, and recovers by itself`, limits, async (t) => {
    t.diagnostic(JSON.stringify(await run('tenth')));
  });
}
