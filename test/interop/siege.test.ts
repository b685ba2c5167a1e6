// Debian's Postfix and Exim with DANE on under siege, row by row against what is written in docs/siege.md: a change of
// either side is seen. What a program does not claim is not applicable, and never a fall.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipPeers } from './peers.ts';
import { besieged, besiegePeer, expected, verdictsOf } from './siege-peers.ts';

const limits = { skip: skipPeers, timeout: 300_000 };

for (const one of besieged) {
  test(`${one.name} under siege: what held and what fell is what the documents say`, limits, async (t) => {
    const result = await besiegePeer(one);
    const known = expected()[one.name];
    t.diagnostic(`${one.name} ${result.version}; the table was made with ${known?.version}`);
    assert.deepEqual(verdictsOf(result), known?.verdicts);
  });
}
