// Who checks the checker: the same questions to unbound and to our validator, over zones that BIND's and ldns's tools signed,
// and over the laboratory's own zones. Verdicts must be equal; what may differ is named here with who is right.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createResolver } from '../../src/adapters/dns/resolver.ts';
import { parseServerAddress } from '../../src/adapters/dns/server-address.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { encodeQuery, parseMessage } from '../../src/core/dns/message.ts';
import { nameFromText } from '../../src/core/dns/name.ts';
import { typeFromText } from '../../src/core/dns/presentation.ts';
import { parseAnchors } from '../../src/core/dnssec/anchors.ts';
import { startLab } from '../../src/lab/world.ts';
import { skipPeers, startNsd, startUnbound } from './peers.ts';
import { buildSignedWorld } from './signed-zones.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-crosscheck-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Verdict = 'secure' | 'insecure' | 'bogus';

/** INT-12: RFC 9276 leaves the limit open; unbound is told ours, so nothing differs by choice. */
const sameLimits = [
  'val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"',
  'aggressive-nsec: no',
  'harden-below-nxdomain: no',
  'qname-minimisation: no',
];

const wire = (name: string, type: string) => {
  const parsed = nameFromText(name);
  assert.ok(parsed.kind === 'ok', name);
  return { name: parsed.value, type: typeFromText(type) as number };
};

function askUnbound(port: number, name: string, type: string): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const id = Math.floor(Math.random() * 65_536);
    const timer = setTimeout(() => {
      socket.close();
      reject(new Error(`unbound did not answer ${name} ${type}`));
    }, 20_000);
    socket.on('message', (reply) => {
      clearTimeout(timer);
      socket.close();
      const parsed = parseMessage(reply);
      assert.ok(parsed.kind === 'ok');
      if (parsed.value.rcode === 2) resolve('bogus');
      else resolve(parsed.value.authenticData ? 'secure' : 'insecure');
    });
    socket.send(
      encodeQuery({
        id,
        ...wire(name, type),
        recursionDesired: true,
        dnssecOk: true,
        checkingDisabled: false,
        authenticData: true,
        udpSize: 4096,
      }),
      port,
      '127.0.0.1',
    );
  });
}

function ourValidator(port: number, anchorsText: string) {
  const server = parseServerAddress(`127.0.0.1:${port}`);
  const anchors = parseAnchors(anchorsText, systemClock.now());
  assert.ok(server.kind === 'ok' && anchors.kind === 'ok');
  const resolver = createResolver({
    servers: [server.value],
    anchors: anchors.value,
    clock: systemClock,
    log: { event: () => {} },
    metrics: { count: () => {}, observe: () => {} },
    allowSha1: false,
  });
  after(() => resolver.close());
  return resolver;
}

async function compare(
  questions: readonly (readonly [string, string])[],
  unboundPort: number,
  resolver: ReturnType<typeof ourValidator>,
) {
  const counts: Record<Verdict, number> = { secure: 0, insecure: 0, bogus: 0 };
  const different: string[] = [];
  await resolver.examined();
  const work = [...questions];
  const worker = async (): Promise<void> => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      const [name, type] = next;
      const question = wire(name, type);
      const [theirs, ours] = await Promise.all([
        askUnbound(unboundPort, name, type),
        resolver.lookup(question.name, question.type),
      ]);
      const verdict: Verdict = ours.state === 'secure' || ours.state === 'insecure' ? ours.state : 'bogus';
      counts[theirs] += 1;
      if (theirs !== verdict)
        different.push(`${name} ${type}: unbound ${theirs}, we ${ours.state} ${ours.because ?? ''}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return { counts, different };
}

test('SEC-1 SEC-2 SEC-3 SEC-4 SEC-25 SEC-27 our verdicts equal those of unbound on zones signed by BIND and ldns', {
  skip: skipPeers,
  timeout: 300_000,
}, async (t) => {
  const world = buildSignedWorld(join(folder, 'zones'));
  const nsd = await startNsd(join(folder, 'nsd'), 5391, world.zones);
  after(() => nsd.stop());
  const stubs = world.zones.map((zone) => ({ zone: zone.name, server: '127.0.0.1@5391' }));
  const unbound = await startUnbound(join(folder, 'unbound'), {
    port: 5392,
    anchors: world.anchors,
    stubs,
    more: sameLimits,
  });
  after(() => unbound.stop());
  const { counts, different } = await compare(world.questions, 5392, ourValidator(5392, world.anchors));
  t.diagnostic(`${world.questions.length} questions: ${JSON.stringify(counts)}`);
  assert.deepEqual(different, []);
  assert.ok(counts.secure > 200 && counts.insecure > 50 && counts.bogus > 30, JSON.stringify(counts));
});

test('unbound validates the laboratory and agrees with us about it', {
  skip: skipPeers,
  timeout: 120_000,
}, async (t) => {
  const lab = await startLab({});
  after(() => lab.close());
  const unbound = await startUnbound(join(folder, 'lab-unbound'), {
    port: 5393,
    anchors: lab.anchors,
    stubs: [],
    forward: `127.0.0.1@${lab.ports.dns}`,
    more: sameLimits,
  });
  after(() => unbound.stop());
  const domains = lab.destinations.map((destination) => `${destination.domain}.`);
  const questions = domains.flatMap((domain) => [
    [domain, 'MX'] as const,
    [`_mta-sts.${domain}`, 'TXT'] as const,
    [`nothere.${domain}`, 'A'] as const,
    [domain, 'TXT'] as const,
    [domain, 'DS'] as const,
    [`mx.${domain}`, 'A'] as const,
    [`mx.${domain}`, 'AAAA'] as const,
    [`_25._tcp.mx.${domain}`, 'TLSA'] as const,
  ]);
  const { counts, different } = await compare(questions, 5393, ourValidator(lab.ports.dns, lab.anchors));
  t.diagnostic(`${questions.length} questions: ${JSON.stringify(counts)}`);
  assert.deepEqual(different, []);
  assert.ok(counts.secure > 20 && counts.insecure > 5, JSON.stringify(counts));
});
