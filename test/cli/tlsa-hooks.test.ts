// The example hooks of docs/hooks, as the planner calls them.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-hooks-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const hooks = join(import.meta.dirname, '../../docs/hooks');
const at = (name: string, text?: string): string => {
  if (text !== undefined) writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const run = (name: string, env: Readonly<Record<string, string>>): unknown =>
  execFileSync(join(hooks, name), { env: { PATH: `${folder}:${process.env.PATH}`, ...env }, stdio: 'pipe' });

test('OPS-37 the example hooks install files, write an include and hand an update on, twice without harm', () => {
  const files = { SEKISHO_CHAIN: at('chain', 'c'), SEKISHO_KEY: at('key', 'k') };
  const live = { SEKISHO_LIVE_CHAIN: at('live'), SEKISHO_LIVE_KEY: at('live.key') };
  for (const _ of [1, 2]) run('install-files', { SEKISHO_HOOK: 'install', ...files, ...live });
  assert.deepEqual([readFileSync(at('live'), 'utf8'), readFileSync(at('live.key'), 'utf8')], ['c', 'k']);
  assert.equal(statSync(at('live.key')).mode & 0o077, 0);
  const zone = {
    SEKISHO_HOOK: 'publish',
    SEKISHO_ZONE_FILE: at('zone', 'z\n'),
    SEKISHO_NSUPDATE_FILE: at('up', 'send\n'),
  };
  for (const _ of [1, 2])
    run('publish-include', { ...zone, ZONE_INCLUDE: at('include'), ZONE_RELOAD: `touch ${at('reloaded')}` });
  assert.equal(readFileSync(at('include'), 'utf8'), 'z\n');
  assert.ok(statSync(at('reloaded')).isFile());
  at('nsupdate', `#!/bin/sh\ncat > ${at('told')}\n`);
  chmodSync(at('nsupdate'), 0o755);
  run('publish-nsupdate', { ...zone, NSUPDATE_SERVER: '127.0.0.1 53' });
  assert.equal(readFileSync(at('told'), 'utf8'), 'server 127.0.0.1 53\nsend\n');
  assert.throws(() => run('install-files', { SEKISHO_HOOK: 'publish', ...files, ...live }));
});

type Asked = { readonly request: string; readonly key: string | undefined; readonly body: unknown };

/** What a hook asks of a provider's interface, which takes it or refuses. */
async function askedBy(hook: string, env: Readonly<Record<string, string>>, status = 200): Promise<Asked[]> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      const { authorization, 'x-api-key': key } = request.headers;
      asked.push({
        request: `${request.method} ${request.url}`,
        key: authorization ?? String(key),
        body: JSON.parse(text),
      });
      response.writeHead(status).end('[]');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const given = { PATH: process.env.PATH, DESEC_URL: url, POWERDNS_URL: url, SEKISHO_HOOK: 'publish', ...env };
  try {
    await promisify(execFile)(join(hooks, hook), { env: given });
  } finally {
    server.close();
  }
  return asked;
}

const curl = spawnSync('curl', ['--version']).error === undefined ? false : 'curl is not installed';

test('OPS-37 the hooks for providers hand the whole set on, take it away where it is empty, and fail with the provider', {
  skip: curl,
}, async () => {
  const [one, two] = [`3 1 1 ${'ab'.repeat(32)}`, `2 1 1 ${'cd'.repeat(32)}`];
  const env = {
    SEKISHO_ZONE: 'example.org',
    SEKISHO_OWNERS: '_25._tcp.mx.example.org. _465._tcp.mx.example.org.',
    SEKISHO_TTL: '3600',
    SEKISHO_ZONE_FILE: at('set', [one, two].map((data) => `_25._tcp.mx.example.org. 3600 IN TLSA ${data}\n`).join('')),
    DESEC_TOKEN_FILE: at('token', 'secret-1\n'),
    POWERDNS_KEY_FILE: at('api-key', 'secret-2\n'),
  };
  assert.deepEqual(await askedBy('publish-desec', env), [
    {
      request: 'PUT /api/v1/domains/example.org/rrsets/',
      key: 'Token secret-1',
      body: [
        { subname: '_25._tcp.mx', type: 'TLSA', ttl: 3600, records: [one, two] },
        { subname: '_465._tcp.mx', type: 'TLSA', ttl: 3600, records: [] },
      ],
    },
  ]);
  const content = (data: string): object => ({ content: data, disabled: false });
  const common = { type: 'TLSA', ttl: 3600 };
  const [first, second] = [
    { name: '_25._tcp.mx.example.org.', ...common, changetype: 'REPLACE', records: [content(one), content(two)] },
    { name: '_465._tcp.mx.example.org.', ...common, changetype: 'DELETE', records: [] },
  ];
  assert.deepEqual(await askedBy('publish-powerdns', env), [
    {
      request: 'PATCH /api/v1/servers/localhost/zones/example.org.',
      key: 'secret-2',
      body: { rrsets: [first, second] },
    },
  ]);
  for (const hook of ['publish-desec', 'publish-powerdns']) {
    await assert.rejects(askedBy(hook, env, 422));
    await assert.rejects(askedBy(hook, { ...env, SEKISHO_ZONE: '' }), /zone = /);
  }
});
