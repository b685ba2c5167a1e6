import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'smol-toml';
import { Rcode } from '../../src/core/dns/message.ts';
import { catalogue } from '../../src/core/policy/catalogue.ts';
import { labHints, writeLabConfiguration } from '../../src/lab/configuration.ts';
import { destinations } from '../../src/lab/destinations.ts';
import { faultNames, type Lab, startLab } from '../../src/lab/world.ts';
import { ask } from './dns-ask.ts';
import { SmtpTalk } from './smtp-talk.ts';

let lab: Lab;
let directory: string;
before(async () => {
  lab = await startLab();
  directory = await mkdtemp(join(tmpdir(), 'sekisho-lab-'));
});
after(async () => {
  await lab.close();
  await rm(directory, { recursive: true });
});

const tlsa = async (host: string, port: number, flags: readonly ('ad' | 'cd' | 'do')[] = ['do', 'cd']) =>
  ask({ port: lab.ports.dns, owner: `_${port}._tcp.${host}`, type: 'TLSA', flags });

test('the world holds every destination that was asked for, each with its story', () => {
  const names = destinations.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(destinations.map(({ domain }) => domain)).size, names.length);
  for (const { name, story, domain } of destinations) {
    assert.match(story, /\.$/, name);
    assert.match(domain, /\.(test|example)$/, name);
  }
  const asked = [
    'dane-ee dane-ta-root dane-ta-intermediate dane-unusable dane-mismatch dane-bogus dane-servfail',
    'sts-enforce sts-testing plain sts-host-mismatch sts-name-mismatch both requiretls-offered requiretls-not-offered',
    'no-tls dane-starttls-stripped dane-ee-expired sts-expired null-mx dane-mx-cname dane-ipv6-only looks-like-gmail',
    'dane-rollover',
  ];
  for (const name of asked.join(' ').split(' ')) assert.ok(names.includes(name), name);
  assert.equal(destinations.find(({ name }) => name === 'looks-like-gmail')?.hosts.length, 5);
});

test('every reason is one of the closed list', () => {
  for (const { name, expected } of destinations) {
    if (expected.reason !== null) assert.ok(expected.reason in catalogue, name);
  }
});

test('only what was sent has a level and authenticators', () => {
  for (const { name, expected } of destinations) {
    assert.equal(expected.outcome === 'sent', expected.level !== null, name);
    assert.equal(expected.outcome === 'sent', expected.reason === null, name);
    assert.equal(['dane', 'webpki'].includes(expected.level ?? ''), expected.authn.length > 0, name);
  }
});

test('a host presents the certificate that its TLSA record describes', async () => {
  const host = lab.host('mx.dane-ee.test');
  const talk = SmtpTalk.to(host);
  await talk.reply();
  await talk.say('EHLO client.test');
  await talk.say('STARTTLS');
  const chain = (await talk.secure({ servername: host.name })).getPeerX509Certificate();
  talk.close();
  const spki = chain?.publicKey.export({ type: 'spki', format: 'der' }) ?? Buffer.alloc(0);
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', spki));
  for (const port of [25, lab.ports.smtp]) {
    const rdata = (await tlsa(host.name, port))?.answer[0]?.rdata;
    assert.deepEqual(Buffer.from(rdata ?? []), Buffer.concat([Buffer.from([3, 1, 1]), digest]));
  }
});

test('hosts live at addresses of their own, all at one port', () => {
  const addresses = [...lab.hosts.values()].map(({ address }) => address);
  assert.equal(new Set(addresses).size, addresses.length);
  assert.ok([...lab.hosts.values()].every(({ port }) => port === lab.ports.smtp));
  if (lab.leftOut.length === 0) assert.equal(lab.host('mx.dane-ipv6-only.test').address, '::1');
});

test('a renewal presents the announced certificate', async () => {
  const name = 'mx.dane-rollover.test';
  const shown = async (): Promise<string | undefined> => {
    const talk = SmtpTalk.to(lab.host(name));
    await talk.reply();
    await talk.say('STARTTLS');
    const certificate = (await talk.secure()).getPeerX509Certificate();
    talk.close();
    return certificate?.raw && Buffer.from(await crypto.subtle.digest('SHA-256', certificate.raw)).toString('hex');
  };
  const announced = ((await tlsa(name, 25))?.answer ?? [])
    .filter(({ rdata }) => rdata[0] === 3 && rdata[1] === 0)
    .map(({ rdata }) => Buffer.from(rdata.subarray(3)).toString('hex'));
  assert.equal(announced.length, 2);
  const before = await shown();
  lab.renew(name);
  const now = await shown();
  assert.deepEqual([before, now].sort(), announced.sort());
  assert.throws(() => lab.renew('mx.dane-ee.test'));
});

test('faults are set by name, hold at the dialled port too, and the born ones come back', async () => {
  const rcode = async (host: string) => (await tlsa(host, lab.ports.smtp))?.rcode;
  assert.equal(await rcode('mx.dane-servfail.test'), Rcode.SERVFAIL);
  lab.dns.clearFaults();
  assert.equal(await rcode('mx.dane-servfail.test'), Rcode.NOERROR);
  lab.setFault('dns:servfail', '_25._tcp.mx.dane-ee.test/TLSA');
  assert.equal(await rcode('mx.dane-ee.test'), Rcode.SERVFAIL);
  lab.clearFaults();
  assert.equal(await rcode('mx.dane-ee.test'), Rcode.NOERROR);
  assert.equal(await rcode('mx.dane-servfail.test'), Rcode.SERVFAIL);
});

test('unknown faults, hosts and domains are refused', () => {
  for (const [fault, at] of [
    ['dns:nonsense', 'dane-ee.test'],
    ['mx:nonsense', 'mx.dane-ee.test'],
    ['mx:slow', 'mx.nowhere.test'],
    ['sts:html', 'dane-ee.test'],
    ['slow', 'mx.dane-ee.test'],
  ] as const) {
    assert.throws(() => lab.setFault(fault, at), `${fault} at ${at}`);
  }
  assert.ok(faultNames.includes('dns:servfail') && faultNames.includes('mx:slow') && faultNames.includes('sts:html'));
});

test('records can be replaced and removed at run time', async () => {
  const mx = async () => ask({ port: lab.ports.dns, owner: 'plain.example', type: 'MX' });
  lab.setRecords('plain.example', 'MX', ['5 mx1.plain.example.', '6 mx2.plain.example.']);
  assert.equal((await mx())?.answer.length, 2);
  lab.setRecords('plain.example', 'MX', []);
  assert.equal((await mx())?.answer.length, 0);
  lab.setRecords('plain.example', 'MX', ['10 mx.plain.example.']);
});

test('the configuration names resolver, anchor, bundle and ports of this world', async () => {
  const path = await writeLabConfiguration(lab, directory);
  const config = parse(await readFile(path, 'utf8')) as Record<string, Record<string, unknown>>;
  const setting = (table: string, key: string): unknown => config[table]?.[key];
  assert.deepEqual(setting('resolver', 'servers'), [lab.resolver]);
  assert.equal(setting('resolver', 'trust_anchors'), lab.anchors);
  assert.equal(setting('delivery', 'port'), lab.ports.smtp);
  assert.equal(setting('mta_sts', 'port'), lab.ports.https);
  const bundle = await readFile(String(setting('tls', 'trust_store')), 'utf8');
  assert.equal(new X509Certificate(bundle).subject, 'CN=Laboratory Public Root\nO=Laboratory');
  assert.ok(labHints(lab, path).some((line) => line.includes(`-c ${path}`)));
});

test('zones are exported with their signatures and the anchor', async () => {
  const files = await lab.exportZones(directory);
  assert.equal(files.length, lab.zones.length + 1);
  assert.equal((await readFile(join(directory, 'root.key'), 'utf8')).trim(), lab.anchors);
  const text = await readFile(join(directory, 'dane-ee.test.zone'), 'utf8');
  assert.match(text, /^dane-ee\.test\. 300 IN TYPE6 /);
  assert.match(text, /^_25\._tcp\.mx\.dane-ee\.test\. 300 IN TYPE52 \\# 35 030101[0-9a-f]{64}$/m);
  assert.match(text, /TYPE47 /);
});

/** Handles are gone some turns of the loop after they were closed. */
async function handlesComeTo(count: number): Promise<void> {
  for (let turn = 0; turn < 50 && openHandles() !== count; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(openHandles(), count);
}

const openHandles = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /TCP|UDP|Timeout/.test(kind)).length;

test('a closed world leaves nothing open', async () => {
  const before = openHandles();
  const other = await startLab({ destinations: destinations.slice(0, 3) });
  const talk = SmtpTalk.to(other.host('mx.dane-ee.test'));
  await talk.reply();
  await ask({ port: other.ports.dns, owner: 'dane-ee.test', type: 'MX', transport: 'tcp' });
  assert.ok(openHandles() > before);
  await other.close();
  assert.equal(await talk.reply(), 'closed');
  await handlesComeTo(before);
});

test('a port that is taken fails the start, and nothing stays open', async () => {
  const before = openHandles();
  const few = destinations.slice(0, 2);
  await assert.rejects(startLab({ destinations: few, ports: { dns: lab.ports.dns } }), /EADDRINUSE/);
  await assert.rejects(startLab({ destinations: few, ports: { smtp: lab.ports.smtp } }), /EADDRINUSE/);
  await handlesComeTo(before);
});

test('a second name server has a copy of one zone that goes its own way until the next transfer, as well signed', async () => {
  const owner = '_25._tcp.mx.dane-ta-root.test';
  const [old = '', other = ''] = ['aa', 'bb'].map((pair) => `3 1 1 ${pair.repeat(32)}`);
  lab.setRecords(owner, 'TLSA', [old]);
  const second = await lab.secondServer('dane-ta-root.test');
  const port = Number(second.server.split(':')[1]);
  const at = async (where: number, type = 'TLSA', name = owner) => {
    const answer = (await ask({ port: where, owner: name, type }))?.answer ?? [];
    const data = answer.map(({ rdata }) => Buffer.from(rdata).toString('hex'));
    return [data.filter((one) => one.startsWith('030101')).map((one) => one.slice(6, 8)), answer.length] as const;
  };
  assert.deepEqual(await at(port), [['aa'], 2]);
  second.setRecords(owner, 'TLSA', [old, other]);
  assert.deepEqual(await at(port), [['aa', 'bb'], 3]);
  assert.deepEqual(await at(lab.ports.dns), [['aa'], 2]);
  assert.deepEqual(
    await at(port, 'DNSKEY', 'dane-ta-root.test'),
    await at(lab.ports.dns, 'DNSKEY', 'dane-ta-root.test'),
  );
  second.dns.setFault('strip-rrsig', owner, 'TLSA');
  assert.deepEqual(await at(port), [['aa', 'bb'], 2]);
  lab.setRecords(owner, 'TLSA', [other]);
  assert.deepEqual(await at(lab.ports.dns), [['bb'], 2]);
  second.dns.clearFaults();
  second.transfer();
  assert.deepEqual(await at(port), [['bb'], 2]);
  await assert.rejects(lab.secondServer('nowhere.test'), /no zone: nowhere/);
});
