// The laboratory's signatures and denials before the validator that they are made for.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { makeBudget } from '../../../src/core/base/budget.ts';
import { name, nameToText } from '../../../src/core/dns/name.ts';
import { typeFromText } from '../../../src/core/dns/presentation.ts';
import { type Anchors, parseAnchors } from '../../../src/core/dnssec/anchors.ts';
import { proofLimits } from '../../../src/core/dnssec/limits.ts';
import type { Fact, Need, Proof, ZoneProof } from '../../../src/core/dnssec/proof.ts';
import { prove, proveZone } from '../../../src/core/dnssec/prove.ts';
import type { ZoneRequest } from '../../../src/lab/dns/zone.ts';
import { type Lab, startLab } from '../../../src/lab/world.ts';
import { ask } from '../dns-ask.ts';
import { bogusZones, insecureZones, questions, signedZones } from '../odd-zones.ts';

let lab: Lab;
let anchors: Anchors;
before(async () => {
  lab = await startLab({ destinations: [], zones: [...signedZones, ...insecureZones, ...bogusZones] });
  const parsed = parseAnchors(lab.anchors, lab.clock.now());
  assert.equal(parsed.kind, 'ok');
  anchors = parsed.kind === 'ok' ? parsed.value : [];
});
after(() => lab.close());
beforeEach(() => lab.clearFaults());

type Driven<T> = Generator<readonly Need[], T, readonly Fact[]>;

async function drive<T>(proof: Driven<T>, zones: Map<string, Promise<ZoneProof>>): Promise<T> {
  let step = proof.next();
  while (!step.done) {
    step = proof.next(await Promise.all(step.value.map((need) => factOf(need, zones))));
  }
  return step.value;
}

async function factOf(need: Need, zones: Map<string, Promise<ZoneProof>>): Promise<Fact> {
  if (need.kind === 'zone') {
    const known = zones.get(need.apex);
    const proof = known ?? drive(proveZone(need.apex, anchors, lab.clock.now(), makeBudget(proofLimits)), zones);
    zones.set(need.apex, proof);
    return { kind: 'zone', proof: await proof };
  }
  const question = { port: lab.ports.dns, owner: nameToText(need.name), type: `TYPE${need.type}`, udpSize: 4096 };
  const short = await ask(question);
  const message = short?.truncated ? await ask({ ...question, transport: 'tcp' }) : short;
  return message ? { kind: 'message', message } : { kind: 'unanswered', because: 'timeout' };
}

function verdict(owner: string, type: string, zones = new Map<string, Promise<ZoneProof>>()): Promise<Proof> {
  const question = { name: name(owner), type: typeFromText(type) ?? 0 };
  return drive(prove(question, anchors, lab.clock.now(), makeBudget(proofLimits)), zones);
}

/** `owner type: state (because)` of every question that did not come out as it must. */
async function surprises(zone: ZoneRequest, expected: (owner: string, type: string) => string): Promise<string[]> {
  const zones = new Map<string, Promise<ZoneProof>>();
  const found: string[] = [];
  for (const [prefix, type] of questions) {
    const owner = `${prefix}${zone.apex}`;
    const { state, because } = await verdict(owner, type, zones);
    if (state !== expected(prefix, type)) found.push(`${owner} ${type}: ${state} (${because})`);
  }
  return found;
}

test('every answer of every signed zone is secure, whatever its algorithm and denial', async () => {
  for (const zone of signedZones) {
    const denial = zone.signing?.denial ?? 'nsec';
    const optOut = denial !== 'nsec' && denial.optOut === 'yes';
    const weak = new Set([
      '_26._tcp.mail. TLSA',
      'x.wild. A',
      'x.y.wild. MX',
      'x.wild. TLSA',
      'missing. A',
      'missing. DS',
      'a.b.c.missing. MX',
      'alias-to-nothing. A',
      'x.wild-alias. A',
      'x.tree. A',
    ]);
    const expected = (owner: string, type: string): string =>
      optOut && weak.has(`${owner} ${type}`) ? 'insecure' : 'secure';
    assert.deepEqual(await surprises(zone, expected), [], zone.apex);
  }
});

test('what lies in an unsigned zone, an island or under unknown algorithms is insecure', async () => {
  for (const zone of insecureZones) {
    const signedParent = zone.apex.endsWith('.test') && !zone.apex.includes('opt-out');
    const expected = (owner: string, type: string): string =>
      owner === '' && type === 'DS' && signedParent ? 'any' : 'insecure';
    const found = await surprises(zone, expected);
    assert.deepEqual(
      found.filter((line) => !line.includes(' DS: ')),
      [],
      zone.apex,
    );
  }
});

test('a DS of another key makes all below bogus', async () => {
  for (const zone of bogusZones) {
    const found = await surprises(zone, (owner, type) => (owner === '' && type === 'DS' ? 'secure' : 'bogus'));
    assert.deepEqual(found, []);
  }
});

for (const fault of [
  'strip-rrsig',
  'corrupt-signature',
  'unknown-algorithm',
  'wrong-signer',
  'signature-expired',
  'signature-from-the-future',
  'nodata-without-proof',
  'nxdomain-without-proof',
  'nodata-foreign-proof',
  'nodata-matching-proof',
  'nodata-ancestor-proof',
  'nxdomain-foreign-proof',
  'forged-ad',
]) {
  test(`${fault} at a TLSA record is bogus`, async () => {
    const owner = '_25._tcp.mail.nsec.test';
    assert.equal((await verdict(owner, 'TLSA')).state, 'secure');
    lab.setFault(`dns:${fault}`, `${owner}/TLSA`);
    assert.equal((await verdict(owner, 'TLSA')).state, 'bogus');
  });
}

test('denials without their proof, replayed wildcards and altered aliases are bogus', async () => {
  lab.setFault('dns:strip-proof', '*.nsec.test');
  assert.equal((await verdict('missing.nsec.test', 'A')).state, 'bogus');
  assert.equal((await verdict('x.wild.nsec.test', 'A')).state, 'bogus');
  lab.clearFaults();
  lab.setFault('dns:wildcard-replay', 'mail.nsec.test/A');
  assert.equal((await verdict('mail.nsec.test', 'A')).state, 'bogus');
  lab.clearFaults();
  lab.setFault('dns:altered-cname', 'x.tree.nsec.test', ['evil.test.']);
  assert.equal((await verdict('x.tree.nsec.test', 'A')).state, 'bogus');
});

test('altered NSEC3 records prove nothing, and a good signature among many bad ones is not looked for for ever', async () => {
  for (const fault of ['nsec3-iterations', 'nsec3-opt-out']) {
    lab.clearFaults();
    lab.setFault(`dns:${fault}`, 'missing.nsec3.test');
    assert.equal((await verdict('missing.nsec3.test', 'A')).state, 'bogus', fault);
  }
  lab.setFault('dns:many-bad-signatures', 'mail.nsec.test/A');
  assert.equal((await verdict('mail.nsec.test', 'A')).state, 'bogus');
});

test('a zone may publish strange keys beside its own', async () => {
  const rdata = (await ask({ port: lab.ports.dns, owner: 'strange-keys.test', type: 'DNSKEY' }))?.answer;
  assert.equal(rdata?.filter(({ type }) => type === 48).length, 2);
  assert.equal((await verdict('strange-keys.test', 'MX')).state, 'secure');
});

test('a forged insecure delegation is bogus: DS denied without proof', async () => {
  for (const fault of ['nodata-without-proof', 'nxdomain-without-proof', 'nodata-foreign-proof']) {
    lab.clearFaults();
    lab.setFault(`dns:${fault}`, 'nsec.test/DS');
    lab.setFault('dns:rewrite', 'nsec.test/MX', ['5 mx.evil.test.']);
    assert.equal((await verdict('nsec.test', 'MX')).state, 'bogus', fault);
  }
});
