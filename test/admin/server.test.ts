// The endpoint itself: who may speak, what is answered, what a hostile text may not do.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CachedPolicy, Relay, RelayStatus } from '../../src/admin/api.ts';
import { startAdmin } from '../../src/admin/server.ts';
import type { MessageStory } from '../../src/agent/ports.ts';
import { createRelayClient } from '../../src/cli/client.ts';
import { RelayUnreachable } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-admin-'));
after(() => rmSync(folder, { recursive: true }));

const status: RelayStatus = {
  version: '0.0.0',
  hostname: 'relay.example',
  startedAt: 0,
  state: 'running',
  checks: [{ check: 'resolver', ok: false, says: '<script>alert(1)</script>' }],
  stats: { messages: 1, recipients: { queued: 1, deferred: 0, held: 0 }, oldestAt: undefined, bytes: 5 },
  listeners: ['127.0.0.1:2525'],
  exceptions: [],
};

const policy: CachedPolicy = {
  domain: 'sts.example',
  id: '1',
  mode: 'enforce',
  maxAge: 604_800,
  mx: ['mx.sts.example'],
  fetchedAt: '2026-11-21T00:00:00.000Z',
  expiresAt: '2026-11-28T00:00:00.000Z',
  state: 'in-force',
  body: 'version: STSv1\r\n',
};

const acts: string[] = [];
const relay: Relay = {
  status: async () => status,
  metrics: async () => 'sekisho_queue_messages 1\n',
  records: async () => ({ found: [], next: undefined }),
  dialogues: { read: () => ({ lines: [], next: 1, missed: 0 }) },
  list: async () => [],
  story: async (id) =>
    id === 'Q1' ? ({ message: { id }, recipients: [], records: [], events: [] } as unknown as MessageStory) : undefined,
  act: async (act) => {
    acts.push(act);
    return 3;
  },
  override: async (id, { ignore, reason }) => {
    acts.push(`override ${ignore.join(' ')}: ${reason}`);
    return id === 'Q1' ? 1 : undefined;
  },
  flush: async () => void acts.push('flush'),
  probe: async () => ({ id: 'Q9', nonce: 'w' }),
  check: async () => ({}),
  policies: {
    list: () => [policy],
    show: (domain) => (domain === policy.domain ? policy : undefined),
    refresh: async () => ({ outcome: 'fetched', says: null, policy }),
    forget: async (domain) => (domain === policy.domain ? policy : undefined),
  },
};

let count = 0;
async function start(options: { token?: string; actions?: boolean } = {}) {
  const socketPath = join(folder, `${count++}.sock`);
  const admin = await startAdmin(
    { socketPath, address: { host: '127.0.0.1', port: 0 }, token: options.token, actions: options.actions ?? false },
    relay,
  );
  after(() => admin.close());
  return { admin, socketPath };
}

function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body = '',
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('livez, readyz with its reasons, metrics and the status page', async () => {
  const { admin } = await start();
  assert.equal((await get(admin.port, '/livez')).status, 200);
  const ready = await get(admin.port, '/readyz');
  assert.equal(ready.status, 503);
  assert.deepEqual(JSON.parse(ready.text).checks[0].check, 'resolver');
  assert.match((await get(admin.port, '/metrics')).text, /sekisho_queue_messages 1/);
  const page = await get(admin.port, '/');
  assert.match(page.text, /relay\.example/);
  assert.doesNotMatch(page.text, /<script>/);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
});

test('OPS-64 the status page is in Japanese for a browser that asks for it, the API never', async () => {
  const { admin } = await start();
  const japanese = { 'accept-language': 'ja,en-US;q=0.7' };
  const page = await get(admin.port, '/', japanese);
  assert.match(page.text, /<html lang="ja">/);
  assert.match(page.text, /<h2>検査<\/h2>/);
  assert.match(page.text, /<code>sekisho queue list<\/code>/);
  assert.match((await get(admin.port, '/', { 'accept-language': 'de, ja' })).text, /<h2>Checks<\/h2>/);
  assert.equal((await get(admin.port, '/readyz', japanese)).text, (await get(admin.port, '/readyz')).text);
});

test('acts go through the socket, over TCP only when they are on', async () => {
  const { admin, socketPath } = await start();
  const json = { 'content-type': 'application/json' };
  assert.equal((await get(admin.port, '/api/v1/flush', json, 'POST', '{}')).status, 403);
  const client = createRelayClient({ kind: 'socket', path: socketPath }, 5000);
  assert.equal(await client.act('retry', {}, ''), 3);
  assert.equal((await client.story('Q1'))?.message.id, 'Q1');
  assert.equal(await client.story('Q2'), undefined);
  assert.deepEqual(await client.probe('a@b.example'), { kind: 'ok', value: { id: 'Q9', nonce: 'w' } });
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  const open = await start({ actions: true });
  assert.equal((await get(open.admin.port, '/api/v1/flush', json, 'POST', '{}')).status, 200);
  assert.equal((await get(open.admin.port, '/api/v1/flush', {}, 'POST', '{}')).status, 415);
});

test('STS-49 cached policies: listed, shown, refreshed, forgotten; unknown ones are told apart', async () => {
  const { admin, socketPath } = await start();
  const client = createRelayClient({ kind: 'socket', path: socketPath }, 5000);
  assert.deepEqual(await client.policies(), [policy]);
  assert.deepEqual(await client.policy('sts.example' as never), policy);
  assert.equal(await client.policy('other.example' as never), undefined);
  assert.equal((await client.refreshPolicy('sts.example' as never)).outcome, 'fetched');
  assert.deepEqual(await client.forgetPolicy('sts.example' as never), policy);
  assert.equal(await client.forgetPolicy('other.example' as never), undefined);
  // Over TCP without admin.actions they can be read and not changed.
  assert.equal((await get(admin.port, '/api/v1/policies')).status, 200);
  const json = { 'content-type': 'application/json' };
  assert.equal(
    (await get(admin.port, '/api/v1/policies/forget', json, 'POST', '{"domain":"sts.example"}')).status,
    403,
  );
});

test('QUE-7 a filter that is not understood touches no message', async () => {
  const { admin } = await start({ actions: true });
  const headers = { 'content-type': 'application/json' };
  const act = (filter: unknown) =>
    get(admin.port, '/api/v1/act', headers, 'POST', JSON.stringify({ act: 'drop', filter }));
  for (const filter of [
    { doman: 'one.example' },
    { domain: 7 },
    { ids: 'Q1' },
    { ids: [1] },
    { state: 'lost' },
    { limit: 0 },
    { limit: 1.5 },
    { olderThan: '2026' },
    ['one.example'],
    'one.example',
    null,
  ]) {
    const before = acts.length;
    assert.equal((await act(filter)).status, 400, JSON.stringify(filter));
    assert.equal(acts.length, before);
    const listed = await get(admin.port, '/api/v1/messages', headers, 'POST', JSON.stringify({ filter }));
    assert.equal(listed.status, 400, JSON.stringify(filter));
  }
  assert.equal((await get(admin.port, '/api/v1/act', headers, 'POST', 'null')).status, 400);
  const good = {
    domain: 'one.example',
    ids: ['Q1'],
    state: 'held',
    limit: 5,
    olderThan: 1,
    because: 'size',
    to: 'a@b',
    from: '',
  };
  assert.equal((await act(good)).status, 200);
});

test('with a token nothing but the probes is answered without it', async () => {
  const { admin } = await start({ token: 'secret' });
  assert.equal((await get(admin.port, '/livez')).status, 200);
  assert.equal((await get(admin.port, '/metrics')).status, 401);
  assert.equal((await get(admin.port, '/metrics', { authorization: 'Bearer wrong' })).status, 401);
  assert.equal((await get(admin.port, '/metrics', { authorization: 'Bearer secret' })).status, 200);
});

test('a foreign name that points to loopback is refused', async () => {
  const { admin } = await start();
  assert.equal((await get(admin.port, '/metrics', { host: 'evil.example' })).status, 401);
});

test('a body above the bound is refused', async () => {
  const { admin } = await start({ actions: true });
  const given = await get(
    admin.port,
    '/api/v1/act',
    { 'content-type': 'application/json' },
    'POST',
    'x'.repeat(70_000),
  );
  assert.equal(given.status, 413);
});

test('a second relay on the same socket is refused, a left-over file is not', async () => {
  const { socketPath } = await start();
  await assert.rejects(
    startAdmin({ socketPath, address: { host: '127.0.0.1', port: 0 }, token: undefined, actions: false }, relay),
    /another relay answers on/,
  );
  const stale = join(folder, 'stale.sock');
  writeFileSync(stale, '');
  const admin = await startAdmin(
    { socketPath: stale, address: { host: '127.0.0.1', port: 0 }, token: undefined, actions: false },
    relay,
  );
  await admin.close();
});

test('a port in use is named', async () => {
  const { admin } = await start();
  await assert.rejects(
    startAdmin(
      {
        socketPath: join(folder, 'x.sock'),
        address: { host: '127.0.0.1', port: admin.port },
        token: undefined,
        actions: false,
      },
      relay,
    ),
    new RegExp(`cannot listen on 127\\.0\\.0\\.1:${admin.port}: the address is in use`),
  );
});

test('nobody there is RelayUnreachable with the place', async () => {
  const client = createRelayClient({ kind: 'socket', path: join(folder, 'none.sock') }, 1000);
  await assert.rejects(
    client.ready(),
    (error) => error instanceof RelayUnreachable && /none\.sock/.test(error.message),
  );
});
