// The dialogue: order, replies, parameters, transactions (req-smtp.md SRV, EXT; req-requiretls.md; req-dsn.md).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { below, Client, startWorld } from './server-world.ts';

test('SRV-18 SRV-12 TRC-1 a message is queued before the 250, which names its id', async (t) => {
  const world = await startWorld(t);
  const client = await Client.open(world.port);
  await client.begin();
  const reply = await client.data('Subject: hello\r\n\r\nbody\r\n');
  const [stored] = world.queue.stored;
  assert.equal(reply, `250 2.0.0 Ok: queued as ${stored?.message.id}`);
  assert.match(
    stored?.body ?? '',
    /^Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby relay\.example\.org with ESMTP id /,
  );
  assert.equal(below(stored), 'Subject: hello\r\n\r\nbody\r\n\r\n');
  client.end();
});
