// DNS over TLS against a real handshake: who is not who was meant is asked nothing (RFC 7858, RFC 8310).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAdResolver } from '../../../src/adapters/dns/ad-resolver.ts';
import type { ValidatingResolver } from '../../../src/adapters/dns/answering.ts';
import { parseServerAddress, type ServerAddress } from '../../../src/adapters/dns/server-address.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { type Made, make, makeCa } from '../smtp/certificates.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { fakeClock, fakeLog, fakeMetrics } from './fakes.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';
import { a, say } from './zone-talk.ts';

const open: { close: () => unknown }[] = [];
after(async () => {
  for (const one of open) await one.close();
});

let ca: Made;
let behind: FakeServer;
before(async () => {
  ca = await makeCa();
  behind = await startFakeServer((asked) => ({
    send: [say(asked, { authenticData: true, answer: [a('www.example', '192.0.2.7')] })],
  }));
  open.push(behind);
});

type Dot = { readonly front: TlsFront; readonly resolver: ValidatingResolver };

async function dot(leaf: Made, name = 'dns.example', authorities = [ca.pem]): Promise<Dot> {
  const front = await startTlsFront(behind.address, { cert: leaf.pem, key: leaf.key });
  const server = parseServerAddress(`tls://127.0.0.1:${front.port}#${name}`);
  if (server.kind === 'fault') throw new Error(server.fault);
  const patience = { tries: 1, firstTry: 2000, total: 2000, deadFor: 0 };
  const ports = { clock: fakeClock(), log: fakeLog(), metrics: fakeMetrics() };
  const resolver = createAdResolver({ servers: [server.value], authorities, patience, ...ports });
  open.push(resolver, front);
  return { front, resolver };
}

const www = domainName('www.example');

test('DNS-6 trust-ad over TLS with the pinned name: examined, then believed, and never asked by UDP', async () => {
  const { resolver } = await dot(await make({ issuer: ca, names: ['dns.example'] }));
  assert.equal((await resolver.examined()).state, 'passed');
  const { answer } = await resolver.resolve(www, 'A');
  assert.ok(answer.kind === 'found' && answer.status === 'secure', answer.kind);
  assert.deepEqual([...new Set(behind.asked.map(({ channel }) => channel))], ['tcp']);
});

test('DNS-6 another name, another authority, a common name alone, an expired certificate: not one octet is sent', async () => {
  const stranger = await makeCa();
  const cases: readonly (readonly [string, Made, RegExp])[] = [
    ['another name', await make({ issuer: ca, names: ['other.example'] }), /does not hold the name dns\.example/],
    ['another authority', await make({ issuer: stranger, names: ['dns.example'] }), /not trusted/],
    ['a common name', await make({ issuer: ca, subject: 'CN=dns.example' }), /does not hold the name/],
    ['expired', await make({ issuer: ca, names: ['dns.example'], dates: 'expired' }), /not trusted/],
    ['self-signed', await make({ names: ['dns.example'] }), /not trusted/],
  ];
  for (const [what, leaf, says] of cases) {
    const { front, resolver } = await dot(leaf);
    const exam = await resolver.examined();
    assert.equal(exam.state, 'failed', what);
    assert.match(exam.servers[0]?.says ?? '', says, what);
    const { answer, because } = await resolver.resolve(www, 'A');
    assert.deepEqual([answer.kind, because], ['failed', 'resolver-unfit'], what);
    assert.equal(front.heard(), 0, what);
  }
});

test('DNS-6 a server in the clear across the network is refused, the same one behind TLS is not', () => {
  const ports = { clock: fakeClock(), log: fakeLog(), metrics: fakeMetrics() };
  const make = (server: ServerAddress): (() => unknown) => {
    return () => open.push(createAdResolver({ ...ports, servers: [server] }));
  };
  const far = { host: '192.0.2.1', port: 853 };
  assert.throws(make(far), /not on this machine: use a loopback server, DNS over TLS/);
  assert.doesNotThrow(make({ ...far, tls: { name: domainName('dns.example') } }));
});
