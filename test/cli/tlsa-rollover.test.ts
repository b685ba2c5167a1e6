// `sekisho tlsa rollover` in the laboratory: hooks that are programs of their own change records and certificates there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
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
import { afterEach, before, beforeEach, test } from 'node:test';
import { type Certified, issueLeaf, pemOf, strangersKey, tlsaData } from '../../src/lab/certificates.ts';
import { ee, type LabDestination, signedSite } from '../../src/lab/destination-plan.ts';
import { bare, named, openWorld, program, type Said, sekisho, until, type World } from '../relay/world.ts';
import { faultsOf } from '../schema-checker.ts';

const host = 'mx.roll.test';
const site: LabDestination = signedSite(
  'roll',
  { story: 'A host whose certificate changes.', expected: ee as never },
  { certificate: { by: 'public' } },
);

let world: World;
let folder: string;
let calls: Readonly<Record<string, string>>[] = [];
/** What the service loads when it is told to. */
let chains: Readonly<Record<string, readonly Certified[]>> = {};
let hold: 'held' | 'free' = 'free';

before(async () => {
  world = await openWorld([site, ...named('dane-rollover', 'dane-unsigned-zone', 'dane-servfail')]);
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-roll-'));
  calls = [];
  hold = 'free';
  world.lab.clearFaults();
  watcher = setInterval(attend, 5);
});
afterEach(() => clearInterval(watcher));

let watcher: NodeJS.Timeout;

/** Hooks run in processes of their own: each writes down what it was given and waits until that has been done. */
function attend(): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.asked'))) {
    const path = join(folder, file);
    const given = Object.fromEntries(
      readFileSync(path, 'utf8')
        .split('\0')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    if (!calls.some(({ FILE }) => FILE === file)) calls.push({ ...given, FILE: file });
    if (hold === 'held') continue;
    apply(given);
    rmSync(path);
  }
}

function apply(given: Readonly<Record<string, string>>): void {
  if (given.SEKISHO_HOOK === 'publish') {
    const lines = readFileSync(given.SEKISHO_ZONE_FILE as string, 'utf8')
      .trim()
      .split('\n');
    const data = lines.flatMap((line) => / TLSA (.*)$/.exec(line)?.[1] ?? []);
    world.lab.setRecords(given.SEKISHO_OWNERS as string, 'TLSA', data);
  }
  if (given.SEKISHO_HOOK === 'install')
    writeFileSync(given.SEKISHO_LIVE_CHAIN as string, readFileSync(given.SEKISHO_CHAIN as string));
  if (given.SEKISHO_HOOK === 'reload') {
    const live = readFileSync(given.SEKISHO_LIVE_CHAIN as string, 'utf8');
    const chain = Object.values(chains).find((one) => pemOf(one) === live);
    const service = given.SEKISHO_SERVICES?.split(':')[0] ?? '';
    if (chain !== undefined)
      world.lab.host(service).present({ chainPem: pemOf(chain), keyPem: chain[0]?.keyPem ?? '' });
  }
}

const hook = (): readonly string[] => [
  '/bin/sh',
  '-c',
  `f=${folder}/$$; env -0 > $f.new; mv $f.new $f.asked; while [ -e $f.asked ]; do sleep 0.01; done`,
];

/** Live and offered files, and the plan. @returns its path. */
function prepare(
  live: readonly Certified[],
  offered: readonly Certified[],
  more = '',
  hooks: readonly string[] = ['publish', 'install', 'reload'],
): string {
  const home = join(folder, 'lineage');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(folder, 'live.pem'), pemOf(live));
  offer(offered);
  const commands = hooks.map((name) => `${name} = ${JSON.stringify(hook())}`).join('\n');
  writeFileSync(
    join(folder, 'plan.toml'),
    `state = ${JSON.stringify(join(folder, 'state'))}
[[lineage]]
name = "mx"
source = ${JSON.stringify(home)}
live = ${JSON.stringify(join(folder, 'live.pem'))}
services = ["${host}:${world.lab.ports.smtp}"]
servers = ["127.0.0.1:${world.lab.ports.dns}"]
${more}
[lineage.hooks]
${commands}
`,
  );
  return join(folder, 'plan.toml');
}

function offer(chain: readonly Certified[]): void {
  writeFileSync(join(folder, 'lineage/fullchain.pem'), pemOf(chain));
  writeFileSync(join(folder, 'lineage/privkey.pem'), chain[0]?.keyPem ?? '');
}

const rollover = (...argv: readonly string[]): Promise<Said> => sekisho(world, 'tlsa', 'rollover', ...argv);
type View = {
  lineage: string;
  step: string;
  because: string | null;
  phase: string;
  outcome: string;
  until: string | null;
  where: string[];
};
const views = ({ out }: Said): readonly View[] =>
  out.trim() === ''
    ? []
    : out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as View);
const checked = (view: View): View => {
  assert.deepEqual(faultsOf('tlsa-rollover', view), []);
  return view;
};
const stepsOf = (said: Said): readonly string[] =>
  views(said)
    .map((view) => checked(view))
    .map(({ step, because }) => (because === null ? step : `${step} ${because}`));

async function newChain(names: readonly string[] = [host]): Promise<readonly Certified[]> {
  const issuer = world.lab.authorities.publicIntermediate;
  return [await issueLeaf({ names, issuer }), issuer];
}

const recordOf = ([leaf]: readonly Certified[]): string =>
  `3 1 1 ${Buffer.from(tlsaData(leaf as Certified, 1, 1)).toString('hex')}`;
const present = (chain: readonly Certified[]): void =>
  world.lab.host(host).present({ chainPem: pemOf(chain), keyPem: chain[0]?.keyPem ?? '' });

async function start(): Promise<{ readonly old: readonly Certified[]; readonly fresh: readonly Certified[] }> {
  const [old, fresh] = [await newChain(), await newChain()];
  chains = { old, fresh };
  present(old);
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [recordOf(old)]);
  return { old, fresh };
}

test('OPS-30 OPS-33 OPS-36 OPS-37 a new key: published, waited for, installed, cleaned up, then quiet', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, fresh, 'ttl = 300');
  const shown = await rollover('plan', plan);
  assert.equal(shown.code, 0);
  assert.match(shown.out, /would publish 1 new/);
  assert.equal(calls.length, 0);
  assert.ok(!existsSync(join(folder, 'state/mx.json')));
  const first = await rollover('run', plan, '--json');
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(stepsOf(first), ['publish next', 'wait time']);
  const given = calls[0] ?? {};
  assert.equal(given.SEKISHO_LINEAGE, 'mx');
  assert.equal(given.SEKISHO_TTL, '300');
  assert.equal(given.SEKISHO_ADD, `_${world.lab.ports.smtp}._tcp.${host}. 300 IN TLSA ${recordOf(fresh)}`);
  assert.equal(given.SEKISHO_REMOVE, '');
  const update = readFileSync(given.SEKISHO_NSUPDATE_FILE ?? '', 'utf8')
    .trim()
    .split('\n');
  assert.equal(update.length, 4);
  assert.match(update[0] ?? '', /^update delete _\d+\._tcp\.mx\.roll\.test\. TLSA$/);
  assert.equal(update.at(-1), 'send');
  const early = await rollover('run', plan, '--json', '--at', '+23h');
  assert.deepEqual(stepsOf(early), ['wait time']);
  const human = await rollover('run', plan);
  assert.match(human.out, /wait until .*Z/);
  assert.match(human.out, /next: run again at/);
  const done = await rollover('run', plan, '--json', '--at', '+25h');
  assert.deepEqual(stepsOf(done), ['install waited', 'publish cleanup', 'rest']);
  assert.deepEqual(
    calls.slice(1).map(({ SEKISHO_HOOK }) => SEKISHO_HOOK),
    ['install', 'reload', 'publish'],
  );
  assert.equal((await sekisho(world, 'tlsa', 'check', host)).code, 0);
  const again = await rollover('run', plan, '--at', '+26h');
  assert.deepEqual([again.code, again.out, again.err], [0, '', '']);
  const status = await rollover('status', plan);
  assert.match(status.out, /mx +state stable/);
  assert.ok(status.out.includes(recordOf(fresh)));
});

test('OPS-31 a renewal with the same key is installed at once and says so', async () => {
  const { old } = await start();
  const issuer = world.lab.authorities.publicIntermediate;
  const renewed = [await issueLeaf({ names: [host], issuer, keys: (old[0] as Certified).keys }), issuer];
  chains = { old, renewed };
  const plan = prepare(old, renewed);
  const said = await rollover('run', plan);
  assert.equal(said.code, 0, said.err);
  assert.match(said.out, /it has the same key, no record changes/);
  assert.ok(!calls.some(({ SEKISHO_HOOK }) => SEKISHO_HOOK === 'publish'));
});

test('OPS-32 OPS-45 a refused switch is exit 1, and the old certificate stays', async () => {
  const { old } = await start();
  const wrong = await newChain(['elsewhere.test']);
  chains = { old, wrong };
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [recordOf(old), recordOf(wrong)]);
  const plan = prepare(old, wrong);
  const said = await rollover('run', plan, '--json');
  assert.deepEqual([said.code, stepsOf(said)], [1, ['refuse name-missing']]);
  writeFileSync(join(folder, 'lineage/privkey.pem'), strangersKey(old[0] as Certified));
  offer(await newChain());
  writeFileSync(join(folder, 'lineage/privkey.pem'), (await newChain())[0]?.keyPem ?? '');
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [recordOf(old)]);
  // The new record is published, and one server does not follow: refused in the next run.
  const lagging = prepare(old, await newChain(), '', ['install', 'reload']);
  assert.match((await rollover('run', lagging)).out, /by hand: publish 1 new/);
  const refused = await rollover('run', lagging);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /REFUSED: not every server has the new records: .*127\.0\.0\.1:/);
  assert.equal(readFileSync(join(folder, 'live.pem'), 'utf8'), pemOf(old));
  assert.ok(!calls.some(({ SEKISHO_HOOK }) => SEKISHO_HOOK === 'install'));
});

test('OPS-32 OPS-62 what cannot be proven or had is exit 3, and nothing is done', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, fresh);
  world.lab.setFault('dns:servfail', `_25._tcp.${host}`);
  const silent = await rollover('run', plan, '--json');
  assert.deepEqual([silent.code, stepsOf(silent)], [3, ['unclear servers']]);
  world.lab.clearFaults();
  const text = readFileSync(plan, 'utf8').replaceAll(host, 'mx.dane-unsigned-zone.example');
  writeFileSync(plan, text.replace('[lineage.hooks]', 'names = ["mx.roll.test"]\n[lineage.hooks]'));
  const insecure = await rollover('run', plan, '--json');
  assert.deepEqual([insecure.code, stepsOf(insecure)], [3, ['unclear servers']]);
  assert.match(views(insecure)[0]?.where.join() ?? '', /insecure/);
  assert.equal(calls.length, 0);
  const nobody = await rollover('run', plan, '--resolver', '127.0.0.1:1', '--timeout', '2s');
  assert.equal(nobody.code, 3);
});

test('OPS-34 a service that does not load the live file is reloaded, and old records stay while it does not', async () => {
  const { old, fresh } = await start();
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [recordOf(old), recordOf(fresh)]);
  const plan = prepare(fresh, fresh);
  chains = {};
  const said = await rollover('run', plan, '--json');
  assert.equal(said.code, 1);
  assert.deepEqual(
    views(said).map(({ step, outcome }) => `${step} ${outcome}`),
    ['reload done', 'reload no-effect'],
  );
  assert.ok(!calls.some(({ SEKISHO_HOOK }) => SEKISHO_HOOK === 'publish'));
});

test('OPS-36 killed in the middle of a hook, the next run begins where it stood', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, fresh);
  hold = 'held';
  const child = spawn(process.execPath, [program, 'tlsa', 'rollover', 'run', plan, '-c', world.config], {
    env: world.env,
    stdio: 'ignore',
  });
  await until(() => calls.length === 1, 'the hook to be called');
  // While it lives nobody else comes in.
  const second = await rollover('run', plan);
  assert.equal(second.code, 3);
  assert.match(second.err, /another run is under way/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  hold = 'free';
  await until(() => existsSync(join(folder, 'state/mx.lock')), 'the lock of the dead');
  const next = await rollover('run', plan, '--json');
  assert.equal(next.code, 0, next.err);
  assert.ok(['publish next,wait time', 'wait time'].includes(stepsOf(next).join()), stepsOf(next).join());
  assert.ok(!existsSync(join(folder, 'state/mx.lock')));
});

test('OPS-36 killed while it switches: the state on the disk is ready, and the next run goes on from there', async () => {
  const { old, fresh } = await start();
  world.lab.setRecords(`_25._tcp.${host}`, 'TLSA', [recordOf(old), recordOf(fresh)]);
  const plan = prepare(old, fresh);
  const phaseNow = async (): Promise<unknown> => views(await rollover('status', plan, '--json'))[0]?.phase;
  assert.deepEqual(stepsOf(await rollover('run', plan, '--json')), ['wait time']);
  assert.equal(await phaseNow(), 'waiting');
  const memory = join(folder, 'state/mx.json');
  // As after the wait, for a process that has the clock of the machine.
  writeFileSync(
    memory,
    readFileSync(memory, 'utf8').replace(/: (\d{13})/g, (_, at) => `: ${Number(at) - 26 * 3600_000}`),
  );
  hold = 'held';
  const child = spawn(process.execPath, [program, 'tlsa', 'rollover', 'run', plan, '-c', world.config], {
    env: world.env,
    stdio: 'ignore',
  });
  await until(() => calls.length === 1, 'the hook to be called');
  assert.equal(calls[0]?.SEKISHO_HOOK, 'install');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await phaseNow(), 'ready');
  hold = 'free';
  const next = await rollover('run', plan, '--json');
  assert.equal(next.code, 0, next.err);
  assert.deepEqual(stepsOf(next).slice(-2), ['publish cleanup', 'rest']);
  assert.equal(await phaseNow(), 'stable');
  assert.equal((await sekisho(world, 'tlsa', 'check', host)).code, 0);
});

test('OPS-37 a hook that fails is told with its last words, and is called again by the next run', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, fresh);
  const good = readFileSync(plan, 'utf8');
  const bad = JSON.stringify(['/bin/sh', '-c', 'echo one; echo the provider said no >&2; exit 7']);
  writeFileSync(plan, good.replace(/^publish = .*$/m, `publish = ${bad}`));
  const said = await rollover('run', plan);
  assert.equal(said.code, 1);
  assert.match(said.out, /the publish hook failed: \/bin\/sh ended with 7: the provider said no/);
  writeFileSync(plan, good.replace(/^publish = .*$/m, 'publish = "/nowhere/hook"'));
  assert.match((await rollover('run', plan)).out, /the publish hook failed: \/nowhere\/hook: .*ENOENT/);
  writeFileSync(plan, good);
  assert.deepEqual(stepsOf(await rollover('run', plan, '--json')), ['publish next', 'wait time']);
});

test('OPS-38 dehydrated keeps the next key beside the certificate; a key that was not made yet is none', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, old, 'layout = "dehydrated"');
  assert.deepEqual(stepsOf(await rollover('run', plan, '--json')), ['rest']);
  writeFileSync(join(folder, 'lineage/privkey.roll.pem'), fresh[0]?.keyPem ?? '');
  const said = await rollover('run', plan, '--json');
  assert.deepEqual(stepsOf(said), ['publish next', 'wait time']);
  assert.ok(calls[0]?.SEKISHO_ADD?.endsWith(recordOf(fresh)));
});

test('OPS-38 several lineages in one plan, of certbot and of files: each goes its own way', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, old);
  const certbot = (number: number, chain: readonly Certified[]): void => {
    for (const [name, text] of [
      ['fullchain', pemOf(chain)],
      ['privkey', chain[0]?.keyPem ?? ''],
    ] as const) {
      for (const kind of ['live', 'archive']) mkdirSync(join(folder, 'le', kind, host), { recursive: true });
      writeFileSync(join(folder, 'le/archive', host, `${name}${number}.pem`), text);
      const link = join(folder, 'le/live', host, `${name}.pem`);
      rmSync(link, { force: true });
      symlinkSync(`../../archive/${host}/${name}${number}.pem`, link);
    }
  };
  certbot(1, old);
  certbot(2, fresh);
  writeFileSync(join(folder, 'live2.pem'), pemOf(old));
  const first = readFileSync(plan, 'utf8');
  const lineage = first.slice(first.indexOf('[[lineage]]'));
  const second = lineage
    .replace('name = "mx"', 'name = "second"')
    .replace(/source = .*/, `source = ${JSON.stringify(join(folder, 'le/live', host))}\nlayout = "certbot"`)
    .replace('live.pem', 'live2.pem');
  writeFileSync(plan, `${first}${second}`);
  const said = await rollover('run', plan, '--json');
  const of = (name: string): readonly string[] =>
    views(said)
      .filter(({ lineage: one }) => one === name)
      .map(({ step }) => step);
  assert.deepEqual([of('mx'), of('second')], [['rest'], ['publish', 'wait']]);
  assert.ok(calls[0]?.SEKISHO_ADD?.endsWith(recordOf(fresh)));
  assert.deepEqual(
    views(await rollover('status', plan, '--json')).map(({ lineage: one, phase }) => `${one} ${phase}`),
    ['mx stable', 'second waiting'],
  );
  // OPS-46: certbot would put the next certificate before the services by itself.
  for (const live of [`le/live/${host}/fullchain.pem`, `le/archive/${host}/fullchain1.pem`]) {
    writeFileSync(plan, `${first}${second.replace('live2.pem', live)}`);
    const refused = await rollover('run', plan, '--lineage', 'second');
    assert.equal(refused.code, 2, refused.out);
    assert.match(refused.err, /^sekisho: second: live names .* which the certificate program itself replaces/);
  }
  const linked = join(folder, 'linked.pem');
  symlinkSync(join(folder, 'le/live', host, 'fullchain.pem'), linked);
  writeFileSync(plan, `${first}${second.replace('live2.pem', 'linked.pem')}`);
  assert.equal((await rollover('run', plan, '--lineage', 'second')).code, 2);
});

test('OPS-42 a key that others know: told apart, dropped at once, replaced at once', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, fresh);
  const marked = await rollover('compromised', plan);
  assert.equal(marked.code, 0);
  assert.ok(marked.out.includes(recordOf(old)));
  assert.ok((await rollover('status', plan)).out.includes(`the key of ${recordOf(old)} counts as known to others`));
  const said = await rollover('run', plan);
  assert.equal(said.code, 0, said.out);
  assert.match(said.out, /at once/);
  assert.match(said.out, /until .*Z caches may hold what was taken away/);
  assert.match(said.out, /RRSIG/);
  assert.equal((await sekisho(world, 'tlsa', 'check', host)).code, 0);
  assert.equal(readFileSync(join(folder, 'live.pem'), 'utf8'), pemOf(fresh));
});

test('OPS-1 OPS-32 both worlds in mid-rollover: old and new of two combinations stand, and the switch comes after the wait', async () => {
  const mid = 'mx.dane-rollover.test';
  const [old, fresh] = [await newChain([mid]), await newChain([mid])];
  chains = { old, fresh };
  world.lab.host(mid).present({ chainPem: pemOf(old), keyPem: old[0]?.keyPem ?? '' });
  const whole = ([leaf]: readonly Certified[]): string =>
    `3 0 1 ${Buffer.from(tlsaData(leaf as Certified, 0, 1)).toString('hex')}`;
  const four = [old, fresh].flatMap((chain) => [recordOf(chain), whole(chain)]);
  world.lab.setRecords(`_25._tcp.${mid}`, 'TLSA', four);
  const plan = prepare(old, fresh, 'records = ["3 1 1", "3 0 1"]');
  writeFileSync(plan, readFileSync(plan, 'utf8').replaceAll(host, mid));
  assert.deepEqual(stepsOf(await rollover('run', plan, '--json')), ['wait time']);
  const said = await rollover('run', plan, '--json', '--at', '+25h');
  assert.deepEqual(stepsOf(said), ['install waited', 'publish cleanup', 'rest']);
  const after = await sekisho(world, 'tlsa', 'check', mid, '--json');
  assert.equal((JSON.parse(after.out) as { records: unknown[] }).records.length, 2);
  // DANE, WebPKI by MTA-STS and plain senders are served before, amid and after.
  assert.equal((await sekisho(world, 'check', 'dane-rollover.test')).code, 0);
});

test('OPS-12 wrong use: one clear line and exit 2, whatever the file is', async () => {
  const { old, fresh } = await start();
  const plan = prepare(old, fresh);
  const good = readFileSync(plan, 'utf8');
  const write = (name: string, text: string | Uint8Array): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const bad = async (...argv: readonly string[]): Promise<string> => {
    const said = await rollover(...argv);
    assert.equal(said.code, 2, `${argv.join(' ')}: ${said.out}`);
    assert.equal(said.out, '');
    assert.ok(said.err.trimEnd().split('\n').length <= 2, said.err);
    return said.err;
  };
  assert.match(await bad(), /wants plan, run, status or compromised, and the file/);
  assert.match(await bad('roll', plan), /wants plan, run/);
  assert.match(await bad('run', join(folder, 'nowhere')), /no such file/);
  assert.match(await bad('run', folder), /folder/);
  assert.match(await bad('run', write('empty', '')), /the file is empty/);
  assert.match(await bad('run', write('octets', Uint8Array.of(0, 255, 7))), /no TOML/);
  assert.match(await bad('run', write('x', '[[lineage]]\nname = "a b"\n')), /name/);
  assert.match(await bad('run', write('x', good.replace('source', 'sauce'))), /there is no "sauce"/);
  assert.match(await bad('run', plan, '--lineage', 'nobody'), /no lineage "nobody"/);
  assert.match(await bad('run', write('x', good.replace('publish =', 'polish ='))), /there is no "polish"/);
  assert.match(await bad('run', write('x', good.replace(`${host}:`, '192.0.2.1:'))), /no host name/);
  writeFileSync(join(folder, 'lineage/fullchain.pem'), '');
  assert.match(await bad('run', plan), /fullchain\.pem: the file is empty/);
  writeFileSync(join(folder, 'lineage/fullchain.pem'), 'hello');
  assert.match(await bad('run', plan), /fullchain\.pem: this is no certificate/);
  writeFileSync(join(folder, 'lineage/fullchain.pem'), fresh[0]?.keyPem ?? '');
  assert.match(await bad('run', plan), /no certificate is in it/);
  offer(fresh);
  rmSync(join(folder, 'live.pem'));
  assert.match(await bad('run', plan), /live\.pem: there is no such file/);
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(join(folder, 'state/mx.json'), '{"version":1}');
  assert.match(await bad('run', plan), /no state of a rollover/);
  assert.match(await bad('status', plan), /no state of a rollover/);
  const config = await bare(world.env, 'tlsa', 'rollover', 'run', plan, '-c', join(folder, 'nowhere.toml'));
  assert.equal(config.code, 2);
});
