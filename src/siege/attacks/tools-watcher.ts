// ATK-116 (OPS-32): a new TLSA record is seen at one place, and the old one or none that can be proven at another.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueLeaf, pemOf } from '../../lab/certificates.ts';
import { daneHost, signedSite } from '../../lab/destination-plan.ts';
import { destinations } from '../../lab/destinations.ts';
import type { SecondServer } from '../../lab/second-server.ts';
import type { Lab } from '../../lab/world.ts';
import type { Arena, Attack, Finding } from '../attack.ts';
import { fell, held, undetermined } from '../judging.ts';
import { tlsaFor } from '../staging.ts';

const program = join(import.meta.dirname, '../../../bin/sekisho.mjs');

/** A host each: who does not have the new record, or not so that it can be proven. All others have it. */
const forms = {
  resolver: 'the resolver is behind',
  server: 'a server is behind',
  unsigned: 'a server has it unsigned',
};
type Form = keyof typeof forms;
const kinds = Object.keys(forms) as readonly Form[];

/** A host amid the change of its certificate. */
type Case = {
  readonly form: Form;
  readonly host: string;
  readonly old: readonly string[];
  readonly both: readonly string[];
  /** TOML of its lineage. */
  readonly lineage: string;
  /** What the services load now. */
  live(): 'old' | 'new';
};

/** One zone, which two servers have beside the resolver. */
type Scene = {
  readonly lab: Lab;
  readonly folder: string;
  readonly servers: readonly [SecondServer, SecondServer];
  readonly cases: readonly Case[];
};

async function stage(arena: Arena, folder: string): Promise<Scene> {
  const { lab } = arena;
  const [story, base] = ['Hosts amid a change of certificate.', destinations.find(({ name }) => name === 'dane-ee')];
  if (base === undefined) throw new Error('no destination dane-ee');
  const hosts = kinds.map((kind) => daneHost('turning.test', { name: `${kind}.turning.test` }));
  const domain = await arena.fresh(signedSite('turning', { story, hosts, expected: base.expected }));
  const servers = [await lab.secondServer(domain), await lab.secondServer(domain)] as const;
  const addresses = servers.map(({ server }) => server);
  const cases = await Promise.all(kinds.map((form) => prepare(lab, folder, form, `${form}.${domain}`, addresses)));
  const state = `state = ${JSON.stringify(join(folder, 'state'))}\n`;
  writeFileSync(join(folder, 'plan.toml'), state + cases.map(({ lineage }) => lineage).join(''));
  return { lab, folder, servers, cases };
}

/** The host shows the old certificate, and the files are there as a certificate program leaves them. */
async function prepare(lab: Lab, folder: string, form: Form, host: string, servers: readonly string[]): Promise<Case> {
  const [old, fresh] = await Promise.all([issueLeaf({ names: [host] }), issueLeaf({ names: [host] })]);
  const [before, after] = [pemOf([old]), pemOf([fresh])];
  lab.host(host).present({ chainPem: before, keyPem: old.keyPem });
  const write = (name: string, text: string): string => {
    const path = join(folder, `${form}-${name}.pem`);
    writeFileSync(path, text);
    return path;
  };
  const [live, chain, key] = [write('live', before), write('chain', after), write('key', fresh.keyPem)];
  const services = [`${host}:${lab.ports.smtp}`];
  const lines = (table: object): string =>
    Object.entries(table)
      .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
      .join('');
  const files = lines({ name: form, chain, key, live, services, servers });
  const hooks = lines({ publish: ['/bin/true'], install: ['/bin/cp', chain, live] });
  return {
    form,
    host,
    old: [tlsaFor(before)],
    both: [tlsaFor(before), tlsaFor(after)],
    lineage: `[[lineage]]\n${files}[lineage.hooks]\n${hooks}`,
    live: () => (readFileSync(live, 'utf8') === after ? 'new' : 'old'),
  };
}

function deceive({ lab, servers: [first, second] }: Scene, { form, host, old, both }: Case): void {
  const owner = `_25._tcp.${host}`;
  for (const one of [lab, first, second]) one.setRecords(owner, 'TLSA', both);
  if (form === 'resolver') lab.setRecords(owner, 'TLSA', old);
  if (form === 'server') second.setRecords(owner, 'TLSA', old);
  if (form === 'unsigned') second.dns.setFault('strip-rrsig', `*.${host}`, 'TLSA');
}

function agree({ lab, servers: [, second], cases }: Scene): void {
  for (const { host, both } of cases) lab.setRecords(`_25._tcp.${host}`, 'TLSA', both);
  second.dns.clearFaults();
  second.transfer();
}

type Ran = { readonly exit: number; readonly said: string };

/** `sekisho tlsa` in a process of its own. */
const tlsa = ({ lab, folder }: Scene, words: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { SEKISHO_DELIVERY__PORT: String(lab.ports.smtp), SEKISHO_DELIVERY__ALLOW_ADDRESSES: '127.0.0.0/8' };
    const cache = { NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const world = ['--resolver', lab.resolver, '--trust-anchor', lab.anchors, '--timeout', '20s'];
    const argv = [program, 'tlsa', ...words, ...world];
    const child = execFile(process.execPath, argv, { env: { ...env, ...cache } }, (_, out, err) =>
      resolve({ exit: child.exitCode ?? 5, said: out + err }),
    );
  });

/** One run, and one when the wait after the first would be over. */
async function rollOver(scene: Scene): Promise<void> {
  const run = ['rollover', 'run', join(scene.folder, 'plan.toml')];
  await tlsa(scene, run);
  await tlsa(scene, [...run, '--at', '+25h']);
}

/** @returns the hosts about which an alarm stands. @throws Error when it could not be told. */
async function watch(scene: Scene): Promise<readonly string[]> {
  const authorities = scene.servers.flatMap(({ server }) => ['--authority', server]);
  // Without a memory of earlier looks each alarm is told.
  const memory = ['--memory', join(mkdtempSync(join(scene.folder, 'watch-')), 'alarms.json')];
  const hosts = scene.cases.map(({ host }) => host);
  const { exit, said } = await tlsa(scene, ['watch', '--once', '--json', ...authorities, ...memory, ...hosts]);
  if (exit > 1) throw new Error(`the watcher ended with ${exit}: ${said}`);
  return hosts.filter((host) => said.includes(`"subject":"${host}:`));
}

async function carryOut(scene: Scene): Promise<Finding> {
  const { cases } = scene;
  for (const one of cases) deceive(scene, one);
  const [alarms] = await Promise.all([watch(scene), rollOver(scene)]);
  const told = (some: readonly Case[]): string => some.map(({ form }) => forms[form]).join(', ');
  const early = cases.filter(({ live }) => live() === 'new');
  if (early.length > 0) return fell(`the new certificate went live while: ${told(early)}`);
  const unseen = cases.filter(({ host }) => !alarms.includes(host));
  if (unseen.length > 0) return fell(`the watcher is content while: ${told(unseen)}`);
  agree(scene);
  const after = await watch(scene);
  if (after.length > 0) return undetermined(`the watcher is alarmed when all agree, at ${after.join(' ')}`);
  await rollOver(scene);
  const late = cases.filter(({ live }) => live() === 'old');
  if (late.length > 0) return undetermined(`the old certificate stays when all agree, at ${told(late)}`);
  return held('alarmed, and the old certificate stays, until resolver and servers agree');
}

export const watcher: Attack = {
  id: 'ATK-116',
  title: 'shows the new TLSA record at one place only',
  controls: 'DNS path, or propagation',
  sends: 'the new record to some, to others the old one alone, or the new one without a signature',
  sinkMaySee: 'handshakes with the old certificate; the new one goes live only when resolver and all servers agree',
  mustBeVisible: 'OPS-32',
  claims: ['tools'],
  run: async (arena) => {
    const folder = mkdtempSync(join(tmpdir(), 'sekisho-watcher-'));
    try {
      return await carryOut(await stage(arena, folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
