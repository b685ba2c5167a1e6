// `sekisho tlsa watch` in the laboratory: rounds by hand, faults that come and go, and every way of telling people.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { issueLeaf, pemOf } from '../../src/lab/certificates.ts';
import { bare, named, openWorld, type Said, sekisho, type World } from '../relay/world.ts';

let world: World;
let folder: string;
const folders: string[] = [];
before(async () => {
  world = await openWorld(
    named('dane-ee', 'dane-mismatch', 'dane-bogus', 'dane-servfail', 'both', 'dane-unsigned-zone'),
  );
});
after(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});
beforeEach(() => {
  world.lab.clearFaults();
  folder = mkdtempSync(join(tmpdir(), 'sekisho-watch-'));
  folders.push(folder);
});

const watch = (...argv: readonly string[]): Promise<Said> =>
  sekisho(
    world,
    'tlsa',
    'watch',
    '--once',
    ...(argv.includes('--memory') ? [] : ['--memory', join(folder, 'memory.json')]),
    '--authority',
    `127.0.0.1:${world.lab.ports.dns}`,
    ...argv,
  );
type Line = { event: string; alarm: string; subject: string; says: string };
const lines = ({ out }: Said): readonly Line[] =>
  out.trim() === ''
    ? []
    : out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
const told = (said: Said): readonly string[] => lines(said).map(({ event, alarm }) => `${event} ${alarm}`);

test('OPS-50 OPS-52 the certificate changes: alarm at once with host, record and digest, then quiet, then recovery', async () => {
  const host = 'mx.dane-ee.test';
  assert.deepEqual([(await watch(host)).code, (await watch(host)).out], [0, '']);
  const other = await issueLeaf({ names: [host] });
  world.lab.host(host).present({ chainPem: pemOf([other]), keyPem: other.keyPem });
  const alarm = await watch(host, '--json');
  assert.equal(alarm.code, 1);
  // With SNI and without.
  assert.deepEqual(told(alarm), ['alarm mismatch', 'alarm mismatch']);
  const [first] = lines(alarm);
  assert.match(first?.says ?? '', /_\d+\._tcp\.mx\.dane-ee\.test\. 3 1 1 [0-9a-f]{64}; presented 3 1 1 [0-9a-f]{64}/);
  const again = await watch(host, '--json');
  assert.deepEqual([again.code, again.out], [1, '']);
  const still = await watch(host, '--json', '--repeat', '0s');
  assert.deepEqual(told(still), ['still mismatch', 'still mismatch']);
  const presented = /presented (3 1 1 [0-9a-f]+)/.exec(first?.says ?? '')?.[1] ?? '';
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [presented]);
  const over = await watch(host, '--json');
  assert.deepEqual([over.code, told(over)], [0, ['recovered mismatch', 'recovered mismatch']]);
});

test('OPS-52 a hook and a mail for each, and a channel that fails is told and does not stop the watch', async () => {
  const script = join(folder, 'tell');
  writeFileSync(script, `#!/bin/sh\n{ echo "args: $*"; env | grep ^SEKISHO_; cat; echo --; } >> ${folder}/told\n`);
  chmodSync(script, 0o755);
  const said = await watch(
    'mx.dane-mismatch.test',
    '--hook',
    script,
    '--mail',
    'ops@other.example',
    '--sendmail',
    script,
  );
  assert.equal(said.code, 1);
  assert.match(said.out, /ALARM {5}mx\.dane-mismatch\.test:\d+: the certificate does not match/);
  const all = readFileSync(join(folder, 'told'), 'utf8');
  assert.match(all, /SEKISHO_EVENT=alarm/);
  assert.match(all, /SEKISHO_ALARM=mismatch/);
  assert.match(all, /args: -i -- ops@other\.example/);
  assert.match(all, /^Auto-Submitted: auto-generated$/m);
  assert.match(all, /^Subject: sekisho tlsa watch: alarm mismatch mx\.dane-mismatch\.test:\d+$/m);
  rmSync(join(folder, 'memory.json'));
  const failing = await watch('mx.dane-mismatch.test', '--hook', '/bin/false');
  assert.equal(failing.code, 1);
  assert.match(failing.err, /an alarm could not be handed on: \/bin\/false ended with 1/);
});

test('OPS-51 DNSSEC that breaks, signatures that end, records that nobody believes, an MX set that changes', async () => {
  const bogus = await watch('mx.dane-bogus.test', '--json');
  assert.equal(bogus.code, 1);
  assert.ok(told(bogus).includes('alarm bogus'));
  const insecure = await watch('mx.dane-unsigned-zone.example', '--json');
  assert.deepEqual(told(insecure), ['alarm not-published']);
  // Signatures of the laboratory last for some days: ahead of their end they are told of.
  const mx = 'both.test';
  assert.equal((await watch('--domain', mx)).code, 0);
  world.lab.setRecords(mx, 'MX', ['10 mx.dane-ee.test.']);
  const moved = await watch('--domain', mx, '--json');
  assert.ok(told(moved).includes('alarm mx-changed'), moved.out);
  assert.ok(told(moved).includes('alarm sts-mismatch'), moved.out);
  world.lab.setRecords(mx, 'MX', ['10 mx.both.test.']);
  const back = await watch('--domain', mx, '--json');
  assert.ok(told(back).includes('recovered mx-changed'), back.out);
});

test('OPS-51 the wish for reports and the key that signs them', async () => {
  const domain = 'both.test';
  world.lab.setRecords(`_smtp._tls.${domain}`, 'TXT', ['"v=TLSRPTv1; rua=mailto:r@both.test"']);
  assert.equal((await watch('--domain', domain)).code, 0);
  world.lab.setRecords(`_smtp._tls.${domain}`, 'TXT', []);
  assert.deepEqual(told(await watch('--domain', domain, '--json')), ['alarm tlsrpt-missing']);
  const key = 's1._domainkey.both.test';
  world.lab.setRecords(key, 'TXT', ['"v=DKIM1; p="']);
  assert.deepEqual(
    told(await watch('mx.both.test', '--dkim', key, '--json')).filter((one) => /dkim/.test(one)),
    ['alarm dkim-missing'],
  );
  world.lab.setRecords(key, 'TXT', ['"v=DKIM1; p=MIIBIjANBg"']);
  assert.deepEqual(
    told(await watch('mx.both.test', '--dkim', key, '--json')).filter((one) => /dkim/.test(one)),
    ['recovered dkim-missing'],
  );
});

test('OPS-12 OPS-52 what could not be told is exit 3; wrong use is one line and exit 2', async () => {
  assert.equal((await watch('mx.dane-servfail.test')).code, 3);
  const nobody = await watch('mx.both.test', '--resolver', '127.0.0.1:1', '--timeout', '2s');
  assert.equal(nobody.code, 3, nobody.out);
  const bad = async (...argv: readonly string[]): Promise<string> => {
    const said = await watch(...argv);
    assert.equal(said.code, 2, argv.join(' '));
    assert.ok(said.err.trimEnd().split('\n').length <= 2, said.err);
    return said.err;
  };
  assert.match(await bad(), /tlsa watch wants a host/);
  assert.match(await bad('mx.both.test', '--every', 'soon'), /--every wants/);
  assert.match(await bad('mx.both.test', '--repeat', 'often'), /--repeat wants/);
  assert.match(await bad('mx.both.test', '--mail=-oQ/tmp'), /--mail wants/);
  assert.match(await bad('192.0.2.1'), /address|no host/);
  for (const strange of ['ns.both.test', '127.0.0.1:no', '', '192.0.2.300'])
    assert.ok(
      (await bad('mx.both.test', '--authority', strange)).includes(
        `--authority wants an address, or address:port, not ${JSON.stringify(strange)}`,
      ),
      strange,
    );
  for (const [name, text] of [
    ['empty', ''],
    ['wrong', '{"version":1}'],
    ['octets', '\u0000\u00ff'],
  ] as const) {
    writeFileSync(join(folder, name), text);
    assert.match(await bad('mx.both.test', '--memory', join(folder, name)), /no memory of alarms/);
  }
  mkdirSync(join(folder, 'dir'));
  assert.match(await bad('mx.both.test', '--memory', join(folder, 'dir')), /EISDIR|directory/);
  assert.equal((await bare(world.env, 'tlsa', 'watch', 'mx.both.test', '-c', join(folder, 'no.toml'))).code, 2);
  assert.ok(!existsSync(join(folder, 'no.toml')));
});
