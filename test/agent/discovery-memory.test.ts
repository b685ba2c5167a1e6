// What was discovered is kept as long as it holds, and not a moment longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiscoverOptions, DiscoverPorts } from '../../src/agent/discover.ts';
import { createDiscoveryMemory, discoverOnce } from '../../src/agent/discovery-memory.ts';
import { makePolicyMemory } from '../../src/agent/policies.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { NextHop } from '../../src/core/routing/next-hop.ts';
import { type FakeClock, fakeClock, fakePolicyHost, fakeResolver, memoryStore, notebook } from './fake-world.ts';

const zone = `
example.com secure MX 10 mx1.example.com
example.com secure MX 10 mx2.example.com
mx1.example.com secure A 198.51.100.1
mx2.example.com secure A 198.51.100.2
_25._tcp.mx1.example.com secure TLSA 3 1 1 ${'ab'.repeat(32)}
`;

const domain = domainName('example.com');
const nextHop: NextHop = { kind: 'domain', domain };
const options: DiscoverOptions = {
  port: 25,
  ownNames: [],
  ownSockets: [],
  localZones: [],
  mtaSts: 'on',
  families: 'ipv4',
  allowed: [],
  reading: 'validated',
};

function world(text: string): { clock: FakeClock; ports: DiscoverPorts; asked: string[]; draws: number[] } {
  const clock = fakeClock();
  const draws: number[] = [];
  const notes = notebook();
  const resolver = fakeResolver(text);
  const ports: DiscoverPorts = {
    resolver,
    local: { addresses: async () => ({ kind: 'failed', reason: 'servfail' }) },
    policyHost: fakePolicyHost('sts-policy-fetch-error'),
    policyStore: memoryStore(),
    policyMemory: makePolicyMemory(),
    clock: { ...clock, random: () => draws.shift() ?? 0 },
    log: notes,
    metrics: notes,
  };
  return { clock, ports, asked: resolver.asked, draws };
}

test('DNS-8 DANE-26 what was discovered holds until the first of its answers is over', async () => {
  const { clock, ports, asked } = world(zone);
  const memory = createDiscoveryMemory();
  const first = await discoverOnce(ports, memory, nextHop, options);
  const questions = asked.length;
  clock.move(298);
  const second = await discoverOnce(ports, memory, nextHop, options);
  assert.equal(second.destination, first.destination);
  assert.equal(asked.length, questions);
  clock.move(2);
  await discoverOnce(ports, memory, nextHop, options);
  assert.equal(asked.length, 2 * questions);
});

test('RTE-7 hosts of one preference are drawn anew for each message, known or not', async () => {
  const { ports, draws } = world(zone);
  const memory = createDiscoveryMemory();
  const hosts = async (...numbers: number[]) => {
    draws.push(...numbers);
    const { candidates } = await discoverOnce(ports, memory, nextHop, options);
    return candidates.map(({ host }) => host);
  };
  assert.deepEqual(await hosts(0.1, 0.9), ['mx1.example.com', 'mx2.example.com']);
  assert.deepEqual(await hosts(0.9, 0.1), ['mx2.example.com', 'mx1.example.com']);
  assert.deepEqual(await hosts(0.1, 0.9), ['mx1.example.com', 'mx2.example.com']);
});

test('STS-8 STS-16 a failure is not kept: neither of a question nor of a fetch', async () => {
  for (const line of ['_25._tcp.mx1.example.com timeout TLSA -', '_mta-sts.example.com secure TXT v=STSv1; id=1;']) {
    const { ports, asked } = world(`${zone.replace(/^_25.*$/m, '')}${line}\n`);
    const memory = createDiscoveryMemory();
    await discoverOnce(ports, memory, nextHop, options);
    const questions = asked.length;
    await discoverOnce(ports, memory, nextHop, options);
    assert.equal(asked.length, 2 * questions, line);
  }
});

test('STS-42 STS-49 a policy that is stored or forgotten meanwhile counts at once', async () => {
  const policy = `version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 100000\n`;
  const { ports, asked } = world(`${zone}_mta-sts.example.com secure TXT v=STSv1; id=1;\n`);
  (ports.policyHost as ReturnType<typeof fakePolicyHost>).answer = policy;
  const memory = createDiscoveryMemory();
  const wordOf = async () => {
    const { sts } = (await discoverOnce(ports, memory, nextHop, options)).destination;
    return sts.kind === 'policy' ? sts.freshness : sts.kind;
  };
  assert.deepEqual([await wordOf(), await wordOf()], ['fetched', 'cached']);
  const questions = asked.length;
  assert.equal(await wordOf(), 'cached');
  assert.equal(asked.length, questions);
  await ports.policyStore.forget(domain);
  assert.equal(await wordOf(), 'fetched');
});

test('RTE-17 inside names are looked up each time', async () => {
  const { ports } = world(zone);
  let asked = 0;
  const local: DiscoverPorts['local'] = {
    addresses: async () => {
      asked += 1;
      return { kind: 'failed', reason: 'servfail' };
    },
  };
  const memory = createDiscoveryMemory();
  const inside = { ...options, localZones: [domain] };
  for (let n = 0; n < 2; n += 1) await discoverOnce({ ...ports, local }, memory, nextHop, inside);
  assert.equal(asked, 2);
});
