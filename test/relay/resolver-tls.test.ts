// A resolver behind DNS over TLS, in the laboratory: with the name that was pinned everything is as before, with another
// nothing is known.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTlsFront, type TlsFront } from '../adapters/dns/tls-front.ts';
import { make, makeCa } from '../adapters/smtp/certificates.ts';
import { jsonOf, named, openWorld, sekisho, type World } from './world.ts';

let world: World;
let front: TlsFront;
before(async () => {
  world = await openWorld(named('dane-ee', 'dane-bogus'));
  const ca = await makeCa();
  const leaf = await make({ issuer: ca, names: ['dns.lab.test'] });
  appendFileSync(join(world.folder, 'ca.pem'), ca.pem);
  const at = /^servers\s*=\s*\["([^"]+):(\d+)"\]/m.exec(readFileSync(world.config, 'utf8'));
  assert.ok(at, 'the servers of the laboratory');
  front = await startTlsFront({ host: at[1] as string, port: Number(at[2]) }, { cert: leaf.pem, key: leaf.key });
});
after(() => front?.close());

const state = async (server: string, ...more: readonly string[]): Promise<readonly [number, string, string]> => {
  const name = '_25._tcp.mx.dane-ee.test';
  const said = await sekisho(world, 'dns', name, 'TLSA', '--json', '--resolver', server, ...more);
  if (said.out === '') return [said.code, '', said.err];
  const { state, reason } = jsonOf<{ state: string; reason: string }>(said);
  return [said.code, state, reason];
};

test('DNS-6 look-ups and deliveries by a resolver behind TLS, and none where its name is another', async () => {
  const server = `tls://127.0.0.1:${front.port}#dns.lab.test`;
  assert.deepEqual((await state(server)).slice(0, 2), [0, 'secure']);
  const checked = jsonOf(await sekisho(world, 'check', 'dane-ee.test', '--json', '--resolver', server));
  assert.deepEqual([checked.verdict, checked.level], ['cleared', 'dane']);
  const heard = front.heard();
  assert.ok(heard > 0);
  const other = `tls://127.0.0.1:${front.port}#other.lab.test`;
  assert.deepEqual((await state(other, '--timeout', '3s')).slice(0, 2), [3, 'indeterminate']);
  const waiting = await sekisho(world, 'check', 'dane-ee.test', '--json', '--resolver', other, '--timeout', '3s');
  assert.deepEqual([waiting.code, jsonOf(waiting).verdict], [3, 'undetermined']);
  assert.equal(front.heard(), heard, 'not one octet for a stranger');
});

test('DNS-6 trust-ad with a server in the clear across the network is refused before anything is asked', async () => {
  world.configure({ edit: (text) => text.replace(/^mode\s*= "validate"/m, 'mode = "trust-ad"') });
  const [code, , says] = await state('192.0.2.1');
  assert.equal(code, 2);
  assert.match(says, /trust-ad.*192\.0\.2\.1:53 is not on this machine/);
  const missing = await state('tls://192.0.2.1');
  assert.equal(missing[0], 2);
  assert.match(missing[2], /tls:\/\/192\.0\.2\.1/);
});
