// From the destinations to zones: the root, two top-level domains, one zone per domain, all delegated and signed as the
// plan says, with MX, address, TLSA and policy records in the deepest zone above each name.

import { isIPv6 } from 'node:net';
import { RrType } from '../core/dns/message.ts';
import { isAtOrBelow, labelCount, type Name, parentName, name as parseName } from '../core/dns/name.ts';
import type { LabDestination } from './destination-plan.ts';
import {
  addLines,
  delegate,
  makeZone,
  nameServer,
  removeSet,
  type Signing,
  type Zone,
  type ZoneRequest,
} from './dns/zone.ts';

export type HostFacts = {
  readonly name: string;
  readonly address: string;
  /** `usage selector matching hex` each. */
  readonly tlsa: readonly string[];
};

export type PolicyFacts = { readonly domain: string; readonly id: string };

export type ZoneFacts = {
  readonly destinations: readonly LabDestination[];
  readonly hosts: readonly HostFacts[];
  readonly policies: readonly PolicyFacts[];
  readonly policyAddress: string;
  readonly smtpPort: number;
  /** Zones of somebody else's making. */
  readonly further: readonly ZoneRequest[];
};

const p256: Signing = { algorithm: 13 };
/** Like most large top-level domains: NSEC3, opt-out, two keys. */
const registry: Signing = { algorithm: 13, keys: 'split', denial: { iterations: 0, salt: '', optOut: 'yes' } };

/** @returns all zones, parents first. */
export function makeZones(facts: ZoneFacts): Zone[] {
  const zones: Zone[] = [];
  growZones(zones, facts, [
    { apex: '.', lines: [], signing: { ...p256, keys: 'split' } },
    { apex: 'test', lines: [], signing: registry },
    { apex: 'example', lines: [] },
    { apex: 'nameservers.test', lines: [], signing: p256 },
  ]);
  placeLine(zones, `${nameServer} A 127.0.0.1`);
  return zones;
}

/** Zones and records of further destinations, delegated and in place. @returns the zones that came new. */
export function growZones(zones: Zone[], facts: ZoneFacts, before: readonly ZoneRequest[] = []): readonly Zone[] {
  const grown = new Map<Name, Zone>();
  const add = (request: ZoneRequest): void => {
    const apex = parseName(request.apex);
    if (grown.has(apex) || zones.some((zone) => zone.apex === apex)) return;
    grown.set(apex, makeZone(request));
  };
  const plain = (apex: string, zone: 'signed' | 'unsigned' | Signing): void => {
    const signing = signingOf(zone);
    add({ apex, lines: [], ...(signing && { signing }) });
  };
  for (const request of [...before, ...facts.further]) add(request);
  for (const { domain, zone, zones: further = [] } of facts.destinations) {
    if (zone !== 'shared' && zone !== 'absent') plain(domain, zone);
    for (const one of further) plain(one.apex, one.zone);
  }
  zones.push(...grown.values());
  zones.sort((a, b) => labelCount(a.apex) - labelCount(b.apex));
  for (const zone of grown.values()) {
    const above = parentName(zone.apex);
    if (above !== undefined) delegate(deepest(zones, above), zone);
  }
  for (const line of recordLines(facts)) placeLine(zones, line);
  return [...grown.values()];
}

const signingOf = (zone: 'signed' | 'unsigned' | Signing): Signing | undefined =>
  zone === 'signed' ? p256 : zone === 'unsigned' ? undefined : zone;

function deepest(zones: readonly Zone[], name: Name): Zone {
  const found = zones.findLast((zone) => isAtOrBelow(name, zone.apex));
  if (found === undefined) throw new Error('there is no root zone');
  return found;
}

/** `owner TYPE data` with absolute owners. */
export const placeLine = (zones: readonly Zone[], line: string): void =>
  addLines(deepest(zones, parseName(line.split(' ', 1)[0] ?? '')), [line]);

/** In place of what stands at the owner under this type; no lines: removed. */
export function replaceRecords(zones: readonly Zone[], owner: string, type: string, data: readonly string[]): void {
  const name = parseName(owner);
  const zone = deepest(zones, name);
  const number = (RrType as Readonly<Record<string, number>>)[type];
  if (number === undefined) throw new Error(`no record type: ${type}`);
  removeSet(zone, name, number);
  addLines(
    zone,
    data.map((rdata) => `${absolute(owner)} ${type} ${rdata}`),
  );
}

const absolute = (name: string): string => (name.endsWith('.') ? name : `${name}.`);

/** TLSA records stand under the port that is dialled; those under 25 are what people and other tools look for. */
export function tlsaOwners(owner: string, smtpPort: number): readonly string[] {
  return owner.startsWith('_25._tcp.') && smtpPort !== 25 ? [owner, owner.replace('_25.', `_${smtpPort}.`)] : [owner];
}

function recordLines({ destinations, hosts, policies, policyAddress, smtpPort }: ZoneFacts): string[] {
  const ofHosts = hosts.flatMap(({ name, address, tlsa }) => [
    `${name}. ${isIPv6(address) ? 'AAAA' : 'A'} ${address}`,
    ...tlsa.flatMap((record) => tlsaOwners(`_25._tcp.${name}.`, smtpPort).map((owner) => `${owner} TLSA ${record}`)),
  ]);
  const ofDestinations = destinations.flatMap((destination) => [
    ...mxOf(destination).map(([preference, host]) => `${destination.domain}. MX ${preference} ${absolute(host)}`),
    ...(destination.records ?? []),
  ]);
  const ofPolicies = policies.flatMap(({ domain, id }) => [
    `mta-sts.${domain}. A ${policyAddress}`,
    `_mta-sts.${domain}. TXT "v=STSv1; id=${id};"`,
  ]);
  return [...ofHosts, ...ofDestinations, ...ofPolicies];
}

const mxOf = ({ mx, hosts }: LabDestination): readonly (readonly [number, string])[] =>
  mx === 'none' ? [] : (mx ?? hosts.map((host, i) => [10 * (i + 1), host.name] as const));
