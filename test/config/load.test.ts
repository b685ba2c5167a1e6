// Precedence, sources, and what a mistyped configuration is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadInput, loadConfig } from '../../src/config/load.ts';

function load(file: string | undefined, more: Partial<LoadInput> & { files?: Record<string, string> } = {}) {
  return loadConfig({
    file: undefined,
    env: { HOME: '/home/op' },
    flags: {},
    machineName: 'machine.example',
    readFile: (path) => ({ './sekisho.toml': file, ...more.files })[path],
    profileFile: (profile) => `profiles/${profile}.toml`,
    ...more,
  });
}

function config(file: string | undefined, more: Parameters<typeof load>[1] = {}) {
  const loaded = load(file, more);
  assert.ok(loaded.kind === 'ok', JSON.stringify(loaded));
  return loaded.value;
}

function faults(file: string | undefined, more: Parameters<typeof load>[1] = {}) {
  const loaded = load(file, more);
  assert.ok(loaded.kind === 'fault', 'the configuration was accepted');
  return loaded.fault.map((found) => `${found.at}: ${found.path} ${found.says}`).join('\n');
}

test('without file and variable one listener serves loopback and completes addresses', () => {
  const { config: found } = config(undefined);
  assert.deepEqual(
    found.listen.map((listener) => [listener.address, listener.kind, listener.clients]),
    [[{ host: '127.0.0.1', port: 2525 }, 'submission', ['127.0.0.0/8', '::1/128']]],
  );
  assert.equal(found.queue.url, 'sqlite:/home/op/.local/state/sekisho/queue.db');
  assert.equal(found.identity.hostname, 'machine.example');
  assert.equal(found.resolver.mode, 'validate');
});

test('OPS-67 DANE and MTA-STS are on by default', () => {
  const { config: found } = config(undefined);
  assert.equal(found.mtaSts.enabled, true);
  assert.equal(found.policy.enforce, true);
});

test('precedence: built-in < profile < file < environment < flag, each with its source', () => {
  const files = {
    'profiles/strict.toml': '[delivery]\nper_host = 2\nparallel = 7\nexpire_after = "1d"\nwarn_after = "1h"',
  };
  const { config: found, values } = config(
    'profile = "strict"\n[delivery]\nparallel = 8\nexpire_after = "2d"\nwarn_after = "2h"',
    {
      files,
      env: { HOME: '/', SEKISHO_DELIVERY__EXPIRE_AFTER: '3d', SEKISHO_DELIVERY__WARN_AFTER: '3h' },
      flags: { 'delivery.warn_after': '4h' },
    },
  );
  assert.equal(found.delivery.perDestination, 20);
  assert.equal(found.delivery.perHost, 2);
  assert.equal(found.delivery.parallel, 8);
  assert.equal(found.delivery.expireAfter, 3 * 86_400);
  assert.equal(found.delivery.warnAfter, 4 * 3600);
  const source = (path: string) => values.get(path)?.source;
  assert.equal(source('delivery.per_destination'), 'built-in');
  assert.equal(source('delivery.per_host'), 'profile strict');
  assert.equal(source('delivery.parallel'), './sekisho.toml:3');
  assert.equal(source('delivery.expire_after'), 'SEKISHO_DELIVERY__EXPIRE_AFTER');
  assert.equal(source('delivery.warn_after'), 'flag');
});

test('an unknown key is named with its line and the likely one', () => {
  assert.match(
    faults('[identity]\n\nhostnam = "a.example"'),
    /^\.\/sekisho\.toml:3: identity\.hostnam is no setting; did you mean identity\.hostname\?$/,
  );
  assert.match(
    faults('[[listen]]\naddress = "127.0.0.1:1"\n[[listen]]\naddress = "127.0.0.1:2"\nclient = []'),
    /sekisho\.toml:5: listen\.1\.client is no setting; did you mean listen\.clients\?/,
  );
  assert.match(
    faults(undefined, { env: { SEKISHO_IDENTITY__HOSTNAM: 'x' } }),
    /SEKISHO_IDENTITY__HOSTNAM: {2}is no setting; did you mean SEKISHO_IDENTITY__HOSTNAME\?/,
  );
});

for (const [file, says] of [
  ['[delivery]\nretry = ["5"]', /sekisho\.toml:2: delivery\.retry a duration such as/],
  ['[delivery]\nport = 0', /a whole number from 1 to 65535 is wanted, not 0/],
  ['[policy]\nfloor = "dane"', /one of may, encrypt, verify, secure, dane-only is wanted, not "dane"/],
  ['[[listen]]\naddress = "2525"', /an address such as/],
  ['[[listen]]\nkind = "relay"', /listen\[\]\.address is missing/],
  [
    '[[policy.exception]]\nto = ["a.example"]\nignore = ["floor"]\nreason = "x"',
    /policy\.exception\[\]\.until is missing/,
  ],
  [
    '[[policy.exception]]\nto = ["a.example"]\nignore = ["floor"]\nreason = "x"\nuntil = "2026-02-31"',
    /a day such as 2026-12-31/,
  ],
  ['floor = ', /is no TOML/],
  ['[tlsrpt]\nsend = true', /TLS reports are not sent by this version/],
] as const) {
  test(`refused with place and remedy: ${JSON.stringify(file)}`, () => assert.match(faults(file), says));
}

test('OBS-4 a secret given in place of its reference is not repeated', () => {
  const told = faults('[[route]]\nto = ["*"]\nvia = "[a.example]:587"\ncredentials = "hunter2"');
  assert.match(told, /route\.0\.credentials "file:<path>"/);
  assert.doesNotMatch(told, /hunter2/);
});

test('all faults are shown at once', () => {
  assert.equal(faults('[delivery]\nport = 0\nper_host = "x"').split('\n').length, 2);
});

test('a variable and its _FILE twin together are an error', () => {
  assert.match(
    faults(undefined, { env: { SEKISHO_ADMIN__TOKEN: 'abc', SEKISHO_ADMIN__TOKEN_FILE: '/run/t' } }),
    /both set/,
  );
  const { config: found } = config(undefined, { env: { SEKISHO_ADMIN__TOKEN_FILE: '/run/t' } });
  assert.deepEqual(found.admin.token, { from: 'file', name: '/run/t' });
});

test('the environment changes the one built-in listener', () => {
  const { config: found } = config(undefined, {
    env: { SEKISHO_LISTEN__ADDRESS: '0.0.0.0:2525', SEKISHO_LISTEN__CLIENTS: 'private' },
  });
  assert.deepEqual(
    found.listen.map((listener) => [listener.address.host, listener.clients, listener.kind]),
    [['0.0.0.0', ['private'], 'submission']],
  );
});

test('the built-in listener moved by the environment still serves loopback; one of a file keeps its own ways', () => {
  const env = { SEKISHO_LISTEN__ADDRESS: '127.0.0.1:2626' };
  const shown = (text?: string): unknown =>
    config(text, { env }).config.listen.map(({ address, clients, kind }) => [address.port, clients, kind]);
  assert.deepEqual(shown(), [[2626, ['127.0.0.0/8', '::1/128'], 'submission']]);
  assert.deepEqual(shown('[[listen]]\naddress = "[::]:25"'), [[2626, [], 'relay']]);
  assert.deepEqual(shown('[[listen]]\naddress = "[::]:25"\nclients = ["192.0.2.0/24"]'), [
    [2626, ['192.0.2.0/24'], 'relay'],
  ]);
});

test('a listener of a file is a relay that serves nobody unless told', () => {
  const { config: found } = config('[[listen]]\naddress = "[::]:25"');
  assert.deepEqual(
    found.listen.map((listener) => [listener.kind, listener.clients]),
    [['relay', []]],
  );
});

test('a named file that does not exist is an error, a usual place that does not exist is none', () => {
  assert.match(
    faults(undefined, { file: '/etc/x.toml' }),
    /\/etc\/x\.toml: {2}no such file; name an existing one with -c/,
  );
});

test('a date of TOML is a day', () => {
  const { config: found } = config(
    '[[policy.exception]]\nto = ["a.example"]\nignore = ["floor"]\nreason = "x"\nuntil = 2026-12-31',
  );
  assert.equal(found.policy.exceptions[0]?.until, '2026-12-31');
});

test('aliases are a table of texts', () => {
  assert.deepEqual(config('[aliases]\nroot = "ops@example.org"').config.aliases, { root: 'ops@example.org' });
});
