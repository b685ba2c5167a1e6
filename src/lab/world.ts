// The laboratory: an offline mail internet in one process. Signed root, signed and unsigned zones, MX hosts with real
// TLS, policy hosts with real HTTPS, a resolver, faults by name, a clock moved by hand. Knows no relay.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabAuthorities, makeAuthorities, pemOf } from './certificates.ts';
import { type LabClock, makeLabClock } from './clock.ts';
import type { CertificatePlan, DnsFaultPlan, LabDestination, PolicyPlan } from './destination-plan.ts';
import { destinations as wholeTable } from './destinations.ts';
import { makeAuthority } from './dns/authority.ts';
import { anchorLine, zoneFiles } from './dns/export.ts';
import { type DnsFault, dnsFaults } from './dns/faults.ts';
import { type LabDns, startDnsServer } from './dns/server.ts';
import type { Zone, ZoneRequest } from './dns/zone.ts';
import { type MxFault, mxFaults } from './mx-behaviour.ts';
import type { MxHost } from './mx-host.ts';
import type { SeenMessage } from './mx-session.ts';
import {
  type PolicyHostFault,
  type PolicyHosts,
  type PublishedPolicy,
  policyHostFaults,
  startPolicyHosts,
} from './policy-host.ts';
import { type SecondServer, startSecondServer } from './second-server.ts';
import { hasIpv6, identityOf, issueFor, type PreparedHost, prepareHosts, startHosts } from './world-hosts.ts';
import { growZones, makeZones, replaceRecords, tlsaOwners } from './world-zones.ts';

export type LabOptions = {
  /** 0 or left out: any free port. */
  readonly ports?: { readonly dns?: number; readonly smtp?: number; readonly https?: number };
  /** Default: a standing clock that begins at the real time. */
  readonly clock?: LabClock;
  /** Default: all of `destinations.ts`. */
  readonly destinations?: readonly LabDestination[];
  /** Further zones, delegated and signed as they say. */
  readonly zones?: readonly ZoneRequest[];
  /** Seconds that answers may be kept at most, those about keys excepted; 0 lets every change be seen at once. */
  readonly maxTtl?: number;
};

export type Lab = {
  readonly clock: LabClock;
  readonly destinations: readonly LabDestination[];
  /** Left out because this machine lacks something, with the reason. */
  readonly leftOut: readonly { readonly name: string; readonly because: string }[];
  /** `address:port`. */
  readonly resolver: string;
  /** DS line of the root. */
  readonly anchors: string;
  /** PEM of the public root. */
  readonly caBundle: string;
  readonly authorities: LabAuthorities;
  readonly ports: { readonly dns: number; readonly smtp: number; readonly https: number };
  readonly dns: LabDns;
  readonly zones: readonly Zone[];
  readonly hosts: ReadonlyMap<string, MxHost>;
  readonly policyHosts: PolicyHosts;
  /** @throws Error for a name that is no host. */
  host(name: string): MxHost;
  /** A destination that comes later; its names must be new. @throws Error as `startLab` does. */
  add(destination: LabDestination): Promise<void>;
  /** A name server of its own for the zone, with a copy of it. @throws Error where there is no such zone. */
  secondServer(apex: string): Promise<SecondServer>;
  /** Every message that a host accepted. */
  messages(): readonly SeenMessage[];
  /** Replaces the records at the owner under this type; an empty list removes them. */
  setRecords(owner: string, type: string, data: readonly string[]): void;
  /** A new policy body under a new id; `same-id` changes the body alone. */
  publishPolicy(domain: string, policy: PolicyPlan, id?: 'new-id' | 'same-id'): void;
  /** The host presents its next certificate, the one that its TLSA records announce. */
  renew(host: string): void;
  /**
   * Sets a fault by name: `dns:servfail` at `owner` or `owner/TYPE`, `mx:starttls-454` at a host, `sts:redirect` at a
   * policy domain. @throws Error for an unknown name.
   */
  setFault(fault: string, at: string, data?: readonly string[]): void;
  /** As the destinations were born: faults set since are gone, theirs are back. */
  clearFaults(): void;
  /** Signed zone files and the trust anchor, for name servers and validators of others. @returns the file names. */
  exportZones(directory: string): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** The policy hosts' address; one TLS listener tells the domains apart by SNI. */
const policyAddress = '127.25.0.1';
const resolverAddress = '127.0.0.1';

/** Builds and starts everything. @throws Error when an address or port cannot be had. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const started: Closable[] = [];
  const clock = options.clock ?? makeLabClock('standing');
  const close = async (): Promise<void> => {
    clock.close();
    await Promise.all(started.map((one) => one.close()));
  };
  try {
    const parts = await startParts(options, clock, (one) => started.push(one));
    return { ...labOf(parts, clock, (one) => started.push(one)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closable = { close(): Promise<void> };

/** What runs, before it is joined to one handle. */
type Parts = {
  readonly kept: LabDestination[];
  readonly leftOut: Lab['leftOut'];
  readonly authorities: LabAuthorities;
  readonly prepared: PreparedHost[];
  readonly zones: Zone[];
  readonly dns: LabDns;
  readonly hosts: Map<string, MxHost>;
  readonly policyHosts: PolicyHosts;
  readonly smtpPort: number;
  readonly maxTtl: number | undefined;
};

async function startParts(
  { ports = {}, zones: further = [], maxTtl, ...options }: LabOptions,
  clock: LabClock,
  keep: (one: Closable) => unknown,
): Promise<Parts> {
  const { kept, leftOut } = await thatThisMachineCan(options.destinations ?? wholeTable);
  const authorities = await makeAuthorities();
  const plans = kept.flatMap((destination) => destination.hosts);
  const prepared = await prepareHosts(plans, authorities);
  const running = await startHosts(prepared, ports.smtp ?? 0);
  running.hosts.forEach(keep);
  const policyHosts = await startPolicyHosts({ address: policyAddress, port: ports.https ?? 0 });
  keep(policyHosts);
  await Promise.all(kept.map((destination) => publish(policyHosts, destination, authorities)));
  const zones = makeZones({
    destinations: kept,
    hosts: prepared,
    policies: kept.filter(({ policy }) => policy).map(({ domain }) => ({ domain, id: '1' })),
    policyAddress,
    smtpPort: running.port,
    further,
  });
  const authority = makeAuthority(zones);
  const now = (): number => secondsOf(clock);
  const dns = await startDnsServer({
    authority,
    now,
    address: resolverAddress,
    port: ports.dns ?? 0,
    ...(maxTtl !== undefined && { maxTtl }),
  });
  keep(dns);
  const hosts = new Map(running.hosts.map((host) => [host.name, host] as const));
  return { kept, leftOut, authorities, prepared, zones, dns, hosts, policyHosts, smtpPort: running.port, maxTtl };
}

const secondsOf = (clock: LabClock): number => Math.floor(clock.now() / 1000);

function labOf(parts: Parts, clock: LabClock, keep: (one: Closable) => unknown): Omit<Lab, 'close'> {
  const { kept, authorities, prepared, zones, dns, hosts, policyHosts, smtpPort, maxTtl } = parts;
  const ids = new Map<string, number>();

  const host = (name: string): MxHost => found(hosts.get(name), `no MX host here: ${name}`);
  const policyOf = (domain: string): PublishedPolicy =>
    found(policyHosts.policy(domain), `no policy domain here: ${domain}`);

  const setRecords: Lab['setRecords'] = (owner, type, data) => {
    for (const one of tlsaOwners(owner, smtpPort)) replaceRecords(zones, one, type, data);
  };
  const setDnsFault: LabDns['setFault'] = (fault, owner, type, data) => {
    for (const one of tlsaOwners(owner, smtpPort)) dns.setFault(fault, one, type, data);
  };
  const bornWith = (faults: readonly DnsFaultPlan[]): void => {
    for (const { fault, owner, type, data } of faults) setDnsFault(fault, owner, type, data);
  };
  const clearFaults = (): void => {
    dns.clearFaults();
    for (const { plan } of prepared) hosts.get(plan.name)?.setFaults(plan.faults ?? []);
    for (const { domain, policy, dnsFaults = [] } of kept) {
      bornWith(dnsFaults);
      const faults = policyHosts.policy(domain)?.faults;
      faults?.clear();
      for (const fault of policy?.faults ?? []) faults?.add(fault);
    }
  };
  clearFaults();

  let addressesTaken = prepared.length;
  const add = async (destination: LabDestination): Promise<void> => {
    const first = addressesTaken;
    addressesTaken += destination.hosts.length;
    const more = await prepareHosts(destination.hosts, authorities, first);
    prepared.push(...more);
    kept.push(destination);
    const running = await startHosts(more, smtpPort);
    for (const one of running.hosts) {
      keep(one);
      hosts.set(one.name, one);
    }
    await publish(policyHosts, destination, authorities);
    const { domain, policy, dnsFaults = [] } = destination;
    const policies = policy ? [{ domain, id: '1' }] : [];
    const facts = { destinations: [destination], hosts: more, policies, policyAddress, smtpPort, further: [] };
    for (const zone of growZones(zones, facts)) dns.authority.add(zone);
    bornWith(dnsFaults);
  };

  return {
    clock,
    destinations: kept,
    leftOut: parts.leftOut,
    resolver: `${resolverAddress}:${dns.port}`,
    anchors: anchorLine(found(zones[0], 'there is no root zone')),
    caBundle: pemOf([authorities.publicRoot]),
    authorities,
    ports: { dns: dns.port, smtp: smtpPort, https: policyHosts.port },
    dns,
    zones,
    hosts,
    policyHosts,
    host,
    add,
    secondServer: async (apex) => {
      const now = (): number => secondsOf(clock);
      const second = await startSecondServer({ zones, apex, now, address: resolverAddress, smtpPort, maxTtl });
      keep(second.dns);
      return second;
    },
    messages: () => [...hosts.values()].flatMap((one) => one.messages),
    setRecords,
    publishPolicy: (domain, policy, id = 'new-id') => {
      policyOf(domain).body = policyBody(policy);
      if (id === 'same-id') return;
      const next = (ids.get(domain) ?? 1) + 1;
      ids.set(domain, next);
      setRecords(`_mta-sts.${domain}`, 'TXT', [`"v=STSv1; id=${next};"`]);
    },
    renew: (name) => {
      const announced = prepared.find((one) => one.name === name)?.next;
      host(name).present(found(announced, `no certificate is announced for ${name}`));
    },
    setFault: (fault, at, data) => {
      const [kind = '', name = ''] = fault.split(':', 2);
      if (kind === 'dns' && isDnsFault(name)) {
        const [owner = '', type] = at.split('/', 2);
        setDnsFault(name, owner, type, data);
      } else if (kind === 'mx' && isMxFault(name)) host(at).setFault(name);
      else if (kind === 'sts' && isPolicyHostFault(name)) policyOf(at).faults.add(name);
      else throw new Error(`no such fault: ${fault}`);
    },
    clearFaults,
    exportZones: async (directory) => {
      await mkdir(directory, { recursive: true });
      const files = zoneFiles(zones, secondsOf(clock));
      await Promise.all(files.map(({ name, text }) => writeFile(join(directory, name), text)));
      return files.map(({ name }) => name);
    },
  };
}

function found<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}

async function thatThisMachineCan(
  all: readonly LabDestination[],
): Promise<{ readonly kept: LabDestination[]; readonly leftOut: Lab['leftOut'] }> {
  if (await hasIpv6()) return { kept: [...all], leftOut: [] };
  const needsIpv6 = ({ hosts }: LabDestination): boolean => hosts.some(({ at }) => at === 'ipv6');
  return {
    kept: all.filter((destination) => !needsIpv6(destination)),
    leftOut: all.filter(needsIpv6).map(({ name }) => ({ name, because: 'this machine has no ::1' })),
  };
}

async function publish(
  hosts: PolicyHosts,
  { domain, policy }: LabDestination,
  authorities: LabAuthorities,
): Promise<void> {
  if (policy === undefined) return;
  const name = `mta-sts.${domain}`;
  type Changes = Pick<CertificatePlan, 'validity' | 'names' | 'commonName'>;
  const make = async (changes: Changes, by: 'public' | 'self') => {
    const plan = { by, ...changes };
    return identityOf(await issueFor(name, plan, authorities), plan, authorities);
  };
  hosts.publish({
    domain,
    body: policyBody(policy),
    identity: await make({}, 'public'),
    flawed: (fault) => {
      if (fault === 'certificate-self-signed') return make({}, 'self');
      if (fault === 'certificate-expired') return make({ validity: 'expired' }, 'public');
      if (fault === 'certificate-cn-only') return make({ names: [], commonName: name }, 'public');
      return make({ names: [`elsewhere.${domain}`] }, 'public');
    },
    faults: new Set(policy.faults),
  });
}

/** RFC 8461 §3.2. */
export function policyBody({ mode, mx, maxAge = 604_800 }: PolicyPlan): string {
  const lines = ['version: STSv1', `mode: ${mode}`, ...mx.map((pattern) => `mx: ${pattern}`), `max_age: ${maxAge}`];
  return `${lines.join('\r\n')}\r\n`;
}

const isDnsFault = (name: string): name is DnsFault => (dnsFaults as readonly string[]).includes(name);
const isMxFault = (name: string): name is MxFault => Object.hasOwn(mxFaults, name);
const isPolicyHostFault = (name: string): name is PolicyHostFault =>
  (policyHostFaults as readonly string[]).includes(name);

/** Every name that `setFault` takes, for people. */
export const faultNames: readonly string[] = [
  ...dnsFaults.map((name) => `dns:${name}`),
  ...Object.keys(mxFaults).map((name) => `mx:${name}`),
  ...policyHostFaults.map((name) => `sts:${name}`),
];
