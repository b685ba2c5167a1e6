// What an operator gets wrong: one clear line that names the place and the remedy, and the exit status of the contract.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeSelfSigned } from '../../src/adapters/smtp/server-certificate.ts';
import { bare, compiled, program, type Said } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-bad-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const env = { STATE_DIRECTORY: join(folder, 'state'), PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: compiled };
const path = (name: string): string => join(folder, name);
const write = (name: string, text: string | Uint8Array): string => {
  writeFileSync(path(name), text);
  return path(name);
};
const local = '[resolver]\nservers = ["127.0.0.1:9"]\n[admin]\naddress = "127.0.0.1:0"\n';

const lines = ({ err }: Said): readonly string[] => err.trim().split('\n');

/** Exit 2 and one line. */
async function refused(config: string, says: RegExp, ...argv: readonly string[]): Promise<void> {
  const said = await bare(env, ...(argv.length === 0 ? ['run'] : argv), '-c', config);
  assert.equal(said.code, 2, said.err);
  assert.equal(lines(said).length, 1, said.err);
  assert.match(said.err, says);
  assert.equal(said.out, '');
}

test('an unknown key, a wrong value, an impossible day: place, key and the likely meaning', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      '[identity]\nhostnam = "a.example"\n',
      /bad\.toml:2: identity\.hostnam is no setting; did you mean identity\.hostname\?/,
    ],
    ['[delivery]\nport = "25"\n', /bad\.toml:2: delivery\.port a whole number from 1 to 65535 is wanted/],
    ['[tls]\nmin_version = "TLSv1.0"\n', /bad\.toml:2: tls\.min_version one of TLSv1\.2, TLSv1\.3 is wanted/],
    [
      '[[policy.exception]]\nto = ["a.example"]\nignore = ["dane"]\nuntil = 2026-02-31\nreason = "x"\n',
      /bad\.toml:4: policy\.exception\.0\.until a day such as 2026-12-31 is wanted, not "2026-02-31"/,
    ],
    [
      '[[policy.exception]]\nto = ["a.example"]\nignore = ["dane"]\nreason = "x"\n',
      /policy\.exception\[\]\.until is missing/,
    ],
    ['listen = 5\n', /bad\.toml:1: listen is a list of tables, each written under \[\[listen\]\]/],
    ['[queue]\nurl = "postgres://db/x"\n', /queue\.url.*is not "sqlite:\/absolute\/path"/],
    ['[[route]]\nto = ["*"]\nvia = "smtp.example:x"\n', /bad\.toml:3: route "smtp\.example:x" is no next hop/],
    ['[admin]\naddress = "0.0.0.0:9025"\n', /0\.0\.0\.0 is not loopback, so admin\.token is wanted/],
    ['[resolver]\nmode = "trust-ad"\nservers = ["192.0.2.1"]\n', /192\.0\.2\.1:53 is not on this machine/],
  ];
  for (const [text, says] of cases) {
    const config = write('bad.toml', text);
    await refused(config, says, 'config', 'check');
    await refused(config, says);
  }
});

test('a file that is empty, no TOML, a folder, missing or unreadable is told from one another', async () => {
  assert.equal((await bare(env, 'config', 'check', '-c', write('empty.toml', ''))).code, 0);
  await refused(write('binary.toml', Uint8Array.of(0, 1, 255, 254)), /binary\.toml:1:1: is no TOML/);
  await refused(write('letter.toml', 'Dear postmaster,\n'), /letter\.toml:1:\d+: is no TOML/);
  mkdirSync(path('folder.toml'));
  await refused(path('folder.toml'), /folder\.toml: cannot be read: this is a folder, not a file/);
  await refused(path('missing.toml'), /missing\.toml: no such file/);
});

test('TLS-27 certificate and key: missing, of the wrong kind, of somebody else', async () => {
  const [one, other] = [await makeSelfSigned('one.example'), await makeSelfSigned('other.example')];
  const listen = (certificate: string, key: string): string =>
    `[[listen]]\nname = "lan"\naddress = "127.0.0.1:0"\ncertificate = ${JSON.stringify(certificate)}\nkey = ${JSON.stringify(key)}\n`;
  const [pem, key] = [write('one.pem', one.certificate), `file:${write('one.key', one.key)}`];
  const cases: readonly (readonly [string, RegExp])[] = [
    [listen(path('none.pem'), key), /listen lan: certificate \S*none\.pem: there is no such file/],
    [listen(folder, key), /listen lan: certificate \S+: this is a folder, not a file/],
    [listen(write('text.pem', 'no certificate'), key), /text\.pem cannot be used/],
    [listen(pem, `file:${write('other.key', other.key)}`), /one\.pem cannot be used: .*(key|mismatch)/i],
    [listen(pem, `file:${path('none.key')}`), /listen lan: key \S*none\.key: there is no such file/],
    [listen(pem, 'env:NO_SUCH'), /the variable NO_SUCH is not set/],
    [listen(pem, 'credential:relay'), /\$CREDENTIALS_DIRECTORY is not set/],
    [
      '[[listen]]\nname = "lan"\naddress = "127.0.0.1:0"\ntls = "required"\n',
      /listen lan: tls required wants a certificate/,
    ],
  ];
  for (const [text, says] of cases) {
    const config = write('certificate.toml', text);
    await refused(config, says);
    await refused(config, says, 'config', 'check');
  }
  const good = await bare(env, 'config', 'check', '-c', write('certificate.toml', listen(pem, key)));
  assert.equal(good.code, 0, good.err);
  // As certbot and dehydrated write them: the chain behind the certificate.
  const chain = write('fullchain.pem', one.certificate + other.certificate);
  const full = await bare(env, 'config', 'check', '-c', write('certificate.toml', listen(chain, key)));
  assert.equal(full.code, 0, full.err);
});

test('TA-5 trust anchors and trust store: unreadable, empty, of the wrong kind', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      `[resolver]\ntrust_anchors = ${JSON.stringify(write('no.ds', 'hello\n'))}\n`,
      /no\.ds: not a DS or DNSKEY record: "hello"/,
    ],
    [`[resolver]\ntrust_anchors = ${JSON.stringify(write('empty.ds', ''))}\n`, /empty\.ds: no trust anchor in it/],
    [
      `[resolver]\ntrust_anchors = ${JSON.stringify(path('none.ds'))}\n`,
      /trust_anchors \S*none\.ds: there is no such file/,
    ],
    [`[tls]\ntrust_store = ${JSON.stringify(path('none-store.pem'))}\n`, /tls\.trust_store.*none-store\.pem/],
  ];
  for (const [text, says] of cases) {
    const config = write('anchors.toml', text);
    await refused(config, says);
    await refused(config, says, 'check', 'a.example');
    await refused(config, says, 'dns', 'a.example', 'A');
  }
});

test('a port that is taken, for mail and for the page: the address and what to do', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  try {
    const mail = `[[listen]]\nname = "lan"\naddress = "127.0.0.1:${port}"\n`;
    await refused(
      write('taken.toml', `${mail}${local}`),
      new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: the address is in use`),
    );
    const page = `[[listen]]\naddress = "127.0.0.1:0"\n${local.replace('127.0.0.1:0', `127.0.0.1:${port}`)}`;
    await refused(
      write('taken.toml', page),
      new RegExp(`127\\.0\\.0\\.1:${port}: the address is in use; set admin\\.address`),
    );
    const far = '[[listen]]\naddress = "192.0.2.1:2525"\n';
    await refused(
      write('far.toml', `${far}${local}`),
      /listener 192\.0\.2\.1:2525 cannot listen on 192\.0\.2\.1:2525: this machine does not have the address/,
    );
  } finally {
    taken.close();
  }
});

test('a queue that is none, and one of a newer version', async () => {
  const state = { ...env, STATE_DIRECTORY: path('strange') };
  mkdirSync(path('strange'));
  write('strange/queue.db', 'this is no database, but a letter to my aunt'.repeat(100));
  const config = write('queue.toml', `[[listen]]\naddress = "127.0.0.1:0"\n${local}`);
  const said = await bare(state, 'run', '-c', config);
  assert.equal(said.code, 2);
  assert.match(said.err, /^sekisho: .*strange\/queue\.db/m);
});

const isRoot = process.getuid?.() === 0;

/** `sekisho` as a user who may do little; as oneself where one is no root. */
function asNobody(state: string, ...argv: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    env: { ...env, STATE_DIRECTORY: state },
    encoding: 'utf8',
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  });
  return { code: status ?? -1, out: stdout, err: stderr };
}

before(() => {
  chmodSync(folder, 0o755);
});

test('a state directory or a configuration that this user may not touch', async () => {
  const locked = path('locked');
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  if (isRoot) chownSync(locked, 0, 0);
  const config = write('plain.toml', `[[listen]]\naddress = "127.0.0.1:0"\n${local}`);
  chmodSync(config, 0o644);
  const run = asNobody(join(locked, 'state'), 'run', '-c', config);
  assert.equal(run.code, 2);
  assert.match(
    run.err,
    /^sekisho: .*state directory .*locked\/state cannot be written \(EACCES\); set \$STATE_DIRECTORY/,
  );
  assert.equal(lines(run).length, 1);
  // Tools keep no state: who may not write there may look all the same.
  const looked = asNobody(join(locked, 'state'), 'dns', 'a.example', 'A', '-c', config, '--timeout', '2s');
  assert.equal(looked.code, 3, looked.err);
  const secret = write('secret.toml', local);
  chmodSync(secret, 0o000);
  const unread = asNobody(locked, 'config', 'check', '-c', secret);
  assert.equal(unread.code, 2);
  assert.match(unread.err, /^sekisho: .*secret\.toml: cannot be read: access is denied/);
});

test('tools want no key, no secret and no queue of the relay', async () => {
  const text = `[[listen]]
name = "lan"
address = "127.0.0.1:0"
certificate = "${path('none.pem')}"
key = "file:${path('none.key')}"
[[route]]
to = ["a.example"]
via = "[smtp.example]:587"
credentials = "credential:provider"
[queue]
url = "sqlite:/proc/none/queue.db"
${local}`;
  const config = write('tools.toml', text);
  for (const argv of [
    ['dns', 'a.example', 'A'],
    ['check', 'b.example'],
    ['check', '--no-connect', 'a.example'],
  ]) {
    const said = await bare(env, ...argv, '-c', config, '--timeout', '2s');
    assert.equal(said.code, 3, said.err);
  }
});
