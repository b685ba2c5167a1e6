// `sekisho tlsa rollover` over the bench: files of certificate programs, every server of the zone, every address of the
// services, hooks as programs of their own (OPS-30 to OPS-45).

import { spawn } from 'node:child_process';
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve as resolvePath } from 'node:path';
import type { Authorities, Zone } from '../adapters/dns/authorities.ts';
import { formatServerAddress, parseServerAddress, type ServerAddress } from '../adapters/dns/server-address.ts';
import { lockLineage, readMemory, writeDurably, writeMemory } from '../adapters/store/rollover.ts';
import { type RolloverEvent, type RolloverHook, type RolloverPorts, rollOver } from '../agent/rollover.ts';
import { checkTlsa } from '../agent/tlsa-check.ts';
import type { Flags } from '../cli/flags.ts';
import type { TlsaFault } from '../cli/program.ts';
import { printable, type Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import type { LineagePlan } from '../config/rollover.ts';
import { seconds } from '../core/base/brand.ts';
import { sameOctets } from '../core/base/octets.ts';
import { fault, isNonEmpty, ok, type Result } from '../core/base/result.ts';
import { type Owner, ownerName, zoneForm } from '../core/dane/forms.ts';
import type { TlsaData } from '../core/dane/make.ts';
import {
  type Act,
  type Chain,
  type Facts,
  type Held,
  keyRecord,
  type Memory,
  type OfferedFault,
  recordFor,
  type Shown,
  type View,
} from '../core/dane/rollover.ts';
import { type Name, nameFromText } from '../core/dns/name.ts';
import { RrType } from '../core/dns/registry.ts';
import { digestOf } from '../core/x509/certificate.ts';
import { matchNames } from '../core/x509/identity.ts';
import { type Material, type PublicHalf, readMaterial } from '../core/x509/material.ts';
import { isValidAt } from '../core/x509/presented-chain.ts';
import { authoritiesOf, strangeServer } from './all-auth.ts';
import { type Bench, openBench } from './bench.ts';
import { readInput } from './input.ts';
import type { Environment } from './settings.ts';

export type RolloverJob = { readonly plan: LineagePlan; readonly state: string; readonly mode: 'plan' | 'run' };

export async function* rollOverLive(
  loaded: Loaded,
  flags: Flags,
  { plan, state, mode }: RolloverJob,
  env: Environment,
  terminal: Terminal,
): AsyncGenerator<Result<RolloverEvent, TlsaFault>> {
  const strange = plan.servers.kind === 'only' ? strangeServer(plan.servers.addresses) : undefined;
  if (strange !== undefined)
    return yield fault({
      exit: 2,
      says: `${plan.name}: servers wants an address, or address:port, not ${JSON.stringify(strange)}`,
    });
  let unlock: (() => Promise<void>) | undefined;
  try {
    if (mode === 'run') {
      unlock = await lockLineage(state, plan.name);
      if (unlock === undefined) return yield fault({ exit: 3, says: `${plan.name}: another run is under way` });
    }
    const opened = openBench(loaded, flags, env, terminal);
    if (opened.kind === 'fault') return yield fault({ exit: 2, says: opened.fault });
    const { clock } = opened.value.around;
    opened.value.outlook.close();
    const ports: RolloverPorts = {
      clock,
      held: () => readHeld(plan, clock.now()),
      // A bench of its own for each look: nothing may come from a cache of ours.
      look: (held) => lookAround(() => openBench(loaded, flags, env, terminal), plan, held),
      recall: () => readMemory(state, plan.name),
      remember: (memory) => writeMemory(state, plan.name, memory),
      hook: (name, act) => runHook(plan, state, name, act, env, flags.on('verbose') ? terminal : undefined),
    };
    const lineage = { parameters: plan.parameters, keep: plan.keep, confirm: seconds(plan.confirm) };
    for await (const found of rollOver(ports, lineage, mode))
      yield found.kind === 'ok' ? found : fault({ exit: 2, says: `${plan.name}: ${found.fault}` });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    yield fault({ exit: 2, says: `${plan.name}: ${message}` });
  } finally {
    await unlock?.();
  }
}

/** OPS-42: the key in use counts as known to others from now on. @returns its record. */
export async function markCompromised(plan: LineagePlan, state: string): Promise<Result<string, string>> {
  const live = await readChainFile(plan.live.chain);
  if (live.kind === 'fault') return live;
  const memory = await readMemory(state, plan.name);
  if (memory.kind === 'fault') return memory;
  const record = keyRecord(live.value);
  const compromised = [...new Set([...memory.value.compromised, record])];
  await writeMemory(state, plan.name, { ...memory.value, compromised });
  return ok(record);
}

export const recallRollover = (plan: LineagePlan, state: string): Promise<Result<Memory, string>> =>
  readMemory(state, plan.name);

// ---- files

async function readHeld(plan: LineagePlan, now: number): Promise<Result<Held, string>> {
  const live = await readChainFile(plan.live.chain);
  const shared = await sharedFile(plan);
  if (shared !== undefined)
    return fault(
      `live names ${shared}, which the certificate program itself replaces: a renewal would go live before its record; let the services load a file of their own`,
    );
  if (live.kind === 'fault')
    return fault(`${live.fault} (live: what the services load; the first certificate is put there by hand)`);
  const offered = await readChainFile(plan.offered.chain);
  if (offered.kind === 'fault') return offered;
  const key = await readKey(plan.offered.key);
  if (key.kind === 'fault') return key;
  const spare = plan.nextKey === undefined ? undefined : await readSpare(plan.nextKey);
  if (spare?.kind === 'fault') return spare;
  return ok({
    live: live.value,
    offered: offered.value,
    offeredFaults: faultsOf(plan, offered.value, key.value, now),
    spare: spare?.value,
  });
}

/** OPS-46: links followed, as certbot's `live` points into its `archive`. @returns the file in both hands. */
async function sharedFile({ live, offered }: LineagePlan): Promise<string | undefined> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => path);
  const folders = [dirname(offered.chain), dirname(await real(offered.chain))].map((folder) => resolvePath(folder));
  for (const path of [live.chain, ...(live.key === undefined ? [] : [live.key])]) {
    const ofPath = [resolvePath(path), await real(path)];
    const own = await Promise.all([offered.chain, offered.key].map(real));
    const inside = ofPath.some(
      (one) => folders.includes(dirname(one)) && /\/(live|archive)\/[^/]+$/.test(dirname(one)),
    );
    if (inside || ofPath.some((one) => own.includes(one))) return path;
  }
  return undefined;
}

/** OPS-45. */
function faultsOf(plan: LineagePlan, [leaf]: Chain, key: PublicHalf, now: number): readonly OfferedFault[] {
  const missing = plan.names.filter((name) => matchNames(leaf, [name], 'never').kind === 'mismatch');
  return [
    ...(sameOctets(leaf.spki, key.spki) ? [] : [{ kind: 'key-differs' } as const]),
    ...missing.map((name) => ({ kind: 'name-missing', name }) as const),
    ...(isValidAt(leaf, now as typeof leaf.notAfter)
      ? []
      : [{ kind: 'not-valid', from: leaf.notBefore, until: leaf.notAfter } as const]),
  ];
}

async function readMaterialFile(path: string): Promise<Result<Material, string>> {
  const read = await readInput(path);
  if (read.kind === 'fault') return read;
  const material = readMaterial(read.value);
  return material.kind === 'fault' ? fault(`${path}: ${material.fault}`) : material;
}

async function readChainFile(path: string): Promise<Result<Chain, string>> {
  const material = await readMaterialFile(path);
  if (material.kind === 'fault') return material;
  const { certificates } = material.value;
  return isNonEmpty(certificates) ? ok(certificates) : fault(`${path}: no certificate is in it`);
}

async function readKey(path: string): Promise<Result<PublicHalf, string>> {
  const material = await readMaterialFile(path);
  if (material.kind === 'fault') return material;
  const key = material.value.keys[0];
  return key === undefined ? fault(`${path}: no key is in it`) : ok(key);
}

/** A key that was not made yet is none. */
async function readSpare(path: string): Promise<Result<PublicHalf | undefined, string>> {
  const read = await readKey(path);
  return read.kind === 'fault' && read.fault.endsWith('there is no such file') ? ok(undefined) : read;
}

// ---- servers and services

async function lookAround(open: () => Result<Bench, string>, plan: LineagePlan, held: Held): Promise<Facts> {
  const opened = open();
  const owners = plan.services.map(({ host, port }) => ownerName({ host, port, protocol: 'tcp' }));
  if (opened.kind === 'fault') {
    const view = { server: 'resolver', owner: owners[0] as string, kind: 'failed', says: opened.fault } as const;
    return { views: [view], shown: [] };
  }
  const bench = opened.value;
  const authorities = authoritiesOf(bench);
  try {
    const views = await Promise.all(owners.map((owner) => viewsOf(bench, authorities, owner, plan.servers)));
    const shown = await Promise.all(plan.services.map((service) => shownBy(bench, service, held.live)));
    const [first, ...rest] = views.flat();
    return { views: [first as View, ...rest], shown: shown.flat() };
  } finally {
    authorities.close();
    bench.outlook.close();
  }
}

/** OPS-32: the resolver's answer and each authoritative server's own. */
export async function viewsOf(
  { outlook }: Bench,
  authorities: Authorities,
  owner: string,
  servers: LineagePlan['servers'],
): Promise<readonly View[]> {
  const name = nameFromText(owner);
  if (name.kind === 'fault') return [{ server: 'resolver', owner, kind: 'failed', says: name.fault }];
  const question = { name: name.value, type: RrType.TLSA };
  const first = viewFrom('resolver', owner, await outlook.resolver.lookup(question.name, question.type));
  const asked = await serversToAsk(authorities, name.value, servers);
  if (asked.kind === 'fault') return [first, { server: 'servers', owner, kind: 'failed', says: asked.fault }];
  const own = await Promise.all(
    asked.value.servers.map(async (server) =>
      viewFrom(formatServerAddress(server), owner, await authorities.ask(server, asked.value.apex, question)),
    ),
  );
  return [first, ...own];
}

/** Those that the zone names, or those that the operator named instead; at least one. */
export async function serversToAsk(
  authorities: Authorities,
  name: Name,
  servers: LineagePlan['servers'],
): Promise<Result<Zone, string>> {
  const zone = await authorities.zoneOf(name);
  if (zone.kind === 'fault' || servers.kind === 'found')
    return zone.kind === 'ok' && zone.value.servers.length === 0
      ? fault('no name server of the zone has an address')
      : zone;
  const asked = servers.addresses.flatMap((text): readonly ServerAddress[] => {
    const address = parseServerAddress(text);
    return address.kind === 'ok' ? [address.value] : [];
  });
  return ok({ apex: zone.value.apex, servers: asked });
}

type Proven = Awaited<ReturnType<Authorities['ask']>>;

function viewFrom(server: string, owner: string, { state, because, records, denial }: Proven): View {
  // OPS-62: what nothing proves is not published.
  if (state !== 'secure')
    return { server, owner, kind: 'failed', says: `${state}${because === null ? '' : ` (${because})`}` };
  if (denial !== null) return { server, owner, kind: 'records', records: [], ttl: seconds(0) };
  return {
    server,
    owner,
    kind: 'records',
    records: records.map(({ rdata }) => dataFrom(rdata)),
    ttl: seconds(Math.max(0, ...records.map(({ ttl }) => ttl))),
  };
}

export const dataFrom = (rdata: Uint8Array): TlsaData =>
  ({
    usage: rdata[0] ?? 255,
    selector: rdata[1] ?? 255,
    matching: rdata[2] ?? 255,
    data: rdata.subarray(3),
  }) as unknown as TlsaData;

/** OPS-34: every address, with and without SNI. */
async function shownBy(
  { outlook, probeOptions }: Bench,
  service: LineagePlan['services'][0],
  live: Chain,
): Promise<readonly Shown[]> {
  const wanted = Buffer.from(digestOf(live[0].der, 'sha256')).toString('hex');
  const supposed = [recordFor({ usage: 3, selector: 1, matching: 1 }, live) as TlsaData];
  const shown: Shown[] = [];
  const options = { ...probeOptions, supposed, looks: 'every-address' } as const;
  for await (const found of checkTlsa(outlook.probePorts, { kind: 'service', service }, options)) {
    const place = `${service.host}:${service.port}`;
    if ('kind' in found) return [{ at: place, kind: 'unreached', says: found.state }];
    if (found.presented.length === 0) shown.push({ at: place, kind: 'unreached', says: found.says });
    for (const { address, sni, outcome, says, chain } of found.presented) {
      const kind = outcome === 'unreached' ? 'unreached' : chain[0]?.sha256 === wanted ? 'live' : 'other';
      shown.push({ at: `${place} ${address}${sni === null ? ' without SNI' : ''}`, kind, says });
    }
  }
  return shown;
}

// ---- hooks

const hookPatience = 300_000;
const hookWords = 4000;

/** OPS-37: what a hook gets is in docs/tlsa.md. */
async function runHook(
  plan: LineagePlan,
  state: string,
  name: RolloverHook,
  act: Act,
  env: Environment,
  terminal: Terminal | undefined,
): Promise<Result<'done' | 'none', string>> {
  const command = plan.hooks[name];
  if (command === undefined) return ok('none');
  const given = await hookVariables(plan, state, name, act);
  const inherited = Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('SEKISHO_')));
  return new Promise((resolve) => {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      env: { ...inherited, ...given } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // The timeout of spawn() goes on when the program could not be started, and holds the process for as long.
    const patience = setTimeout(() => child.kill('SIGKILL'), hookPatience);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (octets: Buffer) => {
        said = (said + octets.toString()).slice(-hookWords);
      });
    child.once('error', (error) => {
      clearTimeout(patience);
      resolve(fault(`${program}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(patience);
      for (const line of said.split('\n').filter((one) => one !== '')) terminal?.err(`${name}: ${printable(line)}\n`);
      const last = said.trimEnd().split('\n').at(-1) ?? '';
      resolve(
        code === 0
          ? ok('done')
          : fault(`${program} ended with ${code ?? signal}${last === '' ? '' : `: ${printable(last)}`}`),
      );
    });
  });
}

async function hookVariables(
  plan: LineagePlan,
  state: string,
  name: RolloverHook,
  act: Act,
): Promise<Readonly<Record<string, string>>> {
  const owners = plan.services.map(({ host, port }): Owner => ({ host, port, protocol: 'tcp' }));
  const common = {
    SEKISHO_HOOK: name,
    SEKISHO_LINEAGE: plan.name,
    SEKISHO_NAMES: plan.names.join(' '),
    SEKISHO_SERVICES: plan.services.map(({ host, port }) => `${host}:${port}`).join(' '),
    SEKISHO_CHAIN: plan.offered.chain,
    SEKISHO_KEY: plan.offered.key,
    SEKISHO_LIVE_CHAIN: plan.live.chain,
    SEKISHO_LIVE_KEY: plan.live.key ?? '',
    SEKISHO_NEXT_KEY: plan.nextKey ?? '',
  };
  if (act.kind !== 'publish') return common;
  const linesOf = (records: readonly TlsaData[]): readonly string[] =>
    owners.flatMap((owner) => records.map((record) => zoneForm(owner, record, plan.ttl)));
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  await mkdir(state, { recursive: true, mode: 0o700 });
  const zoneFile = join(state, `${plan.name}.zone`);
  const updateFile = join(state, `${plan.name}.nsupdate`);
  await writeDurably(state, zoneFile, text(linesOf(act.records)));
  // The whole set is replaced in one transaction (RFC 2136 §3.7).
  await writeDurably(
    state,
    updateFile,
    text([
      ...(plan.zone === undefined ? [] : [`zone ${plan.zone}.`]),
      ...owners.map((owner) => `update delete ${ownerName(owner)}. TLSA`),
      ...linesOf(act.records).map((line) => `update add ${line}`),
      'send',
    ]),
  );
  return {
    ...common,
    SEKISHO_OWNERS: owners.map((owner) => `${ownerName(owner)}.`).join(' '),
    SEKISHO_TTL: String(plan.ttl),
    SEKISHO_ZONE: plan.zone ?? '',
    SEKISHO_ZONE_FILE: zoneFile,
    SEKISHO_NSUPDATE_FILE: updateFile,
    SEKISHO_ADD: linesOf(act.add).join('\n'),
    SEKISHO_REMOVE: linesOf(act.remove).join('\n'),
  };
}
