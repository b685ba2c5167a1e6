// `sekisho tlsa check` in the laboratory: published against presented, and against certificates that are not live yet.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TlsaCheck } from '../../src/agent/tlsa-check.ts';
import { name, nameToText } from '../../src/core/dns/name.ts';
import { RrType } from '../../src/core/dns/registry.ts';
import { issueLeaf, pemOf } from '../../src/lab/certificates.ts';
import { ee, type LabDestination, signedSite, stranger } from '../../src/lab/destination-plan.ts';
import { putSet, type RrSet, type Zone } from '../../src/lab/dns/zone.ts';
import { jsonOf, named, openWorld, type Said, sekisho, type World } from '../relay/world.ts';

const halfRolled: LabDestination = signedSite(
  'half-rolled',
  { story: 'The 3 1 1 record matches, the 3 0 1 one is of a certificate that is gone.', expected: ee as never },
  { tlsa: [ee, { ...ee, selector: 0, of: 'stranger' }] },
);
const noStarttls: LabDestination = signedSite(
  'no-tls',
  { story: 'TLSA without STARTTLS.', expected: ee as never },
  { faults: ['starttls-stripped'] },
);
const sniWanted: LabDestination = signedSite(
  'sni-wanted',
  { story: 'Who does not name the host gets an alert.', expected: ee as never },
  { faults: ['handshake-sni-wanted'] },
);
const unsentAnchor: LabDestination = signedSite(
  'unsent-anchor',
  { story: 'The record names the private root, which the server does not send.', expected: ee as never },
  { certificate: { by: 'private' }, tlsa: [{ usage: 2, selector: 0, matching: 1, of: 'private-root' }] },
);
const twoHosts: LabDestination = signedSite('two-hosts', {
  story: 'The second host presents another key.',
  hosts: [
    { name: 'mx1.two-hosts.test', tlsa: [ee] },
    { name: 'mx2.two-hosts.test', tlsa: [stranger] },
  ],
  expected: ee as never,
});

let world: World;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-check-'));
after(() => rmSync(folder, { recursive: true }));
before(async () => {
  world = await openWorld([
    ...named(
      'dane-ee',
      'dane-ta-root',
      'dane-ta-wrong-name',
      'dane-ta-domain-name',
      'dane-rollover',
      'dane-mismatch',
      'dane-unusable',
      'dane-unsigned-zone',
      'dane-bogus',
      'dane-servfail',
      'dane-mx-cname',
      'null-mx',
      'both',
    ),
    halfRolled,
    noStarttls,
    sniWanted,
    unsentAnchor,
    twoHosts,
  ]);
});

type Answer = TlsaCheck & { readonly schema: string };
const check = async (...argv: readonly string[]): Promise<Said & { report: Answer }> => {
  const said = await sekisho(world, 'tlsa', 'check', ...argv, '--json');
  return { ...said, report: jsonOf<Answer>(said) };
};

test('DANE-81 OPS-53 each address is seen with and without SNI', async () => {
  const { code, report } = await check('mx.dane-ee.test');
  assert.equal(code, 0);
  assert.equal(report.schema, 'sekisho.tlsa/1');
  assert.equal(report.verdict, 'match');
  assert.equal(report.published, 'secure');
  assert.deepEqual(
    report.presented.map(({ sni, outcome }) => [sni, outcome]),
    [
      ['mx.dane-ee.test', 'match'],
      [null, 'match'],
    ],
  );
  const seen = world.lab.host('mx.dane-ee.test').sessions.slice(-2);
  assert.deepEqual(
    seen.map((session) => session.sni ?? null),
    ['mx.dane-ee.test', null],
  );
  for (const session of seen) assert.ok(!session.said.some(({ line }) => /^MAIL/i.test(line)));
});

test('DANE-88 every combination of parameters must match, though a sender would be content with one', async () => {
  const half = await check('mx.half-rolled.test');
  assert.equal(half.code, 1);
  assert.equal(half.report.verdict, 'mismatch');
  assert.deepEqual(
    half.report.presented[0]?.combinations.map(({ parameters, outcome }) => [parameters, outcome]).sort(),
    [
      ['3 0 1', 'mismatch'],
      ['3 1 1', 'match'],
    ],
  );
  // Delivery itself goes on, which is why nobody notices.
  assert.equal((await sekisho(world, 'check', 'half-rolled.test')).code, 0);
  // Old and new of each combination: nothing is wrong in mid-rollover.
  const rolling = await check('mx.dane-rollover.test');
  assert.equal(rolling.code, 0);
  assert.equal(rolling.report.presented[0]?.combinations.length, 2);
  world.lab.renew('mx.dane-rollover.test');
  assert.equal((await check('mx.dane-rollover.test')).code, 0);
});

test('trust anchors are judged as delivery judges them: path and names', async () => {
  assert.equal((await check('mx.dane-ta-root.test')).code, 0);
  const wrong = await check('mx.dane-ta-wrong-name.test');
  assert.equal(wrong.code, 1);
  assert.match(wrong.report.presented[0]?.says ?? '', /2 1 1/);
  // The certificate names the mail domain: only who comes from there can know.
  assert.equal((await check('mx.dane-ta-domain-name.test')).code, 1);
  assert.equal((await check('--domain', 'dane-ta-domain-name.test')).code, 0);
});

test('a mismatch shows what would match', async () => {
  const { code, report } = await check('mx.dane-mismatch.test');
  assert.equal(code, 1);
  const text = await sekisho(world, 'tlsa', 'check', 'mx.dane-mismatch.test');
  assert.ok(text.out.includes(`IN TLSA ${report.wouldMatch}`));
  assert.equal((await check('mx.dane-mismatch.test', '--record', report.wouldMatch ?? '')).code, 0);
});

test('DANE-80 records for a host that offers no STARTTLS are a fault', async () => {
  const { code, report } = await check('mx.no-tls.test');
  assert.deepEqual([code, report.verdict], [1, 'mismatch']);
  for (const { says } of report.presented) assert.match(says, /no STARTTLS/);
});

test('DANE-82 a host that refuses who sends no server name is a fault, though its certificate matches', async () => {
  const { code, report } = await check('mx.sni-wanted.test');
  assert.deepEqual([code, report.verdict], [1, 'mismatch']);
  assert.deepEqual(
    report.presented.map(({ sni, outcome }) => [sni, outcome]),
    [
      ['mx.sni-wanted.test', 'match'],
      [null, 'mismatch'],
    ],
  );
});

test('DANE-85 a record of an anchor that the server does not send is a fault', async () => {
  const { code, report } = await check('mx.unsent-anchor.test');
  assert.deepEqual([code, report.verdict], [1, 'mismatch']);
  assert.equal((await check('mx.dane-ta-root.test')).code, 0);
});

test('OPS-62 what an unsigned zone says is never published', async () => {
  const { code, report } = await check('mx.dane-unsigned-zone.example');
  assert.equal(code, 1);
  assert.equal(report.published, 'insecure');
  assert.equal(report.verdict, 'not-published');
  assert.equal(report.records.length, 1);
  assert.match(
    (await sekisho(world, 'tlsa', 'check', 'mx.dane-unsigned-zone.example')).out,
    /NOT published: the answer is insecure/,
  );
});

test('OPS-12 unusable, bogus and unanswered are told apart', async () => {
  const unusable = await check('mx.dane-unusable.test');
  assert.deepEqual([unusable.code, unusable.report.published], [1, 'unusable']);
  const bogus = await check('mx.dane-bogus.test');
  assert.deepEqual([bogus.code, bogus.report.published], [3, 'bogus']);
  const silent = await check('mx.dane-servfail.test');
  assert.deepEqual([silent.code, silent.report.published], [3, 'failed']);
  assert.equal((await check('mx.dane-ee.test', '--port', '1')).code, 1);
  assert.equal((await sekisho(world, 'tlsa', 'check', '--domain', 'null-mx.example')).code, 1);
  assert.equal((await sekisho(world, 'tlsa', 'check', '--domain', 'nowhere.test')).code, 1);
});

test('OPS-25 with a mail domain every MX host is compared, and the worst counts', async () => {
  const said = await sekisho(world, 'tlsa', 'check', '--domain', 'two-hosts.test', '--json');
  const reports = said.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  assert.equal(said.code, 1);
  assert.deepEqual(
    reports.map(({ host, verdict }) => [host, verdict]),
    [
      ['mx1.two-hosts.test', 'match'],
      ['mx2.two-hosts.test', 'mismatch'],
    ],
  );
  // The records of an alias stand at its target.
  const alias = await check('--domain', 'dane-mx-cname.test');
  assert.equal(alias.code, 0);
  assert.match(alias.report.owner, /^_\d+\._tcp\.real\.dane-mx-cname\.test\.$/);
});

test('OPS-13 DANE-85 a certificate that is not live is compared, and nobody is connected to', async () => {
  const host = world.lab.host('mx.dane-rollover.test');
  const before = host.sessions.length;
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const other = await issueLeaf({ names: ['mx.dane-rollover.test'], issuer: world.lab.authorities.publicIntermediate });
  const wrong = await check('mx.dane-rollover.test', '--cert', write('other.pem', pemOf([other])));
  assert.equal(wrong.code, 1);
  assert.equal(wrong.report.verdict, 'mismatch');
  const { privateIntermediate, privateRoot } = world.lab.authorities;
  const anchored = await issueLeaf({ names: ['mx.dane-ta-root.test'], issuer: privateIntermediate });
  const leaf = write('leaf.pem', pemOf([anchored]));
  const chain = write('chain.pem', pemOf([privateIntermediate, privateRoot]));
  assert.equal((await check('mx.dane-ta-root.test', '--cert', leaf, '--chain', chain)).code, 0);
  // Without the anchor in the chain nobody matches it.
  assert.equal((await check('mx.dane-ta-root.test', '--cert', leaf)).code, 1);
  assert.equal(host.sessions.length, before);
});

test('wrong use: one clear line and exit 2; hostile words are shown, not obeyed', async () => {
  const bad = async (...argv: readonly string[]): Promise<string> => {
    const said = await sekisho(world, 'tlsa', 'check', ...argv);
    assert.equal(said.code, 2, argv.join(' '));
    assert.equal(said.out, '');
    return said.err;
  };
  assert.match(await bad(), /wants a host/);
  assert.match(await bad('192.0.2.1'), /no host:port|address/);
  assert.match(await bad('mx.dane-ee.test:0'), /port/);
  assert.match(await bad('mx.dane-ee.test', '--record', '3 1 1 abc'), /odd number/);
  assert.match(await bad('mx.dane-ee.test', '--cert', join(folder, 'nowhere')), /no such file/);
  assert.match(await bad('mx.dane-ee.test', '--chain', join(folder, 'leaf.pem')), /goes with --cert/);
  assert.doesNotMatch(await bad('mx.\u001b[2J.test'), /\u001b/);
  assert.match(await bad('mx.dane-ee.test', '--starttls', 'maybe'), /--starttls/);
});

test('DANE-6 OPS-12 a look-up that failed is no absence: exit 3', async () => {
  world.lab.setFault('dns:servfail', 'mx.both.test/A');
  world.lab.setFault('dns:servfail', 'mx.both.test/AAAA');
  const silent = await check('mx.both.test');
  assert.deepEqual([silent.code, silent.report.verdict, silent.report.published], [3, 'undetermined', 'failed']);
  world.lab.clearFaults();
  const nobody = await sekisho(
    world,
    'tlsa',
    'check',
    'mx.dane-ee.test',
    '--resolver',
    '127.0.0.1:1',
    '--timeout',
    '2s',
  );
  assert.equal(nobody.code, 3, nobody.out);
});

test('DANE-87 DANE-90 what is published and works may be published better: exit 0, and advice', async () => {
  const said = async (): Promise<{ code: number; advice: readonly string[] }> => {
    const report = await check('mx.dane-ee.test', '--json');
    const { advice } = jsonOf<{ advice: { code: string }[] }>(report);
    return { code: report.code, advice: advice.map(({ code }) => code) };
  };
  assert.deepEqual(await said(), { code: 0, advice: [] });
  const owner = `_${world.lab.ports.smtp}._tcp.mx.dane-ee.test`;
  const zone = world.lab.zones.find(({ apex }) => nameToText(apex) === 'dane-ee.test.') as Zone;
  const set = zone.sets.get(name(`${owner}.`))?.get(RrType.TLSA) as RrSet;
  putSet(zone, name(`${owner}.`), RrType.TLSA, set.records, 172_800);
  assert.deepEqual(await said(), { code: 0, advice: ['ttl-long'] });
  const text = await check('mx.dane-ee.test');
  assert.match(text.out, /TTL 172800: a mistake, or a key that others know, lasts as long/);
  putSet(zone, name(`${owner}.`), RrType.TLSA, set.records, 300);
  const { records } = jsonOf<{ records: { record: string }[] }>(await check('mx.dane-ee.test', '--json'));
  const { publicRoot, publicIntermediate } = world.lab.authorities;
  const whole = [publicRoot, publicIntermediate].map(({ der }) => `3 0 0 ${Buffer.from(der).toString('hex')}`);
  world.lab.setRecords(owner, 'TLSA', [...records.map(({ record }) => record), ...whole]);
  // A combination that does not match, and the same advice for each record of it once.
  assert.deepEqual(await said(), { code: 1, advice: ['full-data', 'answer-large'] });
});

test('OPS-12 what people paste in place of a host, and flags of another verb, are named', async () => {
  for (const [argv, says] of [
    [['192.0.2.1'], /"192\.0\.2\.1" is an address; TLSA records belong to host names/],
    [['192.0.2.1:25'], /is an address/],
    [['[2001:db8::1]:25'], /is an address/],
    [['2001:db8::1'], /is an address/],
    [['https://mx.example.org'], /is a URL; the host name alone is wanted/],
    [['postmaster@example.org'], /is a mail address; --domain looks at the MX hosts of a domain/],
    [['a..b'], /"a\.\.b" is no host:port/],
    [['mx.example.org:0'], /a port is 1 to 65535, not "0"/],
    [['mx.example.org', '--certificate', 'x.pem'], /--certificate belongs to tlsa make, not to tlsa check/],
    [['mx.example.org', '--once'], /--once belongs to tlsa watch, not to tlsa check/],
    [['mx.example.org', '--authority', '127.0.0.1'], /--authority belongs to tlsa watch/],
    [['mx.example.org', '--dry-run'], /--dry-run belongs to tlsa rollover/],
  ] as const) {
    const said = await sekisho(world, 'tlsa', 'check', ...argv);
    assert.equal(said.code, 2, argv.join(' '));
    assert.match(said.err, says);
    assert.equal(said.err.split('\n').filter((line) => line.startsWith('sekisho: ')).length, 1);
  }
  const cert = await sekisho(world, 'tlsa', 'make', '--cert', 'x.pem');
  assert.match(cert.err, /--cert belongs to tlsa check, not to tlsa make/);
});
