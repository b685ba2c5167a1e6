// `sekisho tlsa rollover` on a zone as operators have it: BIND signs what `docs/hooks/publish-nsupdate` sends, a secondary
// follows later, certbot's lineage is the source, and the service is a relay that loads its files anew.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type DynamicZone, startDynamicZone } from './dynamic-zone.ts';
import { makeChain, tlsaOfKey } from './keys.ts';
import { ownEnvironment, type Ran, runProgram } from './machine.ts';
import { type MailZones, startMailZones } from './mail-zones.ts';
import { type Peer, skipPeers, until } from './peers.ts';
import { program, startSekisho } from './sekisho.ts';

const skip = skipPeers;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-rollover-'));
const domain = 'roll.test';
const host = `mx.${domain}`;
const address = '127.0.4.9';
const port = 2600;
const owner = `_${port}._tcp.${host}`;
const ports = { nsd: 5397, unbound: 5398, primary: 5399, secondary: 5400 };
const hooks = join(import.meta.dirname, '../../docs/hooks');
const at = (name: string): string => join(folder, name);
const [old, fresh] = skip === false ? [makeChain(host), makeChain(host)] : [];

const opened: Peer[] = [];
let zones: MailZones;
let zone: DynamicZone;
after(async () => {
  for (const peer of opened.reverse()) await peer.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** certbot: `live` has links, `archive` each certificate there was. */
function certbot(number: number, chain: { readonly certificate: string; readonly key: string } | undefined): void {
  for (const [name, text] of [
    ['fullchain', chain?.certificate ?? ''],
    ['privkey', chain?.key ?? ''],
  ] as const) {
    mkdirSync(at(`le/archive/${host}`), { recursive: true });
    mkdirSync(at(`le/live/${host}`), { recursive: true });
    writeFileSync(at(`le/archive/${host}/${name}${number}.pem`), text);
    rmSync(at(`le/live/${host}/${name}.pem`), { force: true });
    symlinkSync(`../../archive/${host}/${name}${number}.pem`, at(`le/live/${host}/${name}.pem`));
  }
}

/** A hook of docs/hooks; while `hold` has its name it does its work and then does not end. */
function holdable(name: string, command: string): string {
  const path = at(`hook-${name}`);
  const wait = `if [ "$(cat ${at('hold')} 2>/dev/null)" = ${name} ]; then touch ${at('held')}; while [ -e ${at('hold')} ]; do sleep 0.05; done; fi`;
  writeFileSync(path, `#!/bin/sh\nset -eu\n${command}\n${wait}\n`);
  chmodSync(path, 0o755);
  return path;
}

before(async () => {
  if (skip !== false) return;
  const records = [`@ MX 10 mx`, `mx A ${address}`, `_${port}._tcp.mx 2 TLSA ${tlsaOfKey(old?.certificate ?? '')}`];
  zones = await startMailZones({
    folder: at('names'),
    ports,
    zones: [{ domain, sign: 'signed', records }],
    elsewhere: { [domain]: `127.0.0.1@${ports.primary}` },
  });
  opened.push(zones);
  zone = await startDynamicZone({ folder: at('dynamic'), domain, home: at(`names/${domain}`), ports });
  opened.push(zone);
  certbot(1, old);
  writeFileSync(at('live.pem'), old?.certificate ?? '');
  writeFileSync(at('live.key'), old?.key ?? '', { mode: 0o600 });
  const relay = await startSekisho({
    folder: at('relay'),
    hostname: host,
    address: `${address}:${port}`,
    certificate: { certificate: at('live.pem'), key: at('live.key') },
    resolver: zones.resolver,
    anchors: zones.anchors,
    deliveryPort: port,
  });
  opened.push(relay);
  // Looked at from a machine of its own: a relay finds a loop where its own name is.
  const other = readFileSync(at('relay/sekisho.toml'), 'utf8')
    .replace(host, 'desk.test')
    .replace(`${address}:${port}`, '127.0.0.1:0');
  writeFileSync(at('desk.toml'), other);
  writeFileSync(
    at('plan.toml'),
    `state = "${at('state')}"
[[lineage]]
name = "mx"
source = "${at(`le/live/${host}`)}"
live = "${at('live.pem')}"
live_key = "${at('live.key')}"
services = ["${host}:${port}/starttls"]
ttl = 2
confirm = 0
zone = "${domain}"
servers = ["127.0.0.1:${ports.primary}", "127.0.0.1:${ports.secondary}"]
[lineage.hooks]
publish = "${holdable('publish', join(hooks, 'publish-nsupdate'))}"
install = "${holdable('install', join(hooks, 'install-files'))}"
reload = ["kill", "-HUP", "${relay.pid}"]
`,
  );
});

const args = (act: string): readonly string[] => ['tlsa', 'rollover', act, at('plan.toml'), '-c', at('desk.toml')];
const env = (): Record<string, string | undefined> => ({
  ...ownEnvironment(),
  STATE_DIRECTORY: at('relay'),
  NODE_COMPILE_CACHE: join(tmpdir(), 'sekisho-interop-cache'),
  NSUPDATE_SERVER: `127.0.0.1 ${ports.primary}`,
});
const run = (): Promise<Ran> => runProgram(process.execPath, [program, ...args('run'), '--json'], { env: env() });
const stepsOf = ({ out }: Ran): string =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { step, because } = JSON.parse(line) as { step: string; because: string | null };
      return because === null ? step : `${step} ${because}`;
    })
    .join(', ');

/** Runs, and is killed as nobody can catch when the hook has done its work. */
async function killedAfter(hook: 'publish' | 'install'): Promise<void> {
  writeFileSync(at('hold'), hook);
  const child = spawn(process.execPath, [program, ...args('run')], {
    env: env() as NodeJS.ProcessEnv,
    stdio: 'ignore',
  });
  await until(`the ${hook} hook did its work`, () => existsSync(at('held')));
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(at('hold'));
  rmSync(at('held'));
}

const served = (from: number): string =>
  execFileSync('dig', ['+short', '@127.0.0.1', '-p', String(from), owner, 'TLSA'], { encoding: 'utf8' })
    .toLowerCase()
    .replace(/ (?=[0-9a-f]{1,56}$)/gm, '')
    .trim();
const records = (from: number): readonly string[] => (served(from) === '' ? [] : served(from).split('\n').sort());
const of = (...chains: readonly ({ readonly certificate: string } | undefined)[]): readonly string[] =>
  chains.map((chain) => tlsaOfKey(chain?.certificate ?? '')).sort();

/** A sender would be content at this moment. */
async function agrees(): Promise<void> {
  const words = ['tlsa', 'check', `${host}:${port}`, '--starttls', 'smtp', '-c', at('desk.toml')];
  const said = await runProgram(process.execPath, [program, ...words], { env: env() });
  assert.equal(said.code, 0, said.out + said.err);
}
/** What resolvers had before has run out. */
const cachesRunOut = (): Promise<void> => pause(2500);

test('OPS-32 OPS-33 OPS-34 OPS-36 OPS-37 OPS-38 a whole rollover through BIND, killed twice', {
  skip,
}, async () => {
  await until('BIND signs', () => records(ports.primary).length === 1);
  await zone.follow();
  await agrees();
  assert.equal((await run()).out.includes('"rest"'), true);
  certbot(2, fresh);

  await killedAfter('publish');
  assert.deepEqual(records(ports.primary), of(old, fresh));
  assert.equal(existsSync(at('state/mx.json')), true);
  await agrees();
  // The secondary has the old record alone, and says so.
  await cachesRunOut();
  const again = await run();
  assert.match(stepsOf(again), /^publish next, wait spreading$/);
  const refused = await run();
  assert.equal(refused.code, 1, refused.out);
  assert.equal(stepsOf(refused), 'refuse not-everywhere');
  assert.match(refused.out, new RegExp(`127\\.0\\.0\\.1:${ports.secondary}`));
  assert.equal(readFileSync(at('live.pem'), 'utf8'), old?.certificate);

  await zone.follow();
  const early = await run();
  assert.deepEqual([early.code, stepsOf(early)], [0, 'wait time']);
  await agrees();
  // OPS-33: twice the TTL.
  await pause(4500);
  await killedAfter('install');
  assert.equal(readFileSync(at('live.pem'), 'utf8'), fresh?.certificate);
  await agrees();

  // Killed before the reload hook: told then, unless the service has seen the new files by itself.
  const cleaned = await run();
  assert.equal(cleaned.code, 0, cleaned.out + cleaned.err);
  assert.match(stepsOf(cleaned), /^(reload, )?publish cleanup, wait spreading$/);
  assert.deepEqual([records(ports.primary), records(ports.secondary)], [of(fresh), of(old, fresh)]);
  await agrees();
  await zone.follow();
  await cachesRunOut();
  const done = await run();
  assert.deepEqual([done.code, stepsOf(done)], [0, 'rest']);
  assert.deepEqual([records(ports.primary), records(ports.secondary)], [of(fresh), of(fresh)]);
  await agrees();
});
