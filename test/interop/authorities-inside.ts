// Run by `tlsa-authorities.test.ts` in a network of its own, where ports below 1024 are free: a zone with two name servers
// at port 53, nsd and BIND, of which BIND follows late or is gone. Ends with 0, or throws what was wrong.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeChain, tlsaOfKey } from './keys.ts';
import { ownEnvironment, type Ran, runProgram } from './machine.ts';
import { startMailZones } from './mail-zones.ts';
import { ended, listening, type Peer } from './peers.ts';
import { program, startSekisho } from './sekisho.ts';

const domain = 'auth.test';
const host = `mx.${domain}`;
const [primary, secondary] = ['127.0.0.1:53', '127.0.0.2:53'];
const folder = mkdtempSync(join(tmpdir(), 'sekisho-authorities-'));
const at = (name: string): string => join(folder, name);
const opened: Peer[] = [];
const [old, fresh] = [makeChain(host), makeChain(host)];

const zoneWith = (...chains: readonly { readonly certificate: string }[]) =>
  ({
    domain,
    sign: 'signed',
    records: [
      '@ NS ns2',
      'ns2 A 127.0.0.2',
      '@ MX 10 mx',
      'mx A 127.0.0.9',
      ...chains.map(({ certificate }) => `_25._tcp.mx 2 TLSA ${tlsaOfKey(certificate)}`),
    ],
  }) as const;

/** As it was when it started: nobody tells it of changes, and it asks once an hour. */
async function startSecondary(): Promise<Peer> {
  const own = at('secondary');
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  writeFileSync(
    join(own, 'named.conf'),
    `options {
  directory "${own}"; pid-file "${own}/named.pid"; session-keyfile "${own}/session.key"; managed-keys-directory "${own}";
  listen-on port 53 { 127.0.0.2; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no;
};
controls { };
logging { channel file { file "${own}/named.log"; severity info; }; category default { file; }; };
zone "${domain}" { type secondary; file "${own}/zone"; primaries { 127.0.0.1; }; };
`,
  );
  const child = spawn('named', ['-f', '-n', '1', '-c', join(own, 'named.conf')], { stdio: 'ignore' });
  await listening('127.0.0.2', 53);
  return { stop: () => ended(child) };
}

async function sekisho(...words: readonly string[]): Promise<Ran> {
  const env = { ...ownEnvironment(), STATE_DIRECTORY: at('desk'), NODE_COMPILE_CACHE: at('compiled') };
  return runProgram(process.execPath, [program, ...words, '-c', at('desk.toml')], { env });
}
const check = (...flags: readonly string[]): Promise<Ran> => sekisho('check', domain, '--all-auth', ...flags);
const rollover = (): Promise<Ran> => sekisho('tlsa', 'rollover', 'run', at('plan.toml'), '--json');
const watch = (memory: string): Promise<Ran> =>
  sekisho('tlsa', 'watch', host, '--once', '--json', '--memory', at(memory));
type Row = { type: string; agree: string; answers: { server: string; state: string; records: string[] }[] };
const rowsOf = ({ out }: Ran): readonly Row[] => (JSON.parse(out) as { authorities: Row[] }).authorities;
const tlsaRow = (ran: Ran): Row => rowsOf(ran).find(({ type }) => type === 'TLSA') as Row;
type Step = { step: string; because: string | null; where: string[] };
const stepOf = ({ out, err }: Ran): Step => {
  assert.notEqual(out, '', err);
  return JSON.parse(out.trim().split('\n').at(-1) as string) as Step;
};

async function scene(): Promise<void> {
  const zones = await startMailZones({
    folder: at('names'),
    ports: { nsd: 53, unbound: 5302 },
    zones: [zoneWith(old)],
  });
  opened.push(zones);
  let second = await startSecondary();
  opened.push({ stop: () => second.stop() });
  for (const [name, { certificate, key }] of [
    ['live', old],
    ['offered', fresh],
  ] as const) {
    writeFileSync(at(`${name}.pem`), certificate);
    writeFileSync(at(`${name}.key`), key, { mode: 0o600 });
  }
  const relay = await startSekisho({
    folder: at('relay'),
    hostname: host,
    address: '127.0.0.9:25',
    certificate: { certificate: at('live.pem'), key: at('live.key') },
    resolver: zones.resolver,
    anchors: zones.anchors,
    deliveryPort: 25,
  });
  opened.push(relay);
  // A machine that is not the MX host itself.
  const desk = readFileSync(at('relay/sekisho.toml'), 'utf8')
    .replace(host, 'desk.test')
    .replace('127.0.0.9:25', '127.0.0.1:0');
  writeFileSync(at('desk.toml'), desk);
  writeFileSync(
    at('plan.toml'),
    `state = "${at('state')}"
[[lineage]]
name = "mx"
chain = "${at('offered.pem')}"
key = "${at('offered.key')}"
live = "${at('live.pem')}"
live_key = "${at('live.key')}"
services = ["${host}:25"]
ttl = 2
`,
  );

  // In step: each server that the zone names was asked at port 53.
  const well = await check('--json');
  assert.equal(well.code, 0, well.out + well.err);
  assert.ok(rowsOf(well).every(({ agree }) => agree === 'yes'));
  assert.deepEqual(
    tlsaRow(well)
      .answers.map(({ server, state }) => `${server} ${state}`)
      .sort(),
    [`${primary} secure`, `${secondary} secure`, 'resolver secure'],
  );
  const calm = await watch('first');
  assert.deepEqual([calm.code, calm.out], [0, ''], calm.err);

  // The new record is with the primary alone.
  const handed = await rollover();
  assert.equal(stepOf(handed).step, 'publish', handed.out);
  await zones.publish(zoneWith(old, fresh));
  const behind = await check('--json');
  assert.equal(behind.code, 1, behind.out + behind.err);
  assert.equal(tlsaRow(behind).agree, 'no');
  const counts = Object.fromEntries(tlsaRow(behind).answers.map(({ server, records }) => [server, records.length]));
  assert.deepEqual(counts, { resolver: 2, [primary]: 2, [secondary]: 1 });
  const told = (await check()).out.replace(/\s+/g, ' ');
  assert.match(told, /TLSA: the answers DIFFER .*127\.0\.0\.2:53 secure, TTL \d+: 3 1 1 [0-9a-f]{64} [^,]/);
  const refused = await rollover();
  assert.equal(refused.code, 1, refused.out + refused.err);
  const { step, because, where } = stepOf(refused);
  assert.deepEqual([step, because, where], ['refuse', 'not-everywhere', [`${secondary} (_25._tcp.${host})`]]);
  assert.equal(readFileSync(at('live.pem'), 'utf8'), old.certificate);
  const alarm = await watch('first');
  assert.equal(alarm.code, 1, alarm.out + alarm.err);
  assert.match(alarm.out, /"servers-differ".*127\.0\.0\.2:53: 3 1 1 [0-9a-f]{64}"/);
  assert.match(alarm.out, /127\.0\.0\.1:53: SOA 2; 127\.0\.0\.2:53: SOA 1/);

  // Gone: nobody says that all is well, and nothing is done.
  await second.stop();
  const gone = await check('--json');
  assert.deepEqual([gone.code, tlsaRow(gone).agree], [3, 'unknown'], gone.out + gone.err);
  const unclear = await rollover();
  assert.equal(unclear.code, 3, unclear.out + unclear.err);
  assert.match(JSON.stringify(stepOf(unclear)), /"unclear".*"servers".*127\.0\.0\.2:53/);
  const unsure = await watch('other');
  assert.deepEqual([unsure.code, unsure.out], [3, ''], unsure.err);
  assert.match(unsure.err, /127\.0\.0\.2:53/);

  // It follows: all are in step, and the wait begins.
  second = await startSecondary();
  const again = await check('--json');
  assert.equal(again.code, 0, again.out + again.err);
  const waiting = await rollover();
  assert.deepEqual([waiting.code, stepOf(waiting).because], [0, 'time'], waiting.out + waiting.err);
  const over = await watch('first');
  assert.equal(over.code, 0, over.out + over.err);
  assert.match(over.out, /"recovered".*"servers-differ"/);
}

try {
  await scene();
} finally {
  for (const peer of opened.reverse()) await peer.stop();
  rmSync(folder, { recursive: true, force: true });
}
