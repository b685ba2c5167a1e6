// The name servers that a zone names, at port 53, in a network of the test's own: one of them is stale, then gone.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from './machine.ts';
import { skipPeers } from './peers.ts';

test('OPS-19 OPS-32 OPS-51 check, rollover and watch ask every server that the zone names, and say which is out of step', {
  skip: skipPeers,
}, async () => {
  const inside = join(import.meta.dirname, 'authorities-inside.ts');
  // BIND listens at addresses that an interface has.
  const words = [
    '-n',
    'sh',
    '-c',
    'ip link set lo up && ip address add 127.0.0.2/8 dev lo && exec "$0" "$1"',
    process.execPath,
    inside,
  ];
  const { code, out, err } = await runProgram('unshare', words);
  assert.equal(code, 0, out + err);
});
