// `sekisho check` beyond the plain ladder: other senders, certificates that are not live, later instants, reports.
import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CheckReport } from '../../src/agent/probe.ts';
import { checkPage } from '../../src/cli/check-html.ts';
import { issueLeaf, pemOf } from '../../src/lab/certificates.ts';
import { daneHost, ee, type LabDestination, sent, signedSite, stranger } from '../../src/lab/destination-plan.ts';
import { jsonOf, named, openWorld, type Said, sekisho, type World } from '../relay/world.ts';
import { faultsOf } from '../schema-checker.ts';

const expected = sent('dane', 'dane-ee');
const secondBad: LabDestination = signedSite('second-bad', {
  story: 'The backup MX presents a wrong key; mail flows all the same.',
  hosts: [
    { name: 'mx1.second-bad.test', tlsa: [ee] },
    { name: 'mx2.second-bad.test', tlsa: [stranger] },
  ],
  expected,
});
const wrongUsage: LabDestination = signedSite(
  'wrong-usage',
  { story: 'A 3 1 1 record of the issuer.', expected },
  { certificate: { by: 'private' }, tlsa: [{ ...ee, of: 'private-intermediate' }] },
);
const otherName: LabDestination = signedSite('other-name', {
  story: 'The host is known under two names.',
  hosts: [daneHost('other-name.test', { certificate: { by: 'public', names: ['box.hosting.test'] } })],
  expected,
});
const reporting: LabDestination = signedSite('wants-reports', {
  story: 'TLSRPT record.',
  records: ['_smtp._tls.wants-reports.test. TXT "v=TLSRPTv1; rua=mailto:tls@wants-reports.test"'],
  expected,
});

let world: World;
const folder = mkdtempSync(join(tmpdir(), 'sekisho-check-'));
after(() => rmSync(folder, { recursive: true }));
before(async () => {
  world = await openWorld([
    ...named(
      'both',
      'both-self-signed',
      'both-dane-broken',
      'dane-ee',
      'dane-mismatch',
      'sts-enforce',
      'dane-ee-expired',
      'dane-ta-root',
      'dane-starttls-stripped',
    ),
    secondBad,
    wrongUsage,
    otherName,
    reporting,
  ]);
});

type Checked = Said & { readonly report: CheckReport };
async function check(...argv: readonly string[]): Promise<Checked> {
  const said = await sekisho(world, 'check', ...argv, '--json');
  const report = jsonOf<CheckReport>(said);
  assert.deepEqual(faultsOf('check', report), []);
  return { ...said, report };
}
const file = (name: string): string => join(folder, name);

test('OPS-1 three kinds of sender for one host, and both worlds at once', async () => {
  const worlds = async (domain: string): Promise<readonly string[]> => {
    const found = (await check(domain)).report.hosts[0]?.worlds;
    assert.ok(found);
    return [found.dane.outcome, found.webpki.outcome, found.opportunistic.outcome];
  };
  assert.deepEqual(await worlds('both.test'), ['pass', 'pass', 'pass']);
  assert.deepEqual(await worlds('both-self-signed.test'), ['pass', 'fail', 'pass']);
  assert.deepEqual(await worlds('both-dane-broken.test'), ['fail', 'pass', 'pass']);
  assert.deepEqual(await worlds('sts-enforce.example'), ['not-applicable', 'pass', 'pass']);
  assert.deepEqual(await worlds('dane-starttls-stripped.test'), ['fail', 'fail', 'pass']);
  assert.deepEqual(await worlds('dane-ta-root.test'), ['pass', 'fail', 'pass']);
  const text = await sekisho(world, 'check', 'both.test');
  assert.match(text.out, /senders +● DANE holds {3}● WebPKI holds {3}● opportunistic holds/);
});

test('OPS-2 names that differ are notes, not errors, for DANE-EE', async () => {
  const { code, report } = await check('other-name.test');
  assert.equal(code, 0);
  assert.equal(report.level, 'dane');
  const notes = report.hosts[0]?.deviations ?? [];
  assert.deepEqual(
    notes.map(({ code: word }) => word),
    ['certificate-name'],
  );
  assert.match(notes[0]?.says ?? '', /box\.hosting\.test/);
  assert.deepEqual((await check('both.test')).report.hosts[0]?.deviations, []);
});

test('OPS-16 other senders judge by their own rules', async () => {
  const as = async (sender: string, domain: string): Promise<string> => {
    const { code, report } = await check('--as', sender, domain);
    assert.equal(code, { cleared: 0, blocked: 1, undetermined: 3 }[report.verdict]);
    return report.reason ?? report.level ?? '';
  };
  const table = new Map<string, readonly string[]>();
  for (const domain of ['both.test', 'both-self-signed.test', 'both-dane-broken.test', 'sts-enforce.example'])
    table.set(domain, [
      await as('dane', domain),
      await as('mta-sts', domain),
      await as('requiretls', domain),
      await as('opportunistic', domain),
    ]);
  assert.deepEqual(Object.fromEntries(table), {
    'both.test': ['dane', 'webpki', 'requiretls-unsupported', 'encrypted'],
    'both-self-signed.test': ['dane', 'cert-untrusted', 'requiretls-unauthenticated', 'encrypted'],
    'both-dane-broken.test': ['cert-no-tlsa-match', 'webpki', 'requiretls-unauthenticated', 'encrypted'],
    'sts-enforce.example': ['encrypted', 'webpki', 'requiretls-unsupported', 'encrypted'],
  });
  assert.equal((await sekisho(world, 'check', '--as', 'postman', 'both.test')).code, 2);
});

test('OPS-14 a bad backup MX is shown with --all and decides, each address in its own row', async () => {
  assert.equal((await check('second-bad.test')).code, 0);
  const all = await check('second-bad.test', '--all');
  assert.equal(all.code, 1);
  assert.equal(all.report.reason, 'cert-no-tlsa-match');
  const { out } = await sekisho(world, 'check', 'second-bad.test', '--all');
  const rows = out.split('\n').filter((line) => /^ {2}mx\d\.second-bad\.test +127\./.test(line) && /usable/.test(line));
  assert.equal(rows.length, 2);
  assert.match(rows[0] ?? '', /dane-ee +not-offered +ok$/);
  assert.match(rows[1] ?? '', /cert-no-tlsa-match$/);
});

test('OPS-10 the record that would match, and what the mistake looks like', async () => {
  const { report } = await check('dane-mismatch.test');
  const line = report.hosts[0]?.would_match ?? '';
  assert.match(line, /^_\d+\._tcp\.mx\.dane-mismatch\.test\. IN TLSA 3 1 1 [0-9a-f]{64}$/);
  assert.ok(line.endsWith(report.hosts[0]?.chain[0]?.spkiSha256 ?? 'x'));
  assert.deepEqual(
    report.hosts[0]?.deviations.map(({ code }) => code),
    ['rollover-missed'],
  );
  assert.match((await sekisho(world, 'check', 'dane-mismatch.test')).out, /tell them +_\d+\._tcp\.mx\.dane-mismatch/);
  assert.equal((await check('dane-ee.test')).report.hosts[0]?.would_match, null);
  const usage = await check('wrong-usage.test');
  assert.ok(usage.report.hosts[0]?.deviations.some(({ code }) => code === 'tlsa-usage'));
});

test('OPS-10 TLSRPT has its rung, and the last line is the verdict', async () => {
  const { out } = await sekisho(world, 'check', 'wants-reports.test');
  assert.match(out, /● tlsrpt +reports wanted: mailto:tls@wants-reports\.test/);
  assert.match(out.trimEnd().split('\n').at(-1) ?? '', /● would deliver · dane/);
  assert.match((await sekisho(world, 'check', 'dane-ee.test')).out, /○ tlsrpt +no reports/);
});

test('OPS-13 a certificate from a file is judged like a live one, and nobody is connected to', async () => {
  const { publicIntermediate } = world.lab.authorities;
  const fresh = await issueLeaf({ names: ['mx.sts-enforce.example'], issuer: publicIntermediate });
  writeFileSync(file('fresh.pem'), pemOf([fresh]));
  writeFileSync(file('chain.pem'), pemOf([publicIntermediate]));
  writeFileSync(file('full.pem'), pemOf([fresh, publicIntermediate]));
  const before = world.lab.host('mx.sts-enforce.example').sessions.length;
  const good = await check('sts-enforce.example', '--cert', file('fresh.pem'), '--chain', file('chain.pem'));
  assert.deepEqual([good.code, good.report.level], [0, 'webpki']);
  assert.equal((await check('sts-enforce.example', '--cert', file('full.pem'))).code, 0);
  // Without the issuer no sender builds a path.
  const bare = await check('sts-enforce.example', '--cert', file('fresh.pem'));
  assert.deepEqual([bare.code, bare.report.reason], [1, 'cert-untrusted']);
  // The wrong host's certificate, and one whose key is not published.
  assert.equal((await check('dane-ee.test', '--cert', file('full.pem'))).report.reason, 'cert-no-tlsa-match');
  const wrongName = await check('both-dane-broken.test', '--as', 'mta-sts', '--cert', file('full.pem'));
  assert.equal(wrongName.report.reason, 'cert-name');
  assert.equal(world.lab.host('mx.sts-enforce.example').sessions.length, before);
  for (const argv of [
    ['--cert', file('nowhere.pem')],
    ['--cert', folder],
    ['--chain', file('chain.pem')],
    ['--cert', file('full.pem'), '--via-daemon'],
  ]) {
    const said = await sekisho(world, 'check', 'dane-ee.test', ...argv);
    assert.equal(said.code, 2, argv.join(' '));
    assert.equal(said.err.split('\n').filter((line) => line.startsWith('sekisho:')).length, 1);
  }
});

test('OPS-10 --at says what will be over by then: certificates, policy, signatures', async () => {
  const later = await check('both.test', '--at', '+200d');
  const kinds = new Set(later.report.lapsed.map(({ what }) => what));
  assert.deepEqual([...kinds].sort(), ['certificate', 'policy', 'signature']);
  const leaf = later.report.lapsed.find(({ what, name }) => what === 'certificate' && name === 'mx.both.test');
  assert.ok(leaf && Date.parse(leaf.until) > Date.now() && Date.parse(leaf.until) < Date.now() + 200 * 86_400_000);
  assert.notEqual(later.code, 0);
  assert.match((await sekisho(world, 'check', 'both.test', '--at', '+200d')).out, /over by \d{4}-\d\d-\d\d:\n/);
  assert.deepEqual((await check('both.test')).report.lapsed, []);
  const soon = await check('both.test', '--at', '+1m');
  assert.deepEqual([soon.code, soon.report.lapsed], [0, []]);
  // Zones are signed anew by themselves: what is left is said as well.
  assert.deepEqual([later.report.verdict, later.report.renewed?.reason], ['undetermined', 'cert-expired']);
  const month = await check('both.test', '--at', '+30d');
  assert.deepEqual([month.report.verdict, month.report.renewed?.level], ['undetermined', 'dane']);
  assert.deepEqual([soon.report.renewed?.level, (await check('both.test')).report.renewed], ['dane', null]);
  // An unsigned zone: only dates of certificate and policy count, and the verdict is that of then.
  const unsigned = await check('sts-enforce.example', '--at', '+8d');
  assert.ok(unsigned.report.lapsed.some(({ what }) => what === 'policy'));
});

test('OPS-10 --out writes one dated page that holds everything and runs nothing', async () => {
  const path = file('report.html');
  const said = await sekisho(world, 'check', 'both.test', 'dane-mismatch.test', '--out', path);
  assert.equal(said.code, 1);
  const page = readFileSync(path, 'utf8');
  assert.match(page, /<meta name="viewport"/);
  assert.match(page, /@media print/);
  assert.match(page, /prefers-color-scheme:dark/);
  assert.match(page, /<html lang="en">/);
  assert.match(page, /<a href="#d1">dane-mismatch\.test<\/a>: <span>✗ would NOT deliver<\/span>/);
  assert.match(page, /<th scope="row">/);
  assert.match(page, new RegExp(`<time datetime="${new Date().toISOString().slice(0, 10)}`));
  assert.ok(page.includes(world.lab.resolver));
  for (const word of [
    'both.test',
    'would deliver',
    'dane-mismatch.test',
    'would NOT deliver',
    'cert-no-tlsa-match',
    'Would match',
  ])
    assert.ok(page.includes(word), word);
  assert.doesNotMatch(page, /<script|<link|<img|https?:\/\/|url\(/i);
  const json = file('report.json');
  assert.equal((await sekisho(world, 'check', 'both.test', '--quiet', '--out', json)).code, 0);
  assert.equal(JSON.parse(readFileSync(json, 'utf8')).domain, 'both.test');
  assert.equal((await sekisho(world, 'check', 'both.test', '--out', file('report.pdf'))).code, 2);
  const before = readFileSync(path, 'utf8');
  mkdirSync(file('folder.html'));
  const intoFolder = await sekisho(world, 'check', 'both.test', '--quiet', '--out', file('folder.html'));
  assert.deepEqual([intoFolder.code, intoFolder.err.includes('this is a folder, not a file')], [2, true]);
  symlinkSync(path, file('link.html'));
  assert.equal((await sekisho(world, 'check', 'both.test', '--quiet', '--out', file('link.html'))).code, 0);
  assert.notEqual(readFileSync(path, 'utf8'), before);
  assert.ok(lstatSync(file('link.html')).isSymbolicLink());
  // Nothing half written stays beside.
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  );
  const nowhere = await sekisho(world, 'check', 'both.test', '--out', join(folder, 'no', 'where.html'));
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.err, /^sekisho: .*where\.html: /m);
});

test('ATK-112 ATK-115 nothing that a peer said becomes markup', async () => {
  const { report } = await check('both.test');
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u001b[2J';
  const poison = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (key, held) =>
      typeof held === 'string' && !['outcome', 'rung', 'verdict', 'what'].includes(key) ? `${held}${evil}` : held,
    ) as T;
  const page = checkPage([poison({ ...report, reason: 'cert-name', explain: ['a', 'b', 'c'] })], {
    at: evil,
    version: evil,
    resolver: evil,
  });
  assert.doesNotMatch(page, /<script|<img|\u202e|\u001b/);
  assert.ok(page.includes('&lt;script&gt;'));
});
