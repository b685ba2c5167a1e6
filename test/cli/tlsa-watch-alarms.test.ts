// Each alarm of `sekisho tlsa watch` in the laboratory: raised by the fault itself, standing while it stands, over with it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { name, nameToText } from '../../src/core/dns/name.ts';
import { RrType } from '../../src/core/dns/registry.ts';
import { type Certified, issueLeaf, makeKeys, pemOf, tlsaData } from '../../src/lab/certificates.ts';
import { addLines, putSet, type RrSet, removeSet, type Zone } from '../../src/lab/dns/zone.ts';
import { named, openWorld, type Said, sekisho, type World } from '../relay/world.ts';
import { type LaggingServer, startLaggingServer } from './lagging-server.ts';

const host = 'mx.dane-ee.test';
const zone = 'dane-ee.test';
const domain = 'both.test';
const days = 86_400_000;
let world: World;
let secondary: LaggingServer;
let folder: string;
before(async () => {
  world = await openWorld(named('dane-ee', 'both'));
  secondary = await startLaggingServer(world.lab.ports.dns);
});
after(() => secondary.close());
beforeEach((t) => {
  world.lab.clearFaults();
  secondary.follow();
  folder = mkdtempSync(join(tmpdir(), 'sekisho-alarms-'));
  (t as { after?(end: () => void): void }).after?.(() => rmSync(folder, { recursive: true, force: true }));
});

type Line = { event: string; alarm: string; subject: string; says: string };

/** One round. @returns its exit status, and what it told. */
async function round(
  ...argv: readonly string[]
): Promise<{ readonly said: Said; readonly told: readonly string[]; readonly lines: readonly Line[] }> {
  const memory = ['--memory', join(folder, 'memory.json')];
  const said = await sekisho(world, 'tlsa', 'watch', '--once', '--json', ...memory, ...argv);
  const lines = said.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  return { said, lines, told: [...new Set(lines.map(({ event, alarm }) => `${event} ${alarm}`))].sort() };
}

const primary = (): readonly string[] => ['--authority', world.lab.resolver];
const both = (): readonly string[] => [...primary(), '--authority', secondary.address];

/** Well; broken: exit 1 and these alarms; no word while it stands; mended: exit 0 and the same are over. */
async function raises(
  alarms: readonly string[],
  {
    words,
    fault,
    mend,
    says,
  }: {
    readonly words: readonly string[];
    readonly fault: () => unknown;
    readonly mend: () => unknown;
    readonly says: RegExp;
  },
): Promise<void> {
  const well = await round(...words);
  assert.deepEqual([well.said.code, well.told], [0, []], well.said.out + well.said.err);
  await fault();
  const bad = await round(...words);
  assert.equal(bad.said.code, 1, bad.said.err);
  assert.deepEqual(
    bad.told,
    alarms.map((alarm) => `alarm ${alarm}`),
    bad.said.out,
  );
  assert.ok(
    bad.lines.every((line) => says.test(line.says)),
    bad.said.out,
  );
  const still = await round(...words);
  assert.deepEqual([still.said.code, still.told], [1, []], still.said.out);
  await mend();
  const over = await round(...words);
  assert.deepEqual(
    [over.said.code, over.told],
    [0, alarms.map((alarm) => `recovered ${alarm}`)],
    over.said.out + over.said.err,
  );
}

const clear = (): void => world.lab.clearFaults();
const seconds = (time: number): string => String(Math.floor(time / 1000));

test('OPS-51 OPS-52 a signature that ends within three days: of the records, of the address, of the keys, of the MX set', async () => {
  const soon = (owner: string, left: number) => (): void =>
    world.lab.setFault('dns:signature-until', owner, [seconds(Date.now() + left * days)]);
  const watched = [host, '--domain', domain, ...primary()];
  for (const [owner, says] of [
    [`_25._tcp.${host}/TLSA`, /^dane-ee\.test\. TLSA: 20\d\d-/],
    [`${host}/A`, /^dane-ee\.test\. A: /],
    [`${zone}/DNSKEY`, /^dane-ee\.test\. DNSKEY: /],
    [`${zone}/DS`, /^test\. DS: /],
    [`${domain}/MX`, /^both\.test\. MX: /],
  ] as const)
    await raises(['signature-expires'], { words: watched, fault: soon(owner, 2.9), mend: soon(owner, 3.1), says });
});

test('OPS-51 OPS-52 a certificate that ends within fourteen days', async () => {
  const keys = await makeKeys();
  const until = (left: number): Promise<Certified> =>
    issueLeaf({ names: [host], keys, until: new Date(Date.now() + left * days) });
  const show = async (left: number): Promise<void> => {
    const leaf = await until(left);
    world.lab.host(host).present({ chainPem: pemOf([leaf]), keyPem: leaf.keyPem });
  };
  const spki = Buffer.from(tlsaData(await until(90), 1, 1)).toString('hex');
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [`3 1 1 ${spki}`]);
  await show(14.1);
  await raises(['certificate-expires'], {
    words: [host, ...primary()],
    fault: () => show(13.9),
    mend: () => show(90),
    says: /^127\.\S+( without SNI)?: 20\d\d-/,
  });
});

test('OPS-51 OPS-52 a secondary that gives out another set, and one that has another version', async () => {
  const owner = `_25._tcp.${host}`;
  const had = Buffer.from(tlsaData(await issueLeaf({ names: [host] }), 1, 1)).toString('hex');
  const now = async (): Promise<readonly string[]> => {
    const { out } = await sekisho(world, 'tlsa', 'check', host, '--json');
    return (JSON.parse(out) as { records: { record: string }[] }).records.map(({ record }) => record);
  };
  const records = await now();
  await raises(['servers-differ'], {
    words: [host, ...both()],
    fault: () => world.lab.setRecords(owner, 'TLSA', [...records, `3 1 1 ${had}`]),
    mend: () => secondary.follow(),
    says: new RegExp(`${secondary.address}: 3 1 1 [0-9a-f]{64}$|; .*${had}`),
  });
  const serial = (number: number) => (): void => {
    const names = 'ns.nameservers.test. hostmaster.ns.nameservers.test.';
    world.lab.setRecords(zone, 'SOA', [`${names} ${number} 7200 3600 1209600 300`]);
  };
  await raises(['servers-differ'], {
    words: [host, ...both()],
    fault: serial(2),
    mend: () => secondary.follow(),
    says: new RegExp(`^${world.lab.resolver}: SOA 2; ${secondary.address}: SOA 1$`),
  });
});

test('OPS-51 OPS-52 DNSSEC that breaks: a signature, the keys, a DS record of another key', async () => {
  const words = [host, ...primary()];
  const fault = (name: string, at: string, data?: readonly string[]) => (): void => world.lab.setFault(name, at, data);
  const owner = `_25._tcp.${host}/TLSA`;
  await raises(['bogus'], { words, fault: fault('dns:corrupt-signature', owner), mend: clear, says: /./ });
  await raises(['bogus'], { words, fault: fault('dns:strip-rrsig', owner), mend: clear, says: /./ });
  await raises(['bogus'], {
    words,
    fault: fault('dns:corrupt-signature', `${zone}/DNSKEY`),
    mend: clear,
    says: /./,
  });
  const above = world.lab.zones.find(({ apex }) => nameToText(apex) === 'test.') as Zone;
  const apex = name(`${zone}.`);
  const right = above.sets.get(apex)?.get(RrType.DS) as RrSet;
  await raises(['bogus'], {
    words,
    fault: () => {
      removeSet(above, apex, RrType.DS);
      addLines(above, [`${zone}. DS 4711 13 2 ${'ab'.repeat(32)}`]);
    },
    mend: () => putSet(above, apex, RrType.DS, right.records, right.ttl),
    says: /ds-mismatch|\(bogus\)/,
  });
});

test('OPS-50 OPS-51 OPS-52 records that are gone, and STARTTLS that comes and goes', async () => {
  const { out } = await sekisho(world, 'tlsa', 'check', host, '--json');
  const records = (JSON.parse(out) as { records: { record: string }[] }).records.map(({ record }) => record);
  const publish = (data: readonly string[]) => (): void => world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', data);
  await raises(['not-published'], {
    words: [host, ...primary()],
    fault: publish([]),
    mend: publish(records),
    says: /no TLSA record is published/,
  });
});

test('OPS-52 OPS-54 STARTTLS at the second contact only', async () => {
  const at = world.lab.host(host);
  const words = [host, ...primary()];
  assert.equal((await round(...words)).said.code, 0);
  const before = at.sessions.length;
  world.lab.setFault('mx:starttls-absent', host);
  const second = setInterval(() => {
    if (at.sessions.length > before) clear();
  }, 1);
  const bad = await round(...words).finally(() => clearInterval(second));
  assert.equal(bad.said.code, 1);
  assert.ok(bad.told.includes('alarm selective-starttls'), bad.said.out);
  const over = await round(...words);
  assert.deepEqual([over.said.code, over.told.includes('recovered selective-starttls')], [0, true]);
});

test('OPS-51 OPS-52 of the mail domain: MTA-STS against the MX set, the wish for reports, another MX set', async () => {
  const words = ['--domain', domain, ...primary()];
  const set = (owner: string, type: string, data: readonly string[]) => (): void =>
    world.lab.setRecords(owner, type, data);
  const policy = (mx: string) => (): void => world.lab.publishPolicy(domain, { mode: 'enforce', mx: [mx] } as never);
  await raises(['sts-mismatch'], {
    words,
    fault: policy('mx.elsewhere.test'),
    mend: policy('mx.both.test'),
    says: /^sts-mx-mismatch$/,
  });
  const wish = ['"v=TLSRPTv1; rua=mailto:r@both.test"'];
  set(`_smtp._tls.${domain}`, 'TXT', wish)();
  await raises(['tlsrpt-missing'], {
    words,
    fault: set(`_smtp._tls.${domain}`, 'TXT', []),
    mend: set(`_smtp._tls.${domain}`, 'TXT', wish),
    says: /^_smtp\._tls\.both\.test$/,
  });
});

test('OPS-52 what cannot be told for three rounds is an alarm of its own', async () => {
  const words = [host, ...primary()];
  world.lab.setFault('dns:servfail', `_25._tcp.${host}`);
  for (let at = 0; at < 2; at += 1) {
    const unknown = await round(...words);
    assert.deepEqual([unknown.said.code, unknown.told], [3, []]);
  }
  const alarm = await round(...words);
  assert.deepEqual([alarm.said.code, alarm.told], [1, ['alarm undetermined']]);
  clear();
  const over = await round(...words);
  assert.deepEqual([over.said.code, over.told], [0, ['recovered undetermined']]);
});

test('OPS-51 one server of several that does not answer is exit 3, never well', async () => {
  const silent = await round(host, ...primary(), '--authority', '127.0.0.1:1', '--timeout', '4s');
  assert.deepEqual([silent.said.code, silent.told], [3, []], silent.said.out);
  assert.match(silent.said.err, /could not tell: mx\.dane-ee\.test:\d+: .*127\.0\.0\.1:1/);
});

test('OPS-12 OPS-51 a resolver that drops DNSSEC says nothing of the zone: exit 3, and no alarm', async () => {
  const words = [host, '--domain', domain, ...primary()];
  assert.equal((await round(...words)).said.code, 0);
  world.lab.setFault('dns:strip-rrsig', './DNSKEY');
  const unfit = await round(...words);
  assert.deepEqual([unfit.said.code, unfit.told], [3, []], unfit.said.out);
  assert.match(unfit.said.err, /could not tell: both\.test: no resolver is fit: 127\.0\.0\.1:\d+ cannot prove/);
  clear();
  assert.deepEqual((await round(...words)).said.code, 0);
});

test('OPS-52 a memory that cannot be kept is told before anything else', async () => {
  writeFileSync(join(folder, 'file'), '');
  const said = await sekisho(world, 'tlsa', 'watch', host, '--once', '--memory', join(folder, 'file/memory.json'));
  assert.deepEqual([said.code, said.out], [2, '']);
  assert.match(said.err, /file\/memory\.json: .*; --memory names another file|ENOTDIR/);
});
