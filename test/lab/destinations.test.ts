// The table of destinations against the relay's own discovery, decision and delivery.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { messageFor, sendToAll } from '../../src/lab/once.ts';
import { type Lab, startLab } from '../../src/lab/world.ts';
import { relayInto, type TestRelay } from './relay.ts';

let lab: Lab;
let relay: TestRelay;
before(async () => {
  lab = await startLab();
  relay = relayInto(lab);
});
after(async () => {
  relay.close();
  await lab.close();
});

test('every destination comes out as the table says', async () => {
  const wrong: unknown[] = [];
  let lines = 0;
  for await (const { destination, expected, outcome, reason, level, authn, asExpected } of sendToAll(lab, relay)) {
    lines++;
    if (!asExpected) wrong.push({ destination, expected, got: { outcome, reason, level, authn } });
  }
  assert.deepEqual(wrong, []);
  assert.equal(lines, lab.destinations.length);
});

test('exactly what was sent has arrived, octet by octet, and in TLS unless the table says cleartext', () => {
  const sent = lab.destinations.filter(({ expected }) => expected.outcome === 'sent');
  const arrived = lab.messages();
  assert.equal(arrived.length, sent.length);
  for (const destination of sent) {
    const message = messageFor(destination);
    const found = arrived.find(({ recipients }) => recipients[0]?.includes(`<${message.recipient}>`));
    assert.deepEqual(found?.raw, message.raw, destination.name);
    assert.equal(found?.session.tls === undefined, destination.expected.level === 'cleartext', destination.name);
    assert.equal(/ REQUIRETLS\b/.test(found?.mail ?? ''), message.requiretls === 'asked', destination.name);
  }
});

test('where the message had to wait, no host heard of it', () => {
  const held = lab.destinations.filter(({ expected }) => expected.outcome === 'deferred');
  const channel = held.filter(({ expected }) => expected.reason !== 'remote-4yz');
  for (const { name, hosts } of channel) {
    for (const host of hosts) {
      const sessions = lab.hosts.get(host.name)?.sessions ?? [];
      const said = sessions.flatMap((session) => session.said.map(({ line }) => line.split(/[ :]/)[0]));
      assert.ok(!said.includes('MAIL'), `${name}: ${host.name}`);
    }
  }
});
