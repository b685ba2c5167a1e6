// `sekisho doctor` in the laboratory: what others say of this machine, and a domain on its way to DANE.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { DoctorFinding } from '../../src/cli/program.ts';
import { type LabDestination, sent, signedSite } from '../../src/lab/destination-plan.ts';
import { jsonOf, named, openWorld, type Said, sekisho, type World } from '../relay/world.ts';

const own = '127.25.9.9';
const aboutUs: LabDestination = signedSite('about-us', {
  story: 'Reverse name, address and SPF of the relay.',
  zones: [
    { apex: '127.in-addr.arpa', zone: 'unsigned' },
    { apex: 'lab.test', zone: 'signed' },
  ],
  records: [
    '9.9.25.127.in-addr.arpa. PTR relay.lab.test.',
    `relay.lab.test. A ${own}`,
    `relay.lab.test. TXT "v=spf1 ip4:${own} -all"`,
  ],
  expected: sent('dane', 'dane-ee'),
});
const noTls: LabDestination = signedSite(
  'no-tls-yet',
  { story: 'Signed, without STARTTLS and TLSA.', expected: sent('cleartext') },
  { tlsa: [], faults: ['starttls-stripped'] },
);

let world: World;
before(async () => {
  world = await openWorld([
    ...named('dane-ee', 'dane-mismatch', 'dane-unsigned-zone', 'dane-bogus', 'sts-enforce'),
    aboutUs,
    noTls,
  ]);
  world.configure({ in: { delivery: `source_addresses = ["${own}"]` } });
});

async function doctor(
  ...argv: readonly string[]
): Promise<Said & { of: (subject: string) => readonly DoctorFinding[] }> {
  const said = await sekisho(world, 'doctor', '--json', ...argv);
  const { findings } = jsonOf<{ findings: readonly DoctorFinding[] }>(said);
  for (const { subject, outcome, remedy } of findings)
    if (outcome === 'fail' || outcome === 'unknown') assert.ok((remedy ?? '').length > 10, `a remedy for ${subject}`);
  return { ...said, of: (subject) => findings.filter((one) => one.subject === subject) };
}
const outcomes = (findings: readonly DoctorFinding[]): readonly string[] => findings.map(({ outcome }) => outcome);

test('OPS-12 port 25 that could not be tried is exit 3 and never a no', async () => {
  const nobody = await doctor();
  assert.deepEqual(outcomes(nobody.of('port 25')), ['unknown']);
  assert.match(nobody.of('port 25')[0]?.says ?? '', /^not tested/);
  assert.equal(nobody.code, 3, nobody.out);
  const reached = await doctor('--reach', 'dane-ee.test');
  assert.deepEqual(outcomes(reached.of('port 25')), ['pass']);
  assert.equal(reached.code, 0, reached.out);
  // The host that never comes to TLS was reached all the same.
  assert.deepEqual(outcomes((await doctor('--reach', 'no-tls-yet.test')).of('port 25')), ['pass']);
  assert.match((await doctor('--no-connect')).of('port 25')[0]?.says ?? '', /--no-connect/);
  await world.lab.host('mx.sts-enforce.example').listen('closed');
  const closed = await doctor('--reach', 'sts-enforce.example');
  assert.deepEqual([closed.code, ...outcomes(closed.of('port 25'))], [3, 'unknown']);
});

test('reverse name and SPF agree with EHLO name and address, or it is said how', async () => {
  const good = await doctor('--reach', 'dane-ee.test');
  assert.deepEqual(outcomes(good.of('reverse name')), ['pass']);
  assert.deepEqual(outcomes(good.of('SPF')), ['pass']);
  world.lab.setRecords('9.9.25.127.in-addr.arpa', 'PTR', ['box.hosting.example.']);
  world.lab.setRecords('relay.lab.test', 'TXT', ['"v=spf1 ip4:192.0.2.1 -all"']);
  const bad = await doctor('--reach', 'dane-ee.test');
  assert.equal(bad.code, 1);
  assert.match(bad.of('reverse name')[0]?.says ?? '', /box\.hosting\.example, and EHLO says relay\.lab\.test/);
  assert.match(bad.of('SPF')[0]?.remedy ?? '', /add ip4:127\.25\.9\.9/);
  world.lab.setRecords('9.9.25.127.in-addr.arpa', 'PTR', ['relay.lab.test.']);
  world.lab.setRecords('relay.lab.test', 'TXT', [`"v=spf1 ip4:${own} -all"`]);
});

test('names of known state show whether the resolver validates', async () => {
  const broken = '_25._tcp.mx.dane-bogus.test';
  const right = await doctor('--reach', 'dane-ee.test', '--good', 'mx.dane-ee.test');
  assert.deepEqual(outcomes(right.of('good name')), ['pass']);
  const wrong = await doctor(
    '--reach',
    'dane-ee.test',
    '--good',
    'mx.dane-unsigned-zone.example',
    '--bad',
    'mx.dane-ee.test',
  );
  assert.deepEqual([...outcomes(wrong.of('good name')), ...outcomes(wrong.of('broken name'))], ['fail', 'fail']);
  assert.equal(wrong.code, 1);
  world.lab.setFault('dns:corrupt-signature', `${broken.replace('_25._tcp.', '')}/A`);
  const bad = await doctor('--reach', 'dane-ee.test', '--bad', 'mx.dane-bogus.test');
  assert.deepEqual(outcomes(bad.of('broken name')), ['pass']);
  world.lab.clearFaults();
});

test('OPS-61 a domain that is to publish TLSA: zone, MX zone, STARTTLS', async () => {
  const ready = await doctor('dane-ee.test', '--reach', 'dane-ee.test');
  assert.equal(ready.code, 0, ready.out);
  for (const subject of ['zone', 'MX zone', 'STARTTLS', 'TLSA'])
    assert.deepEqual(outcomes(ready.of(subject)), ['pass'], subject);
  const mute = await doctor('no-tls-yet.test', '--reach', 'dane-ee.test');
  assert.equal(mute.code, 1);
  assert.deepEqual(outcomes(mute.of('STARTTLS')), ['fail']);
  const wrong = await doctor('dane-mismatch.test', '--reach', 'dane-ee.test');
  assert.deepEqual(outcomes(wrong.of('TLSA')), ['fail']);
  assert.match(wrong.of('TLSA')[0]?.remedy ?? '', /IN TLSA 3 1 1/);
});

test('OPS-62 records in an unsigned zone are not called published', async () => {
  const unsigned = await doctor('dane-unsigned-zone.example', '--reach', 'dane-ee.test');
  assert.equal(unsigned.code, 1);
  assert.deepEqual(outcomes(unsigned.of('zone')), ['fail']);
  assert.deepEqual(outcomes(unsigned.of('TLSA')), ['fail']);
  assert.doesNotMatch(unsigned.of('TLSA')[0]?.says ?? '', /: published/);
});

test('wrong words: exit 2 and one line', async () => {
  const said = await sekisho(world, 'doctor', 'a b');
  assert.equal(said.code, 2);
  assert.match(said.err, /^sekisho: "a b" is no domain/);
});

test('OPS-46 a plan whose live file certbot itself replaces; a plan that cannot be read is exit 2', async () => {
  const live = join(world.folder, 'le/live/mx.dane-ee.test');
  mkdirSync(live, { recursive: true });
  mkdirSync(join(world.folder, 'le/renewal'));
  writeFileSync(join(world.folder, 'le/renewal/mx.dane-ee.test.conf'), `fullchain = ${live}/fullchain.pem\n`);
  writeFileSync(join(live, 'fullchain.pem'), '');
  const plan = join(world.folder, 'rollover.toml');
  const write = (file: string): void =>
    writeFileSync(
      plan,
      `[[lineage]]\nname = "mx"\nsource = "${live}"\nlive = "${file}"\nservices = ["mx.dane-ee.test:25"]\n`,
    );
  write(join(live, 'fullchain.pem'));
  const bad = await doctor('--no-connect', '--plan', plan);
  assert.equal(bad.code, 1);
  assert.deepEqual(outcomes(bad.of('renewal')), ['fail']);
  write(join(world.folder, 'own.pem'));
  assert.deepEqual(outcomes((await doctor('--no-connect', '--plan', plan)).of('renewal')), ['pass']);
  for (const [path, says] of [
    [join(world.folder, 'nowhere'), /no such file/],
    [join(live, 'fullchain.pem'), /the file is empty/],
    [world.config, /there is no "/],
  ] as const) {
    const said = await sekisho(world, 'doctor', '--plan', path);
    assert.equal(said.code, 2);
    assert.match(said.err, says);
    assert.equal(said.err.trimEnd().split('\n').length, 1, said.err);
  }
});

test('OPS-60 the DKIM key can be read and is the one that is published, or it is said what is wrong', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = join(world.folder, 'dkim.pem');
  const published = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  const dkim = (key: string): void =>
    world.configure({
      in: { delivery: `source_addresses = ["${own}"]` },
      end: `[tlsrpt]\ndkim = { domain = "lab.test", selector = "${key === file ? 's1' : 's2'}", key = "file:${key}" }`,
    });
  const told = async (): Promise<DoctorFinding | undefined> => (await doctor('--no-connect')).of('DKIM key')[0];
  assert.equal(await told(), undefined);
  dkim(file);
  assert.equal((await told())?.outcome, 'fail');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const missing = await told();
  assert.equal(missing?.outcome, 'fail');
  assert.ok(missing?.remedy?.endsWith(`s1._domainkey.lab.test: v=DKIM1; k=ed25519; p=${published}`), missing?.remedy);
  world.lab.setRecords('s1._domainkey.lab.test', 'TXT', ['"v=DKIM1; k=ed25519; p=AAAA"']);
  world.clock.advance(301 as never);
  assert.match((await told())?.says ?? '', /shows another key/);
  world.lab.setRecords('s1._domainkey.lab.test', 'TXT', [`"v=DKIM1; k=ed25519; p=${published}"`]);
  assert.equal((await told())?.outcome, 'pass');
});
